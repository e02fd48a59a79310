"""PSTATE: MSR (immediate)."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm


@instruction("""
    31 19         | 18 16 | 15 12 | 11 9 | 8    | 7 5 | 4 0
    1101010100000 | 011   | 0100  | 000  | imm1 | 010 | 11111
""")
class PSTATE(Instruction):
    """MSR DIT, #imm.  Arm ARM C4.1, "PSTATE".

    Not modelled: the other PSTATE fields, CFINV, XAFLAG, AXFLAG; and DIT with an immediate
    above 1, which assemblers do not write.
    """

    imm1: int

    def execute(self, m: Machine) -> None:
        m.dit = Bits(1, self.imm1)

    def assembly(self, pc: int) -> str:
        return f"msr dit, {imm(self.imm1)}"
