"""Joins: paths that come to one point, from a buffer's end in many ways, go on as one.

What is claimed is proved of each path that comes there.  When all have come, one goes on, of which of all that any of
them changed no more is known than what is claimed; so it stands for each of them.  It goes on once, and no path may
come there later: then the point could be passed again and again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from armsym.bits import Bits
from armsym.proof.engine.loop_rule import arbitrary
from armsym.proof.engine.return_rule import check_accesses_in_bounds
from armsym.proof.engine.run import Ended, Origin, Run, Stopped, indices
from armsym.proof.engine.stack_rule import sp_is_known
from armsym.proof.havoc import Havoc, LoopGuess
from armsym.proof.locations import FLAGS, Cell, Location, V, Whole, X, get, put
from armsym.proof.path import Path
from armsym.proof.result import Status
from armsym.proof.statement import Invariant, Join
from armsym.symbolic_memory import variable
from armsym.terms.evaluate import Occurrences, free_terms
from armsym.terms.node import Term, Value, intern, ones

__all__ = ["Meeting", "arrive", "go_on"]


@dataclass
class Meeting:
    """What the paths that came to a join have in common, and whether one went on from there."""

    join: Join
    sp: Bits | None = None
    #: What any of them changed since the entry.
    changed: set[Location] = field(default_factory=set)
    #: Where all of them hold what a register held on entry, and that: what they are going to restore.
    saved: dict[Cell, Value] = field(default_factory=dict)
    left: bool = False


def arrive(run: Run, path: Path, meeting: Meeting, origin: Origin | None) -> Ended | Stopped:
    """Prove the claims of a path that has come to a join; what it changed adds to what is unknown from there on."""
    j, m = meeting.join, path.machine
    run.reached.add(j.at)
    why = _cannot_meet(run, path, meeting)
    if why:
        run.ledger.record("termination", f"{j.name}: paths only meet there", Status.UNDECIDED, detail=why)
        return Stopped()
    check_accesses_in_bounds(run, path)
    # A variable known to be the index, so that the claims proved here are the very ones assumed afterwards.
    i = _index(path, j)
    assert isinstance(i.value, Term)
    path.knowledge.add((i == j.index).bit.value)
    path.values = path.values | {i.value: path.settled(j.index).value}
    with run.under(path, *indices(origin), Bits(64, 0)):
        run.ledger.check(path, lambda s: j.claims(s, i), "invariant", f"{j.name}: ")
    meeting.changed |= _changed(run, path)
    saved = _saved(run, path, meeting.changed)
    if meeting.sp is None:
        meeting.sp, meeting.saved = m.sp, saved
    meeting.saved = {cell: v for cell, v in meeting.saved.items() if cell in saved and saved[cell] is v}
    return Ended()


def go_on(run: Run, start: Path, meeting: Meeting) -> tuple[Origin, Path] | Stopped:
    """The path that goes on: `start`, at the entry, but for what others changed, of which the claims are known."""
    meeting.left = True
    whole = {w.region for w in meeting.changed if isinstance(w, Whole)}
    # (Flags are as some path left them: of those nothing is known but what is claimed.)
    changed = {w for w in meeting.changed if not isinstance(w, Cell) or w.region not in whole} | {*FLAGS}
    # No path comes back to show that what is unknown here depends on no secret.
    j, guess = meeting.join, LoopGuess(changed, barred={w for w in changed if not isinstance(w, Whole)})
    assert meeting.sp is not None
    inv = Invariant(j.at, j.index, True, j.claims, j.name)
    why = "no set of changes found"
    # Each attempt but the first knows of one more buffer that a claim states.
    for _ in range(1 + len(start.memory.regions)):
        here = run.watched(start.fork())
        here.machine.sp = meeting.sp
        i = _index(here, j)
        here.knowledge.add((i == j.index).bit.value)
        with run.under(here, i):
            _put_lengths(run, here, i, j)
            h = arbitrary(run, here, inv, guess, i)
            if isinstance(h, Stopped):
                return h
            if isinstance(h, Havoc):
                for cell, value in meeting.saved.items():
                    put(here.machine, h.regions, cell, Bits(64, value))
                _put_lengths(run, here, i, j)
                if not sp_is_known(run, here):
                    return Stopped()
                return _origin(here, inv, i, h), here
        guess, why = h.guess, h.why
        here.over()
    run.ledger.record("invariant", j.name, Status.UNDECIDED, detail=why)
    return Stopped()


def _origin(here: Path, inv: Invariant, i: Bits, h: Havoc) -> Origin:
    m = here.machine
    here.memory.clear_notes()
    m.written_x = m.written_v = 0
    m.written_flags = False
    here.at, here.steps, here.arrivals = inv.head, 0, {}
    here.turn("meet", f"the paths that meet at {inv.name}")
    return Origin(inv, i, h, None, frozenset(), m.fork(), here.calls)


def _cannot_meet(run: Run, path: Path, meeting: Meeting) -> str:
    """Why this path cannot be one of those that go on as one; empty if it can."""
    m = path.machine
    if meeting.left:
        return "a path comes there that went on from there, or comes after others went on"
    if path.calls.frames:
        return "a path comes there within a call"
    if path.folds is not run.p.folds_on_entry:
        return "a path comes there after a cut that forgets"
    if m.dit is not run.entry.dit:
        return "a path that wrote PSTATE.DIT comes there"
    if meeting.sp is not None and (m.sp - meeting.sp).value != 0:
        return f"SP is {m.sp.value} on one path and {meeting.sp.value} on another"
    return ""


def _index(path: Path, j: Join) -> Bits:
    """A variable for the index of a join; it has no more bits than the declared numbers that the index is made of."""
    v = j.index.value
    bits = v.bit_length() if isinstance(v, int) else max((t.pb.bit_length() for t in free_terms(v)), default=64)
    short = bits < 64 and path.knowledge.decide((j.index < Bits(64, 1 << bits)).bit.value) == 1
    return variable("i", 64, secret=False, possible=ones(bits) if short and bits else ones(64))


def _put_lengths(run: Run, here: Path, i: Bits, j: Join) -> None:
    """Lengths at a fixed distance from the index are written so."""
    met = free_terms(j.index.value)
    for n in run.p.nats:
        d = here.knowledge.fixed(n - i) if n.value in met else None
        if d is not None:
            assert isinstance(n.value, Term)
            here.put(n.value, (i + d).value, run.occurrences.setdefault(n.value, Occurrences(n.value)))


def _changed(run: Run, path: Path) -> set[Location]:
    """All that holds something else than on entry; SP is looked at by itself."""
    m, entry, memory = path.machine, run.entry, path.memory
    found: set[Location] = {X(n) for n in range(31) if not _same(m.x[n], path.settled(entry.x[n]))}
    found |= {V(n) for n in range(32) if not _same(m.v[n], entry.v[n])}
    for r in memory.regions:
        layers = [layer for layer in memory.overlays[r.name] if layer.bytes]
        if r.name in memory.beneath or any(layer.symbolic is not None for layer in layers):
            found.add(Whole(r.name))
        else:
            found |= {Cell(r.name, k - k % r.cell) for layer in layers for k in layer.bytes}
    return found


def _same(a: Bits, b: Bits) -> bool:
    return a.value is b.value or (a == b).value is True


def _saved(run: Run, path: Path, changed: set[Location]) -> dict[Cell, Value]:
    """The cells of the stack that hold what a register, or half a vector register, held on entry."""
    entry, regions = run.entry, {r.name: r for r in path.memory.regions}
    words = [*entry.x, *(half for v in entry.v for half in (v[63:0], v[127:64]))]
    held = {intern(w.value).id for w in words if isinstance(w.value, Term)}
    found: dict[Cell, Value] = {}
    for where in changed:
        if isinstance(where, Cell) and where.region == "stack" and regions["stack"].cell == 8:
            v = get(path.machine, regions, where).value
            if isinstance(v, Term) and intern(v).id in held:
                found[where] = intern(v)
    return found
