"""The operations that stay nodes, one row each: what it gives, which bits it may have, and how others read it.

Everything that has to know what an operation means asks its row: the evaluator (`number`), the normal form
(`possible`), substitution (`rebuild`), the bridge to Z3 (`z3`) and people (`sign`).  The other dischargers say
of each row whether they look into it; `tests/terms/test_kinds.py` holds all of them against it.

`z3` and `rebuild` are given the module they speak through (Z3's, or `armsym.terms.ops`), so that Z3 is imported
in one place, and the table may stand below the operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from armsym.terms import node
from armsym.terms.node import Op, Value, ones

__all__ = ["KINDS", "Kind", "make"]


@dataclass(frozen=True)
class Kind:
    """One operation; t is a node of it, w the width of its data arguments (`t.arg_width`).

    `widths(t)` are the widths of the arguments, 0 for a plain number.  `number(t, *numbers)` is what it gives.
    `possible(width, w, *possible)` has a 0 at each bit that the result cannot have, given the same of the
    arguments (a constant is its own).  `rebuild(ops, t, *values)` is the operation on other values, not all of
    them constants.  `z3(z3, t, *expressions)` is Z3's.  `sign` stands between two arguments; without one the
    text is `name(...)`.
    """

    name: str
    widths: Callable[[Op], tuple[int, ...]]
    number: Callable[..., int]
    possible: Callable[..., int]
    rebuild: Callable[..., Value]
    z3: Callable[..., Any]
    sign: str = ""


def make(kind: str, width: int, arg_width: int, args: tuple[Value, ...]) -> Value:
    """The node of an operation on constants and interned terms, or 0 where it has no possible bit.

    Raises `KeyError` for a kind without a row.
    """
    pb = KINDS[kind].possible(width, arg_width, *(a if isinstance(a, int) else a.pb for a in args))
    return node.op(kind, width, arg_width, args, pb) if pb else 0


def _two(t: Op) -> tuple[int, ...]:
    return t.arg_width, t.arg_width


def _all(width: int, w: int, a: int, b: int) -> int:
    return ones(width)


def _signed(w: int, a: int) -> int:
    return a - (a >> w - 1 << w)


def _clmul(t: Op, a: int, b: int) -> int:
    total = 0
    while b:
        total ^= a * (b & -b)
        b &= b - 1
    return total


def _z3_bit(z: Any, condition: Any) -> Any:
    return z.If(condition, z.BitVecVal(1, 1), z.BitVecVal(0, 1))


def _z3_clmul(z: Any, t: Op, a: Any, b: Any) -> Any:
    wide, none = z.ZeroExt(t.arg_width, a), z.BitVecVal(0, t.width)
    total = none
    for k in range(t.arg_width):
        total = total ^ z.If(z.Extract(k, k, b) == 1, wide << k, none)
    return total


def _z3_select(z: Any, t: Op, index: Any, *elements: Any) -> Any:
    value = z.BitVecVal(0, t.width)
    for k, e in reversed(list(enumerate(elements))):
        value = z.If(index == k, e, value)
    return value


def _z3_table(z: Any, t: Op, index: Any, entries: int) -> Any:
    def choose(n: int, part: int) -> Any:
        # The entry in a part of the table, of which the low n bits of the index are still to be looked at.
        if n == 0 or part == 0:
            return z.BitVecVal(part, t.width)
        half = t.width << n - 1
        low, high = part & ones(half), part >> half
        if low == high:
            return choose(n - 1, low)
        return z.If(z.Extract(n - 1, n - 1, index) == 1, choose(n - 1, high), choose(n - 1, low))

    return choose(t.arg_width, entries & ones(t.width << t.arg_width))


def _possible_select(width: int, w: int, index: int, *elements: int) -> int:
    bits = 0
    for e in elements:
        bits |= e
    return bits


def _possible_table(width: int, n: int, index: int, entries: int) -> int:
    bits = 0
    while entries:
        bits |= entries & ones(width)
        entries >>= width
    return bits


KINDS = {
    k.name: k
    for k in (
        # a * b modulo 2**w
        Kind(
            "mul",
            widths=_two,
            number=lambda t, a, b: a * b & ones(t.width),
            possible=_all,
            rebuild=lambda ops, t, a, b: ops.mul(t.arg_width, a, b),
            z3=lambda z, t, a, b: a * b,
            sign="*",
        ),
        # the quotient of unsigned numbers, 0 when b is 0
        Kind(
            "udiv",
            widths=_two,
            number=lambda t, a, b: a // b if b else 0,
            possible=_all,
            rebuild=lambda ops, t, a, b: ops.udiv(t.arg_width, a, b),
            z3=lambda z, t, a, b: z.If(b == 0, z.BitVecVal(0, t.width), z.UDiv(a, b)),
            sign="/u",
        ),
        # the carry-less product, of 2w bits
        Kind(
            "clmul",
            widths=_two,
            number=_clmul,
            possible=lambda width, w, a, b: ones(2 * w - 1),
            rebuild=lambda ops, t, a, b: ops.clmul(t.arg_width, a, b),
            z3=_z3_clmul,
        ),
        Kind(
            "and",
            widths=_two,
            number=lambda t, a, b: a & b,
            possible=lambda width, w, a, b: a & b,
            rebuild=lambda ops, t, a, b: ops.and_(t.arg_width, a, b),
            z3=lambda z, t, a, b: a & b,
        ),
        # shifts by data: from w on nothing of a is left, but its sign
        Kind(
            "shl",
            widths=_two,
            number=lambda t, a, b: a << b & ones(t.width) if b < t.width else 0,
            possible=_all,
            rebuild=lambda ops, t, a, b: ops.shl_by(t.arg_width, a, b),
            z3=lambda z, t, a, b: a << b,
            sign="<<",
        ),
        Kind(
            "lshr",
            widths=_two,
            number=lambda t, a, b: a >> min(b, t.width),
            possible=_all,
            rebuild=lambda ops, t, a, b: ops.lshr_by(t.arg_width, a, b),
            z3=lambda z, t, a, b: z.LShR(a, b),
            sign=">>u",
        ),
        Kind(
            "ashr",
            widths=_two,
            number=lambda t, a, b: _signed(t.width, a) >> min(b, t.width) & ones(t.width),
            possible=_all,
            rebuild=lambda ops, t, a, b: ops.ashr_by(t.arg_width, a, b),
            z3=lambda z, t, a, b: a >> b,
            sign=">>s",
        ),
        # comparisons, of one bit
        Kind(
            "eq",
            widths=_two,
            number=lambda t, a, b: int(a == b),
            possible=_all,
            rebuild=lambda ops, t, a, b: ops.eq(t.arg_width, a, b),
            z3=lambda z, t, a, b: _z3_bit(z, a == b),
            sign="==",
        ),
        Kind(
            "ult",
            widths=_two,
            number=lambda t, a, b: int(a < b),
            possible=_all,
            rebuild=lambda ops, t, a, b: ops.ult(t.arg_width, a, b),
            z3=lambda z, t, a, b: _z3_bit(z, z.ULT(a, b)),
            sign="<u",
        ),
        Kind(
            "slt",
            widths=_two,
            number=lambda t, a, b: int(_signed(t.arg_width, a) < _signed(t.arg_width, b)),
            possible=_all,
            rebuild=lambda ops, t, a, b: ops.slt(t.arg_width, a, b),
            z3=lambda z, t, a, b: _z3_bit(z, a < b),
            sign="<s",
        ),
        # a if the bit c is 1, else b
        Kind(
            "ite",
            widths=lambda t: (1, t.width, t.width),
            number=lambda t, c, a, b: a if c else b,
            possible=lambda width, w, c, a, b: a | b,
            rebuild=lambda ops, t, c, a, b: ops.ite(t.width, c, a, b),
            z3=lambda z, t, c, a, b: z.If(c == 1, a, b),
        ),
        # element i, 0 past the last; the index has 64 bits
        Kind(
            "select",
            widths=lambda t: (64, *(t.width for _ in t.args[1:])),
            number=lambda t, i, *elements: elements[i] if i < len(elements) else 0,
            possible=_possible_select,
            rebuild=lambda ops, t, i, *elements: ops.select(t.width, i, elements),
            z3=_z3_select,
        ),
        # bits i * width and up of a number, which holds a table; the index has w bits
        Kind(
            "table",
            widths=lambda t: (t.arg_width, 0),
            number=lambda t, i, entries: entries >> i * t.width & ones(t.width),
            possible=_possible_table,
            rebuild=lambda ops, t, i, entries: ops.table(t.width, t.arg_width, i, entries),
            z3=_z3_table,
        ),
    )
}
