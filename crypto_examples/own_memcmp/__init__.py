"""A constant-time comparison of byte strings written for armsym: assembly, object file and proof."""
