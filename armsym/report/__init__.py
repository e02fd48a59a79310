"""What a run of proofs answers, as text, JSON and JUnit XML, and as an exit code."""
