"""Operands of every kind, and every operation in three readings: term, Z3 expression, Python number.

A rule of the normal form is right when the term that `armsym.terms.ops` builds equals, for all values
of the variables, the operation that Z3 applies to its operands.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import z3

from armsym.discharge.z3_bridge import Bridge, set_limit
from armsym.terms import ops
from armsym.terms.linear import linear_view, narrow
from armsym.terms.node import Poly, Term, Value, Var, intern, ones
from armsym.terms.poly import poly_view

Number = Callable[..., int]
Expression = Callable[..., Any]

__all__ = ["OPERATIONS", "Case", "GaveUp", "Operation", "Wrong", "build", "kinds", "prove", "variables"]


class Wrong(Exception):
    """A rule gave a term that means something else; the text says which operands."""


class GaveUp(Exception):
    """Z3 did not decide as much as the test promises."""


def variables(w: int) -> dict[str, Var]:
    """Fresh variables of width w, some with bits known to be 0; `c`, `d` have one bit, wide ones 2w."""
    half = max(1, w // 2)
    return {
        "x": Var("x", w),
        "y": Var("y", w),
        "low": Var("low", w, pb=ones(half)),
        "high": Var("high", w, pb=ones(w) & ~ones(half)) if w > 1 else Var("high", w),
        "gaps": Var("gaps", w, pb=ones(w) // 3 or 1),
        "X": Var("X", 2 * w),
        "Y": Var("Y", 2 * w),
        "small": Var("small", half),
        "tiny": Var("tiny", half),
        "c": Var("c", 1),
        "d": Var("d", 1),
    }


def kinds(w: int, v: dict[str, Var] | None = None) -> dict[str, Value]:
    """Operands of width w, by the kind of term they are meant to be (degenerate at small widths)."""
    v = v or variables(w)
    x, y, low, high, gaps, X, Y, c, d = (v[k] for k in ("x", "y", "low", "high", "gaps", "X", "Y", "c", "d"))
    full, half = ones(w), max(1, w // 2)
    add, sub, mul, xor, and_ = ops.add, ops.sub, ops.mul, ops.xor, ops.and_
    wide = add(2 * w, X, Y)
    assert isinstance(wide, Term)
    wide5 = ops.add(2 * w, wide, 5 & ones(2 * w))
    assert isinstance(wide5, Term)
    small_sum = add(half, add(half, v["small"], mul(half, v["tiny"], 3 & ones(half))), 1)
    out: dict[str, Value] = {
        "0": 0,
        "1": 1,
        "max": full,
        "number": (0xA5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A6 >> 1) & full,
        "top": 1 << (w - 1),
        "low ones": ones(half),
        "var": x,
        "var y": y,
        "var low bits": low,
        "var high bits": high,
        "var gaps": gaps,
        "sum": add(w, x, y),
        "sum const": add(w, add(w, x, y), 3 & full),
        "sum scaled": add(w, mul(w, x, 3 & full), mul(w, y, 5 & full)),
        "sum bounded": add(w, mul(w, low, 2 & full), 3 & full),
        "sum bounded 4": add(w, mul(w, low, 4 & full), 4 & full),
        "sum negative": sub(w, 2 & full, add(w, x, y)),
        "difference": sub(w, x, y),
        "even": add(w, mul(w, x, 2 & full), mul(w, y, 4 & full)),
        "even odd const": add(w, add(w, mul(w, x, 2 & full), mul(w, y, 4 & full)), 3 & full),
        "times 4": mul(w, x, 4 & full),
        "times 4 plus 1": add(w, mul(w, x, 4 & full), 1),
        "plus 1": add(w, x, 1),
        "low + high": add(w, low, high),
        "low + times": add(w, add(w, low, mul(w, x, 1 << half & full)), (2 << half | 0) & full),
        "low + sum": add(w, add(w, low, mul(w, x, 1 << half & full)), mul(w, y, 3 << half & full)),
        "high sum const": add(w, add(w, high, mul(w, y, 1 << half & full)), 1),
        "shifted to meet": ops.lsl(w, x, half - 1),
        "low meets": add(w, low, mul(w, x, max(1, 1 << half - 1) & full)),
        "shifted const meets": xor(w, ops.lsl(w, x, 1), 6 & full),
        "low sum": add(w, low, mul(w, low, 2 & full)),
        "not": xor(w, x, full),
        "xor": xor(w, xor(w, x, y), 5 & full),
        "shifted": ops.lsl(w, x, 1),
        "shifted const": xor(w, ops.lsl(w, x, half), 1),
        "shifted down": ops.lsr(w, x, 1),
        "masked": and_(w, x, 0x6B6B6B6B6B6B6B6B & full),
        "or": ops.or_(w, x, y),
        "product": xor(w, and_(w, x, xor(w, y, 1)), and_(w, low, y)),
        "concat": ops.concat(2 * half, [(half, _part(w, x, w - half, half)), (half, _part(w, y, 0, half))])
        if 2 * half == w
        else xor(w, x, low),
        "concat const": ops.or_(w, ops.lsl(w, and_(w, x, ones(w - half)), half), 1),
        "rotated": ops.ror(w, x, half % w),
        "signed": ops.sext(half, v["small"], w),
        "narrow sum": narrow(wide, w),
        "narrow sum const": narrow(wide5, w),
        "high of sum": ops.extract(2 * w, wide, w, w),
        "middle of sum": ops.extract(2 * w, wide5, half, w),
        "masked sum": and_(w, add(w, x, y), 0x6B6B6B6B6B6B6B6B & full),
        "low of sum": and_(w, add(w, x, y), ones(half)),
        "sum down": ops.lsr(w, add(w, x, y), 1),
        "sum xor": xor(w, add(w, x, y), x),
        "mul": mul(w, x, y),
        "choice": ops.ite(w, c, x, y),
        "choice of sums": ops.ite(w, c, add(w, x, 1), add(w, x, y)),
        "choice of numbers": ops.ite(w, d, 6 & full, 2 & full),
        "bit": _widen(1, xor(1, and_(1, c, d), 1), w),
        "sum of masked": add(w, and_(w, x, 0x6B6B6B6B6B6B6B6B & full), y),
        "small sum": _widen(half, small_sum, w),
        "small sum high": ops.lsl(w, _widen(half, small_sum, w), w - half),
        "small sum half out": ops.lsl(w, _widen(half, small_sum, w), w - max(1, half // 2)),
    }
    return out


def _widen(w: int, a: Value, to: int) -> Value:
    return a if isinstance(a, int) or w == to else ops.zext(w, a, to)


def _part(w: int, a: Value, lo: int, n: int) -> Value:
    return (a >> lo) & ones(n) if isinstance(a, int) else ops.extract(w, a, lo, n)


@dataclass(frozen=True)
class Operation:
    """`term(w, *operands)` against `z3(w, *operands)` and `number(w, *operands)`.

    `arity` operands of width w; `result` its width; `terms` when every operand must be a term;
    `sample` keeps one case in so many of the binary ones (all when 1).
    """

    name: str
    functions: str
    arity: int
    term: Callable[..., Value]
    z3: Expression
    number: Number
    result: Callable[[int], int] = lambda w: w
    terms: bool = False
    widths: tuple[int, ...] = (1, 4, 8, 32, 64)
    only: tuple[str, ...] = ()


def _bit(cond: Any) -> Any:
    return z3.If(cond, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))


def _signed(w: int, a: int) -> int:
    return a - ((a >> (w - 1)) << w)


def _clmul(a: int, b: int) -> int:
    r = 0
    while b:
        r ^= a * (b & -b)
        b &= b - 1
    return r


def _z3_clmul(w: int, a: Any, b: Any) -> Any:
    total = z3.BitVecVal(0, 2 * w)
    for k in range(w):
        total = total ^ z3.If(z3.Extract(k, k, b) == 1, z3.ZeroExt(w, a) << k, z3.BitVecVal(0, 2 * w))
    return total


def _ror(w: int, a: int, n: int) -> int:
    n %= w
    return ((a >> n) | (a << (w - n))) & ones(w)


def _amounts(w: int) -> list[int]:
    return sorted({0, 1, w // 4, w // 2, w - 1, w})


def _numbers(w: int) -> list[int]:
    full = ones(w)
    return sorted({0, 1, 2 & full, 3 & full, 4 & full, 0x6B & full, 1 << (w - 1), full - 1, full})


def _raw_linear(w: int, a: Term) -> Value:
    # A sum made of what linear_view says, without make_sum's conversions.
    from armsym.terms.node import Sum

    terms, const = linear_view(a)
    return intern(Sum(w, dict(terms), const)) if terms else const


def _raw_poly(w: int, a: Term) -> Value:
    entries, const = poly_view(a)
    return Poly(w, dict(entries), const) if entries else const


def _tiled(w: int, a: Value, b: Value) -> Value:
    # low and high parts of both, put together again: where the low bits of a sum meet the sum.
    h = max(1, w // 2)
    if w < 2:
        return ops.concat(2 * w, [(w, a), (w, b)])
    return ops.concat(2 * w, [(w - h, _part(w, a, h, w - h)), (h, _part(w, a, 0, h)), (w, b)])


def _clipped(w: int) -> int:
    return ones(w) >> 1 if w > 2 else ones(w)


def _tiled_clipped(w: int, a: Value, b: Value) -> Value:
    # As _tiled, but the top bit of the high part is cleared: joining must not bring it back.
    h = max(1, w // 2)
    if w <= 2:
        return ops.concat(2 * w, [(w, a), (w, b)])
    high = ops.and_(w - h, _part(w, a, h, w - h), ones(w - h) >> 1)
    return ops.concat(2 * w, [(w - h, high), (h, _part(w, a, 0, h)), (w, b)])


def _swapped(w: int, a: Value) -> Value:
    # The parts of a value the other way round: a rotation.
    h = max(1, w // 2)
    return ops.concat(w, [(h, _part(w, a, 0, h)), (w - h, _part(w, a, h, w - h))]) if w > 1 else a


def _late(name: str) -> Callable[..., Value]:
    # Looked up when it is called, so that a planted bug is met.
    def call(*args: int | Term) -> Value:
        result: Value = getattr(ops, name)(*args)
        return result

    return call


def _extraction(name: str, at: float, count: float) -> Operation:
    def span(w: int) -> tuple[int, int]:
        lo = min(int(w * at), w - 1)
        return lo, min(max(1, int(w * count)), w - lo)

    return Operation(
        f"extract[{name}]",
        "slices.extract slices._piece linear.narrow",
        1,
        lambda w, a: ops.extract(w, a, *span(w)),
        lambda w, a: z3.Extract(sum(span(w)) - 1, span(w)[0], a),
        lambda w, a: a >> span(w)[0] & ones(span(w)[1]),
        result=lambda w: span(w)[1],
        terms=True,
    )


def _elements(e: int) -> Operation:
    """Element e, or the last, of w / 4 bits each, or of fewer, so that they fill w bits."""

    def n(w: int) -> int:
        return next(k for k in range(max(1, w // 4), 0, -1) if w % k == 0)

    def at(w: int) -> int:
        return min(e, w // n(w) - 1)

    return Operation(
        f"elements[{e}]",
        "slices.elements slices._piece",
        1,
        lambda w, a: ops.elements(w, a, n(w))[at(w)],
        lambda w, a: z3.Extract((at(w) + 1) * n(w) - 1, at(w) * n(w), a),
        lambda w, a: a >> at(w) * n(w) & ones(n(w)),
        result=n,
        terms=True,
    )


#: Entries of a table, 8 bits each, by index: the inverses modulo 257 of 3, 4, ...
_ENTRIES = [pow(k + 3, 255, 257) & 0xFF for k in range(256)]


#: The same with entry i the XOR of entry 0 and one column for each bit of i.
_AFFINE = [0x63 ^ (k & 1) * 0x1F ^ k << 1 & 0xFF ^ (k & 4) * 0x11 for k in range(256)]


def _table(w: int, a: Value, numbers: list[int]) -> Value:
    n = min(w, 8)
    return ops.table(8, n, _part(w, a, 0, n), sum(e << 8 * k for k, e in enumerate(numbers)))


def _z3_table(w: int, a: Any, numbers: list[int]) -> Any:
    result = z3.BitVecVal(numbers[0], 8)
    for k in range(1, 1 << min(w, 8)):
        result = z3.If(z3.Extract(min(w, 8) - 1, 0, a) == k, z3.BitVecVal(numbers[k], 8), result)
    return result


def _make() -> Iterator[Operation]:
    for name, numbers in (("table", _ENTRIES), ("table of an affine map", _AFFINE)):
        yield Operation(
            name,
            "choices.table poly.affine_poly",
            1,
            lambda w, a, t=numbers: _table(w, a, t),
            lambda w, a, t=numbers: _z3_table(w, a, t),
            lambda w, a, t=numbers: t[a & 0xFF],
            result=lambda w: 8,
            widths=(1, 4, 6),
            only=("0", "var", "number", "var low bits", "var gaps", "not", "masked", "rotated", "choice of numbers"),
        )
    yield Operation(
        "linear_view",
        "linear.linear_view linear._of linear._used linear._resized linear.narrow",
        1,
        _raw_linear,
        lambda w, a: a,
        lambda w, a: a,
        terms=True,
    )
    yield Operation(
        "poly_view",
        "poly.poly_view poly._degree",
        1,
        _raw_poly,
        lambda w, a: a,
        lambda w, a: a,
        terms=True,
    )
    yield Operation(
        "add",
        "arithmetic.add linear.add_linear linear.accumulate linear.make_sum linear.narrow",
        2,
        _late("add"),
        lambda w, a, b: a + b,
        lambda w, a, b: a + b & ones(w),
    )
    yield Operation(
        "sub",
        "arithmetic.sub linear.add_linear linear.make_sum",
        2,
        _late("sub"),
        lambda w, a, b: a - b,
        lambda w, a, b: a - b & ones(w),
    )
    yield Operation("neg", "arithmetic.neg linear.scale", 1, _late("neg"), lambda w, a: -a, lambda w, a: -a & ones(w))
    yield Operation(
        "mul",
        "arithmetic.mul linear.scale",
        2,
        _late("mul"),
        lambda w, a, b: a * b,
        lambda w, a, b: a * b & ones(w),
        widths=(1, 4, 32),
    )
    yield Operation(
        "udiv",
        "arithmetic.udiv",
        2,
        _late("udiv"),
        lambda w, a, b: z3.If(b == 0, z3.BitVecVal(0, w), z3.UDiv(a, b)),
        lambda w, a, b: a // b if b else 0,
        widths=(1, 4, 8),
        only=("var", "0", "1", "top", "number", "max", "sum", "even", "concat", "low + high", "masked"),
    )
    yield Operation(
        "clmul",
        "arithmetic.clmul",
        2,
        _late("clmul"),
        _z3_clmul,
        lambda w, a, b: _clmul(a, b),
        result=lambda w: 2 * w,
        widths=(1, 4, 8),
        only=("var", "0", "1", "top", "number", "max", "sum", "even", "concat", "xor", "product"),
    )
    yield Operation(
        "xor",
        "arithmetic.xor poly.xor_poly poly.make_poly",
        2,
        _late("xor"),
        lambda w, a, b: a ^ b,
        lambda w, a, b: a ^ b,
    )
    yield Operation(
        "and_",
        "arithmetic.and_ poly.and_poly poly.toggle linear.narrow",
        2,
        _late("and_"),
        lambda w, a, b: a & b,
        lambda w, a, b: a & b,
    )
    yield Operation(
        "or_", "arithmetic.or_", 2, _late("or_"), lambda w, a, b: a | b, lambda w, a, b: a | b, widths=(1, 4, 8, 32)
    )
    for n in (0, 1, 2, 3, 4, 5):
        yield Operation(
            f"lsl[{n}]",
            "arithmetic.lsl poly.lsl_poly poly.shifted linear.scale poly.make_poly",
            1,
            lambda w, a, n=n: ops.lsl(w, a, _amounts(w)[n % len(_amounts(w))]),
            lambda w, a, n=n: a << _amounts(w)[n % len(_amounts(w))],
            lambda w, a, n=n: a << _amounts(w)[n % len(_amounts(w))] & ones(w),
        )
        yield Operation(
            f"lsr[{n}]",
            "arithmetic.lsr slices.quotient poly.lsr_poly",
            1,
            lambda w, a, n=n: ops.lsr(w, a, _amounts(w)[n % len(_amounts(w))]),
            lambda w, a, n=n: z3.LShR(a, _amounts(w)[n % len(_amounts(w))]),
            lambda w, a, n=n: a >> _amounts(w)[n % len(_amounts(w))],
        )
        yield Operation(
            f"asr[{n}]",
            "arithmetic.asr poly.asr_poly poly.spread_bit",
            1,
            lambda w, a, n=n: ops.asr(w, a, _amounts(w)[n % len(_amounts(w))]),
            lambda w, a, n=n: a >> _amounts(w)[n % len(_amounts(w))],
            lambda w, a, n=n: _signed(w, a) >> _amounts(w)[n % len(_amounts(w))] & ones(w),
            terms=True,
            widths=(1, 4, 8, 32) if n > 1 else (1, 4, 8, 64),
        )
        yield Operation(
            f"ror[{n}]",
            "arithmetic.ror poly.ror_poly",
            1,
            lambda w, a, n=n: ops.ror(w, a, _amounts(w)[n % len(_amounts(w))] % w),
            lambda w, a, n=n: z3.RotateRight(a, _amounts(w)[n % len(_amounts(w))] % w),
            lambda w, a, n=n: _ror(w, a, _amounts(w)[n % len(_amounts(w))]),
            terms=True,
        )
    for name, at, count in (
        ("low half", 0, 0.5),
        ("high half", 0.5, 0.5),
        ("middle", 0.25, 0.5),
        ("all", 0, 1),
        ("low bits", 0, 0.75),
    ):
        yield _extraction(name, at, count)
    for e in (0, 1, 3):
        yield _elements(e)
    yield Operation(
        "narrow",
        "linear.narrow",
        1,
        lambda w, a: narrow(intern(a), max(1, w - 1)),
        lambda w, a: z3.Extract(max(1, w - 1) - 1, 0, a),
        lambda w, a: a & ones(max(1, w - 1)),
        result=lambda w: max(1, w - 1),
        terms=True,
    )
    yield Operation(
        "concat",
        "slices.concat",
        2,
        lambda w, a, b: ops.concat(2 * w, [(w, a), (w, b)]),
        lambda w, a, b: z3.Concat(a, b),
        lambda w, a, b: a << w | b,
        result=lambda w: 2 * w,
    )
    yield Operation(
        "concat of parts",
        "slices.concat",
        2,
        _tiled,
        lambda w, a, b: z3.Concat(a, b),
        lambda w, a, b: a << w | b,
        result=lambda w: 2 * w,
    )
    yield Operation(
        "concat of clipped parts",
        "slices.concat",
        2,
        _tiled_clipped,
        lambda w, a, b: z3.Concat(a & _clipped(w), b),
        lambda w, a, b: (a & _clipped(w)) << w | b,
        result=lambda w: 2 * w,
    )
    yield Operation(
        "concat of swapped parts",
        "slices.concat",
        1,
        _swapped,
        lambda w, a: z3.RotateRight(a, max(1, w // 2) % w),
        lambda w, a: _ror(w, a, max(1, w // 2) % w),
    )
    yield Operation(
        "zext",
        "slices.zext",
        1,
        lambda w, a: ops.zext(w, a, w + 5),
        lambda w, a: z3.ZeroExt(5, a),
        lambda w, a: a,
        result=lambda w: w + 5,
        terms=True,
    )
    yield Operation(
        "sext",
        "arithmetic.sext poly.sext_poly poly.spread_bit",
        1,
        lambda w, a: ops.sext(w, a, w + 5),
        lambda w, a: z3.SignExt(5, a),
        lambda w, a: _signed(w, a) & ones(w + 5),
        result=lambda w: w + 5,
        terms=True,
    )
    yield Operation(
        "shl_by",
        "arithmetic.shl_by arithmetic._shift_by",
        2,
        _late("shl_by"),
        lambda w, a, b: a << b,
        lambda w, a, b: a << b & ones(w) if b < w else 0,
        widths=(1, 4, 8, 32),
    )
    yield Operation(
        "lshr_by",
        "arithmetic.lshr_by arithmetic._shift_by",
        2,
        _late("lshr_by"),
        lambda w, a, b: z3.LShR(a, b),
        lambda w, a, b: a >> b if b < w else 0,
        widths=(1, 4, 8, 32),
    )
    yield Operation(
        "ashr_by",
        "arithmetic.ashr_by arithmetic._shift_by",
        2,
        _ashr_by,
        lambda w, a, b: a >> b,
        lambda w, a, b: _signed(w, a) >> min(b, w) & ones(w),
        widths=(1, 4, 8, 32),
    )
    yield Operation(
        "rotr_by",
        "arithmetic.rotr_by",
        2,
        _late("rotr_by"),
        _z3_rotr,
        _ror,
        widths=(1, 4, 8, 32),
        only=("var", "var low bits", "0", "1", "top", "number", "max", "sum", "even", "concat", "low + high", "not"),
    )
    yield Operation(
        "eq",
        "conditions.eq slices.together",
        2,
        _late("eq"),
        lambda w, a, b: _bit(a == b),
        lambda w, a, b: int(a == b),
        result=lambda w: 1,
        widths=(1, 2, 4),
    )
    yield Operation(
        "ult",
        "conditions.ult",
        2,
        _late("ult"),
        lambda w, a, b: _bit(z3.ULT(a, b)),
        lambda w, a, b: int(a < b),
        result=lambda w: 1,
        widths=(1, 4, 8, 32),
    )
    yield Operation(
        "select",
        "choices.select choices.argument arithmetic.atom",
        2,
        _select,
        lambda w, a, b: z3.If(
            a == 0, b, z3.If(a == 1, a ^ 1, z3.If(a == 2, b + b, z3.If(a == 3, b, z3.BitVecVal(0, w))))
        ),
        lambda w, a, b: (b, a ^ 1, b + b & ones(w), b)[a] if a < 4 else 0,
        widths=(4, 8, 32),
    )
    yield Operation(
        "slt",
        "conditions.slt",
        2,
        _late("slt"),
        lambda w, a, b: _bit(a < b),
        lambda w, a, b: int(_signed(w, a) < _signed(w, b)),
        result=lambda w: 1,
        widths=(1, 4, 8, 32),
    )


def _select(w: int, a: Value, b: Value) -> Value:
    """Element a of four."""
    index = ops.zext(w, a, 64) if isinstance(a, Term) else a
    return ops.select(w, index, [b, ops.xor(w, a, 1), ops.add(w, b, b), b])


def _ashr_by(w: int, a: Value, b: Value) -> Value:
    if isinstance(a, int) and isinstance(b, int):
        return _signed(w, a) >> min(b, w) & ones(w)  # Bits never asks for it
    return ops.ashr_by(w, a, b)


def _z3_rotr(w: int, a: Any, b: Any) -> Any:
    n = b & (w - 1)
    return z3.LShR(a, n) | (a << ((w - n) & (w - 1)))


OPERATIONS = {o.name: o for o in _make()}


@dataclass(frozen=True)
class Case:
    """One application of an operation to named operands."""

    label: str
    args: tuple[Value, ...]


def cases(o: Operation, w: int, every: int = 1) -> Iterator[Case]:
    """The operation's operands at width w; of pairs, one in `every`."""
    made = kinds(w)
    named = [(k, v) for k, v in made.items() if (not o.terms or isinstance(v, Term)) and (not o.only or k in o.only)]
    if o.arity == 1:
        for name, a in named:
            if isinstance(a, Term) or not o.terms:
                yield Case(name, (a,))
        return
    pairs = [(p, q) for p in named for q in named if isinstance(p[1], Term) or isinstance(q[1], Term)]
    for k, ((name, a), (other, b)) in enumerate(pairs):
        # A stride prime to the row length meets each kind on both sides.
        if k % every == 0 or (w <= 8 and not (isinstance(a, Term) and isinstance(b, Term))):
            yield Case(f"{name}, {other}", (a, b))


def build(o: Operation, w: int, args: tuple[Value, ...]) -> Value:
    """The normal form of the operation on these operands."""
    return o.term(w, *args)


def prove(bridge: Bridge, claims: list[tuple[str, Any, Any]]) -> list[str]:
    """Prove got = expected for each (label, got, expected); raises `Wrong`.

    Returns the labels that Z3 gave up on; those are tried on random numbers.
    """
    hard: list[tuple[str, Any, Any]] = []
    for label, got, expected in claims:
        if got.size() != expected.size():
            raise Wrong(f"{label}: {got.size()} bits instead of {expected.size()}")
        if not z3.is_false(z3.simplify(got != expected)):
            hard.append((label, got, expected))
    todo = [hard[k : k + 40] for k in range(0, len(hard), 40)]
    given_up: list[str] = []
    while todo:
        some = todo.pop()
        s = z3.SolverFor("QF_BV")
        set_limit(s, 500 if len(some) > 1 else 250)
        s.add(*bridge.side)
        s.add(z3.Or(*[got != expected for _, got, expected in some]))
        verdict = s.check()
        if verdict == z3.unsat:
            continue
        if verdict == z3.sat:
            m = s.model()
            for label, got, expected in some:
                a, b = m.eval(got, model_completion=True), m.eval(expected, model_completion=True)
                if a.as_long() != b.as_long():
                    raise Wrong(f"{label}: {a} instead of {b} where {m}")
            raise Wrong(f"Z3's model shows no difference in {[label for label, _, _ in some]}")
        if len(some) > 1:
            parts = max(2, len(some) // 8)
            todo += [part for k in range(parts) if (part := some[k::parts])]
            continue
        _try_numbers(bridge, *some[0])
        given_up.append(some[0][0])
    return given_up


def _try_numbers(bridge: Bridge, label: str, got: Any, expected: Any) -> None:
    rng = random.Random(label)
    for _ in range(50):
        pairs = []
        for v, e in bridge.variables.values():
            n = rng.choice([0, ones(v.width), rng.getrandbits(v.width), 1 << rng.randrange(v.width)]) & v.pb
            pairs.append((e, z3.BitVecVal(n, v.width)))
        if not z3.is_false(z3.simplify(z3.substitute(got != expected, *pairs))):
            raise Wrong(f"{label}: differs where {pairs}")
