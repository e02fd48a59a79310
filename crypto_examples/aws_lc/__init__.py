"""Proofs of AWS-LC's routines as shipped in PyPI's `awscrt` wheel."""
