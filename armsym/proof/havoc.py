"""What a loop changes: guessed from concrete runs, checked by the symbolic one.

At a loop head everything the loop writes is unknown, but for what the invariant says.  Two kinds
of unknown need no claim: what a loop restores to its value on entry, and what it changes by the
same amount each time.  Concrete runs suggest such locations; each suggestion is an invariant that
the back edge has to prove, and is dropped when it does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import count, pairwise

from armsym.bits import Bits, Prop, concat
from armsym.errors import BudgetError
from armsym.machine import Machine
from armsym.memory import ConcreteMemory
from armsym.proof.assume import Assumptions
from armsym.proof.locations import (
    FLAGS,
    REGISTERS,
    SP,
    Cell,
    Flag,
    Location,
    Place,
    V,
    Whole,
    X,
    get,
    in_order,
    put,
    registers,
)
from armsym.proof.path import Path
from armsym.symbolic_memory import SymbolicMemory, SymbolicRegion, variable
from armsym.terms.evaluate import Substitution
from armsym.terms.node import Term, Value, intern
from armsym.terms.ops import is_secret

__all__ = [
    "Havoc",
    "LoopGuess",
    "fresh_name",
    "guess_loops",
    "havoc",
    "written_by",
    "written_everywhere",
    "wrote_beyond",
]

M64 = (1 << 64) - 1

_versions = count(1)


@dataclass
class LoopGuess:
    """Locations a loop writes, and for some of them by how much each iteration changes them.

    Of the vector registers in `halves` the low half is restored.  Those in `public` depend on no secret, neither on
    entry nor after an iteration that begins so; of those in `barred` that turned out to be wrong.
    """

    writes: set[Location] = field(default_factory=set)
    strides: dict[Place, int] = field(default_factory=dict)
    halves: set[V] = field(default_factory=set)
    public: set[Place] = field(default_factory=set)
    barred: set[Place] = field(default_factory=set)

    @property
    def places(self) -> list[Place]:
        """What is written and has a value, in order; all but whole regions."""
        return [w for w in in_order(self.writes) if not isinstance(w, Whole)]

    @property
    def wholes(self) -> list[Whole]:
        """The regions of which all may be written, in order."""
        return [w for w in in_order(self.writes) if isinstance(w, Whole)]

    def with_writes(self, new: set[Location]) -> LoopGuess:
        """The guess with more locations; all of a region takes the place of its parts."""
        guess = self.copy()
        guess.writes |= new
        whole = {w.region for w in guess.wholes}
        for part in [w for w in guess.writes if isinstance(w, Cell) and w.region in whole]:
            guess.writes.discard(part)
            guess.strides.pop(part, None)
        # What concrete runs did not show to change may well be restored: worth one try.
        for where in new & guess.writes:
            if not isinstance(where, (Whole, Flag)):
                guess.strides[where] = 0
        return guess

    def per(self, step: int) -> LoopGuess:
        """The guess with the strides of one unit of an index that counts in steps; those that divide."""
        guess = self.copy()
        signed = {w: s - (1 << 64) if s >> 63 else s for w, s in self.strides.items()}
        guess.strides = {w: s // step & M64 for w, s in signed.items() if s % step == 0}
        return guess

    def after(self, earlier: LoopGuess) -> LoopGuess:
        """What another case of the proof found out about the loop, and beyond that this guess."""
        guess = earlier.with_writes(self.writes - earlier.writes)
        guess.strides |= {w: s for w, s in self.strides.items() if w in guess.writes - earlier.writes}
        return guess

    def copy(self) -> LoopGuess:
        """An independent copy."""
        return LoopGuess(set(self.writes), dict(self.strides), set(self.halves), set(self.public), set(self.barred))


@dataclass
class Havoc:
    """A loop head's state: which unknowns stand where, and what the engine assumed by itself."""

    guess: LoopGuess
    base: dict[Place, Bits]
    unknowns: dict[int, Place]
    regions: dict[str, SymbolicRegion]
    dit: Bits

    def settle(self, m: Machine, a: Assumptions) -> None:
        """Put what the claims said in place of the unknowns."""
        for where in self.guess.places:
            now = get(m, self.regions, where)
            v = now.value
            if isinstance(v, Term):
                new = a.apply(v)
                if new is not v:
                    put(m, self.regions, where, Bits(now.width, new))

    def transfer(self, shadow: Machine, m: Machine, a: Assumptions, drop: Collection[Location]) -> None:
        """Put into `m` what the claims said of the unknowns of `shadow`; all else stays as it is in `m`.

        Of the locations in `drop` nothing stays: what no claim names is unknown.
        """
        kept: dict[Term, Value] = {}
        for where in self.guess.places:
            if where in drop:
                continue
            unknown = get(shadow, self.regions, where).value
            assert isinstance(unknown, Term)
            kept[unknown] = get(m, self.regions, where).value
        # The part of an unknown that no claim names is still what was computed.
        back = {new: kept[old] for new, old in a.renamed.items() if old in kept}
        settled = Substitution({**kept, **back})
        for where in self.guess.places:
            unknown = get(shadow, self.regions, where).value
            assert isinstance(unknown, Term)
            said = a.values.get(unknown)
            if said is not None or where in drop:
                put(m, self.regions, where, Bits(unknown.width, settled(unknown if said is None else said)))

    def suspects(self, secrets: Collection[Term]) -> LoopGuess | None:
        """The guess that what the secret terms stand for at the head is public; None unless all may be."""
        places = [self.unknowns.get(t.id) for t in secrets]
        found = {p for p in places if p is not None and not isinstance(p, Flag)}
        if (
            len(found) < len(places)
            or not found
            or found & self.guess.barred
            or any(is_secret(self.base[p].value) for p in found)
        ):
            return None
        new = self.guess.copy()
        new.public |= found
        return new

    def not_public(self, m: Machine) -> LoopGuess | None:
        """The guess without what was taken for public and depends on a secret at this arrival; None if nothing does."""
        wrong = {w for w in self.guess.public if is_secret(get(m, self.regions, w).value)}
        if not wrong:
            return None
        new = self.guess.copy()
        new.public -= wrong
        new.barred |= wrong
        return new

    def expected(self, where: Place, index: Bits) -> Bits:
        """The value of a location with a stride in iteration `index`."""
        base, stride = self.base[where], self.guess.strides[where]
        return base + index * Bits(64, stride) if stride else base

    def stated(self, m: Machine, claim: Prop) -> LoopGuess | None:
        """The guess without what was inferred of a location that the claim equates with something else."""
        sides = [intern(s.value) for s in claim.sides or () if isinstance(s.value, Term)]
        for where in self.guess.strides:
            v = get(m, self.regions, where).value
            if isinstance(v, Term) and intern(v) in sides:
                new = self.guess.copy()
                del new.strides[where]
                return new
        return None

    def wrong_candidates(self, path: Path, index: Bits, step: int) -> LoopGuess | None:
        """The guess without the strides that do not hold at this arrival; None if all do.

        What was only tried for being restored, and turns out to change by a constant, gets that stride.
        """
        wrong: dict[Place, int] = {}
        for where, stride in self.guess.strides.items():
            now = get(path.machine, self.regions, where)
            # (What the path found equal to something else may stand so in its registers.)
            expected = self.expected(where, index)
            either = [(now == e).value for e in (expected, path.settled(expected))]
            if True in either:
                continue
            # A difference that mentions secrets is not worth a solver call: cursors are public.
            open_ = [v for v in dict.fromkeys(either) if not isinstance(v, bool) and not is_secret(v)]
            if not any(path.knowledge.decide(v) == 1 for v in open_):
                change = (now - path.settled(self.base[where])).value if not stride else None
                wrong[where] = change if isinstance(change, int) and now.width == 64 else 0
        after, base = path.machine.v, self.base
        parted = {w for w in self.guess.halves if (after[w.n][63:0] == base[w][63:0]).value is not True}
        if not wrong and not parted:
            return None
        new = self.guess.copy()
        new.halves -= parted
        for where in wrong:
            del new.strides[where]
            if isinstance(where, V):
                new.halves.add(where)  # half of it may still be (the part that AAPCS64 preserves)
        changes = LoopGuess(strides={where: change for where, change in wrong.items() if change})
        new.strides |= changes.per(step).strides
        return new


def fresh_name(region: str) -> str:
    """A name for content of a region that is unknown from here on: no other unknown content has it."""
    return f"{region}'{next(_versions)}"


def havoc(m: Machine, guess: LoopGuess, index: Bits) -> Havoc:
    """Forget what the loop writes; in place, on a machine at the loop head."""
    memory = m.memory
    assert isinstance(memory, SymbolicMemory)
    h = Havoc(guess, {}, {}, {r.name: r for r in memory.regions}, m.dit)
    for where in guess.places:
        h.base[where] = get(m, h.regions, where)
    for whole in guess.wholes:
        # A new name each time: what is unknown here is not what was unknown elsewhere.
        memory.forget(h.regions[whole.region], fresh_name(whole.region))
    for where in guess.places:
        if where in guess.strides:
            put(m, h.regions, where, h.expected(where, index))
            continue
        # (The loop may be entered from elsewhere, where what was found to be public before is not.)
        public = where in guess.public and not is_secret(h.base[where].value)
        fresh = variable(str(where), h.base[where].width, secret=not public)
        assert isinstance(fresh.value, Term)
        h.unknowns[fresh.value.id] = where
        if where in guess.halves:
            fresh = concat(fresh[127:64], h.base[where][63:0])
        put(m, h.regions, where, fresh)
    return h


def written_everywhere(path: Path) -> set[Location]:
    """All registers and flags, and all cells at known offsets that were ever stored to."""
    found: set[Location] = {*REGISTERS, *FLAGS}
    for r in path.memory.regions:
        for layer in path.memory.overlays[r.name]:
            if layer.symbolic is None:
                found |= {Cell(r.name, k - k % r.cell) for k in layer.bytes}
    return found


def written_by(path: Path) -> set[Location]:
    """What the path wrote since its log and its machine's notes were last cleared."""
    m = path.machine
    found = registers(m.written_x, m.written_v, flags=m.written_flags)
    for a in path.memory.log:
        if not a.store:
            continue
        if a.symbolic is not None:
            found.add(Whole(a.region.name))
            continue
        cell = a.region.cell
        for k in range(a.constant - a.constant % cell, a.constant + a.size, cell):
            found.add(Cell(a.region.name, k))
    for c in path.memory.changes:
        found.add(Whole(c.region.name) if c.offset is None else Cell(c.region.name, c.offset))
    return found


def wrote_beyond(path: Path, h: Havoc, earlier: set[Location], head: Machine, step: int) -> LoopGuess | None:
    """A larger guess if the path, or what came `earlier` in the iteration, wrote something outside of it.

    What the path changed by a constant since `head`, the machine where it began, gets that stride.
    """
    if path.machine.dit is not h.dit:
        raise BudgetError("a loop that writes PSTATE.DIT is not supported")
    whole = {w.region for w in h.guess.wholes}
    written = (written_by(path) | earlier) - h.guess.writes
    new = {w for w in written if not isinstance(w, Cell) or w.region not in whole}
    if not new:
        return None
    guess = h.guess.with_writes(new)
    changes = LoopGuess()
    for where in [w for w in guess.strides if w in new]:
        now, was = get(path.machine, h.regions, where), path.settled(get(head, h.regions, where))
        change = (now - was).value
        if isinstance(change, int) and (now.width == 64 or not change):
            changes.strides[where] = change
        del guess.strides[where]
        if isinstance(where, V) and where not in changes.strides and (now[63:0] - was[63:0]).value == 0:
            guess.halves.add(where)
    guess.strides |= changes.per(step).strides
    return guess


def guess_loops(runs: Iterable[dict[int, list[list[Machine]]]], cells: dict[str, int]) -> dict[int, LoopGuess]:
    """Guesses for each loop head from the arrivals of several concrete runs.

    `cells` gives the cell size of each region of fixed size that may be written; 0 for one that is written as a whole.
    """
    arrivals: dict[int, list[list[Machine]]] = {}
    for heads in runs:
        for head, entries in heads.items():
            for machines in entries:
                if len(machines) > 1:
                    arrivals.setdefault(head, []).append(machines)
    return {head: _guess(runs_, cells) for head, runs_ in arrivals.items()}


def _guess(runs: list[list[Machine]], cells: dict[str, int]) -> LoopGuess:
    g = LoopGuess()
    x = v = 0
    flags = False
    for machines in runs:
        for m in machines[1:]:
            x |= m.written_x
            v |= m.written_v
            flags |= m.written_flags
    for where in in_order(registers(x, v, flags=flags)):
        g.writes.add(where)
        if isinstance(where, V):
            if all(len({m.v[where.n].uint for m in machines}) == 1 for machines in runs):
                g.strides[where] = 0
        elif isinstance(where, Flag):
            pass  # what the claims do not say of it is unknown
        elif isinstance(where, X):
            _stride(g, where, [[m.x[where.n].uint for m in machines] for machines in runs])
        else:
            assert where is SP
            _stride(g, SP, [[m.sp.uint for m in machines] for machines in runs])
    _guess_memory(g, runs, cells)
    return g


def _guess_memory(g: LoopGuess, runs: list[list[Machine]], cells: dict[str, int]) -> None:
    """Cells of the regions named in `cells` that differ between arrivals."""
    for name, cell in cells.items():
        data: list[list[bytes]] = []
        for machines in runs:
            row = []
            for m in machines:
                assert isinstance(m.memory, ConcreteMemory)
                row += [bytes(r.data) for r in m.memory.regions if r.name == name]
            data.append(row)
        if not cell:
            if any(len(set(row)) > 1 for row in data):
                g.writes.add(Whole(name))
            continue
        length = min((len(d) for row in data for d in row), default=0)
        for k in range(0, length - cell + 1, cell):
            words = [[int.from_bytes(d[k : k + cell], "little") for d in row] for row in data]
            if any(len(set(w)) > 1 for w in words):
                g.writes.add(Cell(name, k))
                if cell == 8:
                    _stride(g, Cell(name, k), words)


def _stride(g: LoopGuess, where: Place, values: list[list[int]]) -> None:
    steps = {(b - a) & M64 for row in values for a, b in pairwise(row)}
    if len(steps) == 1:
        g.strides[where] = steps.pop()
