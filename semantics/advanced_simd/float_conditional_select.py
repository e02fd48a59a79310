"""Floating-point conditional select."""

from __future__ import annotations

from armsym.bits import ite
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.float_data_processing_1_source import SIZE_OF_PTYPE
from semantics.advanced_simd.syntax import scalars
from semantics.shared import ConditionHolds
from semantics.syntax import CONDITIONS


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 12 | 11 10 | 9 5 | 4 0
    M  | 0  | S  | 11110 | ptype | 1  | Rm    | cond  | 11    | Rn  | Rd
""")
class FloatConditionalSelect(Instruction):
    """FCSEL: a choice of bits, no arithmetic.  Arm ARM C4.1, "Floating-point conditional select"."""

    M: int
    S: int
    ptype: int
    Rm: int
    cond: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.M == 0 and self.S == 0 and self.ptype in SIZE_OF_PTYPE

    def execute(self, m: Machine) -> None:
        width = 8 << SIZE_OF_PTYPE[self.ptype]
        m.write_v(self.Rd, ite(ConditionHolds(self.cond, m), m.read_v(self.Rn, width), m.read_v(self.Rm, width)))

    def assembly(self, pc: int) -> str:
        registers = scalars(SIZE_OF_PTYPE[self.ptype], self.Rd, self.Rn, self.Rm)
        return f"fcsel {registers}, {CONDITIONS[self.cond]}"
