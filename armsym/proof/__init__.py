"""The verification DSL: proofs, states, regions, invariants, folds, obligations."""
