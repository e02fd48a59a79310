"""Adding, multiplying, logic and moving bits: a width and values (ints or terms) give a value in normal form.

At least one argument is a term, unless said otherwise.
"""

from __future__ import annotations

from armsym.terms.kinds import make
from armsym.terms.linear import add_linear, scale
from armsym.terms.node import Term, Value, intern, ones
from armsym.terms.poly import and_poly, asr_poly, lsl_poly, ror_poly, sext_poly, xor_poly
from armsym.terms.rules import first, rule
from armsym.terms.slices import low_ones, quotient, zext

__all__ = [
    "add",
    "and_",
    "ashr_by",
    "asr",
    "atom",
    "clmul",
    "lshr_by",
    "lsl",
    "lsr",
    "mul",
    "neg",
    "or_",
    "ror",
    "rotr_by",
    "sext",
    "shl_by",
    "sub",
    "udiv",
    "xor",
]


def atom(v: Value) -> Value:
    """A value as an argument of a node."""
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
    return make("mul", w, w, (x, y))


def udiv(w: int, a: Value, b: Value) -> Value:
    """Unsigned quotient, 0 when b is 0."""
    found: Value | None = first((by_zero, by_a_power_of_two), w, a, b)
    return make("udiv", w, w, (atom(a), atom(b))) if found is None else found


@rule("udiv: by zero", "a / 0 = 0", when="the divisor is the number 0")
def by_zero(w: int, a: Value, b: Value) -> int | None:
    """As the manual has it."""
    return 0 if isinstance(b, int) and b == 0 else None


@rule("udiv: by a power of two", "a / 2**k = a >> k", when="the divisor is the number 2**k")
def by_a_power_of_two(w: int, a: Value, b: Value) -> Value | None:
    return lsr(w, a, b.bit_length() - 1) if isinstance(b, int) and b and not b & (b - 1) else None


def clmul(w: int, a: Value, b: Value) -> Value:
    """Carry-less product of 2w bits; a polynomial when one factor is constant."""
    if isinstance(a, int):
        a, b = b, a
    assert isinstance(a, Term)
    found = by_a_number.apply(w, a, b)
    if found is not None:
        return found
    assert isinstance(b, Term)
    x, y = sorted((intern(a), intern(b)), key=lambda t: t.id)
    return make("clmul", 2 * w, w, (x, y))


@rule("clmul: by a number", "a . (2**i ^ 2**j ^ ...) = (a << i) ^ (a << j) ^ ...", when="a factor is a number")
def by_a_number(w: int, a: Term, b: Value) -> Value | None:
    if not isinstance(b, int):
        return None
    wide = zext(w, a, 2 * w)
    out: Value = 0
    for k in range(w):
        if b >> k & 1:
            out = xor(2 * w, out, lsl(2 * w, wide, k))
    return out


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
        low = low_ones.apply(w, a, b)
        if low is not None:
            return low
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
    return quotient(w, a, n) if n else a


def asr(w: int, a: Term, n: int) -> Value:
    """a >> n, n >= 0, the sign from the left."""
    return asr_poly(w, a, n) if n else a


def ror(w: int, a: Term, n: int) -> Value:
    """a rotated right by 0 <= n < w."""
    return ror_poly(w, a, n) if n else a


def sext(w: int, a: Term, to: int) -> Value:
    """Sign-extend from w bits."""
    return sext_poly(w, a, to) if w != to else a


def _shift_by(kind: str, w: int, a: Value, b: Value) -> Value:
    found = by_a_known_amount.apply(kind, w, a, b)
    return make(kind, w, w, (atom(a), atom(b))) if found is None else found


@rule("shift by data: a number", "a << b, a >>u b, a >>s b are the shifts by min(b, w)", when="b is a number")
def by_a_known_amount(kind: str, w: int, a: Value, b: Value) -> Value | None:
    if not isinstance(b, int):
        return None
    n = min(b, w)
    if kind == "shl":
        return lsl(w, a, n)
    if kind == "lshr":
        return lsr(w, a, n)
    assert isinstance(a, Term)
    return asr(w, a, n)


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
