"""Polynomials over Z in numbered atoms: a dict from monomial to coefficient.

A monomial is the sorted tuple of its atoms' numbers, each as often as its degree; `ONE` is the empty one.  No
coefficient is 0.  What an atom is, and that some are 0 or 1 so that their square is themselves, `kernel` knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

__all__ = ["ONE", "Monomial", "Polynomial", "add", "atoms_of", "const", "constant_term", "content", "lead", "scale"]

Monomial: TypeAlias = "tuple[int, ...]"
Polynomial: TypeAlias = "dict[Monomial, int]"

ONE: Monomial = ()


def const(c: int) -> Polynomial:
    """The number c."""
    return {ONE: c} if c else {}


def add(p: Polynomial, q: Polynomial, k: int = 1) -> Polynomial:
    """p + k * q."""
    out = dict(p)
    for m, c in q.items():
        v = out.get(m, 0) + k * c
        if v:
            out[m] = v
        else:
            out.pop(m, None)
    return out


def scale(p: Polynomial, k: int) -> Polynomial:
    """k * p."""
    return {m: c * k for m, c in p.items()} if k else {}


def constant_term(p: Polynomial) -> int:
    """Its coefficient of 1."""
    return p.get(ONE, 0)


def content(p: Polynomial, start: int = 0) -> int:
    """The greatest common divisor of `start` and all coefficients but that of 1."""
    from math import gcd

    g = start
    for m, c in p.items():
        if m:
            g = gcd(g, c)
            if g == 1:
                break
    return g


def lead(p: Polynomial) -> Monomial:
    """The monomial of the latest atoms; there is one beside 1."""
    return max((m for m in p if m), key=lambda m: (m[-1], len(m), m))


def atoms_of(polynomials: Iterable[Polynomial]) -> set[int]:
    """All atoms that occur."""
    return {a for p in polynomials for m in p for a in m}
