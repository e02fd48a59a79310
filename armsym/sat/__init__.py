"""Are these clauses, and this SMT-LIB script, unsatisfiable?  By a certificate that is checked, not by a solver.

Standard library only, and nothing of armsym: what it accepts rests on nothing else.
"""
