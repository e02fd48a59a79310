"""armsym proves AArch64 (Armv8-A) machine code correct against executable standards.

Proof files import from `armsym.dsl`; specifications from `armsym.bits`.
"""
