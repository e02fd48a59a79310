"""Proofs of OpenSSL's routines as shipped in PyPI's `cryptography` wheel."""
