"""Advanced SIMD across lanes."""

from __future__ import annotations

from functools import reduce

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import Binary
from semantics.advanced_simd.functions import Extend
from semantics.advanced_simd.syntax import arrangement, scalars

# (U, opcode): mnemonic, operation, whether elements are first extended to twice their width.
_OPERATIONS: dict[tuple[int, int], tuple[str, Binary, bool]] = {
    (0, 0b00011): ("saddlv", op.add, True),
    (0, 0b01010): ("smaxv", op.maximum(False), False),
    (0, 0b11010): ("sminv", op.minimum(False), False),
    (0, 0b11011): ("addv", op.add, False),
    (1, 0b00011): ("uaddlv", op.add, True),
    (1, 0b01010): ("umaxv", op.maximum(True), False),
    (1, 0b11010): ("uminv", op.minimum(True), False),
}


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 17 | 16 12  | 11 10 | 9 5 | 4 0
    0  | Q  | U  | 01110 | size  | 11000 | opcode | 10    | Rn  | Rd
""")
class AdvSIMDAcrossLanes(Instruction):
    """ADDV, SADDLV, UADDLV, SMAXV, SMINV, UMAXV, UMINV.  Arm ARM C4.1, "Advanced SIMD across lanes"."""

    Q: int
    U: int
    size: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return (self.U, self.opcode) in _OPERATIONS and (self.size < 2 or (self.size == 2 and self.Q == 1))

    def execute(self, m: Machine) -> None:
        esize = 8 << self.size
        _, f, long = _OPERATIONS[self.U, self.opcode]
        elements = m.read_v(self.Rn, 128 if self.Q else 64).elems(esize)
        if long:
            elements = [Extend(e, 2 * esize, bool(self.U)) for e in elements]
        m.write_v(self.Rd, reduce(f, elements))

    def assembly(self, pc: int) -> str:
        name, _, long = _OPERATIONS[self.U, self.opcode]
        return f"{name} {scalars(self.size + long, self.Rd)}, v{self.Rn}.{arrangement(self.size, self.Q)}"
