"""Runs of a routine on numbers, to see how far it reaches into memory for small lengths.

Pointers stand far apart, everything may be read and written, and what is read for the first time
is zero (or another small number): only the extents are of interest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import gcd

from armsym.bits import Bits
from armsym.errors import ArmsymError
from armsym.machine import NZCV, Machine
from armsym.skeleton.facts import Facts
from armsym.stepper import RETURNED, Fork, Stepper
from armsym.symbolic_memory import signed
from armsym.symbolic_regions import M64

__all__ = ["Extent", "Guess", "Linear", "Run", "guess"]

PAGE = 4096
MAX_STEPS = 40_000
#: Arrivals at a loop head of which the registers are compared.
SEEN = 40
#: CPU seconds for all runs of a routine.
SECONDS = 4.0

_WINDOW = 1 << 32
_POINTERS, _STACK_TOP, _IMAGE, _RETURN = 0x5000_0000_0000, 0x7FFF_0000_0000, 0x40_0000_0000, 0x6FFF_0000_0000

#: Units of a length that are tried, in bytes or blocks, the multiples of each that are run, and more of
#: them, which longer routines need not finish, for code that only long inputs reach.
UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
MULTIPLES = (1, 2, 3, 4, 5, 6, 9)
LONGER = (17, 40, 70, 300, 700)
#: Bytes that are long enough for that.
LONG = 1200
#: Values of the other numbers while one is taken for the length.
OTHERS = (1, 0, 16, 136)


@dataclass
class Extent:
    """Bytes [low, high) from a pointer; `grain` divides all distances and sizes."""

    low: int = 0
    high: int = 0
    read: bool = False
    write: bool = False
    grain: int = 0

    def add(self, at: int, size: int, store: bool) -> None:
        """Another access."""
        self.low, self.high = min(self.low, at), max(self.high, at + size)
        self.read |= not store
        self.write |= store
        self.grain = gcd(self.grain, at, size)


@dataclass
class Run:
    """What one run did."""

    extents: dict[int, Extent] = field(default_factory=dict)
    #: The most arrivals at each loop head without leaving the loop.
    trips: dict[int, int] = field(default_factory=dict)
    stack: int = 0
    #: By how much each register changed from one arrival at a loop head to the next: (head, n) -> differences.
    steps: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    #: Bytes of read-only data of the file that were read.
    tables: set[int] = field(default_factory=set)
    returned: bool = False
    stopped: str = ""


@dataclass(frozen=True)
class Linear:
    """`per * n + plus`; not `exact` where it is only an upper bound of what was seen."""

    per: int
    plus: int
    exact: bool = True

    def __call__(self, n: int) -> int:
        return self.per * n + self.plus


@dataclass
class Guess:
    """What the runs suggest.  `count` is the register of the length, which is `unit * n`."""

    count: int | None = None
    unit: int = 1
    low: int = 0
    sizes: dict[int, Linear] = field(default_factory=dict)
    extents: dict[int, Extent] = field(default_factory=dict)
    #: Arrivals at loop heads, as far as they depend on n; None where they do in no simple way.
    trips: dict[int, Linear | None] = field(default_factory=dict)
    stack: int = 0
    steps: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    #: The most rounds of each loop that a run reached.
    rounds: dict[int, int] = field(default_factory=dict)
    tables: list[tuple[int, int]] = field(default_factory=list)
    #: Numbers for which only one value was tried with success: register -> value.
    fixed: dict[int, int] = field(default_factory=dict)


class _Memory:
    """Sparse memory in which everything may be accessed; accesses near a pointer are noted."""

    def __init__(self, prober: _Prober, run: Run, fill: int, globals_: int) -> None:
        self.prober, self.run, self.fill, self.globals = prober, run, fill, globals_
        self.pages: dict[int, bytearray] = {}

    def _page(self, number: int) -> bytearray:
        page = self.pages.get(number)
        if page is None:
            page = bytearray(self.fill.to_bytes(4, "little") * (PAGE // 4))
            self.prober.fill_from_image(number * PAGE, page, self.globals)
            self.pages[number] = page
        return page

    def load(self, address: Bits, size: int) -> Bits:
        a = address.uint
        self._note(a, size, False)
        data = bytearray()
        while size:
            page, k = self._page(a // PAGE), a % PAGE
            piece = page[k : k + size]
            data += piece
            a, size = a + len(piece) & (1 << 64) - 1, size - len(piece)
        return Bits.from_bytes(bytes(data), "little")

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        a, data = address.uint, value.to_bytes("little")
        self._note(a, len(data), True)
        for k, byte in enumerate(data):
            at = a + k & (1 << 64) - 1
            self._page(at // PAGE)[at % PAGE] = byte

    def _note(self, a: int, size: int, store: bool) -> None:
        n = (a - _POINTERS + _WINDOW // 2) // _WINDOW
        if n in self.prober.pointers:
            extent = self.run.extents.setdefault(n, Extent())
            extent.add(a - _POINTERS - n * _WINDOW, size, store)
        elif _STACK_TOP - _WINDOW < a < _STACK_TOP:
            self.run.stack = max(self.run.stack, _STACK_TOP - a)
        elif not store and self.prober.is_table(a):
            self.run.tables.update(range(a - self.prober.base, a - self.prober.base + size))

    def fork(self) -> _Memory:
        raise NotImplementedError


class _Prober:
    def __init__(self, facts: Facts) -> None:
        self.facts, self.routine = facts, facts.flow.routine
        self.image = self.routine.image
        self.base = 0 if self.image.fixed_base else _IMAGE
        self.pointers = {a.n for a in facts.arguments if a.pointer}
        self.bodies = {x.head: x.body for x in facts.loops}
        self.ends = {x.head: x.arguments for x in facts.loops}
        self.deadline = time.process_time() + SECONDS
        self.stepper = Stepper(self.routine.isa, self.image, Bits(64, self.base), Bits(64, _RETURN))

    def is_table(self, address: int) -> bool:
        segment = self.image.segment_at(address - self.base)
        return segment is not None and "w" not in segment.access

    def fill_from_image(self, start: int, page: bytearray, globals_: int) -> None:
        """Put the file's bytes into a page, and a value into each global that the routine reads."""
        for s in self.image.segments:
            low, high = max(start, self.base + s.offset), min(start + PAGE, self.base + s.end)
            if low < high and s.access:
                data = self.routine.loaded(s, self.base)
                page[low - start : high - start] = data[low - self.base - s.offset : high - self.base - s.offset]
        for g in self.facts.globals:
            k = self.base + g.offset - start
            if 0 <= k <= PAGE - g.size:
                page[k : k + g.size] = (globals_ & (1 << 8 * g.size) - 1).to_bytes(g.size, "little")

    def run(self, numbers: dict[int, int], *, fill: int = 0, globals_: int = 0) -> Run:
        """One run; `numbers` gives the arguments that are no pointers."""
        found = Run()
        if time.process_time() > self.deadline:
            found.stopped = "no time is left"
            return found
        x = [Bits(64, 0)] * 31
        for n in self.pointers:
            x[n] = Bits(64, _POINTERS + n * _WINDOW)
        for n, value in numbers.items():
            x[n] = Bits(64, value)
        x[30] = Bits(64, _RETURN)
        m = Machine(
            x=x,
            sp=Bits(64, _STACK_TOP),
            v=[Bits(128, 0)] * 32,
            nzcv=NZCV.of_bits(Bits(4, 0)),
            pc=Bits(64, self.base),
            memory=_Memory(self, found, fill, globals_),
        )
        at, before, trips = self.routine.entry, -1, dict.fromkeys(self.bodies, 0)
        last: dict[int, list[int]] = {}
        try:
            for _ in range(MAX_STEPS):
                body = self.bodies.get(at)
                if body is not None:
                    trips[at] = trips[at] + 1 if before in body else 1
                    found.trips[at] = max(trips[at], found.trips.get(at, 0))
                    if trips[at] < SEEN:
                        values = [r.uint for r in m.x]
                        if trips[at] > 1:
                            for n in range(30):
                                found.steps.setdefault((at, n), set()).add(signed(values[n] - last[at][n] & M64))
                        last[at] = values
                to = self.stepper.step(m, at)
                assert not isinstance(to, Fork)
                before, at = at, to
                if at == RETURNED:
                    found.returned = True
                    break
        except ArmsymError as e:
            found.stopped = str(e)
        return found


def guess(facts: Facts) -> Guess:
    """Which argument is the length, how large the regions are and how often loops run."""
    prober = _Prober(facts)
    numbers = [a.n for a in facts.arguments if not a.pointer]
    # Lengths are what loops end by; or else what any branch or address depends on.
    ending = {n for x in facts.loops for n in x.arguments}
    candidates = [n for n in numbers if n in ending] + [n for n in numbers if n not in ending and _decides(facts, n)]
    fills = (0, 12) if any(x.loads for x in facts.loops) else (0,)
    for others in OTHERS if len(numbers) > 1 else (0,):
        for n in candidates:
            rest = {k: others for k in numbers if k != n}
            for unit in (*UNITS, others):
                if unit:
                    found = _with_unit(prober, rest, n, unit, fills)
                    if found is not None:
                        return found
    g = Guess()
    for others in (*OTHERS, 2, 128) if numbers else (0,):
        for fill in fills:
            for bits in _features(facts, wide=others in (0, OTHERS[0])):
                _merge(g, prober.run(dict.fromkeys(numbers, others), fill=fill, globals_=bits))
    g.sizes = {n: Linear(0, e.high - e.low) for n, e in g.extents.items()}
    return g


def _decides(facts: Facts, n: int) -> bool:
    a = facts.argument(n)
    return a is not None and a.decides


def _features(facts: Facts, *, wide: bool) -> list[int]:
    """Values of the globals: none, all, and each of the first bits set."""
    if not facts.globals:
        return [0]
    return [0, (1 << 64) - 1, *(1 << k for k in range(8) if wide)]


#: One way to run: what memory holds at first, and the globals.
_Way = tuple[int, int]


def _with_unit(prober: _Prober, rest: dict[int, int], n: int, unit: int, fills: tuple[int, ...]) -> Guess | None:
    """The guess if this is the length, in this unit: memory accessed grows with it, by the same amount each time."""
    ways = [(fill, bits) for fill in fills for bits in _features(prober.facts, wide=False)]
    runs: dict[_Way, dict[int, Run]] = {way: {} for way in ways}

    def run(way: _Way, k: int) -> bool:
        r = prober.run({**rest, n: unit * k}, fill=way[0], globals_=way[1])
        if r.returned:
            runs[way][k] = r
        return r.returned

    for k in MULTIPLES:
        returned = [run(way, k) for way in ways]
        if not any(returned):
            return None
        # Most units are found wrong soon.
        if k == 3 and not any(s.per > 0 for s in _sizes(runs).values()):
            return None
    per = max((x.per for x in _sizes(runs).values()), default=1)
    longer = [k for k in LONGER if k <= LONGER[1] or k * per <= LONG]
    for way in ways:
        for k in longer:
            if not run(way, k):
                break
    found = _sizes(runs)
    if not any(s.per > 0 for s in found.values()) or not all(s.exact for s in found.values()):
        return None
    # More paths, now that the length is known.
    for bits in _features(prober.facts, wide=True):
        way = (fills[0], bits)
        if way not in runs:
            runs[way] = {}
            for k in (*MULTIPLES[:4], longer[-1]):
                run(way, k)
    g = Guess(count=n, unit=unit, sizes=_sizes(runs))
    for by_length in runs.values():
        for r in by_length.values():
            _merge(g, r)
    for head in prober.bodies:
        for by_length in runs.values():
            # A loop that is not always reached may still have a fixed number of rounds when it is.
            rounds = [r.trips[head] for r in by_length.values() if r.trips.get(head)]
            if len(rounds) == 1 and n in prober.ends[head]:
                g.trips.setdefault(head, None)
            if len(set(rounds)) < 2:
                continue
            fitted = fit({k: r.trips.get(head, 0) for k, r in by_length.items()})
            if fitted.per or not fitted.exact:
                known = g.trips.get(head)
                g.trips[head] = fitted if fitted.exact and (head not in g.trips or known == fitted) else None
    none = [prober.run({**rest, n: 0}, fill=fill, globals_=bits) for fill, bits in ways]
    small = all(_span(none, p) <= max(0, s(0)) for p, s in g.sizes.items())
    g.low = 0 if all(r.returned for r in none) and small else 1
    for k, used in rest.items():
        for value in (0, 1, 5, (1 << 64) - 1):
            if not _within(g, prober.run({**rest, k: value, n: unit * 4}), 4):
                g.fixed[k] = used
    return g


def _sizes(runs: dict[_Way, dict[int, Run]]) -> dict[int, Linear]:
    """For each pointer the bytes used, whichever way a run goes."""
    found: dict[int, Linear] = {}
    for by_length in runs.values():
        for p in sorted({p for r in by_length.values() for p in r.extents}):
            new, old = fit({k: _span([r], p) for k, r in by_length.items()}), found.get(p, Linear(0, 0))
            found[p] = Linear(max(new.per, old.per), max(new.plus, old.plus), new.exact and old.exact)
    return found


def _within(g: Guess, r: Run, k: int) -> bool:
    """Whether a run returned and stayed within the sizes of the guess."""
    return r.returned and all(p in g.sizes and _span([r], p) <= g.sizes[p](k) for p in r.extents)


def _span(runs: list[Run], p: int) -> int:
    found = [r.extents[p] for r in runs if p in r.extents]
    return max((e.high for e in found), default=0) - min((e.low for e in found), default=0)


def fit(values: dict[int, int]) -> Linear:
    """The line through these values; the last one where they stop growing; else a line never below them."""
    ks = sorted(values)
    per = (values[ks[-1]] - values[ks[0]]) // (ks[-1] - ks[0]) if len(ks) > 1 else 0
    plus = values[ks[0]] - per * ks[0]
    if all(values[k] == per * k + plus for k in ks):
        return Linear(per, plus)
    tail = {values[k] for k in ks[-3:]}
    if len(tail) == 1 and len(ks) > 4:
        return Linear(0, max(values.values()))
    return Linear(max(-(-values[k] // k) for k in ks), 0, exact=False)


def _merge(g: Guess, r: Run) -> None:
    for p, e in r.extents.items():
        known = g.extents.setdefault(p, Extent(e.low, e.high, grain=e.grain))
        known.low, known.high = min(known.low, e.low), max(known.high, e.high)
        known.read, known.write = known.read or e.read, known.write or e.write
        known.grain = gcd(known.grain, e.grain)
    g.stack = max(g.stack, r.stack)
    for head, n in r.trips.items():
        g.rounds[head] = max(n, g.rounds.get(head, 0))
    for place, differences in r.steps.items():
        g.steps.setdefault(place, set()).update(differences)
    places = sorted({*r.tables, *(k for low, high in g.tables for k in range(low, high))})
    g.tables = []
    for k in places:
        if g.tables and g.tables[-1][1] == k:
            g.tables[-1] = (g.tables[-1][0], k + 1)
        else:
            g.tables.append((k, k + 1))
