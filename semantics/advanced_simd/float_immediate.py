"""Floating-point immediate."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.float_data_processing_1_source import SIZE_OF_PTYPE
from semantics.advanced_simd.functions import VFPExpandImm
from semantics.advanced_simd.syntax import float_immediate, scalars


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 13 | 12 10 | 9 5  | 4 0
    M  | 0  | S  | 11110 | ptype | 1  | imm8  | 100   | imm5 | Rd
""")
class FloatImmediate(Instruction):
    """FMOV (scalar, immediate).  Arm ARM C4.1, "Floating-point immediate"."""

    M: int
    S: int
    ptype: int
    imm8: int
    imm5: int
    Rd: int

    def allocated(self) -> bool:
        return self.M == 0 and self.S == 0 and self.imm5 == 0 and self.ptype in SIZE_OF_PTYPE

    def execute(self, m: Machine) -> None:
        width = 8 << SIZE_OF_PTYPE[self.ptype]
        m.write_v(self.Rd, Bits(width, VFPExpandImm(self.imm8, width)))

    def assembly(self, pc: int) -> str:
        return f"fmov {scalars(SIZE_OF_PTYPE[self.ptype], self.Rd)}, {float_immediate(self.imm8)}"
