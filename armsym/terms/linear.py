"""Linear combinations modulo 2**width: add, subtract, negate, multiply by constants."""

from __future__ import annotations

from armsym.terms.node import Mono, Poly, Sum, Term, Value, intern, mono, ones
from armsym.terms.poly import make_poly, poly_view

__all__ = ["add_linear", "exact_quotient", "linear_view", "make_sum", "narrow", "scale"]


def _accumulate(out: dict[Term, int], t: Term, c: int, full: int) -> None:
    """Add c * t to a linear combination modulo full + 1; a summand that can only be 0 leaves it.

    c * t is 0 for every t exactly if c times the lowest bit that t may have is 0: all its other bits are
    multiples of that one.  An odd c never does that, for a term has a possible bit within its width.
    """
    v = (out.get(t, 0) + c) & full
    if v and (v & 1 or v * (t.pb & -t.pb) & full):
        out[t] = v
    else:
        out.pop(t, None)


def linear_view(t: Term) -> tuple[dict[Term, int], int]:
    """Any term as (term -> coefficient, constant); the dict is shared and must not be changed."""
    if isinstance(t, Sum):
        return t.terms, t.const
    if isinstance(t, Poly):
        t = intern(t)
    lin = t._lin
    if lin is None:
        lin = _linear_parts(t) if isinstance(t, Poly) else ({t: 1}, 0)
        t._lin = lin
    return lin


def _linear_parts(t: Poly) -> tuple[dict[Term, int], int]:
    """A polynomial that is a shifted term, or one beside a constant it does not meet."""
    used = 0
    for mask in t.entries.values():
        used |= mask
    const, full = t.const, ones(t.width)
    if const == full:
        # NOT u = -u - 1.
        u = make_poly(t.width, t.entries, 0)
        assert isinstance(u, Term)
        terms, c = linear_view(u)
        return {v: -k & full for v, k in terms.items()}, (-c - 1) & full
    if const & used:
        return {t: 1}, 0
    parts = _whole_parts(t)
    if parts is not None:
        w = t.width
        out: dict[Term, int] = {}
        for base, s in parts:
            # zext, trunc or shift left of a term: 2**-s times its image of this width.
            if isinstance(base, Sum) and base.width < w <= base.width - s:
                # What the narrower sum loses at the top, the shift would push out anyway.
                wide, c = _widened(base, w)
                const += c << -s
                for u, d in wide.items():
                    _accumulate(out, u, d << -s, full)
                continue
            image = _resized(base, w)
            if isinstance(image, int):
                const += image << -s
                continue
            terms, c = (image.terms, image.const) if isinstance(image, Sum) else ({image: 1}, 0)
            if image is t:
                return {t: 1}, 0
            const += c << -s
            for u, d in terms.items():
                _accumulate(out, u, d << -s, full)
        return out, const & full
    if const:
        rest = make_poly(t.width, t.entries, 0)
        assert isinstance(rest, Term)
        terms, c = linear_view(rest)
        return terms, (c + const) & ones(t.width)
    return {t: 1}, 0


def _whole_parts(t: Poly) -> list[tuple[Term, int]] | None:
    """The (base, shift) of a concatenation of whole terms, cut off only at the top; else None."""
    full = ones(t.width)
    used = 0
    parts: list[tuple[Term, int]] = []
    for m, mask in t.entries.items():
        if len(m.factors) != 1 or mask & used:
            return None
        base, s = m.factors[0]
        if s > 0 or mask != m.valid & full:
            return None
        used |= mask
        parts.append((base, s))
    return parts


def _widened(base: Sum, width: int) -> tuple[dict[Term, int], int]:
    """The sum of the zero-extended summands: equal to `base` in its low bits."""
    full = ones(width)
    out: dict[Term, int] = {}
    const = base.const
    for t, c in base.terms.items():
        image = _resized(t, width)
        if isinstance(image, int):
            const += c * image
            continue
        terms, k = linear_view(image)
        const += c * k
        for u, d in terms.items():
            _accumulate(out, u, c * d, full)
    return out, const & full


def _resized(base: Term, width: int) -> Value:
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


def _times(terms: dict[Term, int], const: int, k: int, width: int, plus: int) -> tuple[dict[Term, int], int]:
    full = ones(width)
    out = {t: v for t, c in terms.items() if (v := c * k & full) and (v & 1 or v * (t.pb & -t.pb) & full)}
    return out, (const * k + plus) & full


def make_sum(width: int, terms: dict[Term, int], const: int) -> Value:
    """The value of a linear combination: a constant, a plain term or a polynomial where it is one."""
    if not terms:
        return const
    if len(terms) == 1:
        ((t, c),) = terms.items()
        if c == 1 and const == 0:
            return t
        if c == const == ones(width):
            # -u - 1 = NOT u.
            entries, c0 = poly_view(t)
            return make_poly(width, entries, c0 ^ const)
        if c & (c - 1) == 0:
            k = c.bit_length() - 1
            pb = t.pb << k
            if not const & pb and (const == 0 or const & (pb & -pb) - 1 == const or isinstance(t, Poly)):
                # A shifted term beside a constant it does not meet: one polynomial.
                entries, c0 = poly_view(t)
                full = ones(width)
                out = {m.shift(-k): v for m, mask in entries.items() if (v := (mask << k) & full)}
                return make_poly(width, out, (c0 << k & full) ^ const)
    elif len(terms) <= 8:
        split = _disjoint(width, terms, const)
        if split is not None:
            return split
    return Sum(width, terms, const)


def _disjoint(width: int, terms: dict[Term, int], const: int) -> Value | None:
    """low + 2**k * high with low < 2**k is the concatenation of both, for nothing carries."""
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
        if t is not low_term and c * (t.pb & -t.pb) & step:
            return None
    high: dict[Term, int] = {}
    const_high = const >> k
    n = width - k
    for t, c in terms.items():
        if t is low_term:
            continue
        tz = min(k, (c & -c).bit_length() - 1)
        if tz < k:
            return None  # the zeros come from the term itself: left as a sum
        part = narrow(t, n)
        if isinstance(part, int):
            const_high += (c >> k) * part
            continue
        part_terms, part_const = linear_view(part)
        for u, d in part_terms.items():
            _accumulate(high, u, (c >> k) * d, ones(n))
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


def add_linear(width: int, a: Term, b: Value, sign: int = 1) -> Value:
    """a + sign * b for sign 1 or -1."""
    full = ones(width)
    ta, ca = linear_view(a)
    if isinstance(b, int):
        return make_sum(width, ta, (ca + sign * b) & full)
    tb, cb = linear_view(b)
    const = (ca + sign * cb) & full
    if sign == 1 and len(ta) < len(tb):
        ta, tb = tb, ta
    out = ta.copy()
    for t, c in tb.items():
        if t not in out:
            out[t] = c if sign == 1 else -c & full
        else:
            _accumulate(out, t, sign * c, full)
    return make_sum(width, out, const)


def scale(width: int, a: Term, k: int) -> Value:
    """k * a for a constant k."""
    terms, const = linear_view(a)
    out, c = _times(terms, const, k & ones(width), width, 0)
    return make_sum(width, out, c)


def exact_quotient(t: Sum, n: int) -> Value | None:
    """t >> n as a sum, where t is 2**n * sum + c with c < 2**n and nothing wraps; else None."""
    step = ones(n)
    most = t.const
    for u, c in t.terms.items():
        if c & step:
            return None
        most += c * u.pb
    if most >> t.width:
        return None
    return make_sum(t.width, {u: c >> n for u, c in t.terms.items()}, t.const >> n)


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
                _accumulate(out, v, c * d, full)
        found = make_sum(width, out, const & full)
        if isinstance(found, Term):
            found = intern(found)
        known._narrow[width] = found
    return found
