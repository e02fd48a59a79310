"""Hash-consed bit-vector terms and their normal form."""
