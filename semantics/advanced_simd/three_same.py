"""Advanced SIMD three same."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import BHS, BHSD, HS, B, Binary, Ternary
from semantics.advanced_simd.syntax import arrangement, vectors

_LOGICAL = 0b00011

# (U, size) of the bitwise operations, on whole vectors: V[d], V[n], V[m].
_BITWISE: dict[tuple[int, int], tuple[str, Ternary]] = {
    (0, 0b00): ("and", lambda _, n, m: n & m),
    (0, 0b01): ("bic", lambda _, n, m: n & ~m),
    (0, 0b10): ("orr", lambda _, n, m: n | m),
    (0, 0b11): ("orn", lambda _, n, m: n | ~m),
    (1, 0b00): ("eor", lambda _, n, m: n ^ m),
    (1, 0b01): ("bsl", lambda d, n, m: m ^ ((m ^ n) & d)),
    (1, 0b10): ("bit", lambda d, n, m: d ^ ((d ^ n) & m)),
    (1, 0b11): ("bif", lambda d, n, m: d ^ ((d ^ n) & ~m)),
}

# (U, opcode): mnemonic, operation on elements of V[n] and V[m], sizes.
_ELEMENTWISE: dict[tuple[int, int], tuple[str, Binary, frozenset[int]]] = {
    (0, 0b00000): ("shadd", op.halving_add(False, False), BHS),
    (0, 0b00001): ("sqadd", op.saturating_add(False), BHSD),
    (0, 0b00010): ("srhadd", op.halving_add(False, True), BHS),
    (0, 0b00100): ("shsub", op.halving_sub(False), BHS),
    (0, 0b00101): ("sqsub", op.saturating_sub(False), BHSD),
    (0, 0b00110): ("cmgt", op.cmgt, BHSD),
    (0, 0b00111): ("cmge", op.cmge, BHSD),
    (0, 0b01000): ("sshl", op.shift_by_register(False, False, False), BHSD),
    (0, 0b01001): ("sqshl", op.shift_by_register(False, False, True), BHSD),
    (0, 0b01010): ("srshl", op.shift_by_register(False, True, False), BHSD),
    (0, 0b01011): ("sqrshl", op.shift_by_register(False, True, True), BHSD),
    (0, 0b01100): ("smax", op.maximum(False), BHS),
    (0, 0b01101): ("smin", op.minimum(False), BHS),
    (0, 0b01110): ("sabd", op.absolute_difference(False), BHS),
    (0, 0b10000): ("add", op.add, BHSD),
    (0, 0b10001): ("cmtst", op.cmtst, BHSD),
    (0, 0b10011): ("mul", op.mul, BHS),
    (0, 0b10110): ("sqdmulh", op.sqdmulh(False), HS),
    (1, 0b00000): ("uhadd", op.halving_add(True, False), BHS),
    (1, 0b00001): ("uqadd", op.saturating_add(True), BHSD),
    (1, 0b00010): ("urhadd", op.halving_add(True, True), BHS),
    (1, 0b00100): ("uhsub", op.halving_sub(True), BHS),
    (1, 0b00101): ("uqsub", op.saturating_sub(True), BHSD),
    (1, 0b00110): ("cmhi", op.cmhi, BHSD),
    (1, 0b00111): ("cmhs", op.cmhs, BHSD),
    (1, 0b01000): ("ushl", op.shift_by_register(True, False, False), BHSD),
    (1, 0b01001): ("uqshl", op.shift_by_register(True, False, True), BHSD),
    (1, 0b01010): ("urshl", op.shift_by_register(True, True, False), BHSD),
    (1, 0b01011): ("uqrshl", op.shift_by_register(True, True, True), BHSD),
    (1, 0b01100): ("umax", op.maximum(True), BHS),
    (1, 0b01101): ("umin", op.minimum(True), BHS),
    (1, 0b01110): ("uabd", op.absolute_difference(True), BHS),
    (1, 0b10000): ("sub", op.sub, BHSD),
    (1, 0b10001): ("cmeq", op.cmeq, BHSD),
    (1, 0b10011): ("pmul", op.pmul, frozenset({B})),
    (1, 0b10110): ("sqrdmulh", op.sqdmulh(True), HS),
}

# The same, but the result is added to, or subtracted from, the element of V[d].
_ACCUMULATING: dict[tuple[int, int], tuple[str, Binary, Binary]] = {
    (0, 0b01111): ("saba", op.absolute_difference(False), op.add),
    (0, 0b10010): ("mla", op.mul, op.add),
    (1, 0b01111): ("uaba", op.absolute_difference(True), op.add),
    (1, 0b10010): ("mls", op.mul, op.sub),
}

# The same, on adjacent elements of V[m]:V[n].
_PAIRWISE: dict[tuple[int, int], tuple[str, Binary, frozenset[int]]] = {
    (0, 0b10100): ("smaxp", op.maximum(False), BHS),
    (0, 0b10101): ("sminp", op.minimum(False), BHS),
    (0, 0b10111): ("addp", op.add, BHSD),
    (1, 0b10100): ("umaxp", op.maximum(True), BHS),
    (1, 0b10101): ("uminp", op.minimum(True), BHS),
}


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 11  | 10 | 9 5 | 4 0
    0  | Q  | U  | 01110 | size  | 1  | Rm    | opcode | 1  | Rn  | Rd
""")
class AdvSIMDThreeSame(Instruction):
    """Bitwise operations, integer arithmetic, comparisons, shifts by a register, pairwise operations.

    Arm ARM C4.1, "Advanced SIMD three same"; the floating-point instructions of the class are not
    modelled, nor is FPSR.QC, which the saturating instructions set.
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
        if self.opcode == _LOGICAL:
            return True
        if key in _ACCUMULATING:
            return self.size in BHS
        operation = _ELEMENTWISE.get(key) or _PAIRWISE.get(key)
        return operation is not None and self.size in operation[2] and not (self.size == 3 and not self.Q)

    def execute(self, m: Machine) -> None:
        datasize = 128 if self.Q else 64
        esize = 8 << self.size
        key = self.U, self.opcode
        operand1, operand2 = m.read_v(self.Rn, datasize), m.read_v(self.Rm, datasize)
        if self.opcode == _LOGICAL:
            bitwise = _BITWISE[self.U, self.size][1]
            m.write_v(self.Rd, bitwise(m.read_v(self.Rd, datasize), operand1, operand2))
            return
        result: list[Bits]
        if key in _ELEMENTWISE:
            f = _ELEMENTWISE[key][1]
            result = [f(x, y) for x, y in zip(operand1.elems(esize), operand2.elems(esize), strict=True)]
        elif key in _PAIRWISE:
            f = _PAIRWISE[key][1]
            pairs = operand1.elems(esize) + operand2.elems(esize)
            result = [f(x, y) for x, y in zip(pairs[::2], pairs[1::2], strict=True)]
        else:
            _, f, accumulate = _ACCUMULATING[key]
            operand3 = m.read_v(self.Rd, datasize).elems(esize)
            terms = zip(operand3, operand1.elems(esize), operand2.elems(esize), strict=True)
            result = [accumulate(d, f(x, y)) for d, x, y in terms]
        m.write_v(self.Rd, Bits.from_elems(result))

    def assembly(self, pc: int) -> str:
        key = self.U, self.opcode
        if self.opcode == _LOGICAL:
            name, t = _BITWISE[self.U, self.size][0], arrangement(0, self.Q)
            if name == "orr" and self.Rn == self.Rm:
                return f"mov {vectors(t, self.Rd, self.Rn)}"
        else:
            name = (_ELEMENTWISE.get(key) or _PAIRWISE.get(key) or _ACCUMULATING[key])[0]
            t = arrangement(self.size, self.Q)
        return f"{name} {vectors(t, self.Rd, self.Rn, self.Rm)}"
