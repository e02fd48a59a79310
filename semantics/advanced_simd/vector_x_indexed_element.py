"""Advanced SIMD vector x indexed element."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import HS, Binary, Ternary
from semantics.advanced_simd.functions import IndexedElement
from semantics.advanced_simd.syntax import arrangement, element

# (U, opcode): mnemonic, operation on an element of V[n] and the indexed one.
_ELEMENTWISE: dict[tuple[int, int], tuple[str, Binary]] = {
    (0, 0b1000): ("mul", op.mul),
    (0, 0b1100): ("sqdmulh", op.sqdmulh(False)),
    (0, 0b1101): ("sqrdmulh", op.sqdmulh(True)),
}

# The same with the element of V[d] before.
_ACCUMULATING: dict[tuple[int, int], tuple[str, Ternary]] = {
    (1, 0b0000): ("mla", lambda d, n, m: d + n * m),
    (1, 0b0100): ("mls", lambda d, n, m: d - n * m),
    (1, 0b1101): ("sqrdmlah", op.sqrdmlah(False)),
    (1, 0b1111): ("sqrdmlsh", op.sqrdmlah(True)),
}

# Operation from elements of one half of V[n] to twice the width, how it is combined with V[d].
_LONG: dict[tuple[int, int], tuple[str, Binary, Binary | None]] = {
    (0, 0b0010): ("smlal", op.multiply_long(False), op.add),
    (0, 0b0011): ("sqdmlal", op.sqdmull, op.saturating_add(False)),
    (0, 0b0110): ("smlsl", op.multiply_long(False), op.sub),
    (0, 0b0111): ("sqdmlsl", op.sqdmull, op.saturating_sub(False)),
    (0, 0b1010): ("smull", op.multiply_long(False), None),
    (0, 0b1011): ("sqdmull", op.sqdmull, None),
    (1, 0b0010): ("umlal", op.multiply_long(True), op.add),
    (1, 0b0110): ("umlsl", op.multiply_long(True), op.sub),
    (1, 0b1010): ("umull", op.multiply_long(True), None),
}

# On 32-bit elements, each four bytes.
_DOT: dict[tuple[int, int], tuple[str, Ternary]] = {
    (0, 0b1110): ("sdot", op.dot(False)),
    (1, 0b1110): ("udot", op.dot(True)),
}


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 | 19 16 | 15 12  | 11 | 10 | 9 5 | 4 0
    0  | Q  | U  | 01111 | size  | L  | M  | Rm    | opcode | H  | 0  | Rn  | Rd
""")
class AdvSIMDVectorXIndexedElement(Instruction):
    """MUL, MLA, MLS, SMULL, SMLAL, SMLSL, SQDMULL, SQDMULH, SDOT, UDOT, ... (by element).

    Arm ARM C4.1, "Advanced SIMD vector x indexed element"; the floating-point instructions of the class
    and SUDOT, USDOT, BFDOT are not modelled, nor is FPSR.QC, which the saturating instructions set.
    """

    Q: int
    U: int
    size: int
    L: int
    M: int
    Rm: int
    opcode: int
    H: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        key = self.U, self.opcode
        if key in _DOT:
            return self.size == 2
        return self.size in HS and (key in _ELEMENTWISE or key in _ACCUMULATING or key in _LONG)

    def execute(self, m: Machine) -> None:
        datasize = 128 if self.Q else 64
        esize = 8 << self.size
        key = self.U, self.opcode
        register, index = IndexedElement(self.size, self.H, self.L, self.M, self.Rm)
        element2 = m.read_v(register).elem(index, esize)
        if key in _LONG:
            _, f, combine = _LONG[key]
            result = [f(x, element2) for x in m.read_v(self.Rn).elem(self.Q, 64).elems(esize)]
            if combine is not None:
                destination = m.read_v(self.Rd).elems(2 * esize)
                result = [combine(d, r) for d, r in zip(destination, result, strict=True)]
        else:
            operand = m.read_v(self.Rn, datasize).elems(esize)
            if key in _ELEMENTWISE:
                f = _ELEMENTWISE[key][1]
                result = [f(x, element2) for x in operand]
            else:
                g = (_ACCUMULATING.get(key) or _DOT[key])[1]
                destination = m.read_v(self.Rd, datasize).elems(esize)
                result = [g(d, x, element2) for d, x in zip(destination, operand, strict=True)]
        m.write_v(self.Rd, Bits.from_elems(result))

    def assembly(self, pc: int) -> str:
        key = self.U, self.opcode
        register, index = IndexedElement(self.size, self.H, self.L, self.M, self.Rm)
        t = arrangement(self.size, self.Q)
        if key in _DOT:
            bytes4 = f"v{register}.4b[{index}]"
            return f"{_DOT[key][0]} v{self.Rd}.{t}, v{self.Rn}.{arrangement(0, self.Q)}, {bytes4}"
        if key in _LONG:
            two = "2" if self.Q else ""
            name, wide = _LONG[key][0] + two, arrangement(self.size + 1, 1)
        else:
            name, wide = (_ELEMENTWISE.get(key) or _ACCUMULATING[key])[0], t
        return f"{name} v{self.Rd}.{wide}, v{self.Rn}.{t}, {element(register, self.size, index)}"
