"""armsym proves AArch64 machine code correct."""
