"""Bitwise ORs among polynomials over GF(2), in which a term no longer says that it was one.

x | y is x + y + x*y over GF(2), so the OR of n terms is the sum of all products of one or more of them.  Of many
terms the products are not written out: then x*y is the operation AND of the two.
"""

from __future__ import annotations

from armsym.terms import ops
from armsym.terms.node import Mono, Op, Poly, Term, intern, mono

__all__ = ["alternatives"]

#: No polynomial of more products is looked at.
MOST_PRODUCTS = 1023


def alternatives(t: Term) -> list[tuple[Mono, int]]:
    """Parts of terms, each with its mask, of which `t` is the OR: it is 0 exactly if each part is.

    A term that is not seen to be an OR is its only part.
    """
    t = intern(t)
    if isinstance(t, Poly):
        found = _products(t)
        if found is not None:
            return found
        two = _either(t)
        if two is not None:
            return alternatives(two[0]) + alternatives(two[1])
    return [(mono(t, 0), t.pb)]


def _products(t: Poly) -> list[tuple[Mono, int]] | None:
    """The terms whose products are those of `t`.

    Bit p of it must be 1 + the product of all (1 + x), x the bits at p of the parts: every product of one or more of
    them once, and nothing else.
    """
    if t.const or len(t.entries) > MOST_PRODUCTS:
        return None
    single = [(m, mask) for m, mask in t.entries.items() if len(m.factors) == 1]
    for p in range(t.width):
        bits = {(base.id, p + s) for m, mask in single if mask >> p & 1 for base, s in m.factors}
        products = {
            frozenset((base.id, p + s) for base, s in m.factors) for m, mask in t.entries.items() if mask >> p & 1
        }
        here = sum(mask >> p & 1 for mask in t.entries.values())
        # As many different products as subsets, and each one a subset that is not empty.
        if len(products) != here or here != (1 << len(bits)) - 1 or not all(f and f <= bits for f in products):
            return None
    return single


def _either(t: Poly) -> tuple[Term, Term] | None:
    """x and y, where `t` is x + y + (x AND y)."""
    for m in t.entries:
        if len(m.factors) != 1:
            continue
        ((base, _),) = m.factors
        if not isinstance(base, Op) or base.kind != "and" or base.width != t.width:
            continue
        x, y = base.args
        if not isinstance(x, Term) or not isinstance(y, Term):
            continue
        again = ops.xor(t.width, ops.xor(t.width, x, y), base)
        if isinstance(again, Term) and intern(again) is t:
            return x, y
    return None
