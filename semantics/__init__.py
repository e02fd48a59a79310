"""The A64 instruction set: one file per encoding class of the Arm manual."""

from __future__ import annotations

from armsym.isa import InstructionSet
from semantics import (
    advanced_simd,
    branches_and_system,
    cryptographic,
    data_processing_immediate,
    data_processing_register,
    loads_and_stores,
)
from semantics.timing import ANNOUNCED, LISTED

__all__ = ["A64"]

A64 = InstructionSet(
    "A64",
    [
        *data_processing_immediate.CLASSES,
        *branches_and_system.CLASSES,
        *loads_and_stores.CLASSES,
        *data_processing_register.CLASSES,
        *advanced_simd.CLASSES,
        *cryptographic.CLASSES,
    ],
    LISTED | ANNOUNCED,
)
