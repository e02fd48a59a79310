"""Linear facts over the integers: multipliers show that a form is at least 0 wherever other forms are.

A form is (c, {n: k, ...}): c and the sum of k times number n, which may be any integer; nothing is modulo anything.
`follows` is proved in coq/Farkas.v.  Arguments are written down by `armsym.audit.goals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Argument", "Form", "follows", "plus", "times", "within_range"]

Form: TypeAlias = tuple[int, dict[int, int]]


def plus(a: Form, b: Form, factor: int = 1) -> Form:
    """a + factor * b."""
    terms = dict(a[1])
    for n, k in b[1].items():
        new = terms.get(n, 0) + factor * k
        if new:
            terms[n] = new
        else:
            terms.pop(n, None)
    return a[0] + factor * b[0], terms


def times(a: Form, factor: int) -> Form:
    """factor * a."""
    return plus((0, {}), a, factor)


def within_range(node: int, most: int) -> tuple[Form, Form]:
    """What is at least 0 where 0 <= node <= most."""
    return (0, {node: 1}), (most, {node: -1})


def follows(goal: Form, facts: Sequence[Form], multipliers: Mapping[int, int], divisor: int) -> bool:
    """Whether the multipliers show that the goal is at least 0 wherever all facts are.

    divisor * goal less the sum of multiplier * fact has to be a constant above -divisor: then the goal, an integer,
    is above -1.  Multipliers are by the place of their fact.
    """
    if divisor < 1:
        return False
    rest = times(goal, divisor)
    for place, k in multipliers.items():
        if k < 0 or not 0 <= place < len(facts):
            return False
        rest = plus(rest, facts[place], -k)
    return not any(rest[1].values()) and rest[0] > -divisor


@dataclass(frozen=True)
class Argument:
    """That the goal follows from these facts, and from what nodes can be; multipliers are by their places.

    `ranges` are (node, most): 0 <= node and node <= most are two facts each, after the others.
    """

    goal: Form
    facts: Sequence[Form]
    multipliers: Mapping[int, int]
    divisor: int = 1
    ranges: Sequence[tuple[int, int]] = ()

    @property
    def holds(self) -> bool:
        """Whether it is one, by `follows`."""
        within = [f for n, most in self.ranges for f in within_range(n, most)]
        return follows(self.goal, [*self.facts, *within], self.multipliers, self.divisor)

    def short(self) -> Argument:
        """The same argument from those facts and ranges alone that have a multiplier; it has to hold."""
        own = len(self.facts)
        taken = sorted(place for place in self.multipliers if place < own)
        nodes = sorted({(place - own) // 2 for place in self.multipliers if place >= own})
        new = {place: k for k, place in enumerate(taken)}
        new |= {own + 2 * n + end: len(taken) + 2 * k + end for k, n in enumerate(nodes) for end in (0, 1)}
        multipliers = {new[place]: k for place, k in self.multipliers.items()}
        facts, ranges = [self.facts[place] for place in taken], [self.ranges[n] for n in nodes]
        return Argument(self.goal, facts, multipliers, self.divisor, ranges)
