"""Conditional compare (immediate)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import NZCV, Machine
from semantics.shared import AddWithCarry, ConditionHolds, select_flags
from semantics.syntax import CONDITIONS, imm, reg


@instruction("""
    31 | 30 | 29 | 28  21   | 20 16 | 15 12 | 11 | 10 | 9 5 | 4 | 3 0
    sf | op | 1  | 11010010 | imm5  | cond  | 1  | 0  | Rn  | 0 | nzcv
""")
class ConditionalCompareImmediate(Instruction):
    """CCMN, CCMP (immediate).  Arm ARM C4.1, "Conditional compare (immediate)"."""

    sf: int
    op: int
    imm5: int
    cond: int
    Rn: int
    nzcv: int

    @cached_property
    def literal(self) -> NZCV:
        """The flags when the condition fails."""
        return NZCV.of_bits(Bits(4, self.nzcv))

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        operand1 = m.read_x(self.Rn, datasize)
        operand2 = Bits(datasize, self.imm5)
        if self.op:
            operand2 = ~operand2
        _, flags = AddWithCarry(operand1, operand2, Bits(1, self.op))
        m.write_nzcv(select_flags(ConditionHolds(self.cond, m), flags, self.literal))

    def assembly(self, pc: int) -> str:
        rn = reg(self.Rn, 64 if self.sf else 32)
        name = "ccmp" if self.op else "ccmn"
        return f"{name} {rn}, {imm(self.imm5)}, {imm(self.nzcv)}, {CONDITIONS[self.cond]}"
