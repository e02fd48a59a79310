"""What Z3 said, noted so that another solver can be asked the same, and what came of asking.

Z3 is believed where it says that facts imply an equation: for an obligation, or to decide which way a path goes.
Each such answer is noted with its facts, as terms; the second solver sees neither Z3's expressions nor the integers
that linear arithmetic was done with.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from armsym.discharge.smtlib import script
from armsym.terms.node import Value

#: After so many answers that the solver gave up on, it is hurried: it may take `HURRIED` CPU seconds for each other.
#: What it does confirm, it confirms in less; and what it gives up on comes in dozens of one kind.
PATIENCE = 4
HURRIED = 0.25
#: CPU seconds for all answers of one proof; what is left then is not asked, and counts as not confirmed.
IN_ALL = 40.0

__all__ = [
    "HURRIED",
    "IN_ALL",
    "PATIENCE",
    "Answer",
    "Disagreement",
    "Noted",
    "Rechecked",
    "SecondSolver",
    "Verdict",
    "recheck",
    "together",
]


@dataclass(frozen=True)
class Answer:
    """Z3 said that the one-bit `facts` imply `term` == `value`, both of `width` bits."""

    facts: tuple[Value, ...]
    term: Value
    value: int
    width: int
    #: `integers` or `bit vectors`: how Z3 was asked.
    how: str
    #: What was being shown, and where; empty if nobody notes that.
    place: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a solver says of a script: `sat`, `unsat` or `unknown`, and why it does not know.

    Of several solvers, `each` tells what each of them says.
    """

    answer: str
    reason: str = ""
    each: tuple[tuple[str, str], ...] = ()


#: Takes an answer of Z3, its script, and what a second solver says of that; None if it was not asked.
Noted: TypeAlias = Callable[[Answer, str, Verdict | None], None]


@dataclass(frozen=True)
class SecondSolver:
    """A solver by name; `ask` takes a script and how many CPU seconds it may spend on it."""

    name: str
    ask: Callable[[str, float], Verdict]
    #: How many solvers it is; each has its own share of a proof's time.
    count: int = 1


def together(*solvers: SecondSolver) -> SecondSolver:
    """Several solvers as one, each of them asked everything.

    It says `sat` where any of them does, also where another says `unsat`: that is a contradiction, whoever is wrong.
    It says `unsat` where one of them does and none says `sat`.
    """

    def ask(script: str, seconds: float) -> Verdict:
        said = [(s.name, s.ask(script, seconds)) for s in solvers]
        answers = {v.answer for _, v in said}
        answer = next((a for a in ("sat", "unsat") if a in answers), "unknown")
        reasons = [v.reason or v.answer for _, v in said if v.answer not in ("sat", "unsat")]
        each = tuple((name, v.answer) for name, v in said)
        return Verdict(answer, " and ".join(reasons) if answer == "unknown" else "", each)

    return SecondSolver(" and ".join(s.name for s in solvers), ask, len(solvers))


@dataclass(frozen=True)
class Disagreement:
    """Two solvers contradict each other: one of them, or a translation, is wrong.

    Asked whether the facts can hold without the claim, Z3 said `unsat` and the second solver `sat`.  `how` tells how
    Z3 was asked; `script` is what the second solver was asked; `by` are those that said `sat`.
    """

    how: str
    script: str
    by: str = ""


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
    #: Where several solvers were asked: how many answers each of them confirmed.
    each: dict[str, int] = field(default_factory=dict)

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
        for name, n in other.each.items():
            self.each[name] = self.each.get(name, 0) + n

    def take(self, answer: Answer, script: str, verdict: Verdict) -> None:
        """Count what was said of one answer."""
        self.asked += 1
        for name, said in verdict.each:
            self.each[name] = self.each.get(name, 0) + (said == "unsat")
        if verdict.answer == "unsat":
            self.confirmed += 1
        elif verdict.answer == "sat":
            by = " and ".join(name for name, said in verdict.each if said == "sat")
            self.disagreements.append(Disagreement(answer.how, script, by or self.solver))
        else:
            self.unconfirmed.append(verdict.reason or verdict.answer)


def recheck(
    answers: Iterable[Answer],
    solver: SecondSolver | None,
    seen: set[str],
    seconds: float,
    given_up: int = 0,
    noted: Noted | None = None,
) -> Rechecked:
    """Ask a solver about each answer whose script is not in `seen`, and put it there.

    `given_up` counts the answers of this proof that it gave up on before.  `noted` is told of each script, also of
    those that are not asked; without a solver that is all that happens.
    It may take so many CPU seconds in all.  Whatever it says but `unsat` and `sat` leaves an answer unconfirmed.
    """
    began, found = time.process_time(), Rechecked("" if solver is None else solver.name)
    for a in answers:
        left = began + seconds - time.process_time()
        late = Verdict("unknown", "not asked: no time was left") if solver is not None and left <= 0 else None
        if late is not None and noted is None:
            # (One that was asked before may be among them: that is not looked at, for a script takes long.)
            found.take(a, "", late)
            continue
        text = script(a.facts, a.term, a.value, a.width)
        if text in seen:
            continue
        seen.add(text)
        if solver is None:
            verdict = None
        elif late is not None:
            verdict = late
        else:
            if given_up + len(found.unconfirmed) >= PATIENCE:
                left = min(left, HURRIED)
            verdict = solver.ask(text, left)
        if verdict is not None:
            found.take(a, text, verdict)
        if noted is not None:
            if solver is not None and verdict is not None and not verdict.each:
                verdict = replace(verdict, each=((solver.name, verdict.answer),))
            noted(a, text, verdict)
    found.seconds = time.process_time() - began
    return found
