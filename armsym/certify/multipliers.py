"""Finding multipliers of linear facts: the simplex method on fractions.  Untrusted."""

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
    rows = [[Fraction(f[1].get(n, 0)) for f in facts] for n in nodes]
    right = [Fraction(goal[1].get(n, 0)) for n in nodes]
    cost = [Fraction(f[0]) for f in facts]
    found = _simplex(rows, right, cost, Fraction(goal[0]))
    if found is None:
        return None
    divisor = lcm(1, *(k.denominator for k in found.values()))
    return {j: int(k * divisor) for j, k in found.items() if k}, divisor


def _simplex(
    rows: list[list[Fraction]], right: list[Fraction], cost: list[Fraction], enough: Fraction
) -> dict[int, Fraction] | None:
    """x >= 0 with rows x = right and cost x < enough + 1; None where none was found."""
    m, n = len(rows), len(cost)
    table = []
    for i in range(m):
        sign = -1 if right[i] < 0 else 1
        table.append([sign * v for v in rows[i]] + [Fraction(int(i == k)) for k in range(m)] + [sign * right[i]])
    basis = [n + i for i in range(m)]
    first = [Fraction(0)] * n + [Fraction(1)] * m
    if not _minimise(table, basis, first, n + m):
        return None
    if any(basis[i] >= n and table[i][-1] for i in range(m)):
        return None
    second = cost + [Fraction(0)] * m
    for i in range(m):  # artificial variables that stayed, at 0, are pivoted out where they can be
        if basis[i] >= n:
            j = next((j for j in range(n) if table[i][j]), None)
            if j is not None:
                _pivot(table, basis, i, j)
    if not _minimise(table, basis, second, n):
        return None
    x = {basis[i]: table[i][-1] for i in range(m) if basis[i] < n and table[i][-1]}
    return x if sum((cost[j] * v for j, v in x.items()), Fraction(0)) < enough + 1 else None


def _minimise(table: list[list[Fraction]], basis: list[int], cost: list[Fraction], columns: int) -> bool:
    """Minimise by Bland's rule; False where it takes too long, or there is no least value."""
    for _ in range(MOST_PIVOTS):
        entering = None
        for j in range(columns):
            if j in basis:
                continue
            reduced = cost[j] - sum((cost[basis[i]] * row[j] for i, row in enumerate(table) if row[j]), Fraction(0))
            if reduced < 0:
                entering = j
                break
        if entering is None:
            return True
        ratios = [(row[-1] / row[entering], basis[i], i) for i, row in enumerate(table) if row[entering] > 0]
        if not ratios:
            # Unbounded below: any point far enough along is enough, but none is the least.
            return False
        _pivot(table, basis, min(ratios)[2], entering)
    return False


def _pivot(table: list[list[Fraction]], basis: list[int], i: int, j: int) -> None:
    by = table[i][j]
    table[i] = [v / by for v in table[i]]
    for k, row in enumerate(table):
        if k != i and row[j]:
            f = row[j]
            table[k] = [a - f * b for a, b in zip(row, table[i], strict=True)]
    basis[i] = j
