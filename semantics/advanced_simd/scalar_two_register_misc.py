"""Advanced SIMD scalar two-register miscellaneous."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import BHSD, COMPARE_ZERO, SATURATING_NARROW, Binary, D, Unary
from semantics.advanced_simd.syntax import scalars

_ONLY_D = frozenset({D})

# (U, opcode): mnemonic, operation, sizes.
_UNARY: dict[tuple[int, int], tuple[str, Unary, frozenset[int]]] = {
    (0, 0b00111): ("sqabs", op.sqabs, BHSD),
    (0, 0b01011): ("abs", op.absolute, _ONLY_D),
    (1, 0b00111): ("sqneg", op.sqneg, BHSD),
    (1, 0b01011): ("neg", op.neg, _ONLY_D),
    **{(U, 0b01000 + k): (name, f, _ONLY_D) for (U, k), (name, f) in COMPARE_ZERO.items()},
}

# On the elements of V[d] and V[n].
_WITH_DESTINATION: dict[tuple[int, int], tuple[str, Binary]] = {
    (0, 0b00011): ("suqadd", op.suqadd),
    (1, 0b00011): ("usqadd", op.usqadd),
}


@instruction("""
    31 30 | 29 | 28 24 | 23 22 | 21 17 | 16 12  | 11 10 | 9 5 | 4 0
    01    | U  | 11110 | size  | 10000 | opcode | 10    | Rn  | Rd
""")
class AdvSIMDScalarTwoRegisterMisc(Instruction):
    """SUQADD, USQADD, SQABS, SQNEG, comparisons with zero, ABS, NEG, SQXTN, SQXTUN, UQXTN (scalar).

    Arm ARM C4.1, "Advanced SIMD scalar two-register miscellaneous"; the floating-point instructions of
    the class are not modelled, nor is FPSR.QC.
    """

    U: int
    size: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        key = self.U, self.opcode
        if key in _UNARY:
            return self.size in _UNARY[key][2]
        return key in _WITH_DESTINATION or (key in SATURATING_NARROW and self.size < 3)

    def execute(self, m: Machine) -> None:
        esize = 8 << self.size
        key = self.U, self.opcode
        if key in _UNARY:
            result = _UNARY[key][1](m.read_v(self.Rn, esize))
        elif key in _WITH_DESTINATION:
            result = _WITH_DESTINATION[key][1](m.read_v(self.Rd, esize), m.read_v(self.Rn, esize))
        else:
            result = SATURATING_NARROW[key][1](m.read_v(self.Rn, 2 * esize))
        m.write_v(self.Rd, result)

    def assembly(self, pc: int) -> str:
        key = self.U, self.opcode
        if key in SATURATING_NARROW:
            wide = scalars(self.size + 1, self.Rn)
            return f"{SATURATING_NARROW[key][0]} {scalars(self.size, self.Rd)}, {wide}"
        name = (_WITH_DESTINATION.get(key) or _UNARY[key])[0]
        zero = ", #0" if name.startswith("cm") else ""
        return f"{name} {scalars(self.size, self.Rd, self.Rn)}{zero}"
