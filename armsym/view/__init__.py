"""Looking at a proof: what its symbolic run did, step by step, in the proof's own names, as a page and to be asked."""
