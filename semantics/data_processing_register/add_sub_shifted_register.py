"""Add/subtract (shifted register)."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import AddWithCarry, ShiftReg
from semantics.syntax import reg, shifted


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 10 | 9 5 | 4 0
    sf | op | S  | 01011 | shift | 0  | Rm    | imm6  | Rn  | Rd
""")
class AddSubShiftedRegister(Instruction):
    """ADD, ADDS, SUB, SUBS (shifted register).  Arm ARM C4.1, "Add/subtract (shifted register)"."""

    sf: int
    op: int
    S: int
    shift: int
    Rm: int
    imm6: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.shift != 0b11 and (self.sf == 1 or self.imm6 < 32)

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        operand1 = m.read_x(self.Rn, datasize)
        operand2 = ShiftReg(m, self.Rm, self.shift, self.imm6, datasize)
        if self.S:
            if self.op:
                operand2 = ~operand2
            result, nzcv = AddWithCarry(operand1, operand2, Bits(1, self.op))
            m.write_nzcv(nzcv)
        else:  # the same sum without its flags: x + NOT(y) + 1 = x - y
            result = operand1 - operand2 if self.op else operand1 + operand2
        m.write_x(self.Rd, result)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd, rn = reg(self.Rd, w), reg(self.Rn, w)
        rm = reg(self.Rm, w) + shifted(self.shift, self.imm6)
        if self.S and self.Rd == 31:
            return f"{'cmp' if self.op else 'cmn'} {rn}, {rm}"
        if self.op and self.Rn == 31:
            return f"{'negs' if self.S else 'neg'} {rd}, {rm}"
        name = ("sub" if self.op else "add") + ("s" if self.S else "")
        return f"{name} {rd}, {rn}, {rm}"
