"""Advanced SIMD scalar pairwise."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine


@instruction("""
    31 30 | 29 | 28 24 | 23 22 | 21 17 | 16 12  | 11 10 | 9 5 | 4 0
    01    | U  | 11110 | size  | 11000 | opcode | 10    | Rn  | Rd
""")
class AdvSIMDScalarPairwise(Instruction):
    """ADDP (scalar).  Arm ARM C4.1, "Advanced SIMD scalar pairwise".

    The floating-point instructions of the class are not modelled.
    """

    U: int
    size: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.U == 0 and self.size == 3 and self.opcode == 0b11011

    def execute(self, m: Machine) -> None:
        low, high = m.read_v(self.Rn).elems(64)
        m.write_v(self.Rd, low + high)

    def assembly(self, pc: int) -> str:
        return f"addp d{self.Rd}, v{self.Rn}.2d"
