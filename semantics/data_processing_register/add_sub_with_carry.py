"""Add/subtract (with carry)."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import AddWithCarry
from semantics.syntax import reg


@instruction("""
    31 | 30 | 29 | 28  21   | 20 16 | 15 10  | 9 5 | 4 0
    sf | op | S  | 11010000 | Rm    | 000000 | Rn  | Rd
""")
class AddSubWithCarry(Instruction):
    """ADC, ADCS, SBC, SBCS.  Arm ARM C4.1, "Add/subtract (with carry)"."""

    sf: int
    op: int
    S: int
    Rm: int
    Rn: int
    Rd: int

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        operand1 = m.read_x(self.Rn, datasize)
        operand2 = m.read_x(self.Rm, datasize)
        if self.op:
            operand2 = ~operand2
        result, nzcv = AddWithCarry(operand1, operand2, m.nzcv.C.bit)
        if self.S:
            m.write_nzcv(nzcv)
        m.write_x(self.Rd, result)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd, rn, rm = reg(self.Rd, w), reg(self.Rn, w), reg(self.Rm, w)
        s = "s" if self.S else ""
        if self.op and self.Rn == 31:
            return f"ngc{s} {rd}, {rm}"
        return f"{'sbc' if self.op else 'adc'}{s} {rd}, {rn}, {rm}"
