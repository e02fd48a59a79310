"""Advanced SIMD scalar x indexed element."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import HS, Binary, Ternary
from semantics.advanced_simd.functions import IndexedElement
from semantics.advanced_simd.syntax import element, scalars

# (U, opcode): mnemonic, operation on the element of V[n] and the indexed one.
_ELEMENTWISE: dict[tuple[int, int], tuple[str, Binary]] = {
    (0, 0b1100): ("sqdmulh", op.sqdmulh(False)),
    (0, 0b1101): ("sqrdmulh", op.sqdmulh(True)),
}

# The same with the element of V[d] before.
_ACCUMULATING: dict[tuple[int, int], tuple[str, Ternary]] = {
    (1, 0b1101): ("sqrdmlah", op.sqrdmlah(False)),
    (1, 0b1111): ("sqrdmlsh", op.sqrdmlah(True)),
}

# Operation to twice the width, how it is combined with the element of V[d].
_LONG: dict[tuple[int, int], tuple[str, Binary, Binary | None]] = {
    (0, 0b0011): ("sqdmlal", op.sqdmull, op.saturating_add(False)),
    (0, 0b0111): ("sqdmlsl", op.sqdmull, op.saturating_sub(False)),
    (0, 0b1011): ("sqdmull", op.sqdmull, None),
}


@instruction("""
    31 30 | 29 | 28 24 | 23 22 | 21 | 20 | 19 16 | 15 12  | 11 | 10 | 9 5 | 4 0
    01    | U  | 11111 | size  | L  | M  | Rm    | opcode | H  | 0  | Rn  | Rd
""")
class AdvSIMDScalarXIndexedElement(Instruction):
    """SQDMLAL, SQDMLSL, SQDMULL, SQDMULH, SQRDMULH, SQRDMLAH, SQRDMLSH (scalar, by element).

    Arm ARM C4.1, "Advanced SIMD scalar x indexed element"; the floating-point instructions of the class
    are not modelled, nor is FPSR.QC.
    """

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
        return self.size in HS and (key in _ELEMENTWISE or key in _ACCUMULATING or key in _LONG)

    def execute(self, m: Machine) -> None:
        esize = 8 << self.size
        key = self.U, self.opcode
        register, index = IndexedElement(self.size, self.H, self.L, self.M, self.Rm)
        element1 = m.read_v(self.Rn, esize)
        element2 = m.read_v(register).elem(index, esize)
        if key in _LONG:
            _, f, combine = _LONG[key]
            result = f(element1, element2)
            if combine is not None:
                result = combine(m.read_v(self.Rd, 2 * esize), result)
        elif key in _ELEMENTWISE:
            result = _ELEMENTWISE[key][1](element1, element2)
        else:
            result = _ACCUMULATING[key][1](m.read_v(self.Rd, esize), element1, element2)
        m.write_v(self.Rd, result)

    def assembly(self, pc: int) -> str:
        key = self.U, self.opcode
        register, index = IndexedElement(self.size, self.H, self.L, self.M, self.Rm)
        name = (_ELEMENTWISE.get(key) or _ACCUMULATING.get(key) or _LONG[key])[0]
        destination = scalars(self.size + (key in _LONG), self.Rd)
        return f"{name} {destination}, {scalars(self.size, self.Rn)}, {element(register, self.size, index)}"
