"""Operations on one element, which the vector and the scalar forms of an instruction share.

Each takes and returns elements of one width, unless it says otherwise.  The saturating ones do not
set FPSR.QC, which is not modelled.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits, Prop, ite
from semantics.advanced_simd.functions import Extend, SatQ

#: An operation on one, two or three elements.
Unary = Callable[[Bits], Bits]
Binary = Callable[[Bits, Bits], Bits]
Ternary = Callable[[Bits, Bits, Bits], Bits]

# Element sizes an instruction is allocated for, as encoded in its size field.
B, H, S, D = 0, 1, 2, 3
BHS = frozenset({B, H, S})
BHSD = frozenset({B, H, S, D})
HS = frozenset({H, S})


def add(n: Bits, m: Bits) -> Bits:
    """n + m."""
    return n + m


def sub(n: Bits, m: Bits) -> Bits:
    """n - m."""
    return n - m


def mul(n: Bits, m: Bits) -> Bits:
    """n * m."""
    return n * m


def pmul(n: Bits, m: Bits) -> Bits:
    """The low half of the carry-less product."""
    return n.clmul(m)[n.width - 1 : 0]


def neg(n: Bits) -> Bits:
    """-n."""
    return -n


def absolute(n: Bits) -> Bits:
    """|n|, the least number giving itself."""
    return ite(n.slt(0), -n, n)


def mask(condition: Prop, width: int) -> Bits:
    """All ones where the condition holds, else zeros: the result of a comparison."""
    return ite(condition, Bits(width, (1 << width) - 1), Bits(width, 0))


def cmeq(n: Bits, m: Bits) -> Bits:
    """All ones if n = m."""
    return mask(n == m, n.width)


def cmgt(n: Bits, m: Bits) -> Bits:
    """All ones if n > m, signed."""
    return mask(m.slt(n), n.width)


def cmge(n: Bits, m: Bits) -> Bits:
    """All ones if n >= m, signed."""
    return mask(~n.slt(m), n.width)


def cmhi(n: Bits, m: Bits) -> Bits:
    """All ones if n > m, unsigned."""
    return mask(n > m, n.width)


def cmhs(n: Bits, m: Bits) -> Bits:
    """All ones if n >= m, unsigned."""
    return mask(n >= m, n.width)


def cmtst(n: Bits, m: Bits) -> Bits:
    """All ones if n AND m is not zero."""
    return mask((n & m) != 0, n.width)


#: Comparisons with zero, by (U, opcode<1:0>) of the two-register miscellaneous classes.
COMPARE_ZERO: dict[tuple[int, int], tuple[str, Unary]] = {
    (0, 0b00): ("cmgt", lambda n: mask(~(n.slt(0) | n.is_zero()), n.width)),
    (0, 0b01): ("cmeq", lambda n: mask(n.is_zero(), n.width)),
    (0, 0b10): ("cmlt", lambda n: mask(n.slt(0), n.width)),
    (1, 0b00): ("cmge", lambda n: mask(~n.slt(0), n.width)),
    (1, 0b01): ("cmle", lambda n: mask(n.slt(0) | n.is_zero(), n.width)),
}


def less(n: Bits, m: Bits, unsigned: bool) -> Prop:
    """n < m as unsigned or as signed numbers."""
    return n < m if unsigned else n.slt(m)


def maximum(unsigned: bool) -> Binary:
    """Max(n, m)."""
    return lambda n, m: ite(less(n, m, unsigned), m, n)


def minimum(unsigned: bool) -> Binary:
    """Min(n, m)."""
    return lambda n, m: ite(less(n, m, unsigned), n, m)


def absolute_difference(unsigned: bool) -> Binary:
    """Abs(n - m), modulo 2^esize."""
    return lambda n, m: ite(less(n, m, unsigned), m - n, n - m)


def halving_add(unsigned: bool, rounding: bool) -> Binary:
    """(n + m) >> 1, or (n + m + 1) >> 1 if `rounding`, of the sum before it wraps."""

    def operation(n: Bits, m: Bits) -> Bits:
        w = n.width
        total = Extend(n, w + 1, unsigned) + Extend(m, w + 1, unsigned)
        return (total + 1 if rounding else total)[w:1]

    return operation


def halving_sub(unsigned: bool) -> Binary:
    """(n - m) >> 1 of the difference before it wraps."""

    def operation(n: Bits, m: Bits) -> Bits:
        w = n.width
        return (Extend(n, w + 1, unsigned) - Extend(m, w + 1, unsigned))[w:1]

    return operation


def saturating_add(unsigned: bool) -> Binary:
    """SatQ(n + m)."""

    def operation(n: Bits, m: Bits) -> Bits:
        w = n.width
        return SatQ(Extend(n, w + 2, unsigned) + Extend(m, w + 2, unsigned), w, unsigned)

    return operation


def saturating_sub(unsigned: bool) -> Binary:
    """SatQ(n - m)."""

    def operation(n: Bits, m: Bits) -> Bits:
        w = n.width
        return SatQ(Extend(n, w + 2, unsigned) - Extend(m, w + 2, unsigned), w, unsigned)

    return operation


def suqadd(d: Bits, n: Bits) -> Bits:
    """The signed d plus the unsigned n, saturated as signed."""
    w = n.width
    return SatQ(d.sign_extend(w + 2) + n.zero_extend(w + 2), w, False)


def usqadd(d: Bits, n: Bits) -> Bits:
    """The unsigned d plus the signed n, saturated as unsigned."""
    w = n.width
    return SatQ(d.zero_extend(w + 2) + n.sign_extend(w + 2), w, True)


def sqabs(n: Bits) -> Bits:
    """SatQ(Abs(n))."""
    return SatQ(absolute(n.sign_extend(n.width + 1)), n.width, False)


def sqneg(n: Bits) -> Bits:
    """SatQ(-n)."""
    return SatQ(-n.sign_extend(n.width + 1), n.width, False)


def shift_by_register(unsigned: bool, rounding: bool, saturating: bool) -> Binary:
    """SSHL, USHL and their rounding and saturating forms.

    The low byte of m is a signed amount: to the left if positive, else to the right.
    """

    def operation(n: Bits, m: Bits) -> Bits:
        w = n.width
        amount = m[7:0]
        left_by = amount.zero_extend(w)
        left = n.shl(left_by)
        if saturating:
            # What does not come back by the opposite shift did not fit.
            fits = (left.lshr(left_by) if unsigned else left.ashr(left_by)) == n
            most = Bits(w, (1 << (w - (not unsigned))) - 1)
            limit = most if unsigned else ite(n.slt(0), ~most, most)
            left = ite(fits, left, limit)
        right_by = (-amount).zero_extend(w)
        right = n.lshr(right_by) if unsigned else n.ashr(right_by)
        if rounding:
            # (n + 2^(r-1)) >> r is (n >> r) plus bit r-1 of n, and r-1 is NOT(amount).
            last_by = (~amount).zero_extend(w)
            last = n.lshr(last_by) if unsigned else n.ashr(last_by)
            right = right + (last & 1)
        return ite(amount[7] == 1, right, left)

    return operation


def sqdmulh(rounding: bool) -> Binary:
    """SatQ((2 * n * m + rounding) >> esize), signed."""

    def operation(n: Bits, m: Bits) -> Bits:
        w = n.width
        product = (n.sign_extend(2 * w + 2) * m.sign_extend(2 * w + 2)) << 1
        if rounding:
            product = product + (1 << (w - 1))
        return SatQ(product[2 * w + 1 : w], w, False)

    return operation


def sqrdmlah(subtract: bool) -> Ternary:
    """SatQ(((d << esize) +/- 2 * n * m + rounding) >> esize), signed."""

    def operation(d: Bits, n: Bits, m: Bits) -> Bits:
        w = n.width
        product = (n.sign_extend(2 * w + 2) * m.sign_extend(2 * w + 2)) << 1
        accum = d.sign_extend(2 * w + 2) << w
        accum = (accum - product if subtract else accum + product) + (1 << (w - 1))
        return SatQ(accum[2 * w + 1 : w], w, False)

    return operation


def dot(unsigned: bool) -> Ternary:
    """d plus the sum of the four products of the bytes of n and m, in 32 bits."""

    def operation(d: Bits, n: Bits, m: Bits) -> Bits:
        for x, y in zip(n.elems(8), m.elems(8), strict=True):
            d = d + Extend(x, 32, unsigned) * Extend(y, 32, unsigned)
        return d

    return operation


# -- results twice as wide as the operands --------------------------------------------------------


def multiply_long(unsigned: bool) -> Binary:
    """n * m in twice the width."""

    def operation(n: Bits, m: Bits) -> Bits:
        w = 2 * n.width
        return Extend(n, w, unsigned) * Extend(m, w, unsigned)

    return operation


def sqdmull(n: Bits, m: Bits) -> Bits:
    """SatQ(2 * n * m) in twice the width, signed."""
    w = 2 * n.width
    return SatQ((n.sign_extend(w + 1) * m.sign_extend(w + 1)) << 1, w, False)


def add_long(unsigned: bool) -> Binary:
    """n + m in twice the width."""

    def operation(n: Bits, m: Bits) -> Bits:
        w = 2 * n.width
        return Extend(n, w, unsigned) + Extend(m, w, unsigned)

    return operation


def sub_long(unsigned: bool) -> Binary:
    """n - m in twice the width."""

    def operation(n: Bits, m: Bits) -> Bits:
        w = 2 * n.width
        return Extend(n, w, unsigned) - Extend(m, w, unsigned)

    return operation


def absolute_difference_long(unsigned: bool) -> Binary:
    """Abs(n - m) in twice the width."""
    f = absolute_difference(unsigned)
    return lambda n, m: f(n, m).zero_extend(2 * n.width)


def pmull(n: Bits, m: Bits) -> Bits:
    """The carry-less product."""
    return n.clmul(m)


# -- results half as wide as the operand ----------------------------------------------------------


def xtn(n: Bits) -> Bits:
    """The low half."""
    return n[n.width // 2 - 1 : 0]


def saturating_narrow(unsigned_from: bool, unsigned_to: bool) -> Unary:
    """SatQ(n) in half the width."""
    return lambda n: SatQ(Extend(n, n.width + 1, unsigned_from), n.width // 2, unsigned_to)


#: SQXTN, UQXTN, SQXTUN, by (U, opcode) of the two-register miscellaneous classes.
SATURATING_NARROW: dict[tuple[int, int], tuple[str, Unary]] = {
    (0, 0b10100): ("sqxtn", saturating_narrow(False, False)),
    (1, 0b10010): ("sqxtun", saturating_narrow(False, True)),
    (1, 0b10100): ("uqxtn", saturating_narrow(True, True)),
}
