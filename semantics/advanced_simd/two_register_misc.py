"""Advanced SIMD two-register miscellaneous."""

from __future__ import annotations

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import BHS, BHSD, COMPARE_ZERO, SATURATING_NARROW, B, Binary, H, Unary
from semantics.advanced_simd.functions import BitCount, CountLeadingSignBits, CountLeadingZeroBits, Extend
from semantics.advanced_simd.syntax import arrangement, vectors

# (U, opcode): mnemonic, bits of the container within which the elements change order.
_REVERSE = {(0, 0b00000): ("rev64", 64), (0, 0b00001): ("rev16", 16), (1, 0b00000): ("rev32", 32)}

_UNARY: dict[tuple[int, int], tuple[str, Unary, frozenset[int]]] = {
    (0, 0b00100): ("cls", CountLeadingSignBits, BHS),
    (0, 0b00101): ("cnt", BitCount, frozenset({B})),
    (0, 0b00111): ("sqabs", op.sqabs, BHSD),
    (0, 0b01011): ("abs", op.absolute, BHSD),
    (1, 0b00100): ("clz", CountLeadingZeroBits, BHS),
    (1, 0b00111): ("sqneg", op.sqneg, BHSD),
    (1, 0b01011): ("neg", op.neg, BHSD),
    **{(U, 0b01000 + k): (name, f, BHSD) for (U, k), (name, f) in COMPARE_ZERO.items()},
}

_NOT_RBIT = (1, 0b00101)  # NOT if size is 00, RBIT if 01; both on bytes

# On elements of V[d] and V[n].
_WITH_DESTINATION: dict[tuple[int, int], tuple[str, Binary]] = {
    (0, 0b00011): ("suqadd", op.suqadd),
    (1, 0b00011): ("usqadd", op.usqadd),
}

# (U, opcode) of the sums of adjacent elements in twice the width: mnemonic, whether V[d] is added.
_PAIRWISE_LONG = {
    (0, 0b00010): ("saddlp", False),
    (0, 0b00110): ("sadalp", True),
    (1, 0b00010): ("uaddlp", False),
    (1, 0b00110): ("uadalp", True),
}

_NARROW: dict[tuple[int, int], tuple[str, Unary]] = {(0, 0b10010): ("xtn", op.xtn), **SATURATING_NARROW}

_SHLL = (1, 0b10011)


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 17 | 16 12  | 11 10 | 9 5 | 4 0
    0  | Q  | U  | 01110 | size  | 10000 | opcode | 10    | Rn  | Rd
""")
class AdvSIMDTwoRegisterMisc(Instruction):
    """REV64, REV32, REV16, CLS, CLZ, CNT, NOT, RBIT, comparisons with zero, ABS, NEG, XTN, SHLL, ...

    Arm ARM C4.1, "Advanced SIMD two-register miscellaneous"; the floating-point instructions of the
    class, URECPE and URSQRTE are not modelled, nor is FPSR.QC, which the saturating instructions set.
    """

    Q: int
    U: int
    size: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        key = self.U, self.opcode
        size = self.size
        if key in _REVERSE:
            return 8 << size < _REVERSE[key][1]
        if key in _UNARY:
            return size in _UNARY[key][2] and (size < 3 or self.Q == 1)
        if key in _WITH_DESTINATION:
            return size < 3 or self.Q == 1
        if key == _NOT_RBIT:
            return size in {B, H}
        return size < 3 and (key in _PAIRWISE_LONG or key in _NARROW or key == _SHLL)

    def execute(self, m: Machine) -> None:
        datasize = 128 if self.Q else 64
        esize = 8 << self.size
        key = self.U, self.opcode
        if key in _NARROW or key == _SHLL:
            self._execute_between_widths(m, esize)
            return
        operand = m.read_v(self.Rn, datasize)
        if key == _NOT_RBIT:
            m.write_v(self.Rd, Bits.from_elems([_rbit(b) for b in operand.elems(8)]) if self.size else ~operand)
            return
        elements = operand.elems(esize)
        if key in _REVERSE:
            group = _REVERSE[key][1] // esize
            result = [e for k in range(0, len(elements), group) for e in reversed(elements[k : k + group])]
        elif key in _UNARY:
            f = _UNARY[key][1]
            result = [f(e) for e in elements]
        elif key in _WITH_DESTINATION:
            g = _WITH_DESTINATION[key][1]
            destination = m.read_v(self.Rd, datasize).elems(esize)
            result = [g(d, n) for d, n in zip(destination, elements, strict=True)]
        else:
            wide = [Extend(e, 2 * esize, bool(self.U)) for e in elements]
            result = [x + y for x, y in zip(wide[::2], wide[1::2], strict=True)]
            if _PAIRWISE_LONG[key][1]:
                destination = m.read_v(self.Rd, datasize).elems(2 * esize)
                result = [d + e for d, e in zip(destination, result, strict=True)]
        m.write_v(self.Rd, Bits.from_elems(result))

    def _execute_between_widths(self, m: Machine, esize: int) -> None:
        """XTN and the like fill half Q of V[d] and read all of V[n]; SHLL the other way round."""
        if (self.U, self.opcode) == _SHLL:
            zero = Bits(esize, 0)
            half = m.read_v(self.Rn).elem(self.Q, 64)
            m.write_v(self.Rd, Bits.from_elems([concat(e, zero) for e in half.elems(esize)]))
            return
        f = _NARROW[self.U, self.opcode][1]
        result = Bits.from_elems([f(e) for e in m.read_v(self.Rn).elems(2 * esize)])
        m.write_v(self.Rd, concat(result, m.read_v(self.Rd, 64)) if self.Q else result)

    def assembly(self, pc: int) -> str:
        key = self.U, self.opcode
        t = arrangement(self.size, self.Q)
        two = "2" if self.Q else ""
        if key == _NOT_RBIT:
            return f"{'rbit' if self.size else 'mvn'} {vectors(arrangement(0, self.Q), self.Rd, self.Rn)}"
        if key in _NARROW:
            return f"{_NARROW[key][0]}{two} v{self.Rd}.{t}, v{self.Rn}.{arrangement(self.size + 1, 1)}"
        if key == _SHLL:
            wide = arrangement(self.size + 1, 1)
            return f"shll{two} v{self.Rd}.{wide}, v{self.Rn}.{t}, #{8 << self.size}"
        if key in _PAIRWISE_LONG:
            return f"{_PAIRWISE_LONG[key][0]} v{self.Rd}.{arrangement(self.size + 1, self.Q)}, v{self.Rn}.{t}"
        name = (_REVERSE.get(key) or _WITH_DESTINATION.get(key) or _UNARY[key])[0]
        zero = ", #0" if name.startswith("cm") else ""
        return f"{name} {vectors(t, self.Rd, self.Rn)}{zero}"


def _rbit(x: Bits) -> Bits:
    return concat(*(x[k] for k in range(x.width)))
