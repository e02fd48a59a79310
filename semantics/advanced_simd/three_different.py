"""Advanced SIMD three different."""

from __future__ import annotations

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import BHS, HS, B, Binary, D
from semantics.advanced_simd.functions import Extend
from semantics.advanced_simd.syntax import arrangement

# (U, opcode): mnemonic, operation on elements of one half of V[n] and V[m] with a result of twice the
# width, how it is combined with the element of V[d], sizes.
_LONG: dict[tuple[int, int], tuple[str, Binary, Binary | None, frozenset[int]]] = {
    (0, 0b0000): ("saddl", op.add_long(False), None, BHS),
    (0, 0b0010): ("ssubl", op.sub_long(False), None, BHS),
    (0, 0b0101): ("sabal", op.absolute_difference_long(False), op.add, BHS),
    (0, 0b0111): ("sabdl", op.absolute_difference_long(False), None, BHS),
    (0, 0b1000): ("smlal", op.multiply_long(False), op.add, BHS),
    (0, 0b1001): ("sqdmlal", op.sqdmull, op.saturating_add(False), HS),
    (0, 0b1010): ("smlsl", op.multiply_long(False), op.sub, BHS),
    (0, 0b1011): ("sqdmlsl", op.sqdmull, op.saturating_sub(False), HS),
    (0, 0b1100): ("smull", op.multiply_long(False), None, BHS),
    (0, 0b1101): ("sqdmull", op.sqdmull, None, HS),
    (0, 0b1110): ("pmull", op.pmull, None, frozenset({B, D})),
    (1, 0b0000): ("uaddl", op.add_long(True), None, BHS),
    (1, 0b0010): ("usubl", op.sub_long(True), None, BHS),
    (1, 0b0101): ("uabal", op.absolute_difference_long(True), op.add, BHS),
    (1, 0b0111): ("uabdl", op.absolute_difference_long(True), None, BHS),
    (1, 0b1000): ("umlal", op.multiply_long(True), op.add, BHS),
    (1, 0b1010): ("umlsl", op.multiply_long(True), op.sub, BHS),
    (1, 0b1100): ("umull", op.multiply_long(True), None, BHS),
}

# The elements of V[n] are twice as wide as those of V[m], and so is the result.
_WIDE: dict[tuple[int, int], tuple[str, Binary]] = {
    (0, 0b0001): ("saddw", op.add),
    (0, 0b0011): ("ssubw", op.sub),
    (1, 0b0001): ("uaddw", op.add),
    (1, 0b0011): ("usubw", op.sub),
}

# The result is the high half of each element: mnemonic, operation, whether it is rounded.
_NARROW: dict[tuple[int, int], tuple[str, Binary, bool]] = {
    (0, 0b0100): ("addhn", op.add, False),
    (0, 0b0110): ("subhn", op.sub, False),
    (1, 0b0100): ("raddhn", op.add, True),
    (1, 0b0110): ("rsubhn", op.sub, True),
}


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 12  | 11 10 | 9 5 | 4 0
    0  | Q  | U  | 01110 | size  | 1  | Rm    | opcode | 00    | Rn  | Rd
""")
class AdvSIMDThreeDifferent(Instruction):
    """SADDL, SADDW, ADDHN, SABAL, SABDL, SMLAL, SMULL, SQDMULL, PMULL and the like, and their second parts.

    Arm ARM C4.1, "Advanced SIMD three different".  FPSR.QC, which the saturating ones set, is not modelled.
    """

    Q: int
    U: int
    size: int
    Rm: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        key = self.U, self.opcode
        if key in _LONG:
            return self.size in _LONG[key][3]
        return self.size in BHS and (key in _WIDE or key in _NARROW)

    def execute(self, m: Machine) -> None:
        esize = 8 << self.size
        part = self.Q
        key = self.U, self.opcode
        if key in _LONG:
            _, f, combine, _ = _LONG[key]
            operand1 = m.read_v(self.Rn).elem(part, 64).elems(esize)
            operand2 = m.read_v(self.Rm).elem(part, 64).elems(esize)
            result = [f(x, y) for x, y in zip(operand1, operand2, strict=True)]
            if combine is not None:
                destination = m.read_v(self.Rd).elems(2 * esize)
                result = [combine(d, r) for d, r in zip(destination, result, strict=True)]
            m.write_v(self.Rd, Bits.from_elems(result))
        elif key in _WIDE:
            f = _WIDE[key][1]
            operand1 = m.read_v(self.Rn).elems(2 * esize)
            operand2 = [Extend(y, 2 * esize, bool(self.U)) for y in m.read_v(self.Rm).elem(part, 64).elems(esize)]
            m.write_v(self.Rd, Bits.from_elems([f(x, y) for x, y in zip(operand1, operand2, strict=True)]))
        else:
            _, f, rounding = _NARROW[key]
            operand1, operand2 = m.read_v(self.Rn).elems(2 * esize), m.read_v(self.Rm).elems(2 * esize)
            result = [f(x, y) for x, y in zip(operand1, operand2, strict=True)]
            if rounding:
                result = [r + (1 << (esize - 1)) for r in result]
            narrow = Bits.from_elems([r[2 * esize - 1 : esize] for r in result])
            m.write_v(self.Rd, concat(narrow, m.read_v(self.Rd, 64)) if part else narrow)

    def assembly(self, pc: int) -> str:
        key = self.U, self.opcode
        two = "2" if self.Q else ""
        t = arrangement(self.size, self.Q)
        wide = "1q" if self.size == D else arrangement(self.size + 1, 1)
        if key in _LONG:
            return f"{_LONG[key][0]}{two} v{self.Rd}.{wide}, v{self.Rn}.{t}, v{self.Rm}.{t}"
        if key in _WIDE:
            return f"{_WIDE[key][0]}{two} v{self.Rd}.{wide}, v{self.Rn}.{wide}, v{self.Rm}.{t}"
        return f"{_NARROW[key][0]}{two} v{self.Rd}.{t}, v{self.Rn}.{wide}, v{self.Rm}.{wide}"
