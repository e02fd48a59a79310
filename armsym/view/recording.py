"""What the symbolic run of a proof did: every path, every step, what each changed, and what was shown there.

A `Recorder` looks on (`armsym.proof.engine.Watcher`) and keeps references to what the run made; it computes nothing
while the run goes on.  A loop's iteration that is explored anew, from another guess, is forgotten with what it showed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from armsym.bits import Bits
from armsym.machine import NZCV, Machine
from armsym.proof.engine.run import Ended, Enter, Next, Origin, Parts, Retry
from armsym.proof.path import Path
from armsym.proof.result import Obligation, ProofResult
from armsym.proof.symbolic import SymbolicProof
from armsym.stepper import RETURNED, Fork
from armsym.symbolic_memory import Filled, SymbolicMemory, SymbolicRegion, Unknown
from armsym.terms.node import Term, Value, intern

__all__ = ["FLAGS", "REGISTERS", "CaseRecord", "Kept", "Recorder", "Segment", "Step", "Store"]

#: Registers by their place in a state, then the flags.
REGISTERS = (*(f"x{n}" for n in range(31)), "sp", *(f"v{n}" for n in range(32)))
FLAGS = ("N", "Z", "C", "V")

#: What a register holds: a number, or a term; each of the four flags is one bit.
State: TypeAlias = "dict[str, Value]"


@dataclass(frozen=True)
class Store:
    """A store: `value` went to the offset `symbolic + constant` of a region."""

    region: SymbolicRegion
    symbolic: Term | None
    constant: int
    value: Bits


@dataclass(frozen=True)
class Kept:
    """What lies under a region's stores, where that is no longer its content on entry."""

    region: str
    content: Unknown | Filled


@dataclass
class Step:
    """One instruction of a path, at a code offset.

    claimed   what changed before it by claims that took the place of what was computed (a cut), by register
    changed   what the instruction changed, by register
    stores    its stores
    facts     what became known since the step before: one-bit values that are 1
    shown     instances of obligations recorded here
    called    the contract that stood for the code from here to the return; else empty
    done      False for the instruction at which the path stopped
    """

    at: int
    claimed: State = field(default_factory=dict)
    changed: State = field(default_factory=dict)
    stores: list[Store] = field(default_factory=list)
    facts: list[Value] = field(default_factory=list)
    shown: list[Obligation] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    called: str = ""
    done: bool = False


@dataclass
class Segment:
    """A piece of a path: from the entry, a loop's head, a branch or a join to where it parts, meets such or ends.

    parent    the number of the segment that it goes on from; None for the entry and after joins
    how       "entry", "branch", "iteration" or "join"
    loops     of the loops that it is in, innermost first: name, head and index of the iteration
    start     every register and flag at its start; each step says what it changes of it
    kept      what lies under the stores of each region at its start
    held      what stores have left in the regions by then; of a branch nothing, for the parent's end says it
    facts     one-bit values known to be 1 at its start, beside those of the parent's end
    end       "parts", "enters", "back edge", "returns", "joins", "stopped" or, while the run goes on, ""
    to        where it goes: the offset of the loop's head or the join; else None
    ends      instances of obligations recorded at its end: postconditions, invariants
    """

    number: int
    parent: int | None
    how: str
    at: int
    loops: tuple[tuple[str, int, Bits], ...]
    start: State
    kept: list[Kept]
    facts: list[Value]
    held: list[Store] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    end: str = ""
    to: int | None = None
    ends: list[Obligation] = field(default_factory=list)
    #: What became known at its end, after its last step.
    learned: list[Value] = field(default_factory=list)

    def states(self) -> Iterator[State]:
        """Every register before each step (after what a cut claimed there), and last of all at the end."""
        now = dict(self.start)
        for s in self.steps:
            now = now | s.claimed
            yield now
            now = now | s.changed
        yield now


@dataclass
class CaseRecord:
    """What was recorded of one case of a proof; `text` says which (empty where there is only one)."""

    text: str
    p: SymbolicProof
    segments: list[Segment] = field(default_factory=list)
    #: What was shown before any path: preconditions, lemmas.
    first: list[Obligation] = field(default_factory=list)
    #: What was said of the whole run when all paths had been followed.
    whole: list[Obligation] = field(default_factory=list)
    #: All facts on entry.
    facts: list[Value] = field(default_factory=list)

    def children(self, number: int) -> list[Segment]:
        """The segments that go on from one."""
        return [s for s in self.segments if s.parent == number]

    def lineage(self, number: int) -> list[Segment]:
        """A segment after all those that it goes on from, first of all the one from the entry or a join."""
        by_number = {s.number: s for s in self.segments}
        found, at = [], by_number.get(number)
        while at is not None:
            found.append(at)
            at = None if at.parent is None else by_number[at.parent]
        return found[::-1]


@dataclass
class _Live:
    """How things stand on the path that is being followed."""

    segment: Segment
    path: Path
    state: State
    flags: NZCV
    facts: int
    beneath: dict[str, Unknown | Filled]
    since: int = 0


@dataclass(frozen=True)
class _Begun:
    """A path to be followed: what it goes on from, how, and how many of its facts were known there."""

    path: Path
    parent: int | None
    how: str
    known: int
    serial: int


class Recorder:
    """Looks on as a proof is run and keeps what it sees, case by case, in `cases`.

    `ended` is called at the end of each case, while its terms are still met: there values can be given names.
    """

    def __init__(self, ended: Callable[[CaseRecord, ProofResult], None] | None = None) -> None:
        self.cases: list[CaseRecord] = []
        self._ended = ended
        #: Paths that have not been followed yet, by id.
        self._begun: dict[int, _Begun] = {}
        #: Counts all of these.
        self._starts = 0
        #: Whether what is recorded is about entering the loop that the last path came to.
        self._entering = False
        self._last: Segment | None = None
        self._live: _Live | None = None
        #: Flags are computed when asked for, and are not asked for while the run goes on.
        self._flags: list[tuple[State, NZCV]] = []
        self._numbers = 0

    # -- what a run tells ---------------------------------------------------------------------

    def begins(self, case: str, p: SymbolicProof) -> None:
        """See `Watcher`."""
        self.cases.append(CaseRecord(case, p, facts=list(p.facts)))
        self._begun, self._last, self._live, self._flags = {}, None, None, []
        self._numbers, self._starts, self._entering = 0, 0, False

    def ends(self, result: ProofResult) -> None:
        """See `Watcher`."""
        if not self.cases:
            return  # the first case could not even be declared on symbols
        case = self.cases[-1]
        for state, flags in self._flags:
            for name in FLAGS:
                state[name] = getattr(flags, name).bit.value
        for s in case.segments:
            s.end = s.end or "stopped"
            # What was interned is met again, also when other terms have been forgotten.
            for state in (s.start, *(c for step in s.steps for c in (step.claimed, step.changed))):
                for name, v in state.items():
                    if isinstance(v, Term):
                        state[name] = intern(v)
        self._begun, self._live, self._flags, self._last = {}, None, [], None
        if self._ended is not None:
            self._ended(case, result)

    def follows(self, path: Path, origin: Origin | None) -> None:
        """See `Watcher`."""
        begun = self._begun.pop(id(path), None) or _Begun(path, None, "entry", 0, 0)
        m = path.machine
        facts = path.knowledge.facts
        state = _registers(m)
        kept = [Kept(name, content) for name, content in path.memory.beneath.items()]
        new = facts[begun.known :]
        s = Segment(self._numbers, begun.parent, begun.how, path.at, _loops(origin), state, kept, new)
        s.held += _held(path.memory) if begun.how != "branch" else ()
        self._numbers += 1
        self._flags.append((state, m.nzcv.fork()))
        self.cases[-1].segments.append(s)
        self._last = s
        self._live = _Live(s, path, dict(state), m.nzcv, len(facts), dict(path.memory.beneath))

    def before(self, path: Path) -> None:
        """See `Watcher`."""
        live = self._current(path)
        steps = live.segment.steps
        again = steps[-1] if steps and not steps[-1].done and not steps[-1].called else None
        step = again or Step(path.at)
        if again is None:
            steps.append(step)
        self._note(live, step, step.claimed)
        live.since = len(path.memory.log)

    def after(self, path: Path, to: int | Fork) -> None:
        """See `Watcher`."""
        live = self._current(path)
        step = live.segment.steps[-1]
        step.done = True
        self._note(live, step, step.changed)
        step.stores += _stores(path.memory, live.since)

    def called(self, path: Path, contract: str) -> None:
        """See `Watcher`."""
        live = self._current(path)
        step = live.segment.steps[-1]
        step.called = contract
        step.done = True
        self._note(live, step, step.changed)

    def left(self, path: Path, go_on: Next) -> None:
        """See `Watcher`."""
        live = self._current(path)
        s, known = live.segment, live.facts
        s.learned = path.knowledge.facts[known:] if not isinstance(go_on, Parts) else []
        if isinstance(go_on, Parts):
            s.end = "parts"
            if s.steps and not s.steps[-1].done:
                # Both parts come to it again.
                dropped = s.steps.pop()
                s.ends += dropped.shown
            for p in go_on.paths:
                self._start(p, s.number, "branch", known)
        elif isinstance(go_on, Enter):
            s.end, s.to = "enters", go_on.invariant.head
        elif isinstance(go_on, Retry):
            s.end, s.to = "back edge", go_on.head
        elif isinstance(go_on, Ended):
            s.end = "returns" if path.at == RETURNED else "back edge" if _is_head(s, path.at) else "joins"
            s.to = None if path.at == RETURNED else path.at
        else:
            s.end = "stopped"
        self._live, self._entering = None, isinstance(go_on, (Enter, Retry))

    def iterates(self, arrival: Path, origin: Origin, starts: Parts) -> None:
        """See `Watcher`."""
        parent = self._entered(origin.invariant.head)
        for p in starts.paths:
            self._start(p, parent.number, "iteration", len(arrival.knowledge.facts))

    def joined(self, name: str, origin: Origin, path: Path) -> None:
        """See `Watcher`."""
        self._start(path, None, "join", 0)

    def recorded(self, instance: Obligation) -> None:
        """See `Watcher`."""
        o = replace(instance)
        if self._live is None:
            case = self.cases[-1]
            about = case.first if self._last is None else self._last.ends if self._entering else case.whole
            about.append(o)
            return
        s = self._live.segment
        here = s.steps[-1] if s.steps and not s.steps[-1].done else None
        (s.ends if here is None else here.shown).append(o)

    def mark(self) -> object:
        """See `Watcher`."""
        assert self._last is not None
        return self._numbers, self._last, len(self._last.ends), self._starts

    def reset(self, mark: object) -> None:
        """See `Watcher`."""
        assert isinstance(mark, tuple)
        number, last, ends, starts = mark
        case = self.cases[-1]
        case.segments = [s for s in case.segments if s.number < number]
        del last.ends[ends:]
        self._last, self._entering = last, True
        self._begun = {k: b for k, b in self._begun.items() if b.serial < starts}
        kept = {id(s.start) for s in case.segments}
        kept |= {id(c) for s in case.segments for step in s.steps for c in (step.claimed, step.changed)}
        self._flags = [f for f in self._flags if id(f[0]) in kept]

    # -- how ----------------------------------------------------------------------------------

    def _start(self, path: Path, parent: int | None, how: str, known: int) -> None:
        self._begun[id(path)] = _Begun(path, parent, how, known, self._starts)
        self._starts += 1

    def _current(self, path: Path) -> _Live:
        assert self._live is not None
        assert self._live.path is path
        return self._live

    def _entered(self, head: int) -> Segment:
        """The segment that has come to the head last."""
        return next(s for s in reversed(self.cases[-1].segments) if s.end == "enters" and s.to == head)

    def _note(self, live: _Live, step: Step, changes: State) -> None:
        """What is other than when it was last looked at."""
        path, m = live.path, live.path.machine
        for name, v in _registers(m).items():
            if live.state[name] is not v and live.state[name] != v:
                changes[name] = live.state[name] = v
        if m.nzcv is not live.flags:
            live.flags = m.nzcv
            self._flags.append((changes, m.nzcv.fork()))
        facts = path.knowledge.facts
        step.facts += facts[live.facts :]
        live.facts = len(facts)
        beneath = path.memory.beneath
        for name, content in beneath.items():
            if live.beneath.get(name) is not content:
                live.beneath[name] = content
                step.kept.append(Kept(name, content))


def _registers(m: Machine) -> State:
    values: list[Any] = [*(r.value for r in m.x), m.sp.value, *(r.value for r in m.v)]
    return dict(zip(REGISTERS, values, strict=True))


def _loops(origin: Origin | None) -> tuple[tuple[str, int, Bits], ...]:
    found = []
    while origin is not None:
        found.append((origin.invariant.name, origin.invariant.head, origin.index))
        origin = origin.parent
    return tuple(found)


def _is_head(s: Segment, at: int) -> bool:
    return any(head == at for _, head, _ in s.loops)


def _held(memory: SymbolicMemory) -> Iterator[Store]:
    for r in memory.regions:
        for layer in memory.overlays.get(r.name, ()):
            for k, (value, j) in layer.bytes.items():
                if j == 0:
                    yield Store(r, layer.symbolic, k, value)


def _stores(memory: SymbolicMemory, since: int) -> Iterator[Store]:
    for a in memory.log[since:]:
        if not a.store:
            continue
        layer = memory.overlays[a.region.name][-1]
        found = layer.bytes.get(a.constant) if layer.symbolic is a.symbolic else None
        # Of two stores of one instruction to the same bytes the first is no longer there.
        if found is not None and found[1] == 0 and found[0].width == 8 * a.size:
            yield Store(a.region, a.symbolic, a.constant, found[0])
