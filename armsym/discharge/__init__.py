"""How an obligation is closed: by identity of normal forms, by evaluation, by Z3, with budgets."""
