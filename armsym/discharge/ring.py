"""Opaque functions that are the product of a commutative ring over GF(2), found out by looking.

The engine knows no field.  Where a proof meets an opaque function of two vectors, its definition is run once
on symbols; what it computes must have degree 1 in each argument, so its values on pairs of basis vectors
(one bit each) say all.  On these the ring laws are checked:

- commutative: on all pairs of basis vectors;
- associative: the vectors g with (g . b) . c = g . (b . c) for all basis vectors b, c form a space that is
  closed under the product and holds the unit; it is everything as soon as the powers of one such g span it;
- with a unit, which is one of the basis vectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from armsym.discharge.gf2 import bits, entries
from armsym.terms.node import ones

__all__ = ["Ring"]


@dataclass(frozen=True)
class Ring:
    """The vectors of `width` bits with XOR and a product that has been checked as above.

    `table[i][j]` is the product of the basis vectors 1 << i and 1 << j; `unit` is i of the unit 1 << i.
    """

    name: str
    width: int
    table: tuple[tuple[int, ...], ...]
    unit: int

    @staticmethod
    def of(name: str, width: int, matrices: list[int]) -> Ring | None:
        """The ring whose product is given as a form's `products` of two words; None where a law fails."""
        rows = [[0] * width for _ in range(width)]
        for p, matrix in enumerate(matrices):
            for i, j in entries(matrix, width):
                rows[i][j] |= 1 << p
        table = tuple(tuple(row) for row in rows)
        if any(table[i][j] != table[j][i] for i in range(width) for j in range(i)):
            return None
        basis = tuple(1 << j for j in range(width))
        unit = next((u for u in range(width) if table[u] == basis), None)
        if unit is None or not _associative(table, width, unit):
            return None
        return Ring(name, width, table, unit)

    def times(self, a: int, b: int) -> int:
        """The product of two numbers."""
        return _times(self.table, a, b)

    @cached_property
    def positions(self) -> list[int]:
        """The product as a form has it: bit i * width + j of entry p is bit p of table[i][j]."""
        w = self.width
        at = [0] * w
        for i, row in enumerate(self.table):
            for j, value in enumerate(row):
                for p in bits(value):
                    at[p] |= 1 << i * w + j
        return at

    @cached_property
    def squares(self) -> list[int]:
        """Squaring is linear: the squares of the basis vectors."""
        return [self.table[i][i] for i in range(self.width)]

    @cached_property
    def roots(self) -> list[int] | None:
        """The inverse of squaring on the basis vectors, or None where it has none."""
        return _inverse(self.squares)


def _times(table: tuple[tuple[int, ...], ...], a: int, b: int) -> int:
    out = 0
    for i in bits(a):
        row = table[i]
        for j in bits(b):
            out ^= row[j]
    return out


def _associative(table: tuple[tuple[int, ...], ...], width: int, unit: int) -> bool:
    for g in range(width):
        powers: dict[int, int] = {}  # by highest bit
        power = 1 << unit
        while power:
            rest = power
            while rest and (top := rest.bit_length()) in powers:
                rest ^= powers[top]
            if not rest:
                break
            powers[rest.bit_length()] = rest
            power = _times(table, 1 << g, power)
        if len(powers) == width:
            return _moves_through(table, g, width)
    return False


def _moves_through(table: tuple[tuple[int, ...], ...], g: int, width: int) -> bool:
    """(g . b) . c = g . (b . c) for all basis vectors b and c."""
    packed = [_pack(row, width) for row in table]
    times_g = table[g]
    for b in range(width):
        left = 0
        for k in bits(times_g[b]):
            left ^= packed[k]
        right = []
        for value in table[b]:
            product = 0
            for k in bits(value):
                product ^= times_g[k]
            right.append(product)
        if left != _pack(right, width):
            return False
    return True


def _pack(row: Iterable[int], width: int) -> int:
    """Numbers of `width` bits side by side."""
    return sum(v << k * width for k, v in enumerate(row))


def _inverse(columns: list[int]) -> list[int] | None:
    """The inverse of the linear map that takes 1 << j to columns[j]."""
    n = len(columns)
    # Pairs (image, preimage), made triangular by the highest bit of the image and then diagonal.
    by_top: dict[int, tuple[int, int]] = {}
    for j, column in enumerate(columns):
        image, preimage = column, 1 << j
        while image and (top := image.bit_length() - 1) in by_top:
            image, preimage = image ^ by_top[top][0], preimage ^ by_top[top][1]
        if not image:
            return None
        by_top[image.bit_length() - 1] = (image, preimage)
    out: list[int] = []
    for p in range(n):
        image, preimage = by_top[p]
        for k in bits(image & ones(p)):
            preimage ^= out[k]
        out.append(preimage)
    return out
