"""Exception generation."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm

_NAMES = {
    (0b000, 0b01): "SVC",
    (0b000, 0b10): "HVC",
    (0b000, 0b11): "SMC",
    (0b001, 0b00): "BRK",
    (0b010, 0b00): "HLT",
}


@instruction("""
    31 24    | 23 21 | 20 5  | 4 2 | 1 0
    11010100 | opc   | imm16 | 000 | LL
""")
class ExceptionGeneration(Instruction):
    """SVC, HVC, SMC, BRK, HLT: each stops the machine.  Arm ARM C4.1, "Exception generation".

    Not modelled: TCANCEL (FEAT_TME), DCPS1, DCPS2, DCPS3 (Debug state only).
    """

    opc: int
    imm16: int
    LL: int

    def allocated(self) -> bool:
        return (self.opc, self.LL) in _NAMES

    def execute(self, m: Machine) -> None:
        m.stop(_NAMES[self.opc, self.LL], self.imm16)

    def assembly(self, pc: int) -> str:
        return f"{_NAMES[self.opc, self.LL].lower()} {imm(self.imm16)}"
