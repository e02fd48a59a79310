"""The two forms in which the checker knows a number: as XOR of masked products, and as sum modulo a power of two.

Atoms are numbers of instructions, so that nothing has to be interned.

    Poly = (c, {mono: k})       c XOR (the XOR over all monos of (k AND mono)); a mono is a sorted tuple of
                                (atom, s): the AND of all floor(atom / 2^s); s < 0: atom * 2^-s
    Sum  = (w, c, {atom: k})    (c + the sum of k * atom) mod 2^w

No k is 0, and those of a sum are below 2^w: equal dictionaries are equal forms.  Every function here is proved
in coq/Nf.v to compute what its first line says.
"""

from __future__ import annotations

from typing import TypeAlias

from armsym.audit.raw import ones

__all__ = [
    "Mono",
    "Poly",
    "Sum",
    "poly_and",
    "poly_mask",
    "poly_shl",
    "poly_shr",
    "poly_xor",
    "reach",
    "sum_add",
    "sum_times",
    "truncated",
]

Mono: TypeAlias = tuple[tuple[int, int], ...]
Poly: TypeAlias = tuple[int, dict[Mono, int]]
Sum: TypeAlias = tuple[int, int, dict[int, int]]


def _flip(terms: dict[Mono, int], mono: Mono, mask: int) -> None:
    new = terms.get(mono, 0) ^ mask
    if new:
        terms[mono] = new
    else:
        terms.pop(mono, None)


def poly_xor(p: Poly, q: Poly) -> Poly:
    """p XOR q."""
    big, small = (p[1], q[1]) if len(p[1]) >= len(q[1]) else (q[1], p[1])
    out = dict(big)
    for mono, mask in small.items():  # (`_flip`, without its call: most steps come here)
        new = out.get(mono, 0) ^ mask
        if new:
            out[mono] = new
        else:
            out.pop(mono, None)
    return p[0] ^ q[0], out


def poly_mask(p: Poly, bits: int) -> Poly:
    """p AND the number `bits`."""
    return p[0] & bits, {mono: kept for mono, mask in p[1].items() if (kept := mask & bits)}


def poly_shl(p: Poly, by: int) -> Poly:
    """p * 2^by."""
    return p[0] << by, {tuple([(a, s - by) for a, s in mono]): mask << by for mono, mask in p[1].items()}


def poly_shr(p: Poly, by: int) -> Poly:
    """floor(p / 2^by)."""
    moved = {tuple([(a, s + by) for a, s in mono]): mask >> by for mono, mask in p[1].items() if mask >> by}
    return p[0] >> by, moved


def poly_and(p: Poly, q: Poly) -> Poly:
    """p AND q, multiplied out."""
    out: dict[Mono, int] = {}
    for m, j in p[1].items():
        for n, k in q[1].items():
            if j & k:
                _flip(out, m if m == n else tuple(sorted(set(m + n))), j & k)
        if j & q[0]:
            _flip(out, m, j & q[0])
    for n, k in q[1].items():
        if k & p[0]:
            _flip(out, n, k & p[0])
    return p[0] & q[0], out


def reach(p: Poly) -> int:
    """A number that has a 1 wherever p may have one."""
    out = p[0]
    for mask in p[1].values():
        out |= mask
    return out


def sum_add(x: Sum, y: Sum) -> Sum:
    """x + y, of one width."""
    width = x[0]
    assert width == y[0], f"a sum of {x[0]} bits and one of {y[0]} bits"
    out = dict(x[2])
    most = ones(width)
    for atom, k in y[2].items():
        new = (out.get(atom, 0) + k) & most
        if new:
            out[atom] = new
        else:
            out.pop(atom, None)
    return width, (x[1] + y[1]) & most, out


def sum_times(x: Sum, factor: int) -> Sum:
    """x * factor, of the same width; the factor may be negative."""
    most = ones(x[0])
    return x[0], x[1] * factor & most, {a: new for a, k in x[2].items() if (new := k * factor & most)}


def truncated(x: Sum, width: int) -> Sum:
    """x mod 2^width; `width` is at most x's."""
    assert width <= x[0], f"{width} bits of a sum of {x[0]} bits"
    if width == x[0]:
        return x
    return sum_times((width, x[1], x[2]), 1)
