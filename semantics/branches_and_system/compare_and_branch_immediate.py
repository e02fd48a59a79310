"""Compare and branch (immediate)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm, reg


@instruction("""
    31 | 30 25  | 24 | 23 5  | 4 0
    sf | 011010 | op | imm19 | Rt
""")
class CompareAndBranchImmediate(Instruction):
    """CBZ, CBNZ.  Arm ARM C4.1, "Compare and branch (immediate)"."""

    sf: int
    op: int
    imm19: int
    Rt: int

    @cached_property
    def offset(self) -> Bits:
        """SignExtend(imm19:'00', 64)."""
        return Bits(21, self.imm19 << 2).sign_extend(64)

    def execute(self, m: Machine) -> None:
        is_zero = m.read_x(self.Rt, 64 if self.sf else 32).is_zero()
        m.branch_if(~is_zero if self.op else is_zero, m.pc + self.offset)

    def assembly(self, pc: int) -> str:
        rt = reg(self.Rt, 64 if self.sf else 32)
        return f"{'cbnz' if self.op else 'cbz'} {rt}, {imm((self.offset + pc).uint)}"
