"""The A64 instruction set: one file per encoding class of the Arm manual."""

from __future__ import annotations

from armsym.isa import InstructionSet
from semantics.data_processing_immediate.add_sub_immediate import AddSubImmediate

__all__ = ["A64"]

A64 = InstructionSet("A64", [AddSubImmediate])
