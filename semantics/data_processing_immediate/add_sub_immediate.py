"""Add/subtract (immediate)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import AddWithCarry
from semantics.syntax import imm, reg


@instruction("""
    31 | 30 | 29 | 28  23 | 22 | 21 10 | 9 5 | 4 0
    sf | op | S  | 100010 | sh | imm12 | Rn  | Rd
""")
class AddSubImmediate(Instruction):
    """ADD, ADDS, SUB, SUBS (immediate).  Arm ARM C4.1, "Add/subtract (immediate)"."""

    sf: int
    op: int
    S: int
    sh: int
    imm12: int
    Rn: int
    Rd: int

    @cached_property
    def immediate(self) -> Bits:
        """ZeroExtend(imm12, datasize), shifted left by 12 if sh says so."""
        return Bits(64 if self.sf else 32, self.imm12 << (12 if self.sh else 0))

    def execute(self, m: Machine) -> None:
        operand1 = m.read_x(self.Rn, 64 if self.sf else 32, sp=True)
        operand2 = self.immediate
        if self.S:
            if self.op:
                operand2 = ~operand2
            result, nzcv = AddWithCarry(operand1, operand2, Bits(1, self.op))
            m.write_nzcv(nzcv)
        else:  # the same sum without its flags: x + NOT(y) + 1 = x - y
            result = operand1 - operand2 if self.op else operand1 + operand2
        m.write_x(self.Rd, result, sp=not self.S)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd, rn = reg(self.Rd, w, sp=not self.S), reg(self.Rn, w, sp=True)
        shift = ", lsl #12" if self.sh else ""
        value = imm(self.imm12)
        if not self.op and not self.S and not self.sh and self.imm12 == 0 and 31 in (self.Rd, self.Rn):
            return f"mov {rd}, {rn}"
        if self.S and self.Rd == 31:
            return f"{'cmp' if self.op else 'cmn'} {rn}, {value}{shift}"
        name = ("sub" if self.op else "add") + ("s" if self.S else "")
        return f"{name} {rd}, {rn}, {value}{shift}"
