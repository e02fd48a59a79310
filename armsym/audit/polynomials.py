"""Polynomials over Z in numbered atoms, integers of which bounds are known.

A polynomial is a dict from monomial to coefficient, none of them 0; a monomial is the sorted tuple of its atoms, each
as often as its degree.  Of an atom that is 0 or 1 the square is itself, of one that is 0 or -1 its negative.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from armsym.audit.rules import need

__all__ = [
    "NONE",
    "Atom",
    "Atoms",
    "Fact",
    "Polynomial",
    "Supposition",
    "number",
    "plus",
    "polynomial",
    "scaled",
    "text_of",
]

Monomial: TypeAlias = "tuple[int, ...]"
Polynomial: TypeAlias = "dict[Monomial, int]"

#: No argument has longer polynomials, or more products of monomials in one step.
MOST_MONOMIALS = 200_000
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,1999}")


@dataclass(frozen=True)
class Atom:
    """An integer from `lo` to `hi`.  It is floor(E / m) where m >= 1; where m is 0, any word."""

    lo: int
    hi: int
    E: Polynomial
    m: int


def plus(p: Polynomial, q: Polynomial, k: int = 1) -> Polynomial:
    """p + k * q."""
    out = dict(p)
    for m, c in q.items():
        v = out.get(m, 0) + k * c
        if v:
            out[m] = v
        else:
            out.pop(m, None)
    return out


def scaled(p: Polynomial, k: int) -> Polynomial:
    """k * p."""
    return {m: c * k for m, c in p.items()} if k else {}


def number(word: str) -> int:
    """An integer in decimal; raises ValueError."""
    if not _INTEGER.fullmatch(word):
        raise ValueError(f"{word[:80]!r} is no integer of at most 2000 digits")
    return int(word)


def text_of(p: Polynomial) -> str:
    """FACTOR[*ATOM...],... or "-" for 0."""
    return ",".join("*".join(map(str, (c, *m))) for m, c in p.items()) or "-"


def polynomial(text: str, atoms: int) -> Polynomial:
    """The polynomial of a text, in atoms of numbers below `atoms`; raises ValueError."""
    out: Polynomial = {}
    for part in () if text == "-" else text.split(","):
        c, *of = map(number, part.split("*"))
        m = tuple(of)
        if not c or m in out or m != tuple(sorted(m)) or any(not 0 <= a < atoms for a in m):
            raise ValueError(f"{part[:80]!r} is no term of a polynomial in {atoms} atoms, or there twice")
        out[m] = c
    return out


#: lo <= P <= hi, taken for granted; None where there is no bound.
Supposition: TypeAlias = "tuple[frozenset[tuple[tuple[int, ...], int]], int | None, int | None]"
NONE: frozenset[Supposition] = frozenset()


@dataclass(frozen=True)
class Fact:
    """P is from lo to hi (modulus 0), or a multiple of `modulus`, wherever all of `under` hold."""

    P: Polynomial
    lo: int
    hi: int
    modulus: int
    under: frozenset[Supposition] = NONE

    @property
    def possible(self) -> bool:
        """Whether an integer meets it: else what it is under never holds."""
        return self.modulus > 0 or self.lo <= self.hi


class Atoms(list[Atom]):
    """The atoms of one argument, by number."""

    def mul(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """p * q."""
        need(len(p) * len(q) <= MOST_MONOMIALS, f"a product of {len(p)} and {len(q)} monomials")
        out: Polynomial = {}
        for a, c in p.items():
            for b, d in q.items():
                sign, m = self._product(a, b)
                out[m] = out.get(m, 0) + sign * c * d
        return {m: c for m, c in out.items() if c}

    def _product(self, a: Monomial, b: Monomial) -> tuple[int, Monomial]:
        if not a or not b:
            return 1, a or b
        sign, out = 1, list[int]()
        for x in sorted(a + b):
            if out and out[-1] == x:
                lo, hi = self[x].lo, self[x].hi
                if lo >= 0 and hi <= 1:
                    continue
                if lo >= -1 and hi <= 0:
                    sign = -sign
                    continue
            out.append(x)
        return sign, tuple(out)

    def ends(self, p: Polynomial) -> tuple[int, int]:
        """What p is at least and at most by the bounds of its atoms, each monomial by itself."""
        lo = hi = 0
        for m, c in p.items():
            ends = (c, c)
            for a in dict.fromkeys(m):
                one, other, n = self[a].lo, self[a].hi, m.count(a)
                powers = [one**n, other**n, *([0] if one <= 0 <= other else [])]
                corners = [v * w for v in ends for w in (min(powers), max(powers))]
                ends = min(corners), max(corners)
            lo, hi = lo + ends[0], hi + ends[1]
        return lo, hi

    def residue(self, p: Polynomial, modulus: int) -> Polynomial:
        """p with names (m = 1) replaced by what they are, coefficients in 0 .. modulus - 1."""
        p = {m: c % modulus for m, c in p.items() if c % modulus}
        while names := {a for m in p for a in m if self[a].m == 1}:
            last = max(names)  # what it is is made of earlier atoms
            out: Polynomial = {}
            for m, c in p.items():
                part: Polynomial = {tuple(a for a in m if a != last): c}
                for _ in range(m.count(last)):
                    part = self.mul(part, self[last].E)
                out = plus(out, part)
            p = {m: c % modulus for m, c in out.items() if c % modulus}
            need(len(p) <= MOST_MONOMIALS, f"a residue of {len(p)} monomials")
        return p
