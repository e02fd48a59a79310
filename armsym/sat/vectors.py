"""Bit vectors as gates, the lowest bit first: SMT-LIB's theory of fixed-size bit vectors, operation by operation.

Vectors of one operation have one width, at least 1, but for what is said of shifts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from armsym.sat.gates import FALSE, TRUE, Gates

__all__ = [
    "Vector",
    "add",
    "and_",
    "choose",
    "constant",
    "equal",
    "less",
    "less_signed",
    "multiply",
    "number",
    "quotient",
    "shift_left",
    "shift_right",
    "shift_right_signed",
    "xor",
]

Vector: TypeAlias = tuple[int, ...]


def constant(value: int, width: int) -> Vector:
    """The vector of a number, modulo 2**width."""
    return tuple(TRUE if value >> k & 1 else FALSE for k in range(width))


def number(v: Vector) -> int | None:
    """The number of a vector of constants; None for another."""
    if any(abs(x) != TRUE for x in v):
        return None
    return sum(1 << k for k, x in enumerate(v) if x == TRUE)


def xor(g: Gates, a: Vector, b: Vector) -> Vector:
    """Bit by bit, whether they differ."""
    return tuple(g.xor(x, y) for x, y in zip(a, b, strict=True))


def and_(g: Gates, a: Vector, b: Vector) -> Vector:
    """Bit by bit, whether both are 1."""
    return tuple(g.and_(x, y) for x, y in zip(a, b, strict=True))


def choose(g: Gates, c: int, a: Vector, b: Vector) -> Vector:
    """`a` where the literal c is true, else `b`."""
    return tuple(g.choose(c, x, y) for x, y in zip(a, b, strict=True))


def _sum(g: Gates, a: Vector, b: Vector, carry: int) -> tuple[Vector, int]:
    """a + b + carry modulo 2**width, and what is carried out."""
    bits = []
    for x, y in zip(a, b, strict=True):
        bits.append(g.xor(g.xor(x, y), carry))
        carry = g.majority(x, y, carry)
    return tuple(bits), carry


def _not(a: Vector) -> Vector:
    return tuple(-x for x in a)


def add(g: Gates, a: Vector, b: Vector) -> Vector:
    """a + b modulo 2**width."""
    return _sum(g, a, b, FALSE)[0]


def _subtract(g: Gates, a: Vector, b: Vector) -> tuple[Vector, int]:
    """a - b modulo 2**width, and whether b <= a as unsigned numbers: a + NOT b + 1 carries out then."""
    return _sum(g, a, _not(b), TRUE)


def multiply(g: Gates, a: Vector, b: Vector) -> Vector:
    """a * b modulo 2**width."""
    if number(a) is not None:
        a, b = b, a
    w, total = len(a), constant(0, len(a))
    value = number(b)
    if value is not None:
        # As few additions and subtractions of a * 2**k as there are: digits -1, 0 and 1, no two neighbours not 0.
        k = 0
        while value and k < w:
            if value & 1:
                digit = 2 - (value & 3)
                part = _moved(a, k)
                total = add(g, total, part) if digit == 1 else _subtract(g, total, part)[0]
                value -= digit
            value >>= 1
            k += 1
        return total
    for k, x in enumerate(b):
        part = _moved(a, k)
        total = add(g, total, tuple(g.and_(x, y) for y in part))
    return total


def _moved(a: Vector, k: int) -> Vector:
    """a * 2**k modulo 2**width."""
    return (FALSE,) * min(k, len(a)) + a[: max(0, len(a) - k)]


def quotient(g: Gates, a: Vector, b: Vector) -> Vector:
    """a // b as unsigned numbers; all ones where b is 0, as in SMT-LIB.

    Long division, with one bit more than the remainder has.  For b = 0 each step finds 0 <= the remainder, so that
    each bit is 1.
    """
    w = len(a)
    divisor, rest, bits = (*b, FALSE), constant(0, w + 1), []
    for x in reversed(a):
        rest = (x, *rest[:w])
        less_by_b, fits = _subtract(g, rest, divisor)
        bits.append(fits)
        rest = choose(g, fits, less_by_b, rest)
    return tuple(reversed(bits))


def equal(g: Gates, a: Vector, b: Vector) -> int:
    """Whether they are equal."""
    same = TRUE
    for x, y in zip(a, b, strict=True):
        same = g.and_(same, -g.xor(x, y))
    return same


def less(g: Gates, a: Vector, b: Vector) -> int:
    """Whether a < b as unsigned numbers."""
    carry = TRUE
    for x, y in zip(a, b, strict=True):
        carry = g.majority(x, -y, carry)
    return -carry


def less_signed(g: Gates, a: Vector, b: Vector) -> int:
    """Whether a < b in two's complement: with the signs turned round, as unsigned."""
    return less(g, (*a[:-1], -a[-1]), (*b[:-1], -b[-1]))


def _shifted(g: Gates, a: Vector, by: Vector, fill: int, move: Callable[[Vector, int], Vector]) -> Vector:
    """Moved by the number `by`, of the same width; all `fill` where that is the width or more."""
    w, away = len(a), FALSE
    for k, x in enumerate(by):
        if 1 << k < w:
            a = choose(g, x, move(a, 1 << k), a)
        else:
            away = g.or_(away, x)
    return tuple(g.choose(away, fill, x) for x in a)


def shift_left(g: Gates, a: Vector, by: Vector) -> Vector:
    """a * 2**by; 0 from the width on."""
    return _shifted(g, a, by, FALSE, _moved)


def shift_right(g: Gates, a: Vector, by: Vector) -> Vector:
    """a // 2**by; 0 from the width on."""
    return _shifted(g, a, by, FALSE, lambda v, k: v[k:] + (FALSE,) * k)


def shift_right_signed(g: Gates, a: Vector, by: Vector) -> Vector:
    """a // 2**by in two's complement; all the sign from the width on."""
    sign = a[-1]
    return _shifted(g, a, by, sign, lambda v, k: v[k:] + (sign,) * k)
