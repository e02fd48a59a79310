"""Polynomials over GF(2): xor, and, not, and what only moves bits.

What cuts sums into pieces, or puts them together, is in `slices`.
"""

from __future__ import annotations

from collections.abc import Iterable

from armsym.terms.kinds import make
from armsym.terms.node import Mono, Poly, Sum, Term, Value, intern, mono, ones
from armsym.terms.rules import rule

__all__ = [
    "affine_poly",
    "and_poly",
    "asr_poly",
    "lsl_poly",
    "lsr_poly",
    "make_poly",
    "poly_view",
    "ror_poly",
    "sext_poly",
    "shifted",
    "spread_bit",
    "toggle",
    "xor_poly",
]

#: Above this many products of monomials an AND stays an operation node instead.
PRODUCT_LIMIT = 256
#: The same for products of more factors than this: a chain of ORs doubles with each.
DEGREE_LIMIT = 6


def _degree(entries: dict[Mono, int]) -> int:
    return max((len(m.factors) for m in entries), default=0)


def poly_view(t: Term) -> tuple[dict[Mono, int], int]:
    """Any term as (monomials, constant); the dict is shared and must not be changed."""
    if isinstance(t, Poly):
        return t.entries, t.const
    if isinstance(t, Sum):
        t = intern(t)
    view = t._view
    if view is None:
        view = constant_below.apply(t) if isinstance(t, Sum) else None
        if view is None:
            view = {mono(t, 0): t.pb}, 0
        t._view = view
    return view


@rule(
    "sum as bits: constant below",
    "2**k * rest + c = concat(rest, c)",
    when="c < 2**k, c is not 0, and k is the greatest such that 2**k divides every summand",
)
def constant_below(t: Sum) -> tuple[dict[Mono, int], int] | None:
    """Nothing carries.  With the rules of `make_sum`, this is where `x * 2**k + c` meets `concat(x, c)`."""
    low = 0
    for term, coeff in t.terms.items():
        low |= coeff * (term.pb & -term.pb)
    step = low & -low & ones(t.width)
    small = t.const & (step - 1) if step else 0
    if not small:
        return None
    if t.const == small and len(t.terms) == 1:
        ((term, coeff),) = t.terms.items()
        if coeff & (coeff - 1) == 0:  # a pure shift is a polynomial already
            entries, const = poly_view(term)
            k = coeff.bit_length() - 1
            return shifted(entries, k, t.width), (const << k | small) & ones(t.width)
    rest = intern(Sum(t.width, t.terms, t.const - small))
    return {mono(rest, 0): rest.pb}, small


def shifted(entries: dict[Mono, int], k: int, width: int) -> dict[Mono, int]:
    """The monomials shifted left by k >= 0 places."""
    full = ones(width)
    return {m.shift(-k): kept for m, mask in entries.items() if (kept := (mask << k) & full)}


def make_poly(width: int, entries: dict[Mono, int], const: int) -> Value:
    """The value of a polynomial: a constant or a plain term where it is one."""
    if not entries:
        return const
    if const == 0 and len(entries) == 1:
        base = whole_term.apply(width, entries, const)
        if base is not None:
            return base
    return Poly(width, entries, const)


@rule(
    "bits: a whole term",
    "t & (its possible bits) = t",
    when="one monomial of one factor, in its place and of this width; no constant",
)
def whole_term(width: int, entries: dict[Mono, int], const: int) -> Term | None:
    if len(entries) != 1:
        return None
    ((m, mask),) = entries.items()
    base, s = m.factors[0]
    if const == 0 and len(m.factors) == 1 and s == 0 and base.width == width and mask == base.pb:
        return base
    return None


def xor_poly(width: int, a: Term, b: Value) -> Value:
    """XOR is addition of polynomials."""
    ea, ca = poly_view(a)
    if isinstance(b, int):
        return make_poly(width, ea, ca ^ b)
    eb, cb = poly_view(b)
    if len(ea) < len(eb):
        ea, eb = eb, ea
    out = ea.copy()
    for m, mask in eb.items():
        old = out.get(m)
        if old is None:
            out[m] = mask
        elif old == mask:
            del out[m]
        else:
            out[m] = old ^ mask
    return make_poly(width, out, ca ^ cb)


def and_poly(width: int, a: Term, b: Value) -> Value:
    """AND is multiplication of polynomials; a factor met twice counts once."""
    ea, ca = poly_view(a)
    if isinstance(b, int):
        return make_poly(width, {m: kept for m, mask in ea.items() if (kept := mask & b)}, ca & b)
    eb, cb = poly_view(b)
    size = len(ea) * len(eb)
    if size > PRODUCT_LIMIT or (size > 8 and _degree(ea) + _degree(eb) > DEGREE_LIMIT):
        x, y = sorted((intern(a), intern(b)), key=lambda t: t.id)
        return make("and", width, width, (x, y))
    out: dict[Mono, int] = {}
    for ma, ka in ea.items():
        for mb, kb in eb.items():
            k = ka & kb
            if k:
                m = ma if ma is mb else ma.times(mb)
                k &= m.valid
                if k:
                    toggle(out, m, k)
        if ka & cb:
            toggle(out, ma, ka & cb)
    if ca:
        for mb, kb in eb.items():
            if kb & ca:
                toggle(out, mb, kb & ca)
    return make_poly(width, out, ca & cb)


def toggle(out: dict[Mono, int], m: Mono, mask: int) -> None:
    """Add mask * m to a polynomial."""
    new = out.get(m, 0) ^ mask
    if new:
        out[m] = new
    else:
        out.pop(m, None)


def lsl_poly(width: int, a: Term, n: int) -> Value:
    """Shift left: move every mask up."""
    entries, const = poly_view(a)
    return make_poly(width, shifted(entries, n, width), (const << n) & ones(width))


def lsr_poly(width: int, a: Term, n: int) -> Value:
    """Shift right: move every mask down."""
    entries, const = poly_view(a)
    return make_poly(width, {m.shift(n): k for m, mask in entries.items() if (k := mask >> n)}, const >> n)


def ror_poly(width: int, a: Term, n: int) -> Value:
    """Rotate right: the masks fall into two parts."""
    entries, const = poly_view(a)
    full, up = ones(width), width - n
    out: dict[Mono, int] = {}
    for m, mask in entries.items():
        low, high = mask >> n, (mask << up) & full
        factors = m.factors
        # What is shifted is mostly one factor, and was shifted so before: a call would take longer.
        if len(factors) == 1:
            base, s = factors[0]
            known = base._monos
            if low:
                k = known.get(s + n) or m.shift(n)
                out[k] = out.get(k, 0) ^ low
            if high:
                k = known.get(s - up) or m.shift(-up)
                out[k] = out.get(k, 0) ^ high
            continue
        if low:
            k = m.shift(n)
            out[k] = out.get(k, 0) ^ low
        if high:
            k = m.shift(-up)
            out[k] = out.get(k, 0) ^ high
    return make_poly(width, out, (const >> n | const << up) & full)


def spread_bit(a: Term, bit: int, positions: range) -> tuple[dict[Mono, int], int]:
    """The polynomial whose bits at `positions` all equal bit `bit` of `a`, and are 0 elsewhere."""
    entries, const = poly_view(a)
    out: dict[Mono, int] = {}
    for m, mask in entries.items():
        if mask >> bit & 1:
            for p in positions:
                k = m.shift(bit - p)
                out[k] = out.get(k, 0) ^ 1 << p
    spread = 0
    if const >> bit & 1:
        for p in positions:
            spread |= 1 << p
    return {m: k for m, k in out.items() if k}, spread


def affine_poly(width: int, a: Term, columns: Iterable[tuple[int, int]], const: int) -> Value:
    """`const` XOR the columns of the bits of `a` that are 1; columns are given as (bit, column)."""
    entries, ones_of_a = poly_view(a)
    # For each distance k - p: at which bits p of the result bit k of `a` counts.
    places: dict[int, int] = {}
    for k, column in columns:
        if ones_of_a >> k & 1:
            const ^= column
        for p in range(column.bit_length()):
            if column >> p & 1:
                places[k - p] = places.get(k - p, 0) | 1 << p
    out: dict[Mono, int] = {}
    for m, mask in entries.items():
        for by, at in places.items():
            bits = at & (mask >> by if by >= 0 else mask << -by)
            if bits:
                toggle(out, m.shift(by), bits)
    return make_poly(width, out, const)


def asr_poly(width: int, a: Term, n: int) -> Value:
    """Arithmetic shift right: the logical one, and the sign bit above it."""
    n = min(n, width)
    sign, const = spread_bit(a, width - 1, range(width - n, width))
    top = make_poly(width, sign, const)
    low = lsr_poly(width, a, n)
    if isinstance(top, int):
        return low ^ top if isinstance(low, int) else xor_poly(width, low, top)
    return xor_poly(width, top, low)


def sext_poly(width: int, a: Term, to: int) -> Value:
    """Sign extension: the sign bit at every new place."""
    entries, const = poly_view(a)
    sign, top = spread_bit(a, width - 1, range(width, to))
    out = entries.copy()
    for m, k in sign.items():
        toggle(out, m, k)
    return make_poly(to, out, const | top)
