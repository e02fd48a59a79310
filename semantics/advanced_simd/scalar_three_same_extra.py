"""Advanced SIMD scalar three same extra."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.elements import HS, Ternary, sqrdmlah
from semantics.advanced_simd.syntax import scalars

_OPERATIONS: dict[tuple[int, int], tuple[str, Ternary]] = {
    (1, 0b0000): ("sqrdmlah", sqrdmlah(False)),
    (1, 0b0001): ("sqrdmlsh", sqrdmlah(True)),
}


@instruction("""
    31 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 | 14 11  | 10 | 9 5 | 4 0
    01    | U  | 11110 | size  | 0  | Rm    | 1  | opcode | 1  | Rn  | Rd
""")
class AdvSIMDScalarThreeSameExtra(Instruction):
    """SQRDMLAH, SQRDMLSH (scalar).  Arm ARM C4.1, "Advanced SIMD scalar three same extra".

    FPSR.QC, which they set, is not modelled.
    """

    U: int
    size: int
    Rm: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return (self.U, self.opcode) in _OPERATIONS and self.size in HS

    def execute(self, m: Machine) -> None:
        esize = 8 << self.size
        f = _OPERATIONS[self.U, self.opcode][1]
        m.write_v(self.Rd, f(m.read_v(self.Rd, esize), m.read_v(self.Rn, esize), m.read_v(self.Rm, esize)))

    def assembly(self, pc: int) -> str:
        return f"{_OPERATIONS[self.U, self.opcode][0]} {scalars(self.size, self.Rd, self.Rn, self.Rm)}"
