"""A machine at a loop head in a run on numbers, and whether a claim is true there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from armsym.bits import Bits
from armsym.errors import ArmsymError
from armsym.machine import Machine
from armsym.proof.state import handed
from armsym.proof.trials import flatten
from armsym.suggest.runs import Seen
from armsym.suggest.shape import Shape

__all__ = ["Arrival", "arrivals", "true_everywhere"]

#: Machines compared at most; and of each entry those at its beginning and the last ones.
FIRST, LAST, MOST, ENTRIES = 5, 2, 40, 8


@dataclass(frozen=True)
class Arrival:
    """A machine at a loop head, in the iteration i of a run."""

    seen: Seen
    i: int
    machine: Machine


def arrivals(seen: Sequence[Seen], head: int, shape: Shape) -> list[Arrival]:
    """The arrivals that are compared, those where a loop went round before first."""
    found = []
    for s in seen:
        for entry in shape.counted(s, head):
            some = entry if len(entry) <= FIRST + LAST else entry[:FIRST] + entry[-LAST:]
            found += [Arrival(s, i, m) for i, m in some]
    return [*[a for a in found if a.i][: MOST - ENTRIES], *[a for a in found if not a.i][:ENTRIES]]


def true_everywhere(text: str, where: Sequence[Arrival]) -> bool:
    """Whether a claim holds in all these states; one that cannot be evaluated somewhere does not."""
    for a in where:
        try:
            with handed(a.machine) as s:
                claim = a.seen.scope.value(text, s=s, i=Bits(64, a.i))
                if not all(part.value is True for _, part in flatten(claim)):
                    return False
        except (ArmsymError, AssertionError, TypeError):
            return False
    return bool(where)
