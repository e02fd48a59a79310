"""Residues: what is known to be a multiple of a number, as a system of definitions.

A product in a field is known by r * R - a * b being a multiple of p.  Where R has an inverse modulo p, that says
what r is modulo p; so the results of a computation can be put away one by one, the latest first, until a
claim speaks of its inputs only.  The search for that is here; that it holds the kernel checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from armsym.integers.kernel import Kernel, Multiple
from armsym.integers.polynomial import Monomial, Polynomial, add, atoms_of, scale
from armsym.integers.rewriting import is_long, replaced

__all__ = ["eliminated"]


#: A polynomial with the multiples, times polynomials, that it is the sum of.
_Sum = tuple[Polynomial, "list[tuple[Polynomial, Multiple]]"]

#: So many multiples of what nothing is defined by are taken off a polynomial, one after the other.
MOST_DIVISIONS = 400


def eliminated(
    kernel: Kernel, P: Polynomial, modulus: int, known: Sequence[Multiple]
) -> tuple[Polynomial, list[tuple[Polynomial, Multiple]]]:
    """(Q, used) with P = Q + the sum of polynomial * multiple modulo a number, Q in what no multiple defines.

    A multiple defines an atom that occurs in it once, by itself, with a coefficient that has an inverse: one that is
    in no multiple before, or else the latest.  By what defines nothing new the rest is divided.
    """
    defining: dict[int, tuple[int, Multiple]] = {}
    others: list[Multiple] = []
    met: set[int] = set()
    for of in known:
        if of.modulus % modulus:
            continue
        candidates = [a for a in _alone(of, modulus) if a not in defining]
        a = max(candidates, key=lambda a: (a not in met, a), default=None)
        met |= atoms_of([of.P])
        if a is None:
            others.append(of)
        else:
            defining[a] = pow(of.P[a,], -1, modulus), of
    Q, used = _replaced(kernel, P, modulus, defining)
    for of in others if Q else ():
        divisor, by = _replaced(kernel, of.P, modulus, defining)
        Q, factor = _divided(kernel, Q, divisor, modulus)
        if factor:
            # of.P - the sum of by is the divisor
            used.append((factor, of))
            used += [(_reduced(scale(kernel.mul(factor, q), -1), modulus), m) for q, m in by]
    return Q, used


def _replaced(kernel: Kernel, P: Polynomial, modulus: int, defining: dict[int, tuple[int, Multiple]]) -> _Sum:
    """P with each atom that is defined put away, what is defined last first; and what was taken off it."""
    used: list[tuple[Polynomial, Multiple]] = []
    P = _reduced(P, modulus)
    for a in reversed(defining):
        if not any(a in m for m in P):
            continue
        inverse, of = defining[a]
        # inverse * of.P = a - value modulo the number
        value = _reduced(scale(add(of.P, {(a,): of.P[a,]}, -1), -inverse), modulus)
        if is_long(P, a, value):
            continue
        Q, by = replaced(kernel, P, a, value)
        P = _reduced(Q, modulus)
        used.append((_reduced(scale(by, inverse), modulus), of))
    return P, used


def _divided(kernel: Kernel, P: Polynomial, D: Polynomial, modulus: int) -> tuple[Polynomial, Polynomial]:
    """(Q, factor) with P = Q + factor * D modulo a number, no monomial of Q a multiple of the greatest one of D."""
    factor: Polynomial = {}
    if not D:
        return P, factor
    top = max(D, key=_order)
    if gcd(D[top], modulus) != 1:
        return P, factor
    inverse = pow(D[top], -1, modulus)
    for _ in range(MOST_DIVISIONS):
        hit = max((m for m in P if _rest(m, top) is not None), key=_order, default=None)
        if hit is None:
            break
        by = {_rest(hit, top) or (): P[hit] * inverse % modulus}
        P = _reduced(add(P, kernel.mul(by, D), -1), modulus)
        factor = _reduced(add(factor, by), modulus)
    return P, factor


def _order(m: Monomial) -> tuple[int, Monomial]:
    return len(m), m


def _rest(m: Monomial, of: Monomial) -> Monomial | None:
    """The monomial that `of` times gives m; None if there is none."""
    left = list(m)
    for a in of:
        if a not in left:
            return None
        left.remove(a)
    return tuple(left)


def _alone(of: Multiple, modulus: int) -> list[int]:
    """The atoms that a multiple may define."""
    return [m[0] for m, c in of.P.items() if len(m) == 1 and gcd(c, modulus) == 1 and sum(m[0] in n for n in of.P) == 1]


def _reduced(P: Polynomial, modulus: int) -> Polynomial:
    return {m: d for m, c in P.items() if (d := c % modulus)}
