"""The operations on values: the face of the normal form to `armsym.bits`.

Every function takes widths and values (ints or terms) and returns a value in normal form.
At least one argument is a term, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from armsym.terms import node
from armsym.terms.linear import add_linear, exact_quotient, linear_view, make_sum, narrow, scale
from armsym.terms.node import Op, Poly, Sum, Term, Value, intern, ones
from armsym.terms.poly import (
    affine_poly,
    and_poly,
    asr_poly,
    concat_poly,
    extract_poly,
    lsl_poly,
    lsr_poly,
    make_poly,
    poly_view,
    ror_poly,
    sext_poly,
    xor_poly,
)

#: Asked for the truth of a one-bit term under the current path's assumptions: 0, 1 or None.
Oracle = Callable[[Term], "int | None"]

_oracle: Oracle | None = None

#: So often `ite` takes common summands out of its branches.  What is left may be read as new summands, and
#: nothing says that this ends; with what is common left inside, the term is right as well.
COMMON_ROUNDS = 4


def set_oracle(oracle: Oracle | None) -> Oracle | None:
    """Install what `ite` asks before it keeps both branches (None: nobody); returns the previous one."""
    global _oracle
    previous, _oracle = _oracle, oracle
    return previous


def _atom(v: Value) -> Value:
    return v if isinstance(v, int) else intern(v)


# -- addition -----------------------------------------------------------------------------------


def add(w: int, a: Value, b: Value) -> Value:
    """a + b modulo 2**w."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        assert isinstance(b, int)
        return (a + b) & ones(w)
    if isinstance(b, int):
        return add_linear(w, a, b) if b else a
    return add_linear(w, a, b)


def neg(w: int, a: Value) -> Value:
    """-a modulo 2**w."""
    return -a & ones(w) if isinstance(a, int) else scale(w, a, -1)


def sub(w: int, a: Value, b: Value) -> Value:
    """a - b modulo 2**w."""
    if isinstance(a, int):
        return add(w, neg(w, b), a)
    return add_linear(w, a, b, -1)


def mul(w: int, a: Value, b: Value) -> Value:
    """a * b modulo 2**w; linear when one of them is constant."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        assert isinstance(b, int)
        return a * b & ones(w)
    if isinstance(b, int):
        return scale(w, a, b)
    x, y = sorted((intern(a), intern(b)), key=lambda t: t.id)
    return node.op("mul", w, w, (x, y))


def udiv(w: int, a: Value, b: Value) -> Value:
    """Unsigned quotient, 0 when b is 0."""
    if isinstance(b, int):
        if b == 0:
            return 0
        if b & (b - 1) == 0:
            return lsr(w, a, b.bit_length() - 1)
    return node.op("udiv", w, w, (_atom(a), _atom(b)))


def clmul(w: int, a: Value, b: Value) -> Value:
    """Carry-less product of 2w bits; a polynomial when one factor is constant."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int):
        assert isinstance(a, Term)
        wide = zext(w, a, 2 * w)
        out: Value = 0
        for k in range(w):
            if b >> k & 1:
                out = xor(2 * w, out, lsl(2 * w, wide, k))
        return out
    assert isinstance(a, Term)
    x, y = sorted((intern(a), intern(b)), key=lambda t: t.id)
    return node.op("clmul", 2 * w, w, (x, y), ones(2 * w - 1))


# -- logic --------------------------------------------------------------------------------------


def xor(w: int, a: Value, b: Value) -> Value:
    """a XOR b."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        assert isinstance(b, int)
        return a ^ b
    if isinstance(b, int) and b == 0:
        return a
    return xor_poly(w, a, b)


def and_(w: int, a: Value, b: Value) -> Value:
    """a AND b."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        assert isinstance(b, int)
        return a & b
    if isinstance(b, int):
        if b == 0:
            return 0
        if b == ones(w):
            return a
        if isinstance(a, Sum) and b & (b + 1) == 0:
            # The low bits of a sum: a narrower sum, zero-extended.
            n = b.bit_length()
            low = narrow(a, n)
            return low if isinstance(low, int) else zext(n, low, w)
    elif a is b:
        return a
    return and_poly(w, a, b)


def or_(w: int, a: Value, b: Value) -> Value:
    """a OR b = a XOR b XOR (a AND b)."""
    if isinstance(a, int) and isinstance(b, int):
        return a | b
    both = and_(w, a, b)
    either = xor(w, a, b)
    return xor(w, either, both)


# -- moving bits --------------------------------------------------------------------------------


def lsl(w: int, a: Value, n: int) -> Value:
    """a << n, n >= 0."""
    if n >= w:
        return 0
    if isinstance(a, int):
        return a << n & ones(w)
    if n == 0:
        return a
    return lsl_poly(w, a, n)


def lsr(w: int, a: Value, n: int) -> Value:
    """a >> n, n >= 0, zeros from the left."""
    if n >= w:
        return 0
    if isinstance(a, int):
        return a >> n
    if isinstance(a, Sum) and n:
        quotient = exact_quotient(a, n)
        if quotient is not None:
            return quotient
    return lsr_poly(w, a, n) if n else a


def asr(w: int, a: Term, n: int) -> Value:
    """a >> n, n >= 0, the sign from the left."""
    return asr_poly(w, a, n) if n else a


def ror(w: int, a: Term, n: int) -> Value:
    """a rotated right by 0 <= n < w."""
    return ror_poly(w, a, n) if n else a


def extract(w: int, a: Term, lo: int, n: int) -> Value:
    """Bits lo+n-1 down to lo."""
    if lo == 0:
        if n == w:
            return a
        if isinstance(a, Sum):
            return narrow(a, n)
        if isinstance(a, Poly) and a.origin is not None and a.origin.width == n:
            return a.origin
    return extract_poly(w, a, lo, n)


def concat(total: int, parts: Iterable[tuple[int, Value]]) -> Value:
    """Parts as (width, value), the most significant first; `total` is the sum of their widths."""
    return concat_poly(total, reversed(list(parts)))


def zext(w: int, a: Term, to: int) -> Value:
    """Zero-extend from w bits: the same polynomial in a wider vector."""
    if w == to:
        return a
    assert w < to, f"zero-extension from {w} bits to {to}"
    entries, const = poly_view(a)
    wide = make_poly(to, entries, const)
    if isinstance(wide, Poly):
        wide.origin = a
    return wide


def sext(w: int, a: Term, to: int) -> Value:
    """Sign-extend from w bits."""
    return sext_poly(w, a, to) if w != to else a


def _shift_by(kind: str, w: int, a: Value, b: Value) -> Value:
    if isinstance(b, int):
        n = min(b, w)
        if kind == "shl":
            return lsl(w, a, n)
        if kind == "lshr":
            return lsr(w, a, n)
        assert isinstance(a, Term)
        return asr(w, a, n)
    return node.op(kind, w, w, (_atom(a), intern(b)))


def shl_by(w: int, a: Value, b: Value) -> Value:
    """a << b, 0 when b >= w."""
    return _shift_by("shl", w, a, b)


def lshr_by(w: int, a: Value, b: Value) -> Value:
    """a >> b, 0 when b >= w."""
    return _shift_by("lshr", w, a, b)


def ashr_by(w: int, a: Value, b: Value) -> Value:
    """a >> b with the sign from the left, all sign when b >= w."""
    return _shift_by("ashr", w, a, b)


def rotr_by(w: int, a: Value, b: Value) -> Value:
    """a rotated right by b modulo w, w a power of two."""
    amount = and_(w, b, w - 1)
    back = and_(w, neg(w, amount), w - 1)
    return or_(w, lshr_by(w, a, amount), shl_by(w, a, back))


# -- conditions ---------------------------------------------------------------------------------


def eq(w: int, a: Value, b: Value) -> Value:
    """One bit: whether a = b."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return int(a == b)
    if a is b:
        return 1
    if w == 1:
        # Conditions are bits: a = b is NOT (a XOR b).
        return xor(1, xor(1, a, b), 1)
    polys, sums = isinstance(a, Poly) or isinstance(b, Poly), isinstance(a, Sum) or isinstance(b, Sum)
    if polys and not sums:
        d = xor(w, a, b)
        if isinstance(d, int):
            return int(d == 0)
        entries, const = poly_view(d)
        reach = 0
        for mask in entries.values():
            reach |= mask
        if const & ~reach:
            return 0
        return node.op("eq", 1, w, (intern(make_or_self(w, d, const)), const), 1)
    diff = sub(w, a, b)
    if isinstance(diff, int):
        return int(diff == 0)
    terms, const = linear_view(diff)
    first = min(terms, key=lambda t: t.id)
    if terms[first] > ones(w) >> 1:
        negated = neg(w, diff)
        assert isinstance(negated, Term)
        terms, const = linear_view(negated)
    low = ones(w) + 1
    for t, c in terms.items():
        z = c * (t.pb & -t.pb)
        low = min(low, z & -z)
    if const & (low - 1):
        return 0  # every summand is a multiple of `low`, the constant is not
    lhs = make_sum(w, terms, 0)
    assert isinstance(lhs, Term)
    return node.op("eq", 1, w, (intern(lhs), -const & ones(w)), 1)


def make_or_self(w: int, d: Term, const: int) -> Term:
    """`d` without its constant."""
    v = xor(w, d, const)
    assert isinstance(v, Term)
    return v


def ult(w: int, a: Value, b: Value) -> Value:
    """One bit: whether a < b, unsigned."""
    if a is b or (isinstance(b, int) and b == 0) or (isinstance(a, int) and a == ones(w)):
        return 0
    if isinstance(a, int) and isinstance(b, int):
        return int(a < b)
    if isinstance(b, int):
        assert isinstance(a, Term)
        a = intern(a)
        if a.pb < b:
            return 1
        if b == 1:
            return eq(w, a, 0)
    if isinstance(a, int):
        assert isinstance(b, Term)
        b = intern(b)
        if a >= b.pb:
            return 0
        if a == 0:
            return xor(1, eq(w, b, 0), 1)
    x, y = _atom(a), _atom(b)
    if x is y:
        return 0
    return node.op("ult", 1, w, (x, y), 1)


def slt(w: int, a: Value, b: Value) -> Value:
    """One bit: whether a < b, signed."""
    x, y = _atom(a), _atom(b)
    if isinstance(x, int) and isinstance(y, int):
        h = 1 << (w - 1)
        return int((x ^ h) < (y ^ h))
    if x is y:
        return 0
    if isinstance(y, int) and y == 0:
        assert isinstance(x, Term)
        return extract(w, x, w - 1, 1)
    return node.op("slt", 1, w, (x, y), 1)


def ite(w: int, c: Value, a: Value, b: Value) -> Value:
    """a if c else b; c has one bit."""
    return _ite(w, c, a, b, COMMON_ROUNDS)


def _ite(w: int, c: Value, a: Value, b: Value, rounds: int) -> Value:
    if isinstance(c, int):
        return a if c else b
    if a is b or (isinstance(a, int) and isinstance(b, int) and a == b):
        return a
    c = intern(c)
    if _oracle is not None:
        known = _oracle(c)
        if known is not None:
            return a if known else b
    if isinstance(c, Poly) and c.const:
        negated = xor(1, c, 1)
        return _ite(w, negated, b, a, rounds)
    if w == 1:
        return xor(1, b, and_(1, c, xor(1, a, b)))
    if isinstance(a, int) and isinstance(b, int):
        d = a ^ b
        if d & (d - 1) == 0:
            return xor(w, b, lsl(w, zext(1, c, w), d.bit_length() - 1))
        return xor(w, b, and_(w, sext(1, c, w), d))
    a, b = _atom(a), _atom(b)
    if a is b:
        return a
    if rounds and (isinstance(a, Sum) or isinstance(b, Sum)):
        split = _common(w, a, b)
        if split is not None:
            shared, rest_a, rest_b = split
            return add(w, shared, _ite(w, c, rest_a, rest_b, rounds - 1))
    pb = (a if isinstance(a, int) else a.pb) | (b if isinstance(b, int) else b.pb)
    return node.op("ite", w, w, (c, a, b), pb)


@lru_cache(maxsize=4096)
def _columns(w: int, possible: int, entries: int) -> list[tuple[int, int]] | None:
    """If entry i is entry 0 XOR a column for each bit of i, for all possible i: the columns, as (bit, column)."""
    first, columns = entries & ones(w), []
    known = {0: 0}
    for k in range(possible.bit_length()):
        if not possible >> k & 1:
            continue
        column = entries >> (w << k) & ones(w) ^ first
        columns.append((k, column))
        for i, total in list(known.items()):
            known[i | 1 << k] = total ^ column
            if entries >> (i | 1 << k) * w & ones(w) != total ^ column ^ first:
                return None
    return columns


def table(w: int, n: int, index: Value, entries: int) -> Value:
    """Entry `index` (n bits) of a constant table: bits index * w and up of `entries`, 0 beyond its end."""
    if isinstance(index, int):
        return entries >> index * w & ones(w)
    assert n <= 16, "a table of that size is not to be written out"
    index = intern(index)
    entries &= ones(w << index.pb.bit_length())  # the rest cannot be reached
    columns = _columns(w, index.pb, entries)
    if columns is not None:
        return affine_poly(w, index, columns, entries & ones(w))
    pb = 0
    for k in range(0, entries.bit_length(), w):
        pb |= entries >> k & ones(w)
    return node.op("table", w, n, (index, entries), pb) if pb else 0


def _common(w: int, a: Value, b: Value) -> tuple[Value, Value, Value] | None:
    """(shared, rest of a, rest of b): the summands that both have come out of an if-then-else.

    The rests are what is left of the summands, not differences: `shared` may be read as other summands
    than those it was made of, and would then not leave a difference.
    """
    if isinstance(a, int) or isinstance(b, int):
        return None
    ta, ca = linear_view(a)
    tb, cb = linear_view(b)
    both = {t: c for t, c in ta.items() if tb.get(t) == c}
    if not both:
        return None
    rest_a = make_sum(w, {t: c for t, c in ta.items() if t not in both}, ca)
    rest_b = make_sum(w, {t: c for t, c in tb.items() if t not in both}, cb)
    return make_sum(w, both, 0), rest_a, rest_b


def select(w: int, index: Value, elements: Sequence[Value]) -> Value:
    """Element `index` of some values of w bits, 0 past the last; the index has 64 bits."""
    index = _argument(64, index)
    if isinstance(index, int):
        return elements[index] if index < len(elements) else 0
    # What the index cannot reach plays no part: the same bytes of a larger buffer are the same value.
    args = [_atom(e) for e in elements[: index.pb + 1]]
    pb = 0
    for e in args:
        pb |= e if isinstance(e, int) else e.pb
    return node.op("select", w, w, (index, *args), pb) if pb else 0


def _argument(w: int, v: Value) -> Value:
    """Arguments are offsets more often than not: a shifted sum is read as a sum."""
    if isinstance(v, Poly):
        terms, const = linear_view(v)
        v = make_sum(w, terms, const)
    return _atom(v)


def apply(name: str, width: int, args: list[tuple[int, Value]], *, secret: bool = False) -> Term:
    """An uninterpreted function of (width, value) arguments; its value is secret if it says so, or an argument is."""
    values = tuple(_argument(w, v) for w, v in args)
    secret = secret or any(is_secret(v) for v in values)
    return node.app(name, width, tuple(w for w, _ in args), values, secret)


# -- secrets ------------------------------------------------------------------------------------

_secret_cache: dict[int, bool] = {}


def is_secret(v: Value) -> bool:
    """Whether the value depends on a secret variable."""
    if isinstance(v, int):
        return False
    if isinstance(v, (node.Var, node.App)):
        return v.secret
    v = intern(v)
    known = _secret_cache.get(v.id)
    if known is not None:
        return known
    if isinstance(v, Sum):
        result = any(is_secret(t) for t in v.terms)
    elif isinstance(v, Poly):
        result = any(is_secret(base) for m in v.entries for base, _ in m.factors)
    else:
        assert isinstance(v, Op)
        result = any(is_secret(a) for a in v.args)
    _secret_cache[v.id] = result
    return result
