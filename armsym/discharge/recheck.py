"""What Z3 said, noted so that another solver can be asked the same, and what came of asking.

Z3 is believed where it says that facts imply an equation: for an obligation, or to decide which way a path goes.
Each such answer is noted with its facts, as terms; the second solver sees neither Z3's expressions nor the integers
that linear arithmetic was done with.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from armsym.discharge.smtlib import script
from armsym.terms.node import Value

#: After so many answers that the solver gave up on, it is hurried: it may take `HURRIED` CPU seconds for each other.
#: What it does confirm, it confirms in less; and what it gives up on comes in dozens of one kind.
PATIENCE = 4
HURRIED = 0.25
#: CPU seconds for all answers of one proof; what is left then is not asked, and counts as not confirmed.
IN_ALL = 40.0

__all__ = ["HURRIED", "IN_ALL", "PATIENCE", "Answer", "Disagreement", "Rechecked", "SecondSolver", "Verdict", "recheck"]


@dataclass(frozen=True)
class Answer:
    """Z3 said that the one-bit `facts` imply `term` == `value`, both of `width` bits."""

    facts: tuple[Value, ...]
    term: Value
    value: int
    width: int
    #: `integers` or `bit vectors`: how Z3 was asked.
    how: str


@dataclass(frozen=True)
class Verdict:
    """What a solver says of a script: `sat`, `unsat` or `unknown`, and why it does not know."""

    answer: str
    reason: str = ""


@dataclass(frozen=True)
class SecondSolver:
    """A solver by name; `ask` takes a script and how many CPU seconds it may spend on it."""

    name: str
    ask: Callable[[str, float], Verdict]


@dataclass(frozen=True)
class Disagreement:
    """Two solvers contradict each other: one of them, or a translation, is wrong.

    Asked whether the facts can hold without the claim, Z3 said `unsat` and the second solver `sat`.  `how` tells how
    Z3 was asked; `script` is what the second solver was asked.
    """

    how: str
    script: str


@dataclass
class Rechecked:
    """How many different answers of Z3 a second solver was asked about, and how many it confirmed."""

    solver: str = ""
    asked: int = 0
    confirmed: int = 0
    #: CPU seconds.
    seconds: float = 0.0
    #: Why an answer was not confirmed, in words, for each.
    unconfirmed: list[str] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)

    @property
    def lacking(self) -> str:
        """How many answers were not confirmed and why; empty if all were."""
        why = ", ".join(f"{n} times {reason}" for reason, n in Counter(self.unconfirmed).items())
        return f"{len(self.unconfirmed)} of {self.asked} answers of Z3 are not re-checked: {why}" if why else ""

    def join(self, other: Rechecked) -> None:
        """Take in what became of other answers."""
        self.solver = self.solver or other.solver
        self.asked, self.confirmed = self.asked + other.asked, self.confirmed + other.confirmed
        self.seconds += other.seconds
        self.unconfirmed += other.unconfirmed
        self.disagreements += other.disagreements


def recheck(
    answers: Iterable[Answer], solver: SecondSolver, seen: set[str], seconds: float, given_up: int = 0
) -> Rechecked:
    """Ask a solver about each answer whose script is not in `seen`, and put it there.

    `given_up` counts the answers of this proof that it gave up on before.
    It may take so many CPU seconds in all.  Whatever it says but `unsat` and `sat` leaves an answer unconfirmed.
    """
    began, found = time.process_time(), Rechecked(solver.name)
    for a in answers:
        left = began + seconds - time.process_time()
        if left <= 0:  # (one that was asked before may be among them: that is not looked at, for a script takes long)
            found.asked += 1
            found.unconfirmed.append("not asked: no time was left")
            continue
        text = script(a.facts, a.term, a.value, a.width)
        if text in seen:
            continue
        seen.add(text)
        found.asked += 1
        if given_up + len(found.unconfirmed) >= PATIENCE:
            left = min(left, HURRIED)
        verdict = solver.ask(text, left)
        if verdict.answer == "unsat":
            found.confirmed += 1
        elif verdict.answer == "sat":
            found.disagreements.append(Disagreement(a.how, text))
        else:
            found.unconfirmed.append(verdict.reason or verdict.answer)
    found.seconds = time.process_time() - began
    return found
