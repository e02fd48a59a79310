"""Linear arithmetic over the rationals, for the few inequalities of one question: exact, and without a solver's start.

The simplex method for bounded variables of Dutertre and de Moura ("A fast linear-arithmetic solver for DPLL(T)", CAV
2006) with Bland's rule.  Its answer is a combination of what is given, and who asks derives the bound from that:
nothing is taken on its word.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias, TypeVar

__all__ = ["GaveUp", "contradiction"]

V = TypeVar("V", bound=Hashable)

#: Coefficients of variables; the constant is no part of it.
Form: TypeAlias = Mapping[V, int]
#: A form's least and greatest value, where it has one.
Bounds: TypeAlias = tuple[int | None, int | None]

_ZERO = Fraction(0)


class GaveUp(Exception):
    """It took more steps than it may."""


class _Tableau:
    """Rows that say what basic variables are in terms of the others, and a value of each within or at its bounds.

    Variables are numbers: first those of the forms, then one for each form.
    """

    def __init__(self, bounds: list[Bounds], rows: dict[int, dict[int, Fraction]]) -> None:
        self.bounds = bounds
        self.rows = rows
        # Who is no row begins at a bound.
        self.value = [_ZERO] * len(bounds)
        for n, (lo, hi) in enumerate(bounds):
            if n not in rows:
                self.value[n] = Fraction(lo if lo is not None else hi or 0)
        for n, row in rows.items():
            self.value[n] = sum((c * self.value[j] for j, c in row.items()), _ZERO)

    def run(self, most: int) -> dict[int, Fraction] | None:
        """Coefficients of a sum of variables that is 0 by the rows and never by the bounds; None if all can hold."""
        for _ in range(most):
            wrong = [(n, to) for n in self.rows if (to := self._bound_missed(n)) is not None]
            if not wrong:
                return None
            n, to = min(wrong)
            low = self.value[n] < to
            row = self.rows[n]
            # Those that can still move so that n comes nearer to its bound.
            free = [j for j, c in row.items() if self._can_move(j, up=(c > 0) == low)]
            if not free:
                return {n: Fraction(1), **{j: -c for j, c in row.items()}}
            self._pivot(n, min(free), to)
        raise GaveUp

    def _bound_missed(self, n: int) -> int | None:
        """The bound that the value is beyond."""
        lo, hi = self.bounds[n]
        if lo is not None and self.value[n] < lo:
            return lo
        return hi if hi is not None and self.value[n] > hi else None

    def _can_move(self, n: int, *, up: bool) -> bool:
        lo, hi = self.bounds[n]
        if up:
            return hi is None or self.value[n] < hi
        return lo is None or self.value[n] > lo

    def _pivot(self, n: int, j: int, to: int) -> None:
        """Make n, which is a row, one that is none, of the value `to`, and j a row in its place."""
        row = self.rows.pop(n)
        c = row.pop(j)
        moved = (to - self.value[n]) / c
        self.value[n] = Fraction(to)
        self.value[j] += moved
        made = {k: -d / c for k, d in row.items()}
        made[n] = 1 / c
        for i, other in self.rows.items():
            by = other.pop(j, None)
            if by is not None:
                self.value[i] += by * moved
                for k, d in made.items():
                    found = other.get(k, _ZERO) + by * d
                    if found:
                        other[k] = found
                    else:
                        other.pop(k, None)
        self.rows[j] = made


def contradiction(
    variables: Mapping[V, Bounds], forms: Sequence[tuple[Form[V], Bounds]], most: int
) -> list[Fraction] | None:
    """Multipliers of forms whose sum, less what that is in terms of the variables, is never 0; None if all can hold.

    Each variable and each form is given its least and greatest value, which may not be the wrong way round; a variable
    has one of them at least.  Raises `GaveUp` after `most` steps.
    """
    names = {v: n for n, v in enumerate(variables)}
    bounds = list(variables.values())
    rows: dict[int, dict[int, Fraction]] = {}
    for k, (form, within) in enumerate(forms):
        rows[len(names) + k] = {names[v]: Fraction(c) for v, c in form.items() if c}
        bounds.append(within)
    assert all(lo is None or hi is None or lo <= hi for lo, hi in bounds), "bounds the wrong way round"
    found = _Tableau(bounds, rows).run(most)
    return None if found is None else [found.get(len(names) + k, _ZERO) for k in range(len(forms))]
