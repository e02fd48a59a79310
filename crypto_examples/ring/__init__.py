"""Proofs of ring, as temporalio ships it."""
