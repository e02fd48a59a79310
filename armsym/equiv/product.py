"""All paths of two routines, pair by pair: wherever one goes, the other is shown to do the same.

From a pair of places the first is followed on all its paths to the next pair of loop heads, or its return; from each of
these the second, under the same facts.  So each input takes one pair of paths, and none is left out.  At
loop heads that both reach together an arbitrary iteration is looked at, of which only a relation is known
(`armsym.equiv.relation`).  As both go from pair to pair together, either both return or neither does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from armsym.bits import Bits, Prop
from armsym.bits.opaque import definitions_of
from armsym.discharge import algebra
from armsym.discharge.z3_bridge import Model
from armsym.equiv.entry import Case, Side
from armsym.equiv.outputs import Outputs
from armsym.equiv.relation import Bound, Guess, Heads, Location, Samples, Spec, fits, fresh, get, put, width_of
from armsym.errors import ArmsymError, BudgetError, MemoryFault
from armsym.isa import InstructionSet
from armsym.machine import Machine
from armsym.proof.folds import FoldValues
from armsym.proof.path import Knowledge, NeedSplit, Path
from armsym.proof.symbolic import SymbolicProof
from armsym.simulator.memory import CheckedMemory
from armsym.stepper import RETURNED, Fork, Stepper, describe_stop
from armsym.symbolic_memory import SymbolicRegion, variable
from armsym.terms import new_table, ops, show
from armsym.terms.evaluate import free_terms
from armsym.terms.node import App, intern, node_count, ones
from armsym.terms.walk import size

__all__ = ["Limits", "Parted", "Product"]

#: Equations of more terms than this are not given to the solver.
SOLVER_LIMIT = 600
#: Nor such of more terms about what a loop changes: cursors and counters are small.
SMALL = 60
#: Passes over all paths until the relations hold.
PASSES = 48

_versions = count(1)


@dataclass(frozen=True)
class Limits:
    """How far paths are followed: instructions on one stretch, paths, terms, seconds, milliseconds of the solver.

    `states` are those looked at side by side.
    """

    steps: int = 200_000
    paths: int = 400
    terms: int = 4_000_000
    seconds: float = 120.0
    solver_ms: int = 2000
    states: int = 100_000


class Parted(Exception):
    """The two are not shown to do the same; `model` may be of an input that shows that they do not."""

    def __init__(self, why: str, model: Model | None = None) -> None:
        super().__init__(why)
        self.model = model


@dataclass(frozen=True)
class _Frame:
    """A loop of which an arbitrary iteration `i` is looked at: the values on entry, and what was assumed."""

    heads: Heads
    guess: Guess
    base: dict[Location, Bits]
    distances: tuple[Bits | None, ...]
    i: Bits
    dit: tuple[Bits, Bits]


@dataclass
class _Item:
    """A pair of states to go on from, and the loops they are in, outermost first."""

    machines: tuple[Machine, Machine]
    knowledge: Knowledge
    at: tuple[int, int]
    frames: tuple[_Frame, ...]


@dataclass
class _End:
    """Where a path of one side came to."""

    path: Path
    at: int


@dataclass
class Product:
    """The comparison of two routines for one case of what is declared.  `run` raises `Parted` unless they are equal."""

    case: Case
    isa: InstructionSet
    outputs: Outputs
    samples: dict[Heads, Samples]
    limits: Limits = field(default_factory=Limits)
    #: Whether paths part at CSEL and the like, too.
    choices: bool = False

    def __post_init__(self) -> None:
        self._cuts = {a for a, _ in self.samples}, {b for _, b in self.samples}
        self._guesses: dict[Heads, Guess] = {}
        self._next: dict[Heads, Guess] = {}
        self._changed: list[str] = []
        self.steps = self.paths = self.passes = 0
        #: The offsets of the instructions executed, by side.
        self.executed: tuple[set[int], set[int]] = (set(), set())

    # -- the whole ----------------------------------------------------------------------------

    def run(self) -> None:
        """Follow all pairs of paths; again with weaker relations while some do not hold."""
        self._deadline = time.monotonic() + self.limits.seconds
        last = ""
        for _ in range(PASSES):
            self.passes += 1
            self._changed, self._next = [], {h: g.copy() for h, g in self._guesses.items()}
            try:
                self._pass()
            except BudgetError as e:
                raise Parted(str(e)) from None
            if not self._changed:
                return
            last = self._changed[-1]
            self._guesses = self._next
        raise Parted(f"no relation between the loops found in {PASSES} attempts (last: {last})")

    def _pass(self) -> None:
        new_table()
        self._terms = node_count()
        p, machines, places = self.case.symbolic()
        self._p = p
        stack = p.stack_region
        assert stack is not None
        self._stack: SymbolicRegion = stack
        #: Where SP on entry lies in that region.
        self._top = self.case.phase.rest - stack.bias
        self._steppers = [
            Stepper(self.isa, side.image, where, p.lr0) for side, where in zip(self.case.sides, places, strict=True)
        ]
        self.paths = 0
        facts = Knowledge([], self.limits.solver_ms)
        for f in p.facts:
            facts.add(f)
        todo = [_Item(machines, facts, (self.case.sides[0].entry, self.case.sides[1].entry), ())]
        parted: Parted | None = None
        while todo:
            item = todo.pop()
            try:
                for end in self._ends(item):
                    try:
                        todo += self._arrived(end)
                    except Parted as e:
                        parted = parted or e
            except Parted as e:
                parted = parted or e
            if parted is not None and self._changed:
                return  # with weaker relations it may be otherwise
        if parted is not None:
            raise parted

    def _ends(self, item: _Item) -> Iterator[_Item]:
        """The pairs of states in which the two are at their next heads, or have returned."""
        (a, b), frames = item.machines, item.frames
        for first in self._follow(0, a, item.knowledge, item.at[0]):
            for second in self._follow(1, b.fork(), first.path.knowledge.fork(), item.at[1]):
                knowledge = second.path.knowledge
                here = Path(first.path.machine.fork(), knowledge, first.at, FoldValues())
                yield _Item((here.machine, second.path.machine), knowledge, (first.at, second.at), frames)

    @property
    def assumptions(self) -> list[str]:
        """What the instructions executed take for granted of the core."""
        found = {
            self.isa.decode(side.image.word(at)).assumption()
            for side, places in zip(self.case.sides, self.executed, strict=True)
            for at in places
        }
        return sorted(a for a in found if a is not None)

    @property
    def declared(self) -> SymbolicProof:
        """What is declared, in the terms of the last pass."""
        return self._p

    # -- one side -----------------------------------------------------------------------------

    def _where(self, side: int, at: int) -> str:
        return "its return" if at == RETURNED else f"{at:#x} <{self.case.sides[side].image.symbolize(at)}>"

    def _stop(self, side: int, e: ArmsymError) -> Parted:
        which: Side = self.case.sides[side]
        return Parted(f"{('the first', 'the second')[side]}: {describe_stop(e, which.image, self.isa)}")

    def _follow(self, side: int, m: Machine, knowledge: Knowledge, at: int) -> Iterator[_End]:
        """All paths of one side from here to a head or its return."""
        memory = m.memory
        assert isinstance(memory, CheckedMemory)
        memory.log.clear()
        memory.accesses.clear()
        todo = [Path(m, knowledge, at, FoldValues())]
        while todo:
            path = todo.pop()
            while True:
                if path.at == RETURNED or (path.steps and path.at in self._cuts[side]):
                    yield _End(path, path.at)
                    break
                others = self._step(side, path)
                if others:
                    self.paths += len(others)
                    if self.paths > self.limits.paths:
                        raise BudgetError(f"more than {self.limits.paths} paths, at {self._where(side, path.at)}")
                    todo += others

    def _step(self, side: int, path: Path) -> list[Path]:
        """One instruction; the paths that part from this one."""
        self.steps += 1
        path.steps += 1
        if path.steps > self.limits.steps:
            raise BudgetError(f"{path.steps} instructions on one path, at {self._where(side, path.at)}")
        if not self.steps & 0x3F:
            if node_count() - self._terms > self.limits.terms:
                raise BudgetError(f"more than {self.limits.terms} terms, at {self._where(side, path.at)}")
            if time.monotonic() > self._deadline:
                raise BudgetError(f"more than {self.limits.seconds:g} s, at {self._where(side, path.at)}")
        m, memory, at = path.machine, path.memory, path.at
        self.executed[side].add(at)
        assert isinstance(memory, CheckedMemory)
        memory.at = at
        memory.begin()
        x, sp, v, nzcv, dit = m.x[:], m.sp, m.v[:], m.nzcv, m.dit
        oracle = ops.set_oracle(path.known_or_split if self.choices else None)
        try:
            to = self._steppers[side].step(m, at)
        except NeedSplit as split:
            m.x, m.sp, m.v, m.nzcv, m.dit = x, sp, v, nzcv, dit
            memory.take_back()
            return self._part(path, Prop(split.cond), at, at)
        except BudgetError:
            raise
        except ArmsymError as e:
            raise self._stop(side, e) from None
        finally:
            ops.set_oracle(oracle)
        if isinstance(to, Fork):
            return self._part(path, to.cond, to.taken, to.otherwise)
        path.at = to
        return []

    def _part(self, path: Path, cond: Prop, taken: int, otherwise: int) -> list[Path]:
        v = cond.bit.value
        known = v if isinstance(v, int) else path.knowledge.decide(v)
        if known is not None:
            path.at = taken if known else otherwise
            return []
        other = path.fork()
        path.knowledge.add(cond.bit.value)
        other.knowledge.add((~cond).bit.value)
        path.at, other.at = taken, otherwise
        return [other]

    # -- comparing ----------------------------------------------------------------------------

    def _shown(
        self, knowledge: Knowledge, claim: Prop, *, quick: bool = False, limit: int = SOLVER_LIMIT
    ) -> tuple[bool, Model | None]:
        """Whether a condition holds wherever the facts do; a model where not.  `quick` is by its form alone."""
        v = claim.value
        if isinstance(v, bool):
            return (True, None) if v else (knowledge.solver().implies(0, self.limits.solver_ms).holds is True, None)
        if quick:
            return False, None
        if claim.sides is not None and algebra.speaks_of_products(*(s.value for s in claim.sides)):
            a, b = claim.sides
            # An opaque function with two definitions is none: that they agree is not shown here.
            doubtful = any(len(definitions_of(t)) > 1 for t in free_terms(v) if isinstance(t, App))
            return not doubtful and algebra.equal(a.width, a.value, b.value)[0] is True, None
        if size(v) > limit:
            return False, None
        out = knowledge.prove(v, self.limits.solver_ms)
        return out.holds is True, out.model

    def _returned(self, item: _Item) -> None:
        a, b = item.machines
        for name, u, w in self.outputs.pairs(a, b):
            shown, model = self._shown(item.knowledge, u == w)
            if not shown:
                raise Parted(f"on return {name} is {_text(u)} and {_text(w)}", model or self._witness(item.knowledge))
        for r in self._writable():
            low = self._top if r is self._stack else None
            self._same_content(item, r, f"on return {r.name}", low)

    def _witness(self, knowledge: Knowledge) -> Model | None:
        return knowledge.solver().witness(self.limits.solver_ms)

    def _writable(self) -> list[SymbolicRegion]:
        return [r for r in self._p.declared_regions if "w" in r.access]

    def _same_content(self, item: _Item, r: SymbolicRegion, what: str, low: int | None = None) -> None:
        """Raises `Parted` unless all that either wrote to a region, from offset `low` up, is the same in both."""
        memories = [m.memory for m in item.machines]
        ma, mb = memories
        assert isinstance(ma, CheckedMemory)
        assert isinstance(mb, CheckedMemory)
        #: Whether the region has anything from `low` up.
        beyond = low is None or not isinstance(r.size.value, int) or low < r.size.value
        if ma.beneath.get(r.name) is not mb.beneath.get(r.name):
            if not beyond:
                return
            raise Parted(f"{what}: its content was not shown to be the same")
        seen: set[tuple[int, int, int]] = set()
        for m in (ma, mb):
            for layer in m.overlays[r.name]:
                for start, length in _stretches(layer.bytes):
                    k, n = start, length
                    if low is not None and layer.symbolic is None:
                        k, n = max(start, low), start + length - max(start, low)
                    elif low is not None and not beyond:
                        continue
                    if n <= 0:
                        continue
                    key = (0 if layer.symbolic is None else intern(layer.symbolic).id, k, n)
                    if key in seen:
                        continue
                    seen.add(key)
                    try:
                        u, w = (x.peek(r, layer.symbolic, k, n) for x in (ma, mb))
                    except MemoryFault as e:
                        raise Parted(f"{what}: {e}") from None
                    shown, model = self._shown(item.knowledge, u == w)
                    if not shown:
                        place = f"{n} bytes at {layer.symbolic if layer.symbolic is not None else 0}{k:+#x}"
                        raise Parted(
                            f"{what}: {place} are {_text(u)} and {_text(w)}", model or self._witness(item.knowledge)
                        )

    # -- loops --------------------------------------------------------------------------------

    def _arrived(self, item: _Item) -> list[_Item]:
        """What comes of two states at their ends: the states from which to go on."""
        a, b = item.at
        if a == b == RETURNED:
            self._returned(item)
            return []
        if RETURNED in (a, b) or (a, b) not in self.samples:
            if item.knowledge.solver().implies(0, self.limits.solver_ms).holds is True:
                return []  # no input takes this pair of paths
            raise Parted(
                f"they part: the first reaches {self._where(0, a)} where the second reaches {self._where(1, b)}",
                self._witness(item.knowledge),
            )
        for depth in reversed(range(len(item.frames))):
            if item.frames[depth].heads == (a, b):
                self._again(item, depth)
                return []
        return self._enter(item)

    def _change(self, heads: Heads, why: str) -> Guess:
        self._changed.append(why)
        return self._next.setdefault(heads, self._guess(heads).copy())

    def _guess(self, heads: Heads) -> Guess:
        found = self._guesses.get(heads)
        if found is None:
            samples = self.samples[heads]
            found = Guess(bounds=samples.bounds(len(self._p._d.invariants)))
            found.specs = {where: samples.spec(where) for where in found.locations()}
            self._guesses[heads] = self._next[heads] = found
            self._next[heads] = found.copy()
        return found

    def _distance(self, b: Bound, base: dict[Location, Bits]) -> Bits | None:
        if b.down is None:
            inv = self._p._d.invariants[b.upto]
            return inv.upto if inv.step == 1 else None
        return base[b.down] if b.to is None else base[b.to] - base[b.down]

    def _enter(self, item: _Item) -> list[_Item]:
        """An arbitrary iteration of the loops that both have come to."""
        if len(item.frames) >= 8:
            raise BudgetError(f"more than 8 loops within each other, at {self._where(0, item.at[0])}")
        heads = item.at
        guess = self._guess(heads)
        self._note_stores(item)
        base = {w: get(item.machines[w[0]], w, self._stack, self._top) for w in guess.locations()}
        distances = tuple(self._distance(b, base) for b in guess.bounds)
        zero = Bits(64, 0)
        self._check_groups(item, heads, guess, base)
        self._check_bounds(item, heads, guess, distances, zero)
        for r in self._regions(guess):
            self._same_content(
                item, r, f"at the loops {self._where(0, heads[0])} and {self._where(1, heads[1])}: {r.name}"
            )
        machines = item.machines[0].fork(), item.machines[1].fork()
        knowledge = item.knowledge.fork()
        i = self._index(guess, distances)
        for b, d in zip(guess.bounds, distances, strict=True):
            if d is not None:
                knowledge.add(b.holds(i, d).bit.value)
        self._forget(machines, guess)
        groups: dict[object, tuple[Bits, int]] = {}
        for where in guess.locations():
            spec = guess.specs[where]
            if spec.stride is not None:
                value = base[where] + i * Bits(64, spec.stride) if spec.stride else base[where]
            else:
                value = fresh(spec, where, groups)
            if value is not base[where]:
                put(machines[where[0]], where, value, self._stack, self._top)
        dit = machines[0].dit, machines[1].dit
        frame = _Frame(heads, guess, base, distances, i, dit)
        return [_Item(machines, knowledge, heads, (*item.frames, frame))]

    def _index(self, guess: Guess, distances: tuple[Bits | None, ...]) -> Bits:
        """An arbitrary number of an iteration, with no more bits than the bounds that will be shown leave it."""
        possible = ones(64)
        for b, d in zip(guess.bounds, distances, strict=True):
            limit = None if d is None else b.limit(d)
            if limit is not None:
                v = limit.value
                bits = (v if isinstance(v, int) else intern(v).pb).bit_length()
                possible = min(possible, ones(max(bits, 1)))
        return variable("i", 64, secret=False, possible=possible)

    def _regions(self, guess: Guess) -> list[SymbolicRegion]:
        return [r for r in self._writable() if r.name in guess.written]

    def _forget(self, machines: tuple[Machine, Machine], guess: Guess) -> None:
        for r in self._regions(guess):
            memories = [m.memory for m in machines]
            assert all(isinstance(m, CheckedMemory) for m in memories)
            memories[0].forget(r, f"{r.name}'{next(_versions)}")  # type: ignore[attr-defined]
            memories[1].overlays[r.name] = []  # type: ignore[attr-defined]
            memories[1].beneath[r.name] = memories[0].beneath[r.name]  # type: ignore[attr-defined]
        for side, m in enumerate(machines):
            if guess.stack[side]:
                assert isinstance(m.memory, CheckedMemory)
                m.memory.forget(self._stack, f"stack'{next(_versions)}")

    def _again(self, item: _Item, depth: int) -> None:
        """After an arbitrary iteration: what was taken of the loop holds of the next one."""
        frame = item.frames[depth]
        heads, guess = frame.heads, frame.guess
        self._note_stores(item)
        for m, dit in zip(item.machines, frame.dit, strict=True):
            if (m.dit == dit).value is not True:
                raise Parted("a loop writes PSTATE.DIT")
        now = {w: get(item.machines[w[0]], w, self._stack, self._top) for w in guess.locations()}
        after = frame.i + 1
        for where, spec in guess.specs.items():
            if spec.stride is None or where not in now:
                continue
            expected = frame.base[where] + after * Bits(64, spec.stride) if spec.stride else frame.base[where]
            # A difference of vectors is data: not worth the solver's time.
            if not self._shown(item.knowledge, now[where] == expected, quick=where[1] in "vf", limit=SMALL)[0]:
                change = self._change(heads, f"{_named(where)} does not change by {spec.stride} each time")
                change.specs[where] = self.samples[heads].grouped(where)
        self._check_groups(item, heads, guess, now)
        self._check_bounds(item, heads, guess, frame.distances, after)
        for r in self._regions(guess):
            self._same_content(
                item, r, f"at the loops {self._where(0, heads[0])} and {self._where(1, heads[1])}: {r.name}"
            )

    def _check_groups(self, item: _Item, heads: Heads, guess: Guess, now: dict[Location, Bits]) -> None:
        """The locations of a group hold one value; those that do not are put into a group of their own."""
        groups: dict[tuple[object, int], list[Location]] = {}
        for where in now:
            spec = guess.specs[where]
            if spec.stride is None:
                groups.setdefault((spec.group, spec.mask), []).append(where)
        for (group, _), members in groups.items():
            first = members[0]
            value = self._of_group(guess.specs[first], now[first])
            for where in members:
                spec = guess.specs[where]
                if not fits(now[where], spec.mask):
                    change = self._change(heads, f"{_named(where)} has more bits than {spec.mask:#x}")
                    for m, old in change.specs.items():
                        if old.stride is None and old.group == group:
                            change.specs[m] = replace(old, mask=ones(width_of(m)))
                    break
            apart = []
            for where in members[1:]:
                other = self._of_group(guess.specs[where], now[where])
                if (
                    other is value
                    or self._shown(item.knowledge, value == other, quick=where[1] in "vf", limit=SMALL)[0]
                ):
                    continue
                apart.append(where)
            if apart:
                change = self._change(heads, f"{_named(first)} and {_named(apart[0])} do not hold the same")
                new = ("split", next(_versions))
                for where in apart:
                    if change.specs[where].group == group:
                        change.specs[where] = replace(change.specs[where], group=new)

    @staticmethod
    def _of_group(spec: Spec, value: Bits) -> Bits:
        return value - Bits(value.width, spec.shift) if spec.shift else value

    def _check_bounds(
        self, item: _Item, heads: Heads, guess: Guess, distances: tuple[Bits | None, ...], i: Bits
    ) -> None:
        for b, d in zip(guess.bounds, distances, strict=True):
            if d is None or not self._shown(item.knowledge, b.holds(i, d))[0]:
                change = self._change(heads, f"a bound of the iterations does not hold ({b})")
                change.bounds = tuple(x for x in change.bounds if x != b)

    def _note_stores(self, item: _Item) -> None:
        """What was stored since the last heads, each loop that it happened in has to forget."""
        for frame in item.frames:
            g = frame.guess
            for side, m in enumerate(item.machines):
                memory = m.memory
                assert isinstance(memory, CheckedMemory)
                for a in memory.log:
                    if not a.store:
                        continue
                    if a.region is not self._stack:
                        if a.region.name not in g.written:
                            change = self._change(frame.heads, f"the loop writes {a.region.name}")
                            change.written |= {a.region.name}
                        continue
                    if g.stack[side]:
                        continue
                    if a.symbolic is not None:
                        change = self._change(frame.heads, "the loop writes to the stack at unknown offsets")
                        change.stack = (change.stack[0] or side == 0, change.stack[1] or side == 1)
                        continue
                    first = a.constant - self._top
                    cells = set(range(first - first % 8, first + a.size, 8))
                    if not cells <= g.cells[side]:
                        change = self._change(frame.heads, "the loop writes more of the stack")
                        both = [set(c) for c in change.cells]
                        for k in cells - both[side]:
                            where = (side, "s", k)
                            change.specs[where] = self.samples[frame.heads].spec(where)
                        both[side] |= cells
                        change.cells = (frozenset(both[0]), frozenset(both[1]))


def _stretches(data: dict[int, tuple[Bits, int]]) -> Iterator[tuple[int, int]]:
    """(offset, bytes) of each stretch of one stored value."""
    at = sorted(data)
    k = 0
    while k < len(at):
        n = 1
        value, start = data[at[k]]
        while k + n < len(at) and at[k + n] == at[k] + n:
            other, j = data[at[k + n]]
            if other is not value or j != start + n:
                break
            n += 1
        yield at[k], n
        k += n


def _named(where: Location) -> str:
    side, kind, n = where
    name = f"SP{n:+d}" if kind == "s" else "SP" if kind == "sp" else "NZCV"[n] if kind == "f" else f"{kind}{n}"
    return f"{name} of the {('first', 'second')[side]}"


def _text(b: Bits) -> str:
    text = hex(b.value) if isinstance(b.value, int) else show(b.value, 4)
    return text if len(text) < 300 else text[:300] + " ..."
