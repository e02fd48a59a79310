"""Data processing -- register (Arm ARM C4.1)."""

from __future__ import annotations

from armsym.isa import Instruction
from semantics.data_processing_register.add_sub_extended_register import AddSubExtendedRegister
from semantics.data_processing_register.add_sub_shifted_register import AddSubShiftedRegister
from semantics.data_processing_register.add_sub_with_carry import AddSubWithCarry
from semantics.data_processing_register.conditional_compare_immediate import ConditionalCompareImmediate
from semantics.data_processing_register.conditional_compare_register import ConditionalCompareRegister
from semantics.data_processing_register.conditional_select import ConditionalSelect
from semantics.data_processing_register.logical_shifted_register import LogicalShiftedRegister
from semantics.data_processing_register.one_source import DataProcessing1Source
from semantics.data_processing_register.three_source import DataProcessing3Source
from semantics.data_processing_register.two_source import DataProcessing2Source

#: Every encoding class of the group, in the manual's order.
CLASSES: list[type[Instruction]] = [
    DataProcessing2Source,
    DataProcessing1Source,
    LogicalShiftedRegister,
    AddSubShiftedRegister,
    AddSubExtendedRegister,
    AddSubWithCarry,
    ConditionalCompareRegister,
    ConditionalCompareImmediate,
    ConditionalSelect,
    DataProcessing3Source,
]
