"""Shifts of one element by an immediate, which the vector and the scalar class share."""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits
from semantics.advanced_simd.functions import Extend, HighestSetBit, RShr, SatQ

#: Operations on the element of V[d], that of V[n], and the amount.
Shift = Callable[[Bits, Bits, int], Bits]
#: Operations on an element of V[n] and the amount, with a result of half the width.
Narrow = Callable[[Bits, int], Bits]

_LEFT = frozenset({0b01010, 0b01100, 0b01110, 0b10100})


def amount(immh: int, immb: int, opcode: int) -> int:
    """How far immh:immb says to shift: left for SHL, SLI, SQSHL(U), UQSHL, SSHLL, USHLL, else right."""
    esize = 8 << HighestSetBit(immh)
    value = immh << 3 | immb
    return value - esize if opcode in _LEFT else 2 * esize - value


def _shr(unsigned: bool, rounding: bool) -> Shift:
    return lambda _, n, shift: RShr(n, shift, unsigned, rounding)


def _sra(unsigned: bool, rounding: bool) -> Shift:
    return lambda d, n, shift: d + RShr(n, shift, unsigned, rounding)


def _shl(_: Bits, n: Bits, shift: int) -> Bits:
    return n << shift


def _sli(d: Bits, n: Bits, shift: int) -> Bits:
    return (d & ((1 << shift) - 1)) | (n << shift)


def _sri(d: Bits, n: Bits, shift: int) -> Bits:
    ones = (1 << n.width) - 1
    return (d & (ones ^ (ones >> shift))) | (n >> shift)


def _qshl(unsigned_from: bool, unsigned_to: bool) -> Shift:
    def operation(_: Bits, n: Bits, shift: int) -> Bits:
        # shift < esize, and one more bit holds the sign.
        return SatQ(Extend(n, 2 * n.width + 1, unsigned_from) << shift, n.width, unsigned_to)

    return operation


#: (U, opcode): mnemonic, operation.  FPSR.QC, which the saturating ones set, is not modelled.
SAME_WIDTH: dict[tuple[int, int], tuple[str, Shift]] = {
    (0, 0b00000): ("sshr", _shr(False, False)),
    (0, 0b00010): ("ssra", _sra(False, False)),
    (0, 0b00100): ("srshr", _shr(False, True)),
    (0, 0b00110): ("srsra", _sra(False, True)),
    (0, 0b01010): ("shl", _shl),
    (0, 0b01110): ("sqshl", _qshl(False, False)),
    (1, 0b00000): ("ushr", _shr(True, False)),
    (1, 0b00010): ("usra", _sra(True, False)),
    (1, 0b00100): ("urshr", _shr(True, True)),
    (1, 0b00110): ("ursra", _sra(True, True)),
    (1, 0b01000): ("sri", _sri),
    (1, 0b01010): ("sli", _sli),
    (1, 0b01100): ("sqshlu", _qshl(False, True)),
    (1, 0b01110): ("uqshl", _qshl(True, True)),
}

#: Those of SAME_WIDTH that read V[d].
USES_DESTINATION = frozenset({(0, 0b00010), (0, 0b00110), (1, 0b00010), (1, 0b00110), (1, 0b01000), (1, 0b01010)})

#: Those of SAME_WIDTH that saturate: the only ones that the scalar class has for all sizes.
SATURATING = frozenset({(0, 0b01110), (1, 0b01100), (1, 0b01110)})


def _shrn(rounding: bool) -> Narrow:
    return lambda n, shift: RShr(n, shift, True, rounding)[n.width // 2 - 1 : 0]


def _qshrn(unsigned_from: bool, unsigned_to: bool, rounding: bool) -> Narrow:
    def operation(n: Bits, shift: int) -> Bits:
        shifted = RShr(n, shift, unsigned_from, rounding)
        return SatQ(Extend(shifted, n.width + 1, unsigned_from), n.width // 2, unsigned_to)

    return operation


#: (U, opcode): mnemonic, operation from elements of twice the width.
NARROWING: dict[tuple[int, int], tuple[str, Narrow]] = {
    (0, 0b10000): ("shrn", _shrn(False)),
    (0, 0b10001): ("rshrn", _shrn(True)),
    (0, 0b10010): ("sqshrn", _qshrn(False, False, False)),
    (0, 0b10011): ("sqrshrn", _qshrn(False, False, True)),
    (1, 0b10000): ("sqshrun", _qshrn(False, True, False)),
    (1, 0b10001): ("sqrshrun", _qshrn(False, True, True)),
    (1, 0b10010): ("uqshrn", _qshrn(True, True, False)),
    (1, 0b10011): ("uqrshrn", _qshrn(True, True, True)),
}
