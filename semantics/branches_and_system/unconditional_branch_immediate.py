"""Unconditional branch (immediate)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm


@instruction("""
    31 | 30 26 | 25 0
    op | 00101 | imm26
""")
class UnconditionalBranchImmediate(Instruction):
    """B, BL.  Arm ARM C4.1, "Unconditional branch (immediate)"."""

    op: int
    imm26: int

    @cached_property
    def offset(self) -> Bits:
        """SignExtend(imm26:'00', 64)."""
        return Bits(28, self.imm26 << 2).sign_extend(64)

    def execute(self, m: Machine) -> None:
        if self.op:
            m.write_x(30, m.pc + 4)
        m.branch(m.pc + self.offset)

    def assembly(self, pc: int) -> str:
        return f"{'bl' if self.op else 'b'} {imm((self.offset + pc).uint)}"
