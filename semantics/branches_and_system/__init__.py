"""Branches, exception generating and system instructions (Arm ARM C4.1)."""

from __future__ import annotations

from armsym.isa import Instruction
from semantics.branches_and_system.barriers import Barriers
from semantics.branches_and_system.compare_and_branch_immediate import CompareAndBranchImmediate
from semantics.branches_and_system.conditional_branch_immediate import ConditionalBranchImmediate
from semantics.branches_and_system.exception_generation import ExceptionGeneration
from semantics.branches_and_system.hints import Hints
from semantics.branches_and_system.permanently_undefined import PermanentlyUndefined
from semantics.branches_and_system.pstate import PSTATE
from semantics.branches_and_system.system_register_move import SystemRegisterMove
from semantics.branches_and_system.test_and_branch_immediate import TestAndBranchImmediate
from semantics.branches_and_system.unconditional_branch_immediate import UnconditionalBranchImmediate
from semantics.branches_and_system.unconditional_branch_register import UnconditionalBranchRegister

#: Every encoding class of the group, in the manual's order; the group "Reserved" (UDF) goes first.
CLASSES: list[type[Instruction]] = [
    PermanentlyUndefined,
    ConditionalBranchImmediate,
    ExceptionGeneration,
    Hints,
    Barriers,
    PSTATE,
    SystemRegisterMove,
    UnconditionalBranchRegister,
    UnconditionalBranchImmediate,
    CompareAndBranchImmediate,
    TestAndBranchImmediate,
]
