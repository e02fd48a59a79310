"""Linear facts over the integers: multipliers show that a form is at least 0 wherever other forms are.

A form is (c, {n: k, ...}): c and the sum of k times number n, which may be any integer; nothing is modulo anything.
`follows` is proved in coq/Farkas.v.  Arguments can be written down, a line each, all numbers decimal:

    armsym-linear 1
    fact C N:K...               a form that is at least 0, for the next goal
    goal C N:K... by D P:K...   one that follows from its facts: divisor, multipliers by place (the first: 0)
    end
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Argument", "Form", "follows", "plus", "times", "write"]

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
    """That the goal follows from these facts; multipliers are by their places."""

    goal: Form
    facts: Sequence[Form]
    multipliers: Mapping[int, int]
    divisor: int = 1

    @property
    def holds(self) -> bool:
        """Whether it is one, by `follows`."""
        return follows(self.goal, self.facts, self.multipliers, self.divisor)

    def short(self) -> Argument:
        """The same argument from those facts alone that have a multiplier; it has to hold."""
        places = sorted(self.multipliers)
        taken = {new: self.multipliers[old] for new, old in enumerate(places)}
        return Argument(self.goal, [self.facts[place] for place in places], taken, self.divisor)


def _form(form: Form) -> str:
    return " ".join((str(form[0]), *(f"{n}:{k}" for n, k in sorted(form[1].items()))))


def write(arguments: Iterable[Argument]) -> str:
    """The text of arguments."""
    lines = ["armsym-linear 1"]
    for a in arguments:
        lines += (f"fact {_form(fact)}" for fact in a.facts)
        lines.append(f"goal {_form(a.goal)} by {_form((a.divisor, dict(a.multipliers)))}")
    return "\n".join([*lines, "end", ""])
