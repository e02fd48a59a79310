"""Advanced SIMD scalar three different."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import HS, Binary
from semantics.advanced_simd.syntax import scalars

# (U, opcode): mnemonic, how SatQ(2 * n * m) is combined with V[d].
_OPERATIONS: dict[tuple[int, int], tuple[str, Binary | None]] = {
    (0, 0b1001): ("sqdmlal", op.saturating_add(False)),
    (0, 0b1011): ("sqdmlsl", op.saturating_sub(False)),
    (0, 0b1101): ("sqdmull", None),
}


@instruction("""
    31 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 12  | 11 10 | 9 5 | 4 0
    01    | U  | 11110 | size  | 1  | Rm    | opcode | 00    | Rn  | Rd
""")
class AdvSIMDScalarThreeDifferent(Instruction):
    """SQDMLAL, SQDMLSL, SQDMULL (scalar).  Arm ARM C4.1, "Advanced SIMD scalar three different".

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
        combine = _OPERATIONS[self.U, self.opcode][1]
        result = op.sqdmull(m.read_v(self.Rn, esize), m.read_v(self.Rm, esize))
        if combine is not None:
            result = combine(m.read_v(self.Rd, 2 * esize), result)
        m.write_v(self.Rd, result)

    def assembly(self, pc: int) -> str:
        name = _OPERATIONS[self.U, self.opcode][0]
        return f"{name} {scalars(self.size + 1, self.Rd)}, {scalars(self.size, self.Rn, self.Rm)}"
