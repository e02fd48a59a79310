"""Logical (shifted register)."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import ShiftReg, logical_flags
from semantics.syntax import reg, shifted


@instruction("""
    31 | 30 29 | 28 24 | 23 22 | 21 | 20 16 | 15 10 | 9 5 | 4 0
    sf | opc   | 01010 | shift | N  | Rm    | imm6  | Rn  | Rd
""")
class LogicalShiftedRegister(Instruction):
    """AND, BIC, ORR, ORN, EOR, EON, ANDS, BICS.  Arm ARM C4.1, "Logical (shifted register)"."""

    sf: int
    opc: int
    shift: int
    N: int
    Rm: int
    imm6: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.sf == 1 or self.imm6 < 32

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        operand1 = m.read_x(self.Rn, datasize)
        operand2 = ShiftReg(m, self.Rm, self.shift, self.imm6, datasize)
        if self.N:
            operand2 = ~operand2
        if self.opc == 0b01:
            result = operand1 | operand2
        elif self.opc == 0b10:
            result = operand1 ^ operand2
        else:
            result = operand1 & operand2
            if self.opc == 0b11:
                m.write_nzcv(logical_flags(result))
        m.write_x(self.Rd, result)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd, rn = reg(self.Rd, w), reg(self.Rn, w)
        rm = reg(self.Rm, w) + shifted(self.shift, self.imm6)
        if self.opc == 0b01 and self.Rn == 31:
            if self.N:
                return f"mvn {rd}, {rm}"
            if self.shift == 0 and self.imm6 == 0:
                return f"mov {rd}, {rm}"
        if self.opc == 0b11 and not self.N and self.Rd == 31:
            return f"tst {rn}, {rm}"
        name = (("and", "bic"), ("orr", "orn"), ("eor", "eon"), ("ands", "bics"))[self.opc][self.N]
        return f"{name} {rd}, {rn}, {rm}"
