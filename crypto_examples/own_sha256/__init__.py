"""SHA-256 written for armsym: assembly, object file and proof."""
