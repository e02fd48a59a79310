"""Random sums and products over small rings, each written in several ways: for the tests of the algebra.

The opaque products have a few bits, so that a claim can be compared with all values there are.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import product as all_of
from unittest import mock

from armsym.bits import Bits, OpaqueFunction, concat, ite, opaque
from armsym.discharge.algebra import Algebra, equal, ring_of
from armsym.discharge.gf2 import Form, TooHigh
from armsym.terms import poly
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Var, ones

__all__ = ["RINGS", "Expression", "Wrong", "check_forms", "check_pairs", "modular", "realise", "some"]


class Wrong(Exception):
    """The algebra says what is not so."""


def modular(width: int, modulus: int) -> Callable[[Bits, Bits], Bits]:
    """The product of polynomials modulo x**width + modulus, lowest coefficient in the lowest bit."""

    def times(a: Bits, b: Bits) -> Bits:
        out = Bits(width, 0)
        for k in range(width):
            out = out ^ (a & b[k].sign_extend(width))
            a = (a << 1) ^ (a[width - 1].sign_extend(width) & modulus)
        return out

    return times


#: GF(16); GF(256) with AES's modulus; and polynomials modulo x**4, where squares do not tell elements apart.
MODULI = {"algebra_gf16": (4, 0b0011), "algebra_gf256": (8, 0x1B), "algebra_x4": (4, 0)}
RINGS: dict[str, OpaqueFunction] = {n: opaque(n, w)(modular(w, m)) for n, (w, m) in MODULI.items()}


@dataclass(frozen=True)
class Expression:
    """`kind` is a variable's number, "xor", "times", "moved" (a rotation) or "const"."""

    kind: str | int
    parts: tuple[Expression, ...] = ()
    number: int = 0


def some(rng: random.Random, depth: int, width: int) -> Expression:
    """A random expression in two variables."""
    if depth == 0 or rng.random() < 0.15:
        return Expression(rng.randrange(2))
    kind = rng.choice(["xor", "xor", "times", "times", "times", "scaled"])
    first = some(rng, depth - 1, width)
    if kind == "scaled":
        return Expression("times", (first, Expression("const", number=rng.randrange(1, 1 << width))))
    return Expression(kind, (first, some(rng, depth - 1, width)))


def _clmul(rng: random.Random, a: Bits, b: Bits) -> Bits:
    """The carry-less product, or the same by Karatsuba, or by the schoolbook on halves."""
    w = a.width
    way = rng.randrange(3)
    if way == 0:
        return a.clmul(b)
    h = w // 2
    (a0, a1), (b0, b1) = a.elems(h), b.elems(h)
    low, high = a0.clmul(b0), a1.clmul(b1)
    middle = (a0 ^ a1).clmul(b0 ^ b1) ^ low ^ high if way == 1 else a0.clmul(b1) ^ b0.clmul(a1)
    return (low.zero_extend(2 * w)) ^ (middle.zero_extend(2 * w) << h) ^ (high.zero_extend(2 * w) << w)


def _reduced(rng: random.Random, x: Bits, modulus: int) -> Bits:
    """A polynomial of 2w bits modulo x**w + modulus: bit by bit, or by products with the modulus."""
    w = x.width // 2
    if rng.random() < 0.5:
        for k in reversed(range(w)):
            x = x ^ ((x[w + k].sign_extend(2 * w) & (modulus | 1 << w)) << k)
        return x[w - 1 : 0]
    for _ in range(w):
        x = x[w - 1 : 0].zero_extend(2 * w) ^ x[2 * w - 1 : w].clmul(Bits(w, modulus))
    return x[w - 1 : 0]


def realise(e: Expression, name: str, variables: list[Bits], rng: random.Random | None) -> Bits:
    """The expression with the ring's opaque product, or (with `rng`) some products as code computes them."""
    w, modulus = MODULI[name]
    if isinstance(e.kind, int):
        return variables[e.kind]
    if e.kind == "const":
        return Bits(w, e.number)
    parts = [realise(p, name, variables, rng) for p in e.parts]
    if rng is not None and rng.random() < 0.5:
        parts.reverse()
    a, b = parts
    if e.kind == "xor":
        return a ^ b
    if rng is None or rng.random() < 0.4:
        return RINGS[name](a, b)
    return _reduced(rng, _clmul(rng, a, b), modulus)


def _rewritten(e: Expression, rng: random.Random) -> Expression:
    """The same value by the laws of a commutative ring."""
    e = replace(e, parts=tuple(_rewritten(p, rng) for p in e.parts))
    if e.kind != "times":
        return e
    a, b = e.parts if rng.random() < 0.5 else e.parts[::-1]
    if a.kind == "xor" and rng.random() < 0.5:
        return Expression("xor", tuple(Expression("times", (p, b)) for p in a.parts))
    if a.kind == "times" and rng.random() < 0.7:
        p, q = a.parts
        return Expression("times", (p, Expression("times", (q, b))))
    return Expression("times", (a, b))


def _spoilt(e: Expression, rng: random.Random, width: int) -> Expression:
    """Something else, most of the time: one part changed."""
    if isinstance(e.kind, int):
        return Expression(1 - e.kind)
    if e.kind == "const":
        return Expression("const", number=e.number % ones(width) + 1)
    way = rng.randrange(4)
    if way == 0:
        return e.parts[0]
    if way == 1 and "const" not in (p.kind for p in e.parts):
        return Expression("times" if e.kind == "xor" else "xor", e.parts)
    k = rng.randrange(2)
    parts = list(e.parts)
    parts[k] = _spoilt(parts[k], rng, width)
    return replace(e, parts=tuple(parts))


@cache
def _product(name: str, a: int, b: int) -> int:
    w = MODULI[name][0]
    return RINGS[name](Bits(w, a), Bits(w, b)).uint


def _number(e: Expression, name: str, variables: tuple[int, int]) -> int:
    if isinstance(e.kind, int):
        return variables[e.kind]
    if e.kind == "const":
        return e.number
    a, b = (_number(p, name, variables) for p in e.parts)
    return a ^ b if e.kind == "xor" else _product(name, a, b)


def _same(e: Expression, f: Expression, name: str) -> bool:
    """Whether two expressions have the same value at all values of the variables (of 8 bits: at some)."""
    w = MODULI[name][0]
    values = list(range(1 << w)) if w <= 4 else [0, 1, 2, 3, 0x1B, 0x57, 0x80, 0xCA, 0xFF]
    return all(_number(e, name, v) == _number(f, name, v) for v in all_of(values, values))


def check_pairs(name: str, count: int, seed: int, depth: int = 3) -> tuple[int, int]:
    """Compare `equal` with the values; raises `Wrong` for a false equation that it shows.

    Returns how many true equations there were, and how many of them it showed.
    """
    rng = random.Random(seed)
    w = MODULI[name][0]
    true = shown = 0
    for _ in range(count):
        e = some(rng, depth, w)
        f = _rewritten(e, rng) if rng.random() < 0.5 else _spoilt(e, rng, w)
        variables = [Bits(w, Var(n, w)) for n in "xy"]
        a, b = realise(e, name, variables, rng), realise(f, name, variables, rng)
        holds, _ = equal(w, a.value, b.value)
        if _same(e, f, name):
            true += 1
            shown += holds
        elif holds:
            raise Wrong(f"{name}: {e} = {f}")
    return true, shown


def _value(form: Form, words: Callable[[tuple[Term, ...]], int]) -> int:
    """The number a form stands for, by its definition."""
    value = form.const
    for a, masks in form.linear.items():
        for p, mask in enumerate(masks):
            value ^= ((mask & words(a.factors)).bit_count() & 1) << p
    for (a, b), matrices in form.products.items():
        u, v = words(a.factors), words(b.factors)
        for p, matrix in enumerate(matrices):
            for q in range(a.width):
                row = matrix >> q * b.width & ones(b.width)
                value ^= (u >> q & (row & v).bit_count() & 1) << p
    return value


def _variants(rng: random.Random, value: Bits, other: Bits, times: OpaqueFunction) -> list[Bits]:
    """What may be done with two values, w bits each."""
    w = value.width
    k = rng.randrange(1, w)
    c, d = (rng.randrange(1 << w) for _ in range(2))
    return [
        value ^ c,
        value.ror(k),
        times(value.ror(k), other),
        times(value, other ^ c),
        times(value ^ c, other.ror(k) ^ d),
        concat(value[k - 1 : 0], other[w - 1 : k]),
        value & other[0].sign_extend(w),
        (value ^ c) & (other ^ d),
        ite(value[0] == 1, value, other),
        other.clmul(other)[w + k - 1 : k],
        (other ^ c).clmul(other ^ c)[w + k - 1 : k],
        (value ^ c).clmul(other ^ 3)[w + k - 1 : k] & d,
    ]


def check_forms(name: str, count: int, seed: int) -> int:
    """Compare the forms of random values, before and after products are recognised, with the values.

    Returns how many there were; raises `Wrong`.
    """
    rng = random.Random(seed)
    w = MODULI[name][0]
    ring, times = ring_of(RINGS[name]), RINGS[name]
    tried = 0
    for n in range(count):
        x, y = Var("x", w), Var("y", w, pb=rng.choice([ones(w), 0b1011]))
        variables = [Bits(w, x), Bits(w, y)]
        value = realise(some(rng, 2, w), name, variables, rng)
        other = realise(some(rng, 1, w), name, variables, rng)
        with mock.patch.object(poly, "PRODUCT_LIMIT", 0 if n % 2 else 256):  # AND as an operation, and as a polynomial
            variants = [v for v in (value, *_variants(rng, value, other, times)) if isinstance(v.value, Term)]
        for v in variants:
            algebra = Algebra(ring)
            try:
                form = algebra.form(v.value, w)
                canonical = algebra.canonical(form)
            except TooHigh:
                continue
            tried += 1
            for _ in range(3):
                numbers = {x: rng.randrange(1 << w), y: rng.randrange(1 << w) & y.pb}
                evaluate = Evaluator(numbers, lambda _n, _w, _ws, args: times(*(Bits(w, a) for a in args)).uint)

                def word(factors: tuple[Term, ...], evaluate: Evaluator = evaluate) -> int:
                    first, *rest = (Bits(t.width, evaluate(t)) for t in factors)
                    for factor in rest:
                        first = times(first, factor)
                    return first.uint

                want = evaluate(v.value)
                if _value(form, word) != want or _value(canonical, word) != want:
                    raise Wrong(f"{name}: the form of {v}")
    return tried
