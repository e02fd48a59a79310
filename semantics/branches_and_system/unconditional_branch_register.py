"""Unconditional branch (register)."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import reg


@instruction("""
    31 25   | 24 21 | 20 16 | 15 10  | 9 5 | 4 0
    1101011 | opc   | 11111 | 000000 | Rn  | 00000
""")
class UnconditionalBranchRegister(Instruction):
    """BR, BLR, RET.  Arm ARM C4.1, "Unconditional branch (register)".

    Not modelled: BRAA, BLRAA, RETAA and their kin (FEAT_PAuth), ERET, DRPS.
    """

    opc: int
    Rn: int

    def allocated(self) -> bool:
        return self.opc <= 0b0010

    def execute(self, m: Machine) -> None:
        target = m.read_x(self.Rn)
        if self.opc == 0b0001:
            m.write_x(30, m.pc + 4)
        m.branch(target)

    def btype(self) -> int:
        if self.opc == 0b0010:
            return 0b00
        if self.opc == 0b0001:
            return 0b10
        return 0b01 if self.Rn in (16, 17) else 0b11

    def assembly(self, pc: int) -> str:
        if self.opc == 0b0010 and self.Rn == 30:
            return "ret"
        return f"{('br', 'blr', 'ret')[self.opc]} {reg(self.Rn)}"
