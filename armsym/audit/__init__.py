"""Re-checks exported proofs with code of its own: it imports nothing of armsym, and only the standard library."""
