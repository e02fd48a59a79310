"""Assignments on which all facts of a path hold: what differs between two of them, no solver need be asked.

They only say what does *not* follow.  That something follows is always a solver's word: an assignment that is wrong
makes a proof undecided, and never proves anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.discharge.z3_bridge import Model
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Value, Var

__all__ = ["Witness", "Witnesses"]

#: So many are kept, the latest: a path that parts often needs some on either side.
MOST = 16


class Witness:
    """Numbers for all variables and applications, made of a solver's model: where that says nothing, 0."""

    __slots__ = ("_evaluate",)

    def __init__(self, model: Model) -> None:
        cells = {(name, width, args): value for name, args, width, value in model.applications}

        def variable(t: Var) -> int:
            return model.variables.get(t.id, 0) & t.pb

        self._evaluate = Evaluator(variable, lambda name, width, _, args: cells.get((name, width, args), 0))

    def __call__(self, v: Value) -> int:
        """The number that a value is."""
        return self._evaluate(v)


class Witnesses:
    """Some assignments on which all of a growing list of facts hold."""

    __slots__ = ("_facts", "_found", "_told")

    def __init__(self, facts: Sequence[Value], found: Sequence[Witness] = (), told: int = 0) -> None:
        """`facts` may grow; of the first `told` it is known that they hold on what was `found`."""
        self._facts, self._found, self._told = facts, list(found), told

    def fork(self, facts: Sequence[Value]) -> Witnesses:
        """The same for a list of facts that begins as this one does."""
        return Witnesses(facts, self._found, self._told)

    def add(self, model: Model) -> None:
        """Keep a model, if all facts hold on it."""
        w = Witness(model)
        if all(w(f) == 1 for f in self._facts):
            self._kept()
            self._found = [*self._found[1 - MOST :], w]

    def values(self, t: Term) -> set[int]:
        """Numbers that a term may be for all that the facts say; not all of them, and maybe none."""
        return {w(t) for w in self._kept()}

    def _kept(self) -> list[Witness]:
        new = self._facts[self._told :]
        self._told = len(self._facts)
        if new and self._found:
            self._found = [w for w in self._found if all(w(f) == 1 for f in new)]
        return self._found
