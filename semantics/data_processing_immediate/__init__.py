"""Data processing -- immediate (Arm ARM C4.1)."""

from __future__ import annotations

from armsym.isa import Instruction
from semantics.data_processing_immediate.add_sub_immediate import AddSubImmediate
from semantics.data_processing_immediate.bitfield import Bitfield
from semantics.data_processing_immediate.extract import Extract
from semantics.data_processing_immediate.logical_immediate import LogicalImmediate
from semantics.data_processing_immediate.move_wide_immediate import MoveWideImmediate
from semantics.data_processing_immediate.pc_rel_addressing import PCRelAddressing

#: Every encoding class of the group, in the manual's order.
CLASSES: list[type[Instruction]] = [
    PCRelAddressing,
    AddSubImmediate,
    LogicalImmediate,
    MoveWideImmediate,
    Bitfield,
    Extract,
]
