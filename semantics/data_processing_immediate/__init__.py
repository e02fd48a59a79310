"""Data processing -- immediate (Arm ARM C4.1)."""

from __future__ import annotations

from armsym.isa import Instruction
from semantics.data_processing_immediate.add_sub_immediate import AddSubImmediate

#: Every encoding class of the group, in the manual's order.
CLASSES: list[type[Instruction]] = [AddSubImmediate]
