"""Proofs of AArch64 crypto assembly: our own, and what other people ship."""
