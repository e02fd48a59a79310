"""Putting something equal in place of an atom, with the cofactors that show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import comb

from armsym.integers.kernel import Cofactor, Fact, Kernel
from armsym.integers.polynomial import Polynomial, add

__all__ = ["Equal", "is_long", "replaced", "rewrite", "rewritten", "zero_less"]

#: By atom: a polynomial, and the fact that the atom less it is 0.
Equal = Mapping[int, tuple[Polynomial, Fact]]

#: Nothing is put in place of an atom where that may take so many monomials: along a chain of squares powers double.
MOST_MONOMIALS = 30_000


def is_long(P: Polynomial, a: int, value: Polynomial) -> bool:
    """Whether it may take too many monomials to put the value in place of the atom."""
    powers = Counter(n for m in P if (n := m.count(a)))
    return sum(k * d * comb(len(value) - 1 + d, d) for d, k in powers.items()) > MOST_MONOMIALS


def replaced(kernel: Kernel, P: Polynomial, a: int, value: Polynomial) -> tuple[Polynomial, Polynomial]:
    """(Q, by) with P = Q + by * (atom - value), where Q is P with the value put in place of the atom."""
    rest, powers = _powers(P, a)
    by: Polynomial = {}
    for d, power in powers.items():
        # x**d - v**d = (x - v) * (x**(d-1) + x**(d-2) * v + ...)
        for k in range(d):
            part = kernel.mul(power, {(a,) * (d - 1 - k): 1}) if d - 1 - k else power
            by = add(by, part) if by else part
            power = kernel.mul(power, value)  # noqa: PLW2901
        rest = add(rest, power)
    return rest, by


def _powers(P: Polynomial, a: int) -> tuple[Polynomial, dict[int, Polynomial]]:
    """P without an atom; and by power of the atom what that is multiplied with."""
    rest: Polynomial = {}
    powers: dict[int, Polynomial] = {}
    for m, c in P.items():
        if a in m:
            others = tuple(x for x in m if x != a)
            powers.setdefault(len(m) - len(others), {})[others] = c
        else:
            rest[m] = c
    return rest, powers


def rewrite(kernel: Kernel, P: Polynomial, equal: Equal) -> tuple[Polynomial, list[Cofactor]]:
    """(Q, cofactors) with P = Q + the sum of cofactor * (atom - value); what is put in is not looked into again."""
    cofactors: list[Cofactor] = []
    # The latest first: a value is made of earlier atoms, and one that is replaced is to be gone.
    for a in _latest_first(P, equal):
        value, zero = equal[a]
        if not any(a in m for m in P):
            continue
        P, by = replaced(kernel, P, a, value)
        cofactors.append((by, zero))
    return P, cofactors


def rewritten(kernel: Kernel, P: Polynomial, equal: Equal) -> Polynomial:
    """The Q of `rewrite`: where that is of no use, nothing else need be computed."""
    for a in _latest_first(P, equal):
        P, powers = _powers(P, a)
        for d, power in powers.items():
            for _ in range(d):
                power = kernel.mul(power, equal[a][0])  # noqa: PLW2901
            P = add(P, power)
    return P


def _latest_first(P: Polynomial, equal: Equal) -> list[int]:
    return sorted({x for m in P for x in m if x in equal}, reverse=True)


def zero_less(kernel: Kernel, a: int, value: Polynomial, fact: Fact) -> Fact:
    """That a quotient's atom less `value` is 0, from the fact that E - m * value lies in [0, m - 1]."""
    x = kernel.atoms[a]
    assert x.E is not None
    return kernel.derive(add({(a,): 1}, value, -1), [(1, fact), (-1, a)], divisor=x.m)
