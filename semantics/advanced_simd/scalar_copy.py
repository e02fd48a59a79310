"""Advanced SIMD scalar copy."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.functions import LowestSetBit
from semantics.advanced_simd.syntax import element, scalars


@instruction("""
    31 30 | 29 | 28 21    | 20 16 | 15 | 14 11 | 10 | 9 5 | 4 0
    01    | op | 11110000 | imm5  | 0  | imm4  | 1  | Rn  | Rd
""")
class AdvSIMDScalarCopy(Instruction):
    """DUP (element, scalar).  Arm ARM C4.1, "Advanced SIMD scalar copy"."""

    op: int
    imm5: int
    imm4: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.op == 0 and self.imm4 == 0 and self.imm5 & 0b1111 != 0

    def execute(self, m: Machine) -> None:
        size = LowestSetBit(self.imm5)
        m.write_v(self.Rd, m.read_v(self.Rn).elem(self.imm5 >> (size + 1), 8 << size))

    def assembly(self, pc: int) -> str:
        size = LowestSetBit(self.imm5)
        return f"mov {scalars(size, self.Rd)}, {element(self.Rn, size, self.imm5 >> (size + 1))}"
