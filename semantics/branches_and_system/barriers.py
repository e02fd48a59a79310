"""Barriers."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm

_NAMES = {0b100: "dsb", 0b101: "dmb", 0b110: "isb", 0b111: "sb"}
_OPTIONS = {
    0b0001: "oshld",
    0b0010: "oshst",
    0b0011: "osh",
    0b0101: "nshld",
    0b0110: "nshst",
    0b0111: "nsh",
    0b1001: "ishld",
    0b1010: "ishst",
    0b1011: "ish",
    0b1101: "ld",
    0b1110: "st",
    0b1111: "sy",
}


@instruction("""
    31 12                | 11 8 | 7 5 | 4 0
    11010101000000110011 | CRm  | op2 | 11111
""")
class Barriers(Instruction):
    """DSB, DMB, ISB, SB.  Arm ARM C4.1, "Barriers".

    They order accesses as other observers see them; one thread sees no difference.
    Not modelled: CLREX (there is no exclusive monitor), DSB nXS, TCOMMIT.
    """

    CRm: int
    op2: int

    def allocated(self) -> bool:
        if self.op2 == 0b111:  # SB: CRm should be zero
            return self.CRm == 0
        return self.op2 in _NAMES

    def execute(self, m: Machine) -> None:
        pass

    def assembly(self, pc: int) -> str:
        name = _NAMES[self.op2]
        if self.op2 == 0b111:
            return name
        if self.op2 == 0b100 and self.CRm in {0b0000, 0b0100}:
            return "pssbb" if self.CRm else "ssbb"
        if self.op2 == 0b110:
            return name if self.CRm == 0b1111 else f"{name} {imm(self.CRm)}"
        return f"{name} {_OPTIONS.get(self.CRm) or imm(self.CRm)}"
