"""How the states of two loops belong together: guessed from runs, checked on symbols.

At a pair of loop heads, reached for the i-th time by both, each location of either side is taken to hold what it held
when the loop was entered plus i times a number; or the same unknown value as other locations, of either side, plus a
number; or a value of which nothing is known.  Each such statement is proved on entry and after an arbitrary
iteration; one that does not hold is weakened, and the proof begins again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from armsym.bits import Bits, Prop
from armsym.equiv.runs import Pass
from armsym.errors import MemoryFault
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory
from armsym.symbolic_memory import SymbolicMemory, SymbolicRegion, variable
from armsym.terms.node import intern, ones

__all__ = ["Bound", "Guess", "Heads", "Location", "Samples", "Spec", "get", "put"]

#: (side 0 or 1, kind, number): x 0 to 30, sp, v 0 to 31, f(lag) 0 to 3, s(tack): bytes from SP on entry.
Location: TypeAlias = tuple[int, str, int]
#: A pair of loop heads.
Heads: TypeAlias = tuple[int, int]

M64 = (1 << 64) - 1
WIDTHS = {"x": 64, "sp": 64, "v": 128, "f": 1, "s": 64}


def width_of(where: Location) -> int:
    """Bits of a location."""
    return WIDTHS[where[1]]


@dataclass(frozen=True)
class Spec:
    """What is taken of a location: base + i * `stride`; or, if that is None, the value `group` + `shift`.

    Locations of one group hold the same unknown value; `mask` has its bits that may be 1.
    """

    stride: int | None
    group: object = None
    shift: int = 0
    mask: int = 0


@dataclass(frozen=True)
class Bound:
    """A statement on the number i of an iteration: i * `step` is below `base - i0`, in one of three forms.

    down    the location counts down from its value on entry of the loop to 0, by `step`
    to      the location counts up by `step` to the other location, which stays as it is
    upto    the k-th invariant of the proof says so
    """

    form: str
    down: Location | None = None
    to: Location | None = None
    step: int = 1
    upto: int = -1

    def limit(self, base: Bits) -> Bits | None:
        """What i is below, or (form "le") at most, given the distance to go on entry of the loop."""
        if self.step & (self.step - 1):
            return None
        k = self.step.bit_length() - 1
        return (base - 1 if self.form == "most" else base) >> k

    def holds(self, i: Bits, base: Bits) -> Prop:
        """The statement for iteration i."""
        limit = self.limit(base)
        if limit is None:
            return i * Bits(64, self.step) < base if self.form == "lt" else i * Bits(64, self.step) <= base
        return i < limit if self.form == "lt" else i <= limit


@dataclass
class Guess:
    """All that is taken of the states at one pair of loop heads.

    cells     the stack words that the loop writes, by side: bytes from SP on entry
    stack     whether the loop stores to the stack at offsets that are not known
    written   the regions that the loop writes: their content is unknown, and the same in both
    """

    specs: dict[Location, Spec] = field(default_factory=dict)
    cells: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    stack: tuple[bool, bool] = (False, False)
    written: frozenset[str] = frozenset()
    bounds: tuple[Bound, ...] = ()

    def copy(self) -> Guess:
        """An independent copy."""
        return replace(self, specs=dict(self.specs))

    def locations(self) -> Iterator[Location]:
        """Every location that a spec is needed for."""
        for side in (0, 1):
            for n in range(31):
                yield side, "x", n
            yield side, "sp", 0
            for n in range(32):
                yield side, "v", n
            for n in range(4):
                yield side, "f", n
            if not self.stack[side]:
                for k in sorted(self.cells[side]):
                    yield side, "s", k


def get(m: Machine, where: Location, stack: SymbolicRegion | None = None, top: int = 0) -> Bits:
    """The value of a location of a machine; `top` is SP on entry: where there is a `stack`, as an offset in it."""
    _, kind, n = where
    if kind == "x":
        return m.x[n]
    if kind == "sp":
        return m.sp
    if kind == "v":
        return m.v[n]
    if kind == "f":
        flag: Prop = getattr(m.nzcv, "NZCV"[n])
        return flag.bit
    memory = m.memory
    if isinstance(memory, ConcreteMemory):
        return memory.load(Bits(64, (top + n) & M64), 8)
    assert isinstance(memory, SymbolicMemory)
    assert stack is not None
    return memory.peek(stack, None, top + n, 8)


def put(m: Machine, where: Location, value: Bits, stack: SymbolicRegion, top: int) -> None:
    """Give a location of a machine on symbols a value; `top` as for `get`."""
    _, kind, n = where
    if kind == "x":
        m.x[n] = value
    elif kind == "sp":
        m.sp = value
    elif kind == "v":
        m.v[n] = value
    elif kind == "f":
        flags = [getattr(m.nzcv, c) for c in "NZCV"]
        flags[n] = Prop._of(value.value)
        m.nzcv = NZCV.of(*flags)
    else:
        memory = m.memory
        assert isinstance(memory, SymbolicMemory)
        memory.poke(stack, None, top + n, value)


class Samples:
    """The states in which runs were at one pair of loop heads, by the time that the loop was entered."""

    def __init__(self) -> None:
        #: Of each time: (pass, machines of both at each arrival).
        self.times: list[tuple[Pass, list[tuple[Machine, Machine]]]] = []

    def values(self, where: Location) -> list[list[int]] | None:
        """The values of a location, a list for each time; None where the stack has no such word."""
        try:
            return [[get(pair[where[0]], where, top=run.start.top).uint for pair in pairs] for run, pairs in self.times]
        except MemoryFault:
            return None

    def spec(self, where: Location) -> Spec:
        """The first thing to try of a location."""
        values, w = self.values(where), width_of(where)
        if values is None:
            return Spec(None, ("own", where), 0, ones(w))
        steps = {(b - a) & ones(w) for row in values for a, b in pairwise(row)}
        if not steps or steps == {0}:
            return Spec(0)
        if len(steps) == 1 and w == 64:
            return Spec(steps.pop())
        return self.grouped(where)

    def grouped(self, where: Location) -> Spec:
        """The group of the locations that are always equal, or apart by one number."""
        values, w = self.values(where), width_of(where)
        if values is None or not values or not values[0]:
            return Spec(None, ("own", where), 0, ones(w))
        first = values[0][0] if w == 64 else 0
        all_ = [v for row in values for v in row]
        seen = 0
        for v in all_:
            seen |= v
        mask = ones(32) if w == 64 and seen <= ones(32) else ones(w)
        key = (w, tuple((v - first) & ones(w) for v in all_), where[1] == "f")
        if mask != ones(w):
            return Spec(None, (key, first), 0, mask)  # a number is not added to half a register
        return Spec(None, key, first, mask)

    def bounds(self, invariants: int) -> tuple[Bound, ...]:
        """Statements on the number of an iteration that hold in all runs."""
        found = [
            Bound(form, upto=k, step=1) for k in range(invariants) for form in ("lt", "le") if self._upto_holds(k, form)
        ]
        counting: list[tuple[Location, int]] = []
        still: list[Location] = []
        for side in (0, 1):
            for n in range(31):
                values = self.values((side, "x", n))
                assert values is not None
                steps = {(b - a) & M64 for row in values for a, b in pairwise(row)}
                if len(steps) == 1 and 0 not in steps:
                    s = steps.pop()
                    counting.append(((side, "x", n), s if s >> 63 == 0 else s - (1 << 64)))
                elif steps == {0}:
                    still.append((side, "x", n))
        for where, s in counting:
            if s < 0:
                found += [b for form in ("lt", "most", "le") if self._holds(b := Bound(form, down=where, step=-s))]
            else:
                near = [e for e in still if e[0] == where[0] and self._near(where, e, s)]
                found += [
                    b
                    for e in near[:4]
                    for form in ("lt", "most", "le")
                    if self._holds(b := Bound(form, down=where, to=e, step=s))
                ]
        return tuple(found)

    def _near(self, where: Location, end: Location, step: int) -> bool:
        """Whether the loop ends as the one reaches the other."""
        ups, ends = self.values(where), self.values(end)
        assert ups is not None
        assert ends is not None
        return all(0 <= e[-1] - u[-1] <= 2 * step for u, e in zip(ups, ends, strict=True))

    def _holds(self, b: Bound) -> bool:
        assert b.down is not None
        downs, ends = self.values(b.down), None if b.to is None else self.values(b.to)
        assert downs is not None
        for k, row in enumerate(downs):
            base = row[0] if ends is None else (ends[k][0] - row[0]) & M64
            if base >= 1 << 62:
                return False
            if any(b.holds(Bits(64, j), Bits(64, base)).value is not True for j in range(len(row))):
                return False
        return True

    def _upto_holds(self, k: int, form: str) -> bool:
        for run, pairs in self.times:
            inv = run.start.declared._d.invariants[k]
            upto = inv.upto.uint
            if any((j * inv.step >= upto) if form == "lt" else (j * inv.step > upto) for j in range(len(pairs))):
                return False
        return bool(self.times)


def fresh(spec: Spec, where: Location, known: dict[object, tuple[Bits, int]]) -> Bits:
    """The unknown value of a location; `known` has that of the first one met of each group, and its shift."""
    key = (spec.group, spec.mask)
    w = width_of(where)
    if key not in known:
        name = f"{where[1]}{where[2] if where[1] != 's' else f'tack{where[2]:+d}'}"
        known[key] = variable(name, w, secret=False, possible=spec.mask & ones(w) or None), spec.shift
    value, shift = known[key]
    apart = (spec.shift - shift) & ones(w)
    return value + Bits(w, apart) if apart else value


def fits(value: Bits, mask: int) -> bool:
    """Whether a value has no other bits than these."""
    v = value.value
    return (v if isinstance(v, int) else intern(v).pb) & ~mask == 0
