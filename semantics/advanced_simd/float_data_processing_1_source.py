"""Floating-point data-processing (1 source): only the move."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.syntax import scalars

#: ptype: the floating-point register has 8 << size bits.
SIZE_OF_PTYPE = {0b00: 2, 0b01: 3, 0b11: 1}


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 15  | 14 10 | 9 5 | 4 0
    M  | 0  | S  | 11110 | ptype | 1  | opcode | 10000 | Rn  | Rd
""")
class FloatDataProcessing1Source(Instruction):
    """FMOV (register).  Arm ARM C4.1, "Floating-point data-processing (1 source)".

    The other instructions of the class compute with floating-point numbers and are not modelled.
    """

    M: int
    S: int
    ptype: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.M == 0 and self.S == 0 and self.opcode == 0 and self.ptype in SIZE_OF_PTYPE

    def execute(self, m: Machine) -> None:
        m.write_v(self.Rd, m.read_v(self.Rn, 8 << SIZE_OF_PTYPE[self.ptype]))

    def assembly(self, pc: int) -> str:
        return f"fmov {scalars(SIZE_OF_PTYPE[self.ptype], self.Rd, self.Rn)}"
