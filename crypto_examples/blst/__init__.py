"""Proofs of blst, as chia_rs ships it."""
