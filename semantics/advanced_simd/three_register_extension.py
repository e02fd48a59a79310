"""Advanced SIMD three-register extension."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import HS, S, Ternary
from semantics.advanced_simd.syntax import arrangement, vectors

# (U, opcode): mnemonic, operation on elements of V[d], V[n], V[m], sizes.
_OPERATIONS: dict[tuple[int, int], tuple[str, Ternary, frozenset[int]]] = {
    (0, 0b0010): ("sdot", op.dot(False), frozenset({S})),
    (1, 0b0000): ("sqrdmlah", op.sqrdmlah(False), HS),
    (1, 0b0001): ("sqrdmlsh", op.sqrdmlah(True), HS),
    (1, 0b0010): ("udot", op.dot(True), frozenset({S})),
}


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 | 14 11  | 10 | 9 5 | 4 0
    0  | Q  | U  | 01110 | size  | 0  | Rm    | 1  | opcode | 1  | Rn  | Rd
""")
class AdvSIMDThreeRegisterExtension(Instruction):
    """SDOT, UDOT, SQRDMLAH, SQRDMLSH.  Arm ARM C4.1, "Advanced SIMD three-register extension".

    The instructions of FEAT_I8MM, FEAT_FCMA and FEAT_BF16 in the class are not modelled, nor is FPSR.QC.
    """

    Q: int
    U: int
    size: int
    Rm: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        operation = _OPERATIONS.get((self.U, self.opcode))
        return operation is not None and self.size in operation[2]

    def execute(self, m: Machine) -> None:
        datasize = 128 if self.Q else 64
        esize = 8 << self.size
        f = _OPERATIONS[self.U, self.opcode][1]
        operands = (m.read_v(r, datasize).elems(esize) for r in (self.Rd, self.Rn, self.Rm))
        m.write_v(self.Rd, Bits.from_elems([f(d, x, y) for d, x, y in zip(*operands, strict=True)]))

    def assembly(self, pc: int) -> str:
        name = _OPERATIONS[self.U, self.opcode][0]
        t = arrangement(self.size, self.Q)
        if name.endswith("dot"):
            return f"{name} v{self.Rd}.{t}, {vectors(arrangement(0, self.Q), self.Rn, self.Rm)}"
        return f"{name} {vectors(t, self.Rd, self.Rn, self.Rm)}"
