"""What each named rule of the normal form is tried on, and both sides of its equation as Z3 expressions.

The left side is written here from the arguments, with no rule applied: sums, polynomials and moved bits have a
translation of their own.  The right side is what the rule gave.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import z3
from rule_cases import kinds, variables

from armsym.discharge.z3_bridge import Bridge
from armsym.terms import choices, ops
from armsym.terms.linear import accumulate, narrow
from armsym.terms.node import Mono, Poly, Sum, Term, Value, intern, mono, ones
from armsym.terms.rules import RULES

__all__ = ["FAMILIES", "Family", "family"]

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Family:
    """`operands(w, rng)` are arguments of the rule; `left` and `right` are the sides of its equation."""

    operands: Callable[[int, random.Random], Iterator[Arguments]]
    left: Callable[..., Any]
    right: Callable[..., Any]


def family(name: str) -> Family:
    """The family of a rule: that of its name, or of what stands before the colon."""
    return FAMILIES.get(name) or FAMILIES[name.partition(":")[0]]


# -- translations -------------------------------------------------------------------------------


def _sum(b: Bridge, w: int, terms: dict[Term, int], const: int) -> Any:
    total = z3.BitVecVal(const, w)
    for t, c in terms.items():
        total = total + z3.BitVecVal(c, w) * b(t, w)
    return total


def _bits(b: Bridge, w: int, entries: dict[Mono, int], const: int) -> Any:
    total = z3.BitVecVal(const, w)
    for m, mask in entries.items():
        product = z3.BitVecVal(mask, w)
        for base, s in m.factors:
            wide = z3.ZeroExt(w + abs(s), b(base, base.width))
            product = product & z3.Extract(w - 1, 0, z3.LShR(wide, s) if s >= 0 else wide << -s)
        total = total ^ product
    return total


def _truth(condition: Any) -> Any:
    return z3.If(condition, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))


def _ext(b: Bridge, v: Value, have: int, w: int) -> Any:
    return z3.ZeroExt(w - have, b(v, have)) if w > have else z3.Extract(w - 1, 0, b(v, have))


# -- operands -----------------------------------------------------------------------------------


def _number(w: int, r: random.Random) -> int:
    k = r.randrange(w)
    return r.choice((0, 1, ones(w), 1 << k, (1 << k) - 1, ones(w) ^ 1 << k, r.getrandbits(w))) & ones(w)


def _pool(w: int) -> list[Term]:
    return [intern(v) for v in kinds(w).values() if isinstance(v, Term)]


def _values(w: int, r: random.Random) -> Iterator[Value]:
    """Terms of the pool and numbers without end."""
    pool = _pool(w)
    while True:
        yield r.choice(pool) if r.random() < 0.75 else _number(w, r)


def _combinations(w: int, r: random.Random) -> Iterator[Arguments]:
    """Linear combinations as `make_sum` is given them, often where low bits meet a high part."""
    atoms = [t for t in _pool(w) if not isinstance(t, Sum)]
    half = max(1, w // 2)
    small = [t for t in atoms if t.pb & 1 and t.pb <= ones(half)]
    for _ in range(600):
        k = r.randrange(w)
        out: dict[Term, int] = {}
        chosen = [(r.choice(atoms), r.choice((1, 1, 2, 3, -1, 1 << k, 3 << k))) for _ in range(r.choice((1, 1, 2, 3)))]
        if small and r.random() < 0.5:
            low = r.choice(small)
            k = low.pb.bit_length() + r.choice((-1, 0, 0, 0, 1))
            chosen = [(low, 1), *((r.choice(atoms), r.choice((1, 3, 5)) << max(k, 0)) for _ in range(r.choice((1, 2))))]
        for t, c in chosen:
            if c & ones(w) and c * (t.pb & -t.pb) % (1 << w):
                out[t] = c & ones(w)
        if not out:
            continue
        unit = next(iter(out)).pb & -next(iter(out)).pb
        const = r.choice((0, 0, ones(w), 1, unit - 1, (1 << k) - 1, 1 << k, _number(w, r))) & ones(w)
        yield w, out, const


def _choices_by_plus(w: int, r: random.Random) -> Iterator[Arguments]:
    """Conjunctions with and without a bit in common, as summands among others, with coefficients 1 and others."""
    pool = _pool(w)
    for _ in range(600):
        x, y, z, u = (r.choice(pool) for _ in range(4))
        first = ops.and_(w, x, y)
        second = ops.and_(w, ops.xor(w, x, r.choice((ones(w), ones(w), ones(w), ones(w) ^ 1, 0))), z)
        terms: dict[Term, int] = {}
        for v, c in ((first, r.choice((1, 1, 1, 1, 3, ones(w)))), (second, 1), (u, r.choice((1, 2, 0)) & ones(w))):
            if isinstance(v, Term) and not isinstance(v, Sum) and c:
                accumulate(terms, intern(v), c, ones(w))
        if terms:
            yield w, terms, r.choice((0, ones(w), _number(w, r)))


def _summands(w: int, r: random.Random) -> Iterator[Arguments]:
    pool = [t for t in _pool(w) if not isinstance(t, Sum)]
    for _ in range(300):
        t = r.choice(pool)
        j = (t.pb & -t.pb).bit_length() - 1
        k = w - j + r.choice((-2, -1, 0, 1))
        c = r.choice((1, 3, 5)) << max(k, 0) & ones(w)
        if c:
            yield ones(w), t, c


def _polynomials(w: int, r: random.Random) -> Iterator[Poly]:
    """Polynomials of the pool, and parts put beside each other, shifted, complemented."""
    pool = _pool(w)
    yield from (t for t in pool if isinstance(t, Poly))
    values = _values(w, r)
    for _ in range(300):
        a, b = next(values), next(values)
        k = r.randrange(w)
        v: Value
        way = r.randrange(5)
        if way == 0 and w > 1 and k and isinstance(a, Term) and isinstance(b, Term):
            v = ops.concat(w, [(w - k, ops.extract(w, a, 0, w - k)), (k, ops.extract(w, b, 0, k))])
        elif way == 1 and w > 2:
            narrower = r.randrange(1, w)
            s = [t for t in _pool(narrower) if isinstance(t, Sum)]
            v = ops.zext(narrower, r.choice(s), w) if s else a
            v = ops.lsl(w, v, w - narrower + r.choice((-1, 0, 0)))
        elif way == 2:
            v = ops.xor(w, ops.lsl(w, a, k), _number(w, r))
        else:
            v = ops.xor(w, ops.xor(w, a, r.choice((0, b))), r.choice((ones(w), _number(w, r))))
        v = ops.xor(w, v, r.choice((0, 0, ones(w), 1)))
        if isinstance(v, Poly):
            p = intern(v)
            assert isinstance(p, Poly)
            yield p


def _monomials(w: int, r: random.Random) -> Iterator[Arguments]:
    for p in _polynomials(w, r):
        yield w, p.entries, p.const
    for t in _pool(w):
        for const in (0, 1):
            yield w, {mono(t, 0): t.pb}, const
            if t.pb >> 1:
                yield w, {mono(t, 1): t.pb >> 1}, const
            if t.pb & (t.pb - 1):
                yield w, {mono(t, 0): t.pb & (t.pb - 1)}, const


def _sums(w: int, r: random.Random) -> Iterator[Sum]:
    yield from (t for t in _pool(w) if isinstance(t, Sum))
    for _, terms, const in _combinations(w, r):
        if len(terms) > 1 or r.random() < 0.5:
            s = intern(Sum(w, terms, const))
            assert isinstance(s, Sum)
            yield s


def _narrower_sums(w: int, r: random.Random) -> Iterator[Arguments]:
    for n in range(max(1, w - 3), w + 1):
        for t in _pool(n):
            for k in range(max(0, w - n - 1), min(w, w - n + 2)):
                yield w, t, k


def _slices(w: int, r: random.Random) -> Iterator[Arguments]:
    pool = [*_pool(w), *(s for s, _ in zip(_sums(w, r), range(60), strict=False))]
    for t in pool:
        for lo in {0, r.randrange(w)}:
            yield w, t, lo, r.randint(1, w - lo)
    for n in range(1, w):
        for t in _pool(n):
            yield w, ops.zext(n, t, w), 0, r.choice((n, n, max(1, n - 1)))


def _parts_of_sums(w: int, r: random.Random) -> Iterator[Arguments]:
    for s in _sums(w, r):
        n = r.randint(1, w)
        mask = r.choice((ones(n), _number(n, r))) & s.pb
        entries = {mono(s, 0): mask} if mask else {}
        other = ops.and_(w, r.choice(_pool(w)), ones(n))
        if isinstance(other, Poly):
            entries = {**{k: v for k, v in other.entries.items() if v & ones(n)}, **entries}
        for m in list(entries):
            yield n, entries, m


def _cut_sums(w: int, r: random.Random) -> Iterator[Arguments]:
    """High and low bits of sums beside each other, in order and turned round, whole and not, and of other sums."""
    sums = [s for s in _sums(w, r) if w > 1]
    total = 2 * w
    for s in sums:
        k = r.randint(1, w - 1)
        low = narrow(s if r.random() < 0.8 else r.choice(sums), k)
        if isinstance(low, int):
            continue
        at = r.choice((0, 0, -1, -w, 1))
        low_at = at + r.choice((0, 0, -w, 1))
        high = mono(s, at)
        entries: dict[Mono, int] = {}
        mask = r.choice((ones(w) & ~ones(k), ones(w), _number(w, r)))
        mask = (mask >> at if at >= 0 else mask << -at) & high.valid & ones(total)
        if mask:
            entries[high] = mask
        base, shift = (low, low_at) if not isinstance(low, Poly) else (next(iter(low.entries)).factors[0][0], low_at)
        low_mono = mono(base, shift)
        all_bits = low_mono.valid & ones(total)
        if r.random() < 0.3:
            all_bits &= _number(total, r)
        if all_bits and low_mono not in entries:
            entries[low_mono] = all_bits
        yield entries, r.random() < 0.5 and not (mask & all_bits)


def _pairs(w: int, r: random.Random) -> Iterator[Arguments]:
    values = _values(w, r)
    for _ in range(400):
        a, b = next(values), next(values)
        if isinstance(a, Term) and r.random() < 0.1:
            b = a
        if isinstance(a, Term) or isinstance(b, Term):
            yield w, a, b
    for t in _pool(w):
        for c in {0, 1, t.pb, t.pb + 1 & ones(w), max(t.pb - 1, 0), ones(w), 1 << w - 1}:
            yield w, t, c
            yield w, c, t


def _term_first(w: int, r: random.Random) -> Iterator[Arguments]:
    return ((w, a, b) for w, a, b in _pairs(w, r) if isinstance(a, Term))


def _equations(w: int, r: random.Random) -> Iterator[Arguments]:
    """Pairs, and sums against their parts put together by XOR."""
    yield from _term_first(w, r)
    for s in _sums(w, r):
        if w > 1:
            k = r.randint(1, w - 1)
            high = ops.and_(w, s, ones(w) & ~ones(k))
            v = ops.xor(w, high, ops.zext(k, low, w) if isinstance(low := narrow(s, k), Term) else low)
            if isinstance(v, Term):
                yield w, v, s
                yield w, v, r.choice((ops.add(w, s, 1), _number(w, r), ops.xor(w, s, 1 << r.randrange(w))))


def _shifts(w: int, r: random.Random) -> Iterator[Arguments]:
    for w_, a, b in _pairs(w, r):
        for kind in ("shl", "lshr", "ashr"):
            if kind != "ashr" or isinstance(a, Term):
                yield kind, w_, a, b


def _masks(w: int, r: random.Random) -> Iterator[Arguments]:
    for t in _pool(w):
        for k in range(w + 1):
            yield w, t, ones(k)
            yield w, t, ones(k) ^ 1
            yield w, t, _number(w, r)


def _distances(w: int, r: random.Random) -> Iterator[Arguments]:
    bounded = [v for v in variables(w).values() if v.width == w]
    for n in range(1, w):
        yield from ((w, t, n) for t in _pool(w))
        for t in bounded:
            for c in (1 << n, 1 << n >> 1, 3 << n):
                s = ops.add(w, ops.mul(w, ops.lsr(w, t, r.randrange(w)), c & ones(w)), _number(w, r))
                if isinstance(s, Term):
                    yield w, s, n


def _choices(w: int, r: random.Random) -> Iterator[Arguments]:
    conditions = _pool(1)
    values = _values(w, r)
    x = _pool(w)[0]
    for _ in range(400):
        a, b = next(values), next(values)
        way = r.randrange(6)
        if way == 0:
            a, b = (n := _number(w, r)), n ^ r.choice((1 << r.randrange(w), _number(w, r)))
        elif way == 1:
            a, b = ops.add(w, x, a), ops.add(w, x, b)
        elif way == 2 and isinstance(a, Poly):
            b = Poly(w, dict(a.entries), a.const)  # equal, and another object
        if not (isinstance(a, int) and a == b):
            yield w, r.choice(conditions), a, b, r.choice((0, choices.COMMON_ROUNDS))


def _tables(w: int, r: random.Random) -> Iterator[Arguments]:
    n = min(w, 4)
    for index in _pool(n):
        first, columns = r.getrandbits(5), [r.getrandbits(5) for _ in range(n)]
        entries = 0
        for i in range(1 << n):
            e = first
            for k in range(n):
                e ^= columns[k] * (i >> k & 1)
            entries |= e << 5 * i
        for spoilt in (entries, entries ^ 1 << r.randrange(5 << n), r.getrandbits(5 << n)):
            yield 5, n, index, spoilt & ones(5 << index.pb.bit_length())


def _z3_table(b: Bridge, w: int, n: int, index: Term, entries: int) -> Any:
    value = z3.BitVecVal(0, w)
    for i in range(1 << n):
        value = z3.If(b(index, n) == i, z3.BitVecVal(entries >> i * w & ones(w), w), value)
    return value


def _z3_clmul(b: Bridge, w: int, x: Value, y: Value) -> Any:
    total = z3.BitVecVal(0, 2 * w)
    for k in range(w):
        wide = z3.ZeroExt(w, b(x, w)) << k
        total = total ^ z3.If(z3.Extract(k, k, b(y, w)) == 1, wide, z3.BitVecVal(0, 2 * w))
    return total


def _z3_shift(b: Bridge, kind: str, w: int, x: Value, y: Value) -> Any:
    p, q = b(x, w), b(y, w)
    return {"shl": p << q, "lshr": z3.LShR(p, q), "ashr": p >> q}[kind]


def _plain(width: Callable[..., int]) -> Callable[..., Any]:
    return lambda b, args, result: b(result, width(*args))


def _first(w: int, *_: Any) -> int:
    return w


def _one(*_: Any) -> int:
    return 1


def _cut_width(entries: dict[Mono, int]) -> int:
    return max([1, *(mask.bit_length() for mask in entries.values())])


FAMILIES: dict[str, Family] = {
    "summand": Family(
        _summands,
        lambda b, full, t, c: z3.BitVecVal(c, t.width) * b(t, t.width),
        lambda b, args, result: z3.BitVecVal(result, args[1].width),
    ),
    "sum": Family(_combinations, _sum, _plain(_first)),
    "sum: no bit in common": Family(_choices_by_plus, _sum, _plain(_first)),
    "bits": Family(_monomials, _bits, _plain(_first)),
    "sum as bits": Family(
        lambda w, r: ((s,) for s in _sums(w, r)),
        lambda b, t: _sum(b, t.width, t.terms, t.const),
        lambda b, args, result: _bits(b, args[0].width, *result),
    ),
    "bits as sum": Family(
        lambda w, r: ((p,) for p in _polynomials(w, r)),
        lambda b, t: _bits(b, t.width, t.entries, t.const),
        lambda b, args, result: _sum(b, args[0].width, *result),
    ),
    "bits as sum: part of a narrower sum": Family(
        _narrower_sums,
        lambda b, w, base, k: _ext(b, base, base.width, w) << k,
        lambda b, args, result: _sum(b, args[0], *result) << args[2],
    ),
    "low bits": Family(
        lambda w, r: ((t, r.randint(1, t.width)) for t in (*_pool(w), *_sums(w, r))),
        lambda b, t, n: z3.Extract(n - 1, 0, b(t, t.width)),
        lambda b, args, result: b(result, args[1]),
    ),
    "extract": Family(
        _slices, lambda b, w, a, lo, n: z3.Extract(lo + n - 1, lo, b(a, w)), lambda b, args, result: b(result, args[3])
    ),
    "extract: low bits of a sum among others": Family(
        _parts_of_sums,
        lambda b, n, entries, m: _bits(b, n, entries, 0),
        lambda b, args, result: _bits(b, args[0], *result),
    ),
    "and": Family(_masks, lambda b, w, a, n: b(a, w) & z3.BitVecVal(n, w), _plain(_first)),
    "lsr": Family(_distances, lambda b, w, a, n: z3.LShR(b(a, w), n), _plain(_first)),
    "concat": Family(
        _cut_sums,
        lambda b, entries, whole: _bits(b, _cut_width(entries), entries, 0),
        lambda b, args, result: _bits(b, _cut_width(args[0]), result, 0),
    ),
    "udiv": Family(
        _pairs,
        lambda b, w, x, y: z3.If(b(y, w) == 0, z3.BitVecVal(0, w), z3.UDiv(b(x, w), b(y, w))),
        _plain(_first),
    ),
    "clmul": Family(_term_first, _z3_clmul, _plain(lambda w, *_: 2 * w)),
    "shift by data": Family(_shifts, _z3_shift, _plain(lambda kind, w, *_: w)),
    "eq": Family(_equations, lambda b, w, x, y: _truth(b(x, w) == b(y, w)), _plain(_one)),
    "zero: a bit that is 1": Family(
        lambda w, r: ((w, t) for t in (*_pool(w), *_polynomials(w, r))),
        lambda b, w, t: _truth(b(t, w) == 0),
        _plain(_one),
    ),
    "zero: the other sign": Family(
        _combinations,
        lambda b, w, terms, const: _truth(_sum(b, w, terms, const) == 0),
        lambda b, args, result: _truth(_sum(b, args[0], *result) == 0),
    ),
    "zero: parity": Family(
        _combinations, lambda b, w, terms, const: _truth(_sum(b, w, terms, const) == 0), _plain(_one)
    ),
    "ult": Family(_pairs, lambda b, w, x, y: _truth(z3.ULT(b(x, w), b(y, w))), _plain(_one)),
    "slt": Family(_pairs, lambda b, w, x, y: _truth(b(x, w) < b(y, w)), _plain(_one)),
    "ite": Family(
        _choices,
        lambda b, w, c, x, y, rounds: z3.If(b(c, 1) == 1, b(x, w), b(y, w)),
        _plain(_first),
    ),
    "table": Family(_tables, _z3_table, _plain(_first)),
}
#: Every rule has one.
assert all(n in FAMILIES or n.partition(":")[0] in FAMILIES for n in RULES), set(RULES) - set(FAMILIES)
