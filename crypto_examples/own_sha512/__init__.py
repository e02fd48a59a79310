"""SHA-512 written for armsym: assembly, object file and proof."""
