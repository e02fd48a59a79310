"""Cutting terms into pieces and putting pieces together."""

from __future__ import annotations

from collections.abc import Iterable

from armsym.terms.linear import make_sum, narrow
from armsym.terms.node import Mono, Poly, Sum, Term, Value, mono, ones
from armsym.terms.poly import lsr_poly, make_poly, poly_view, toggle
from armsym.terms.rules import rule

__all__ = ["concat", "elements", "extract", "low_ones", "quotient", "together", "zext"]


# -- cutting --------------------------------------------------------------------------------------


def extract(w: int, a: Term, lo: int, n: int) -> Value:
    """Bits lo+n-1 down to lo."""
    if lo == 0:
        if n == w:
            return a
        low = low_bits.apply(w, a, lo, n)
        if low is None:
            low = what_was_extended.apply(w, a, lo, n)
        if low is not None:
            return low
    entries, const = poly_view(a)
    full = ones(n)
    out: dict[Mono, int] = {}
    sums = []
    for m, mask in entries.items():
        kept = (mask >> lo) & full
        if kept:
            k = m.shift(lo)
            out[k] = kept
            if k.sum_width > n:
                sums.append(k)
    return _piece(n, out, const >> lo & full, sums)


def _piece(n: int, out: dict[Mono, int], const: int, sums: list[Mono]) -> Value:
    """Bits of a polynomial as a value, with the low bits of these sums in their form."""
    for m in sums:
        found = low_bits_of_a_part.apply(n, out, m)
        if found is not None:
            out, added = found
            const ^= added
    return make_poly(n, out, const)


def elements(w: int, a: Term, n: int) -> list[Value]:
    """What `extract` gives for each n bits, the lowest first; w is a multiple of n."""
    assert w % n == 0, f"{w} bits are no whole number of elements of {n} bits"
    entries, const = poly_view(a)
    full = ones(n)
    kept: list[list[tuple[Mono, int]]] = [[] for _ in range(w // n)]
    for m, mask in entries.items():
        # (Most monomials lie in one element, or few.)
        e = ((mask & -mask).bit_length() - 1) // n
        left = mask >> e * n
        while left:
            if left & full:
                kept[e].append((m, left & full))
            left >>= n
            e += 1
    # One after the other, so that all that is made of them is as old as if each had been cut out by itself.
    found = [extract(w, a, 0, n)]
    for e in range(1, w // n):
        out = {m.shift(e * n): mask for m, mask in kept[e]}
        found.append(_piece(n, out, const >> e * n & full, [m for m in out if m.sum_width > n]))
    return found


@rule("extract: low bits of a sum", "low(u + v + ...) = low(u) + low(v) + ...", when="a is a sum; lo is 0")
def low_bits(w: int, a: Term, lo: int, n: int) -> Value | None:
    return narrow(a, n) if lo == 0 and isinstance(a, Sum) else None


@rule("extract: what was extended", "low(zext(u)) = u", when="a was made as zext(u) from n bits; lo is 0")
def what_was_extended(w: int, a: Term, lo: int, n: int) -> Term | None:
    if lo == 0 and isinstance(a, Poly) and a.origin is not None and a.origin.width == n:
        return a.origin
    return None


@rule(
    "extract: low bits of a sum among others",
    "s & mask ^ ... = low(s) & mask ^ ...",
    when="s is a sum of more bits than are left, read in its place",
)
def low_bits_of_a_part(n: int, entries: dict[Mono, int], m: Mono) -> tuple[dict[Mono, int], int] | None:
    """Low bits of a sum are a narrower sum: that is their form."""
    if m.sum_width <= n:
        return None
    out = entries.copy()
    mask = out.pop(m)
    low = narrow(m.factors[0][0], n)
    if isinstance(low, int):
        return out, low & mask
    entries_low, const_low = poly_view(low)
    for k, v in entries_low.items():
        if v & mask:
            toggle(out, k, v & mask)
    return out, const_low & mask


@rule("and: low bits of a sum", "s & (2**n - 1) = zext(low(s))", when="s is a sum; the number is 2**n - 1, n > 0")
def low_ones(w: int, a: Term, b: int) -> Value | None:
    if not b or b & (b + 1) or not isinstance(a, Sum):
        return None
    n = b.bit_length()
    low = narrow(a, n)
    return low if isinstance(low, int) else zext(n, low, w)


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


def quotient(w: int, a: Term, n: int) -> Value:
    """a >> n for 0 < n < w, zeros from the left."""
    found = exact_quotient.apply(w, a, n)
    return lsr_poly(w, a, n) if found is None else found


@rule(
    "lsr: exact quotient",
    "(2**n * (c*u + d*v + ...) + k) >> n = c*u + d*v + ... + (k >> n)",
    when="the sum is a sum of multiples of 2**n and a constant, and at its greatest does not wrap",
)
def exact_quotient(w: int, a: Term, n: int) -> Value | None:
    if not isinstance(a, Sum):
        return None
    step = ones(n)
    most = a.const
    for u, c in a.terms.items():
        if c & step:
            return None
        most += c * u.pb
    if most >> w:
        return None
    return make_sum(w, {u: c >> n for u, c in a.terms.items()}, a.const >> n)


# -- putting together -----------------------------------------------------------------------------


def concat(total: int, parts: Iterable[tuple[int, Value]]) -> Value:
    """Parts as (width, value), the most significant first; `total` is the sum of their widths."""
    out: dict[Mono, int] = {}
    const = at = sums = 0
    for w, v in reversed(list(parts)):
        if isinstance(v, int):
            const |= v << at
        else:
            entries, c = poly_view(v)
            const |= c << at
            for m, mask in entries.items():
                k = m.shift(-at)
                out[k] = out.get(k, 0) | mask << at
                sums += isinstance(m.factors[0][0], Sum)
        at += w
    if sums and len(out) > 1:
        joined = low_bits_beside_their_sum.apply(out, True)
        if joined is not None:
            out = joined
    return make_poly(total, out, const)


def together(w: int, v: Value) -> Value:
    """The same value, with the bits of a sum that stand in it under several names under one: for comparisons."""
    if not isinstance(v, Poly) or len(v.entries) < 2:
        return v
    joined = low_bits_beside_their_sum.apply(v.entries, False)
    return v if joined is None else make_poly(w, joined, v.const)


@rule(
    "concat: low bits beside their sum",
    "(s << k) & mask ^ low(s) << k = (s << k) & (mask | low ones << k)",
    when="bits of a sum s stand at k, or above them (s rotated), and all bits of a narrower term that is low(s);"
    " where terms are compared, any bits of it",
)
def low_bits_beside_their_sum(entries: dict[Mono, int], whole: bool) -> dict[Mono, int] | None:
    """A sum cut in two makes the sum again, whoever read or added its low bits, and when.

    `whole`: only where all bits of the low part are there.
    """
    sums: dict[int, list[tuple[Sum, int]]] = {}
    for m in entries:
        base, s = m.factors[0]
        if isinstance(base, Sum) and len(m.factors) == 1:
            sums.setdefault(s, []).append((base, s))
            sums.setdefault(s - base.width, []).append((base, s - base.width))
    if not sums:
        return None
    out: dict[Mono, int] | None = None
    for m in entries:
        low, at = m.factors[0]
        if at not in sums or len(m.factors) != 1:
            continue
        for base, s in sums[at]:
            mask = (entries if out is None else out).get(m)
            if mask is None or base.width <= low.width:
                continue
            if whole and mask != (low.pb >> at if at >= 0 else low.pb << -at):
                continue
            if narrow(base, low.width) is not low:
                continue
            if out is None:
                out = entries.copy()
            del out[m]
            toggle(out, mono(base, s), mask & mono(base, s).valid)
    return out
