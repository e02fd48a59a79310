"""Polynomials of ML-KEM and ML-DSA in memory, a coefficient a lane: what the proofs share.

A coefficient is a signed number; which of those congruent modulo q it is, each routine promises within bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.dsl import Bits, Claims, Integer, Proof, Region, State, congruent, lanes_within, within

__all__ = ["Coefficients", "Lattice", "table"]

Coefficients = list[Integer | int]


def table(p: Proof, symbol: str) -> Bits:
    """The address of a table of the file, for a routine that is given it."""
    s = p.image.symbol(symbol)
    return p.rodata(p.image.bytes_at(s.offset, s.size), symbol=symbol).base


class Lattice:
    """A routine on arrays of coefficients of `width` bits, modulo q."""

    def __init__(self, p: Proof, q: int, width: int) -> None:
        self.p, self.q, self.width = p, q, width

    def array(self, name: str, count: int, low: int, high: int, *, access: str = "r") -> tuple[Region, Coefficients]:
        """`count` coefficients with low <= x < high; the region, and what it holds on entry."""
        p, half = self.p, 1 << (self.width - 1)
        region = p.region(name, count * self.width // 8, access=access, cell=self.width // 8)
        if (low, high) != (-half, half):
            p.example(region, lanes_within(low, high, self.width))
        found = p.integers(region.words(self.width), signed=True)
        if (low, high) != (-half, half):
            p.assume(f"{name}: {low} <= coefficients < {high}", [within(low, x, high) for x in found])
        return region, found

    def any(self, name: str, count: int, *, access: str = "r") -> tuple[Region, Coefficients]:
        """`count` coefficients of any value."""
        half = 1 << (self.width - 1)
        return self.array(name, count, -half, half, access=access)

    def gives(
        self, region: Region, values: Callable[[], Sequence[Integer | int]], low: int, high: int, *, times: int = 1
    ) -> None:
        """On return the coefficients, multiplied by a number, are congruent to values, and low <= x < high."""

        def claims(s: State) -> Claims:
            got = self.p.integers(region.words(self.width, at=s), signed=True)
            wanted = values()
            assert len(got) == len(wanted)
            return {
                "values": [congruent(x * times, w, self.q) for x, w in zip(got, wanted, strict=True)],
                "range": [within(low, x, high) for x in got],
            }

        self.p.ensures(claims)
