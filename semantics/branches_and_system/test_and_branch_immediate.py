"""Test and branch (immediate)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm, reg


@instruction("""
    31 | 30 25  | 24 | 23 19 | 18 5  | 4 0
    b5 | 011011 | op | b40   | imm14 | Rt
""")
class TestAndBranchImmediate(Instruction):
    """TBZ, TBNZ.  Arm ARM C4.1, "Test and branch (immediate)"."""

    __test__ = False  # the manual's name, not a test case for pytest

    b5: int
    op: int
    b40: int
    imm14: int
    Rt: int

    @cached_property
    def offset(self) -> Bits:
        """SignExtend(imm14:'00', 64)."""
        return Bits(16, self.imm14 << 2).sign_extend(64)

    def execute(self, m: Machine) -> None:
        bit_pos = self.b5 << 5 | self.b40
        m.branch_if(m.read_x(self.Rt)[bit_pos] == self.op, m.pc + self.offset)

    def assembly(self, pc: int) -> str:
        rt = reg(self.Rt, 64 if self.b5 else 32)
        bit_pos = imm(self.b5 << 5 | self.b40)
        return f"{'tbnz' if self.op else 'tbz'} {rt}, {bit_pos}, {imm((self.offset + pc).uint)}"
