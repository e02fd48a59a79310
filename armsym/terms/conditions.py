"""Comparisons: one bit each, in normal form."""

from __future__ import annotations

from collections.abc import Mapping

from armsym.terms.arithmetic import atom, neg, sub, xor
from armsym.terms.kinds import make
from armsym.terms.linear import Linear, linear_view, make_sum
from armsym.terms.node import Poly, Sum, Term, Value, ones
from armsym.terms.poly import poly_view
from armsym.terms.rules import first, rule
from armsym.terms.slices import extract, together

__all__ = ["eq", "slt", "ult"]


# -- equal ----------------------------------------------------------------------------------------


def eq(w: int, a: Value, b: Value) -> Value:
    """One bit: whether a = b.  What is found equal does not depend on what was computed before."""
    if isinstance(a, int):
        a, b = b, a
    if isinstance(a, int):
        return int(a == b)
    found: Value | None = first(EQUAL, w, a, b)
    assert found is not None, "the last rule applies to all"
    return found


@rule("eq: itself", "(a == a) = 1", when="both are one object")
def same_object(w: int, a: Term, b: Value) -> Value | None:
    return 1 if a is b else None


@rule("eq: of bits", "(a == b) = NOT (a ^ b)", when="w = 1")
def equal_bits(w: int, a: Term, b: Value) -> Value | None:
    return xor(1, xor(1, a, b), 1) if w == 1 else None


@rule(
    "eq: bits of sums",
    "(a == b) = (a' == b')",
    when="a side has bits of a sum under several names: a' and b' have them under one",
)
def equal_together(w: int, a: Term, b: Value) -> Value | None:
    x, y = together(w, a), together(w, b)
    if x is a and y is b:
        return None
    return eq(w, x, y)


@rule("eq: polynomials", "(a == b) = (a ^ b == 0)", when="a side is a polynomial, and none is a sum")
def equal_polynomials(w: int, a: Term, b: Value) -> Value | None:
    if isinstance(a, Sum) or isinstance(b, Sum) or not (isinstance(a, Poly) or isinstance(b, Poly)):
        return None
    difference = together(w, xor(w, a, b))
    if isinstance(difference, int):
        return int(difference == 0)
    found = bit_out_of_reach.apply(w, difference)
    if found is not None:
        return found
    const = poly_view(difference)[1]
    return make("eq", 1, w, (atom(xor(w, difference, const)), const))


@rule("zero: a bit that is 1", "(u ^ c == 0) = 0", when="a bit of c is no possible bit of u")
def bit_out_of_reach(w: int, difference: Term) -> int | None:
    entries, const = poly_view(difference)
    reach = 0
    for mask in entries.values():
        reach |= mask
    return 0 if const & ~reach else None


@rule("eq: sums", "(a == b) = (a - b == 0)", when="always: it is asked last")
def equal_sums(w: int, a: Term, b: Value) -> Value:
    difference = sub(w, a, b)
    if isinstance(difference, int):
        return int(difference == 0)
    terms, const = linear_view(difference)
    terms, const = least_sign.apply(w, terms, const) or (terms, const)
    if not terms:
        return int(const == 0)
    found = parity.apply(w, terms, const)
    if found is not None:
        return found
    lhs = make_sum(w, terms, 0)
    return make("eq", 1, w, (atom(lhs), -const & ones(w)))


@rule("zero: the other sign", "(s == 0) = (-s == 0)", when="the oldest term's coefficient is above half of 2**w")
def least_sign(w: int, terms: Mapping[Term, int], const: int) -> Linear | None:
    """So that a = b and b = a are one node."""
    first = min(terms, key=lambda t: t.id)
    if terms[first] <= ones(w) >> 1:
        return None
    negated = neg(w, make_sum(w, terms, const))
    return ({}, negated) if isinstance(negated, int) else linear_view(negated)


@rule("zero: parity", "(c*u + d*v + ... + k == 0) = 0", when="2**j divides all summands, but not k")
def parity(w: int, terms: Mapping[Term, int], const: int) -> int | None:
    low = ones(w) + 1
    for t, c in terms.items():
        z = c * (t.pb & -t.pb)
        low = min(low, z & -z)
    return 0 if const & (low - 1) else None


EQUAL = (same_object, equal_bits, equal_together, equal_polynomials, equal_sums)


# -- less -----------------------------------------------------------------------------------------


def ult(w: int, a: Value, b: Value) -> Value:
    """One bit: whether a < b, unsigned."""
    if isinstance(a, int) and isinstance(b, int):
        return int(a < b)
    a, b = atom(a), atom(b)
    found: Value | None = first(LESS, w, a, b)
    return make("ult", 1, w, (a, b)) if found is None else found


@rule("ult: never", "(a < a) = (a < 0) = (2**w - 1 < a) = 0", when="a side is such a number, or both are one term")
def never_less(w: int, a: Value, b: Value) -> Value | None:
    if a is b or (isinstance(b, int) and b == 0) or (isinstance(a, int) and a == ones(w)):
        return 0
    return None


@rule("ult: always", "(a < c) = 1", when="c is a number above all possible bits of a together")
def always_less(w: int, a: Value, b: Value) -> Value | None:
    return 1 if isinstance(b, int) and isinstance(a, Term) and a.pb < b else None


@rule("ult: out of reach", "(c < b) = 0", when="c is a number, and b's possible bits together are at most that")
def out_of_reach(w: int, a: Value, b: Value) -> Value | None:
    return 0 if isinstance(a, int) and isinstance(b, Term) and a >= b.pb else None


@rule("ult: below 1", "(a < 1) = (a == 0)", when="b is the number 1")
def below_one(w: int, a: Value, b: Value) -> Value | None:
    return eq(w, a, 0) if isinstance(b, int) and b == 1 else None


@rule("ult: above 0", "(0 < b) = NOT (b == 0)", when="a is the number 0")
def above_zero(w: int, a: Value, b: Value) -> Value | None:
    return xor(1, eq(w, b, 0), 1) if isinstance(a, int) and a == 0 else None


LESS = (never_less, always_less, out_of_reach, below_one, above_zero)


def slt(w: int, a: Value, b: Value) -> Value:
    """One bit: whether a < b, signed."""
    a, b = atom(a), atom(b)
    if isinstance(a, int) and isinstance(b, int):
        h = 1 << (w - 1)
        return int((a ^ h) < (b ^ h))
    found: Value | None = first(SIGNED_LESS, w, a, b)
    return make("slt", 1, w, (a, b)) if found is None else found


@rule("slt: itself", "(a <s a) = 0", when="both sides are one term")
def never_signed_less(w: int, a: Value, b: Value) -> Value | None:
    return 0 if a is b else None


@rule("slt: below 0", "(a <s 0) = the top bit of a", when="b is the number 0")
def negative(w: int, a: Value, b: Value) -> Value | None:
    return extract(w, a, w - 1, 1) if isinstance(b, int) and b == 0 and isinstance(a, Term) else None


SIGNED_LESS = (never_signed_less, negative)
