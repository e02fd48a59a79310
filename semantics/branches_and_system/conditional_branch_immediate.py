"""Conditional branch (immediate)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import ConditionHolds
from semantics.syntax import CONDITIONS, imm


@instruction("""
    31 25   | 24 | 23 5  | 4 | 3 0
    0101010 | 0  | imm19 | 0 | cond
""")
class ConditionalBranchImmediate(Instruction):
    """B.cond.  Arm ARM C4.1, "Conditional branch (immediate)".  Not modelled: BC.cond (FEAT_HBC)."""

    imm19: int
    cond: int

    @cached_property
    def offset(self) -> Bits:
        """SignExtend(imm19:'00', 64)."""
        return Bits(21, self.imm19 << 2).sign_extend(64)

    def execute(self, m: Machine) -> None:
        m.branch_if(ConditionHolds(self.cond, m), m.pc + self.offset)

    def assembly(self, pc: int) -> str:
        return f"b.{CONDITIONS[self.cond]} {imm((self.offset + pc).uint)}"
