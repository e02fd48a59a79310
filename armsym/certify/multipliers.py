"""Finding multipliers of linear facts: the simplex method, exactly.  Untrusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm

from armsym.audit.farkas import Form, follows

__all__ = ["Search"]

#: Pivots before a search is given up.
MOST_PIVOTS = 400


class Search:
    """Finds multipliers, and notes what it found in the order in which it was asked, as bundles have it."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def multipliers(self, goal: Form, facts: Sequence[Form]) -> tuple[Mapping[int, int], int] | None:
        """See `armsym.audit.facts.Oracle`."""
        found = _found(goal, facts)
        if found is None or not follows(goal, facts, *found):
            self.steps.append("-")
            return None
        self.steps.append(" ".join([str(found[1]), *(f"{place}:{k}" for place, k in sorted(found[0].items()))]))
        return found


def _found(goal: Form, facts: Sequence[Form]) -> tuple[dict[int, int], int] | None:
    """Multipliers k >= 0 with: the terms of sum k * fact are the goal's, its constant is below the goal's + 1."""
    nodes = sorted({n for f in (goal, *facts) for n in f[1]})
    # The most that a combination with the goal's terms can leave: minimise the sum's constant.
    rows = [[f[1].get(n, 0) for f in facts] + [goal[1].get(n, 0)] for n in nodes]
    found = _Table(rows).least([f[0] for f in facts])
    if found is None or sum((facts[j][0] * k for j, k in found.items()), Fraction(0)) >= goal[0] + 1:
        return None
    divisor = lcm(1, *(k.denominator for k in found.values()))
    return {j: int(k * divisor) for j, k in found.items()}, divisor


class _Table:
    """Equations in numbers that are at least 0, solved for some of them.

    Integers, that stand for fractions of one denominator: a pivot multiplies by the new one and divides by the old
    one, which leaves no remainder (J. Edmonds, 1967).  So no fraction is ever reduced.
    """

    def __init__(self, rows: list[list[int]]) -> None:
        """Equations: the factors, and last what they come to.  Each begins with an artificial number of its own."""
        self.count = len(rows[0]) - 1 if rows else 0
        self.rows: list[list[int]] = []
        for i, row in enumerate(rows):
            sign = -1 if row[-1] < 0 else 1
            own = [int(i == k) for k in range(len(rows))]
            self.rows.append([*(sign * v for v in row[:-1]), *own, sign * row[-1]])
        self.basis = [self.count + i for i in range(len(rows))]
        self.denominator = 1

    def least(self, cost: Sequence[int]) -> dict[int, Fraction] | None:
        """The numbers other than 0 of a solution of the least cost; None where there is none, or none was found."""
        if not self.rows:
            return {} if all(c >= 0 for c in cost) else None
        n, m = self.count, len(self.rows)
        if not self._minimise([0] * n + [1] * m):
            return None
        if any(b >= n and row[-1] for b, row in zip(self.basis, self.rows, strict=True)):
            return None
        for i in range(m):  # artificial numbers that stayed, at 0, are pivoted out where they can be
            if self.basis[i] >= n:
                j = next((j for j in range(n) if self.rows[i][j]), None)
                if j is not None:
                    if self.rows[i][j] < 0:
                        self.rows[i] = [-v for v in self.rows[i]]
                    self._pivot(self.rows, i, j)
        self.rows = [row[:n] + row[-1:] for row in self.rows]
        if not self._minimise([*cost]):
            return None
        where = zip(self.basis, self.rows, strict=True)
        return {b: Fraction(row[-1], self.denominator) for b, row in where if b < n and row[-1]}

    def _minimise(self, cost: list[int]) -> bool:
        """Minimise by Bland's rule; False where it takes too long, or there is no least value."""
        columns = len(cost)
        reduced = [c * self.denominator for c in cost] + [0]
        for b, row in zip(self.basis, self.rows, strict=True):
            if b < columns and cost[b]:
                reduced = [v - cost[b] * w for v, w in zip(reduced, row, strict=True)]
        for _ in range(MOST_PIVOTS):
            entering = next((j for j in range(columns) if reduced[j] < 0), None)
            if entering is None:
                return True
            leaving = self._leaving(entering)
            if leaving is None:
                # Unbounded below: any point far enough along is enough, but none is the least.
                return False
            rows = [*self.rows, reduced]
            self._pivot(rows, leaving, entering)
            *self.rows, reduced = rows
        return False

    def _leaving(self, entering: int) -> int | None:
        """The row whose number is 0 first as that one grows; of several the one of the first number."""
        best: int | None = None
        for i, row in enumerate(self.rows):
            if row[entering] > 0:
                if best is not None:
                    one, other = row[-1] * self.rows[best][entering], self.rows[best][-1] * row[entering]
                    if (one, self.basis[i]) > (other, self.basis[best]):
                        continue
                best = i
        return best

    def _pivot(self, rows: list[list[int]], i: int, j: int) -> None:
        """Solve row i for number j, whose factor there is above 0, in all the rows."""
        by, taken, before = rows[i][j], rows[i], self.denominator
        for k, row in enumerate(rows):
            f = row[j]
            if k == i or (not f and by == before):
                continue
            rows[k] = [(by * v - f * w) // before for v, w in zip(row, taken, strict=True)]
        self.basis[i], self.denominator = j, by
