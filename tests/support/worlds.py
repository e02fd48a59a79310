"""Values of polynomials over the integers' atoms, by Python's own arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

from armsym.integers.kernel import Kernel
from armsym.integers.polynomial import Polynomial

__all__ = ["Mismatch", "atom_values", "value_of"]


class Mismatch(Exception):
    """An atom or polynomial does not have the value that it should."""


def value_of(P: Polynomial, values: Mapping[int, int] | list[int]) -> int:
    """A polynomial's value, given its atoms'."""
    total = 0
    for m, c in P.items():
        for a in m:
            c *= values[a]  # noqa: PLW2901
        total += c
    return total


def atom_values(kernel: Kernel, unknowns: Mapping[int, int]) -> list[int]:
    """The values of all atoms, given the unknowns': quotients are computed.  Raises `Mismatch` beyond bounds."""
    values: list[int] = []
    for a, x in kernel.atoms.items():
        values.append(unknowns[a] if x.E is None else value_of(x.E, values) // x.m)
        if not x.lo <= values[a] <= x.hi:
            raise Mismatch(f"{x.name}{a} = {values[a]} is not between {x.lo} and {x.hi}")
    return values
