"""Both routines on numbers: an input that shows a difference, and what loops do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from armsym.bits import Bits
from armsym.equiv.entry import Case, Side, Start
from armsym.equiv.outputs import Outputs
from armsym.equiv.result import Difference
from armsym.errors import ArmsymError
from armsym.isa import InstructionSet
from armsym.machine import Machine
from armsym.memory import ConcreteMemory
from armsym.proof.entry import EntryState
from armsym.proof.inputs import InputValues
from armsym.stepper import RETURNED, Fork, Stepper, describe_stop

__all__ = ["Arrival", "Cut", "Pass", "Ran", "both", "cuts_of", "heads_of", "passes"]

MAX_STEPS = 300_000


@dataclass
class Ran:
    """One run of one side."""

    final: Machine | None
    stop: str = ""
    steps: int = 0


@dataclass
class Arrival:
    """A cut reached, by its offset; `first` where it is the first time since control came from outside of the loop."""

    head: int
    first: bool
    machine: Machine


@dataclass
class Pass:
    """Both sides of one run: arrivals at the loop heads looked for."""

    start: Start
    arrivals: tuple[list[Arrival], list[Arrival]]
    ran: tuple[Ran, Ran]


@dataclass
class Heads:
    """Loops met in runs: head -> the last branch back to it; and how often each was gone through at a time."""

    ends: dict[int, int] = field(default_factory=dict)
    trips: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def often(self, least: int) -> dict[int, int]:
        """The heads of loops that are not always gone through equally often, and at times more often than `least`;
        with the end of each loop."""
        return {h: self.ends[h] for h, n in self.trips.items() if len(n) > 1 and max(n) > least}


class _Walk:
    """A machine followed step by step, with the branches back that are no returns."""

    def __init__(self, side: Side, isa: InstructionSet, m: Machine, base: int, back: int) -> None:
        self.side, self.m = side, m
        self.stepper = Stepper(isa, side.image, Bits(64, base), Bits(64, back))
        self.base = base
        self.ran = Ran(None)

    def __iter__(self) -> Iterator[tuple[int, int, bool]]:
        """(from, to, whether it is a call or a return) of each step."""
        at, m, returns = self.side.entry, self.m, []
        try:
            while at != RETURNED:
                link = m.x[30]
                to = self.stepper.step(m, at)
                assert not isinstance(to, Fork)
                self.ran.steps += 1
                around = False
                if m.x[30] is not link and m.x[30].uint == self.base + at + 4 and to != at + 4:
                    returns.append(at + 4)
                    around = True
                elif returns and to == returns[-1] and to != at + 4:
                    returns.pop()
                    around = True
                yield at, to, around
                at = to
                if self.ran.steps > MAX_STEPS:
                    self.ran.stop = f"no return after {MAX_STEPS} instructions"
                    return
            self.ran.final = m
        except ArmsymError as e:
            self.ran.stop = describe_stop(e, self.side.image, self.stepper.isa)


def _walks(case: Case, start: Start, isa: InstructionSet) -> Iterator[_Walk]:
    for side, m, base in zip(case.sides, start.machines, start.bases, strict=True):
        yield _Walk(side, isa, m.fork(), base, start.back)


def both(
    case: Case, isa: InstructionSet, outputs: Outputs, seed: int, hint: int, values: InputValues | None = None
) -> tuple[Difference | None, Start, tuple[Ran, Ran]]:
    """Run both on one input; the difference, if there is one that the files determine."""
    start = case.concrete(seed, hint, values)
    ran = []
    if not start.rejected:
        for walk in _walks(case, start, isa):
            for _ in walk:
                pass
            ran.append(walk.ran)
    else:
        ran = [Ran(None, start.rejected), Ran(None, start.rejected)]
    found = None
    a, b = ran[0].final, ran[1].final
    if a is not None and b is not None and not start.doubts:
        found = _difference(case, outputs, start, a, b)
    return found, start, (ran[0], ran[1])


@dataclass(frozen=True)
class _Within:
    """Whether a number is an address in the image of a side."""

    side: Side
    base: int

    def __call__(self, value: int) -> bool:
        at = value - self.base
        return any(s.offset <= at < s.end for s in self.side.image.segments)


def _apart(a: bytes, b: bytes) -> Iterator[int]:
    """Where the two differ."""
    return (j for j in range(len(a)) if a[j] != b[j])


def _address(a: bytes, b: bytes, at: int, own: list[_Within]) -> bool:
    """Whether the byte is part of an address that lies in the own image in both."""
    for k in range(max(at - 7, 0), at + 1):
        words = [int.from_bytes(data[k : k + 8], "little") for data in (a, b) if len(data) >= k + 8]
        if len(words) == 2 and own[0](words[0]) and own[1](words[1]):
            return True
    return False


def _difference(case: Case, outputs: Outputs, start: Start, a: Machine, b: Machine) -> Difference | None:
    where = None
    own = [_Within(side, base) for side, base in zip(case.sides, start.bases, strict=True)]
    for name, u, w in outputs.pairs(a, b):
        # Where each lies is not the routine's doing.
        if u.uint != w.uint and not (own[0](u.uint) and own[1](w.uint)):
            where = (name, f"{u.uint:#x}", f"{w.uint:#x}")
            break
    if where is None:
        ma, mb = a.memory, b.memory
        assert isinstance(ma, ConcreteMemory)
        assert isinstance(mb, ConcreteMemory)
        others = {r.name: r for r in mb.regions}
        for r in ma.regions:
            if not r.writable or r.name.startswith("image "):
                continue
            low = start.top - r.base if r.name == "stack" else 0
            ours, theirs = bytes(r.data[low:]), bytes(others[r.name].data[low:])
            k = next((j for j in _apart(ours, theirs) if not _address(ours, theirs, j, own)), None)
            if k is not None:
                where = (
                    f"byte {k} of {r.name if r.name != 'stack' else 'the memory from SP up'}",
                    f"{ours[k]:#04x}",
                    f"{theirs[k]:#04x}",
                )
                break
    if where is None:
        return None
    entries = tuple(EntryState.of(m, base) for m, base in zip(start.machines, start.bases, strict=True))
    return Difference(*where, start.inputs, (entries[0], entries[1]))


def heads_of(case: Case, isa: InstructionSet, plan: list[tuple[int, int]]) -> tuple[Heads, Heads]:
    """The loops that runs go through."""
    found = Heads(), Heads()
    for seed, hint in plan:
        start = case.concrete(seed, hint)
        if start.rejected:
            continue
        for walk, heads in zip(_walks(case, start, isa), found, strict=True):
            for at, to, around in walk:
                if to <= at and to != RETURNED and not around:
                    heads.ends[to] = max(heads.ends.get(to, 0), at)
    for seed, hint in plan:
        start = case.concrete(seed, hint)
        if start.rejected:
            continue
        for walk, heads in zip(_walks(case, start, isa), found, strict=True):
            count: dict[int, int] = {}
            for head, first, _ in _arrivals(walk, [Cut(h, h, end) for h, end in heads.ends.items()]):
                if first and head in count:
                    heads.trips[head].add(count.pop(head))
                count[head] = count.get(head, 0) + 1
            for head, n in count.items():
                heads.trips[head].add(n)
    return found


@dataclass(frozen=True)
class Cut:
    """Where the two are compared in each round of a loop, from `head` to `end`: at its head, or behind a test there."""

    at: int
    head: int
    end: int


def cuts_of(side: Side, ends: dict[int, int], inner: bool) -> list[Cut]:
    """The cuts of these loops (head -> end): their heads, or if `inner` the places behind the tests they begin with."""
    return [Cut(_behind(side, h, end) if inner else h, h, end) for h, end in ends.items()]


def _behind(side: Side, head: int, end: int) -> int:
    """Where a loop goes on behind the branch out of it that it begins with; its head if there is none."""
    follow, at, seen = side.routine.successors, head, set()
    while at not in seen:
        seen.add(at)
        to = follow.get(at, ())
        if len(to) == 1:
            at = to[0]
            continue
        inside = [t for t in to if head <= t <= end]
        return inside[0] if len(to) == 2 and len(inside) == 1 else head
    return head


def _arrivals(walk: _Walk, cuts: list[Cut]) -> Iterator[tuple[int, bool, Machine]]:
    """Each arrival at a cut: (its place, whether for the first time since the loop was entered, the machine there)."""
    by_head, by_place = {c.head: c for c in cuts}, {c.at: c for c in cuts}
    entered: set[int] = set()
    for at, to, around in walk:
        c = by_head.get(to)
        if c is not None and not (c.head <= at <= c.end) and not around:
            entered.add(c.head)
        c = by_place.get(to)
        if c is not None:
            yield to, c.head in entered, walk.m
            entered.discard(c.head)


def passes(
    case: Case, isa: InstructionSet, plan: list[tuple[int, int]], cuts: tuple[list[Cut], list[Cut]]
) -> list[Pass]:
    """Runs of both, with the state at each arrival at these places."""
    found = []
    for seed, hint in plan:
        start = case.concrete(seed, hint)
        if start.rejected:
            continue
        lists, ran = [], []
        for walk, at in zip(_walks(case, start, isa), cuts, strict=True):
            lists.append([Arrival(h, first, m.fork()) for h, first, m in _arrivals(walk, at)])
            ran.append(walk.ran)
        if all(r.final is not None for r in ran):
            found.append(Pass(start, (lists[0], lists[1]), (ran[0], ran[1])))
    return found
