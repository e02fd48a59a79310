"""Our semantics against Ghidra's P-code, for all values at once (`armsym conform pcode`)."""
