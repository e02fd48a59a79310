"""One solver for the linear arithmetic of many paths, which are followed one after the other.

A path that parts becomes two with the same facts but for the last.  So the solver is not told a path's facts anew: what
the path asked about before does not share is taken back, and the rest is added.  What it says follows from the facts
that it was told of and not told to forget, which are those of the path that asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.discharge.integers import TRANSLATED, Integers, Translated
from armsym.terms.node import Value

__all__ = ["Along"]


class Along:
    """The solver, with the facts of the path that asked last."""

    def __init__(self, translated: Translated | None = None) -> None:
        #: What was translated, here and by other solvers for these paths.
        self.translated = translated or Translated()
        self._integers: Integers | None = None
        self._told: list[Value] = []
        #: How many facts were told before each level of the solver.
        self._levels: list[int] = []
        #: With more terms than this it is made anew: it would keep what was asked long ago.
        self._most = TRANSLATED

    def of(self, facts: Sequence[Value]) -> Integers:
        """The solver with these facts and no others; until it is asked for again."""
        # (Where this is broken off, nobody goes on with a solver of which it is not known what it was told.)
        solver, self._integers = self._integers, None
        anew = solver is None or solver.translated > self._most
        if solver is None or anew:
            solver, self._told, self._levels = Integers(self.translated), [], []
        told = self._told
        alike = next((k for k, (a, b) in enumerate(zip(told, facts, strict=False)) if a is not b), None)
        if alike is None:
            alike = min(len(told), len(facts))
        while len(told) > alike:
            solver.pop()
            del told[self._levels.pop() :]
        if len(told) < len(facts):
            solver.push()
            self._levels.append(len(told))
            for f in facts[len(told) :]:
                told.append(f)
                solver.add(f)
        if anew:
            # A path with facts of so many terms is not told them for each question.
            self._most = max(TRANSLATED, 2 * solver.translated)
        self._integers = solver
        return solver
