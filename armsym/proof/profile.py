"""Where a proof spends its time: CPU seconds and terms by phase, by obligation and by place in the code.

A profile watches and decides nothing.  So that no rule of the engine has to hand it on, the one that is kept at a time
is found by `profiling()`, within which alone anything is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from armsym.terms.node import node_count

__all__ = ["Goal", "Profile", "Range", "Spent", "asked", "at_place", "measuring", "place", "profiling", "spending"]

#: A question that takes Z3 so many CPU seconds is kept, of so many the slowest.
SLOW, KEPT = 0.2, 20

#: What is measured: parts of a proof, and obligations.
Table: TypeAlias = Literal["phases", "obligations"]


@dataclass
class Spent:
    """CPU seconds, terms made, and how many times; what was measured within by itself is not counted again."""

    seconds: float = 0.0
    terms: int = 0
    times: int = 0

    def add(self, seconds: float, terms: int) -> None:
        """Once more."""
        self.seconds += seconds
        self.terms += terms
        self.times += 1


@dataclass(frozen=True)
class Range:
    """Instructions that follow one another, from offset `first` to `last`, executed symbolically."""

    first: int
    last: int
    spent: Spent


@dataclass(frozen=True)
class Goal:
    """A question that took Z3 long, of which obligation; the SMT-LIB `script` is unsatisfiable iff it follows."""

    seconds: float
    obligation: str
    how: str
    script: str


@dataclass
class Profile:
    """What was measured.  `solver` is Z3's part, which is in that of phases and obligations, too."""

    phases: dict[str, Spent] = field(default_factory=dict)
    obligations: dict[str, Spent] = field(default_factory=dict)
    solver: Spent = field(default_factory=Spent)
    goals: list[Goal] = field(default_factory=list)
    #: By offset; and where instructions do not go on to the next one.
    places: dict[int, Spent] = field(default_factory=dict)
    ends: set[int] = field(default_factory=set)
    #: What is being measured, the innermost last: its name, when it began, and what was spent within it.
    _open: list[tuple[str, float, int, Spent]] = field(default_factory=list, repr=False)

    def enter(self, name: str) -> None:
        """Begin to measure."""
        self._open.append((name, time.process_time(), node_count(), Spent()))

    def leave(self, into: Spent) -> None:
        """End what was begun last."""
        _, began, had, inner = self._open.pop()
        seconds, terms = time.process_time() - began, max(0, node_count() - had)  # (terms may have been forgotten)
        into.add(max(0.0, seconds - inner.seconds), max(0, terms - inner.terms))
        if self._open:
            self._open[-1][3].add(seconds, terms)

    @property
    def doing(self) -> str:
        """What is being measured now."""
        return self._open[-1][0] if self._open else ""

    @property
    def place(self) -> str:
        """All that is being measured now, the innermost first."""
        return ", in: ".join(name for name, _, _, _ in reversed(self._open))

    def goal(self, goal: Goal) -> None:
        """Keep a slow goal, if it is one of the slowest."""
        self.goals = sorted([*self.goals, goal], key=lambda g: -g.seconds)[:KEPT]

    def ranges(self) -> list[Range]:
        """What was spent at places that follow one another, the most expensive first."""
        found: list[Range] = []
        previous: int | None = None
        for at in sorted(self.places):
            s = self.places[at]
            if previous is None or at != previous + 4 or previous in self.ends:
                found.append(Range(at, at, Spent()))
            last = found[-1]
            last.spent.seconds += s.seconds
            last.spent.terms += s.terms
            last.spent.times += s.times
            found[-1] = Range(last.first, at, last.spent)
            previous = at
        return sorted(found, key=lambda r: -r.spent.seconds)


_current: ContextVar[Profile | None] = ContextVar("profile", default=None)


@contextmanager
def profiling(profile: Profile | None) -> Iterator[None]:
    """Within this what is spent is noted in the profile, if there is one."""
    token = _current.set(profile)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def spending(table: Table, name: str) -> Iterator[None]:
    """What is spent within this is that of a phase or an obligation."""
    p = _current.get()
    if p is None:
        yield
        return
    p.enter(name)
    try:
        yield
    finally:
        tables = {"phases": p.phases, "obligations": p.obligations}
        p.leave(tables[table].setdefault(name, Spent()))


def place() -> str:
    """What is being done now, as the profile tells; empty where none is kept."""
    p = _current.get()
    return "" if p is None else p.place


def measuring() -> Profile | None:
    """The profile that is kept now."""
    return _current.get()


@contextmanager
def at_place(p: Profile, at: int, goes_on: Callable[[], bool]) -> Iterator[None]:
    """What is spent within this is that of the instruction at an offset.

    `goes_on` is asked at the end whether the next instruction is the one after it.
    """
    p.enter(f"the instruction at {at:#x}")
    try:
        yield
    finally:
        p.leave(p.places.setdefault(at, Spent()))
        if not goes_on():
            p.ends.add(at)


def asked(seconds: float, how: str, script: Callable[[], str]) -> None:
    """Z3 was asked, and took so long."""
    p = _current.get()
    if p is None:
        return
    p.solver.add(seconds, 0)
    if seconds >= SLOW:
        p.goal(Goal(seconds, p.doing, how, script()))
