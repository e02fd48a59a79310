"""Linear combinations modulo 2**width: reading any term as one, making a term of one, and low bits.

The three ask each other, so they stand in one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from armsym.terms.node import Mono, Origin, Poly, Sum, Term, Value, intern, mono, ones
from armsym.terms.poly import and_poly, make_poly, poly_view, xor_poly
from armsym.terms.rules import rule

__all__ = ["Linear", "accumulate", "add_linear", "linear_view", "make_sum", "narrow", "scale"]

#: Of summands with more monomials than this it is not asked whether they have a bit in common.
MOST_MONOMIALS = 16

#: (term -> coefficient, constant); what a term is made of is the term's own, so nobody may change it.
Linear: TypeAlias = "tuple[Mapping[Term, int], int]"


# -- summands -----------------------------------------------------------------------------------


@rule(
    "summand: only 0",
    "c * t = 0",
    when="c times the lowest bit that t may have is a multiple of 2**w",
)
def vanishes(full: int, t: Term, c: int) -> int | None:
    """All other bits of t are multiples of the lowest.  An odd c never does that, for a term has a possible bit."""
    return None if c * (t.pb & -t.pb) & full else 0


def accumulate(out: dict[Term, int], t: Term, c: int, full: int) -> None:
    """Add c * t to a linear combination modulo full + 1; a summand that can only be 0 leaves it."""
    v = (out.get(t, 0) + c) & full
    if v and (v & 1 or vanishes.apply(full, t, v) is None):
        out[t] = v
    else:
        out.pop(t, None)


# -- any term as a linear combination -------------------------------------------------------------


def linear_view(t: Term) -> Linear:
    """Any term as (term -> coefficient, constant); the mapping is the term's own and must not be changed."""
    if isinstance(t, Sum):
        return t.terms, t.const
    if isinstance(t, Poly):
        t = intern(t)
    lin = t._lin
    if lin is None:
        if isinstance(t, Poly):
            lin = complement_of_a_sum.apply(t) or whole_parts.apply(t) or beside_a_constant.apply(t)
        if lin is None:
            lin = {t: 1}, 0
        t._lin = lin
    return lin


def _used(t: Poly) -> int:
    used = 0
    for mask in t.entries.values():
        used |= mask
    return used


@rule("bits as sum: complement", "NOT u = -u - 1", when="the constant is all ones")
def complement_of_a_sum(t: Poly) -> Linear | None:
    full = ones(t.width)
    if t.const != full:
        return None
    u = make_poly(t.width, t.entries, 0)
    assert isinstance(u, Term)
    terms, c = linear_view(u)
    return {v: -k & full for v, k in terms.items()}, (-c - 1) & full


@rule(
    "bits as sum: whole parts",
    "(u << i) ^ (v << j) ^ ... ^ c = 2**i * u + 2**j * v + ... + c",
    when="parts and constant have no bit in common; each is all of a term, cut off at the top only",
)
def whole_parts(t: Poly) -> Linear | None:
    w, full, const = t.width, ones(t.width), t.const
    used = const
    parts: list[tuple[Term, int]] = []
    for m, mask in t.entries.items():
        base, s = m.factors[0]
        if len(m.factors) != 1 or mask & used or s > 0 or mask != m.valid & full:
            return None
        used |= mask
        parts.append((base, -s))
    out: dict[Term, int] = {}
    for base, k in parts:
        part = wide_enough.apply(w, base, k)
        if part is None:
            image = _resized(base, w)
            if image is t:
                return None
            part = (image.terms, image.const) if isinstance(image, Sum) else _of(image)
        terms, c = part
        const += c << k
        for u, d in terms.items():
            accumulate(out, u, d << k, full)
    return out, const & full


def _of(v: Value) -> Linear:
    return ({}, v) if isinstance(v, int) else ({v: 1}, 0)


@rule(
    "bits as sum: part of a narrower sum",
    "2**k * (c*u + d*v + ...) = 2**k * (c * zext(u) + d * zext(v) + ...)",
    when="the sum has fewer than w bits, and with k more at least w: what it loses at the top is pushed out anyway",
)
def wide_enough(w: int, base: Term, k: int) -> Linear | None:
    if not isinstance(base, Sum) or not base.width < w <= base.width + k:
        return None
    full = ones(w)
    out: dict[Term, int] = {}
    const = base.const
    for t, c in base.terms.items():
        image = _resized(t, w)
        terms, d = ({}, image) if isinstance(image, int) else linear_view(image)
        const += c * d
        for u, e in terms.items():
            accumulate(out, u, c * e, full)
    return out, const & full


@rule("bits as sum: beside a constant", "u ^ c = u + c", when="u has no bit of c, and c is not 0")
def beside_a_constant(t: Poly) -> Linear | None:
    if not t.const or t.const & _used(t):
        return None
    u = make_poly(t.width, t.entries, 0)
    assert isinstance(u, Term)
    terms, c = linear_view(u)
    return terms, (c + t.const) & ones(t.width)


def _resized(base: Term, width: int) -> Value:
    """The term, zero-extended or cut off."""
    if base.width == width:
        return base
    if isinstance(base, Poly):
        full = ones(width)
        same = make_poly(width, {m: k for m, mask in base.entries.items() if (k := mask & full)}, base.const & full)
        return intern(same) if isinstance(same, Term) else same
    if base.width > width:
        if isinstance(base, Sum):
            return narrow(base, width)
        m = mono(base, 0)
        low = make_poly(width, {m: base.pb & ones(width)}, 0)
    else:
        low = make_poly(width, {mono(base, 0): base.pb}, 0)
    return intern(low) if isinstance(low, Term) else low


# -- a linear combination as a term ---------------------------------------------------------------


def make_sum(width: int, terms: Mapping[Term, int], const: int) -> Value:
    """The value of a linear combination: a constant, a plain term or a polynomial where it is one."""
    if not terms:
        return const
    found: Value | None
    if len(terms) == 1:
        found = one_term.apply(width, terms, const)
        if found is None:
            found = complement.apply(width, terms, const)
        if found is None:
            found = shifted_term.apply(width, terms, const)
        if found is not None:
            return found
    elif len(terms) <= 8:
        found = low_beside_high.apply(width, terms, const)
        if found is not None:
            return found
    if len(terms) > 1:
        found = no_bit_in_common.apply(width, terms, const)
        if found is not None:
            return found
    return Sum(width, terms, const)


@rule(
    "sum: no bit in common",
    "u + v + ... = (u ^ v) + ...",
    when="u and v have coefficient 1 and a few monomials, products among them, and u & v = 0",
)
def no_bit_in_common(width: int, terms: Mapping[Term, int], const: int) -> Value | None:
    """Nothing carries: where x chooses between y and z, (x & y) and (~x & z) may be put together by + as by OR."""
    products = [
        t
        for t, c in terms.items()
        if c == 1
        and isinstance(t, Poly)
        and len(t.entries) <= MOST_MONOMIALS
        and any(len(m.factors) > 1 for m in t.entries)
    ]
    for k, u in enumerate(products):
        for v in products[:k]:
            if and_poly(width, u, v) == 0:
                out = dict(terms)
                del out[u], out[v]
                both = xor_poly(width, u, v)
                part, c = ({}, both) if isinstance(both, int) else linear_view(both)
                for t, d in part.items():
                    accumulate(out, t, d, ones(width))
                return make_sum(width, out, const + c & ones(width))
    return None


@rule("sum: one term", "1 * t + 0 = t", when="one summand, coefficient 1, constant 0")
def one_term(width: int, terms: Mapping[Term, int], const: int) -> Term | None:
    if const or len(terms) != 1:
        return None
    ((t, c),) = terms.items()
    return t if c == 1 else None


@rule("sum: complement", "-t - 1 = NOT t", when="one summand; its coefficient and the constant are -1")
def complement(width: int, terms: Mapping[Term, int], const: int) -> Value | None:
    if const != ones(width) or len(terms) != 1:
        return None
    ((t, c),) = terms.items()
    if c != const:
        return None
    entries, c0 = poly_view(t)
    return make_poly(width, entries, c0 ^ const)


@rule(
    "sum: shifted term",
    "2**k * t + c = (t << k) ^ c",
    when="one summand; t << k has no bit of c, and c is 0, or below it, or t is a polynomial already",
)
def shifted_term(width: int, terms: Mapping[Term, int], const: int) -> Value | None:
    if len(terms) != 1:
        return None
    ((t, c),) = terms.items()
    if c & (c - 1):
        return None
    k = c.bit_length() - 1
    pb = t.pb << k
    if const & pb or not (const == 0 or const & (pb & -pb) - 1 == const or isinstance(t, Poly)):
        return None
    entries, c0 = poly_view(t)
    full = ones(width)
    out = {m.shift(-k): v for m, mask in entries.items() if (v := (mask << k) & full)}
    return make_poly(width, out, (c0 << k & full) ^ const)


@rule(
    "sum: low beside high",
    "low + 2**k * high = concat(high, low)",
    when="one summand has coefficient 1 and a lowest bit, and fits with the constant's part in k < w bits;"
    " the coefficients of all others are multiples of 2**k",
)
def low_beside_high(width: int, terms: Mapping[Term, int], const: int) -> Value | None:
    """Nothing carries."""
    full = ones(width)
    low_term: Term | None = None
    low_bits = 0
    for t, c in terms.items():
        if c == 1 and t.pb != full and t.pb & 1:
            if low_term is not None:
                return None
            low_term, low_bits = t, t.pb
        elif c & 1 and t.pb & 1:
            return None
    if low_term is None:
        return None
    k = low_bits.bit_length()
    step = (1 << k) - 1
    low_const = const & step
    if low_const & low_bits or k >= width:
        return None
    for t, c in terms.items():
        # Where zeros come from the term itself, it is left as a sum.
        if t is not low_term and c & step:
            return None
    high: dict[Term, int] = {}
    const_high = const >> k
    n = width - k
    for t, c in terms.items():
        if t is low_term:
            continue
        part = narrow(t, n)
        if isinstance(part, int):
            const_high += (c >> k) * part
            continue
        part_terms, part_const = linear_view(part)
        for u, d in part_terms.items():
            accumulate(high, u, (c >> k) * d, ones(n))
        const_high += (c >> k) * part_const
    top = make_sum(n, high, const_high & ones(n))
    entries, const_out = poly_view(low_term)
    out: dict[Mono, int] = dict(entries)
    const_out ^= low_const
    if isinstance(top, int):
        const_out |= top << k
    else:
        top_entries, top_const = poly_view(top)
        const_out |= top_const << k
        for m, mask in top_entries.items():
            s = m.shift(-k)
            out[s] = out.get(s, 0) | mask << k
    return make_poly(width, out, const_out)


# -- arithmetic -----------------------------------------------------------------------------------


def add_linear(width: int, a: Term, b: Value, sign: int = 1) -> Value:
    """a + sign * b for sign 1 or -1."""
    full = ones(width)
    ta, ca = linear_view(a)
    if isinstance(b, int):
        const = (ca + sign * b) & full
        terms = ta
    else:
        tb, cb = linear_view(b)
        const = (ca + sign * cb) & full
        big, small = (tb, ta) if sign == 1 and len(ta) < len(tb) else (ta, tb)
        out = dict(big)
        for t, c in small.items():
            if t not in out:
                out[t] = c if sign == 1 else -c & full
            else:
                accumulate(out, t, sign * c, full)
        terms = out
    made = make_sum(width, terms, const)
    if type(made) is Sum and made.origin is None and made.canon is None:
        made.origin = _added(a, b, sign)
    return made


def _added(a: Term, b: Value, sign: int) -> Origin:
    """a + sign * b; numbers added one after the other count as one, so that a counter remembers its start only."""
    if isinstance(b, int) and type(a) is Sum and a.canon is None:
        before = a.origin
        if before is not None and before[0] == "add" and isinstance(before[2], int):
            return ("add", before[1], before[3] * before[2] + sign * b, 1)
    return ("add", a, b, sign)


def scale(width: int, a: Term, k: int) -> Value:
    """k * a for a constant k."""
    terms, const = linear_view(a)
    full = ones(width)
    k &= full
    out = {t: v for t, c in terms.items() if (v := c * k & full) and (v & 1 or vanishes.apply(full, t, v) is None)}
    made = make_sum(width, out, const * k & full)
    if type(made) is Sum and made.origin is None and made.canon is None:
        made.origin = ("scale", a, k - full - 1 if k >> (width - 1) else k)
    return made


# -- low bits -------------------------------------------------------------------------------------


def narrow(t: Term, width: int) -> Value:
    """The low `width` bits; of a sum, the sum of the low bits."""
    if t.width == width:
        return t
    if not isinstance(t, Sum):
        entries, const = poly_view(t)
        full = ones(width)
        low = make_poly(width, {m: k for m, mask in entries.items() if (k := mask & full)}, const & full)
        return intern(low) if isinstance(low, Term) else low
    known = intern(t)
    if known._narrow is None:
        known._narrow = {}
    found = known._narrow.get(width)
    if found is None:
        found = low_bits_of_a_sum.apply(t, width)
        assert found is not None, "a sum has low bits"
        if isinstance(found, Term):
            if type(found) is Sum and found.origin is None and found.canon is None:
                found.origin = ("low", known)
            found = intern(found)
        known._narrow[width] = found
    return found


@rule(
    "low bits: of a sum",
    "low(c*u + d*v + ... + k) = c * low(u) + d * low(v) + ... + low(k)",
    when="the term is a sum",
)
def low_bits_of_a_sum(t: Term, width: int) -> Value | None:
    """A carry only goes up."""
    if not isinstance(t, Sum):
        return None
    full = ones(width)
    out: dict[Term, int] = {}
    const = t.const & full
    for u, coeff in t.terms.items():
        c = coeff & full
        part = narrow(u, width) if c else 0
        if isinstance(part, int):
            const += c * part
            continue
        terms, k = linear_view(part)
        const += c * k
        for v, d in terms.items():
            accumulate(out, v, c * d, full)
    return make_sum(width, out, const & full)
