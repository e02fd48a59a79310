"""Advanced SIMD table lookup."""

from __future__ import annotations

from armsym.bits import Bits, look_up
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.syntax import arrangement


@instruction("""
    31 | 30 | 29 24  | 23 22 | 21 | 20 16 | 15 | 14 13 | 12 | 11 10 | 9 5 | 4 0
    0  | Q  | 001110 | op2   | 0  | Rm    | 0  | len   | op | 00    | Rn  | Rd
""")
class AdvSIMDTableLookup(Instruction):
    """TBL, TBX.  Arm ARM C4.1, "Advanced SIMD table lookup"."""

    Q: int
    op2: int
    Rm: int
    len: int
    op: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.op2 == 0

    def execute(self, m: Machine) -> None:
        datasize = 128 if self.Q else 64
        table = [b for k in range(self.len + 1) for b in m.read_v((self.Rn + k) % 32).elems(8)]
        indices = m.read_v(self.Rm, datasize).elems(8)
        # An index out of range gives 0 in TBL, and leaves the byte of V[d] in TBX.
        others = m.read_v(self.Rd, datasize).elems(8) if self.op else [Bits(8, 0)] * len(indices)
        result = [look_up(table, i, o) for i, o in zip(indices, others, strict=True)]
        m.write_v(self.Rd, Bits.from_elems(result))

    def assembly(self, pc: int) -> str:
        t = arrangement(0, self.Q)
        table = ", ".join([f"v{(self.Rn + k) % 32}.16b" for k in range(self.len + 1)])
        return f"{'tbx' if self.op else 'tbl'} v{self.Rd}.{t}, {{{table}}}, v{self.Rm}.{t}"
