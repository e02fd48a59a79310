"""Add/subtract (extended register)."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import AddWithCarry, ExtendReg
from semantics.syntax import reg

_EXTENDS = ("uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx")


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 13  | 12 10 | 9 5 | 4 0
    sf | op | S  | 01011 | 00    | 1  | Rm    | option | imm3  | Rn  | Rd
""")
class AddSubExtendedRegister(Instruction):
    """ADD, ADDS, SUB, SUBS (extended register).  Arm ARM C4.1, "Add/subtract (extended register)"."""

    sf: int
    op: int
    S: int
    Rm: int
    option: int
    imm3: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.imm3 <= 4

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        operand1 = m.read_x(self.Rn, datasize, sp=True)
        operand2 = ExtendReg(m, self.Rm, self.option, self.imm3, datasize)
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
        rm = reg(self.Rm, 64 if self.sf and self.option & 0b11 == 0b11 else 32)
        # Beside SP, the extension that changes nothing is written as LSL, or not at all.
        beside_sp = self.Rn == 31 or (self.Rd == 31 and not self.S)
        extend = _EXTENDS[self.option]
        if beside_sp and extend == ("uxtx" if self.sf else "uxtw"):
            extend = "lsl" if self.imm3 else ""
        if extend:
            rm += f", {extend}" + (f" #{self.imm3}" if self.imm3 else "")
        if self.S and self.Rd == 31:
            return f"{'cmp' if self.op else 'cmn'} {rn}, {rm}"
        name = ("sub" if self.op else "add") + ("s" if self.S else "")
        return f"{name} {rd}, {rn}, {rm}"
