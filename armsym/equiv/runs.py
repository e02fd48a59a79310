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

__all__ = ["Arrival", "Pass", "Ran", "both", "heads_of", "passes"]

MAX_STEPS = 300_000


@dataclass
class Ran:
    """One run of one side."""

    final: Machine | None
    stop: str = ""
    steps: int = 0


@dataclass
class Arrival:
    """A loop head reached: by its offset; `first` where control came from outside of the loop."""

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

    @property
    def variable(self) -> set[int]:
        """The heads of loops that are not always gone through equally often."""
        return {h for h, n in self.trips.items() if len(n) > 1}


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


def _difference(case: Case, outputs: Outputs, start: Start, a: Machine, b: Machine) -> Difference | None:
    where = None
    for name, u, w in outputs.pairs(a, b):
        if u.uint != w.uint:
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
            u, w = bytes(r.data[low:]), bytes(others[r.name].data[low:])
            if u != w:
                k = next(j for j in range(len(u)) if u[j] != w[j])
                where = (f"byte {k} of {r.name if r.name != 'stack' else 'the memory from SP up'}", f"{u[k]:#04x}", f"{w[k]:#04x}")
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
            for head, first, _ in _arrivals(walk, heads.ends):
                if first and head in count:
                    heads.trips[head].add(count.pop(head))
                count[head] = count.get(head, 0) + 1
            for head, n in count.items():
                heads.trips[head].add(n)
    return found


def _arrivals(walk: _Walk, ends: dict[int, int]) -> Iterator[tuple[int, bool, Machine]]:
    """Each arrival at a loop head: (head, whether from outside of the loop, the machine there)."""
    for at, to, around in walk:
        end = ends.get(to)
        if end is not None:
            yield to, not (to <= at <= end) and not around, walk.m


def passes(case: Case, isa: InstructionSet, plan: list[tuple[int, int]], heads: tuple[dict[int, int], dict[int, int]]) -> list[Pass]:
    """Runs of both, with the state at each arrival at these heads (head -> end of the loop)."""
    found = []
    for seed, hint in plan:
        start = case.concrete(seed, hint)
        if start.rejected:
            continue
        lists, ran = [], []
        for walk, ends in zip(_walks(case, start, isa), heads, strict=True):
            lists.append([Arrival(h, first, m.fork()) for h, first, m in _arrivals(walk, ends)])
            ran.append(walk.ran)
        if all(r.final is not None for r in ran):
            found.append(Pass(start, (lists[0], lists[1]), (ran[0], ran[1])))
    return found
