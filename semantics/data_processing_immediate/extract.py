"""Extract."""

from __future__ import annotations

from armsym.bits import concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm, reg


@instruction("""
    31 | 30 29 | 28  23 | 22 | 21 | 20 16 | 15 10 | 9 5 | 4 0
    sf | 00    | 100111 | N  | 0  | Rm    | imms  | Rn  | Rd
""")
class Extract(Instruction):
    """EXTR.  Arm ARM C4.1, "Extract"."""

    sf: int
    N: int
    Rm: int
    imms: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.sf == self.N and (self.sf == 1 or self.imms < 32)

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        lsb = self.imms
        operand2 = m.read_x(self.Rm, datasize)
        if self.Rn == self.Rm:
            result = operand2.ror(lsb)  # the same bits as below, kept one rotation
        else:
            operand1 = m.read_x(self.Rn, datasize)
            result = concat(operand1, operand2)[lsb + datasize - 1 : lsb]
        m.write_x(self.Rd, result)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd, rn = reg(self.Rd, w), reg(self.Rn, w)
        if self.Rn == self.Rm:
            return f"ror {rd}, {rn}, {imm(self.imms)}"
        return f"extr {rd}, {rn}, {reg(self.Rm, w)}, {imm(self.imms)}"
