"""Advanced SIMD extract."""

from __future__ import annotations

from armsym.bits import concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.syntax import arrangement, vectors
from semantics.syntax import imm


@instruction("""
    31 | 30 | 29 24  | 23 22 | 21 | 20 16 | 15 | 14 11 | 10 | 9 5 | 4 0
    0  | Q  | 101110 | op2   | 0  | Rm    | 0  | imm4  | 0  | Rn  | Rd
""")
class AdvSIMDExtract(Instruction):
    """EXT.  Arm ARM C4.1, "Advanced SIMD extract"."""

    Q: int
    op2: int
    Rm: int
    imm4: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.op2 == 0 and (self.Q == 1 or self.imm4 < 8)

    def execute(self, m: Machine) -> None:
        datasize = 128 if self.Q else 64
        position = self.imm4 << 3
        lo, hi = m.read_v(self.Rn, datasize), m.read_v(self.Rm, datasize)
        # (hi:lo)<position+datasize-1:position>
        m.write_v(self.Rd, concat(hi[position - 1 : 0], lo[datasize - 1 : position]) if position else lo)

    def assembly(self, pc: int) -> str:
        return f"ext {vectors(arrangement(0, self.Q), self.Rd, self.Rn, self.Rm)}, {imm(self.imm4)}"
