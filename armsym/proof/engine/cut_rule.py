"""A cut: its claims are proved, and then stand for what was computed."""

from __future__ import annotations

from armsym.bits import Bits, Prop
from armsym.errors import InputError
from armsym.integers.expression import Relation
from armsym.proof.assume import Assumptions
from armsym.proof.buffers import assume_pointwise
from armsym.proof.claims import parts
from armsym.proof.declare import Cut
from armsym.proof.engine.run import Met, Origin, Run
from armsym.proof.handles import Pointwise
from armsym.proof.havoc import LoopGuess, fresh_name, havoc, written_everywhere
from armsym.proof.locations import FLAGS, REGISTERS, SP, Cell, Location
from armsym.proof.path import Path, memory_of
from armsym.proof.result import Status
from armsym.proof.state import handed
from armsym.symbolic_memory import Change, SymbolicMemory

__all__ = ["cut"]

#: A cut drops so many cells of memory at most: each becomes an unknown of its own.
MOST_CELLS = 4096


def cut(run: Run, path: Path, c: Cut, origin: Origin | None) -> bool:
    """Prove the claims of a cut that the path has come to; then what they say takes the place of what was computed.

    Fold values that it forgets are arbitrary on this path from here on.  False, which is recorded, where the path is in
    no iteration of the loop that the claims are about.
    """
    arrival = path.arrivals.get(c.at, 0)
    path.arrivals[c.at] = arrival + 1
    which = c.which(arrival, _index_of(c.within, origin))
    if which is None:
        assert c.within is not None
        detail = f"it is reached outside of the loop at {run.where(c.within)}"
        run.ledger.record("invariant", c.name, Status.UNDECIDED, detail=detail)
        return False
    run.ledger.check(path, lambda s: c.claims(s, which), "invariant", f"{c.name}: ")
    path.turn("cut", f"{c.name}, arrival {arrival}")
    forget = c.forget(arrival)
    for fold, k in forget:
        path.folds = path.folds.forget(fold, k)
        path.stepwise.add(fold)
    m = path.machine
    cells = _cells(c, path.memory)
    drop: set[Location] = {*c.drop, *cells}
    # (The stack pointer stays: claims find what is on the stack by it.)
    changed: set[Location] = written_everywhere(path) if forget else {*REGISTERS, *FLAGS, *cells}
    everything = LoopGuess(changed - {SP})
    shadow = m.fork()
    h = havoc(shadow, everything, Bits(64, 0))
    a = Assumptions(set(h.unknowns))
    with memory_of(shadow).observed(), handed(shadow) as s:  # what was shown in bounds above
        for claim in c.claims(s, which).values():
            for part in parts(claim):
                if isinstance(part, Prop):
                    a.add(part)
    h.transfer(shadow, m, a, drop)
    before, known = tuple(path.relations), list[Relation]()
    if drop and not forget:
        # What is dropped is a name for what was computed, and the claims are what was shown of that.  They are made
        # anew of the state as it is now: an index in them may be made of registers that are not dropped.
        with memory_of(m).observed(), handed(m) as s:
            made = [part for claim in c.claims(s, which).values() for part in parts(claim)]
        known = [part for part in made if isinstance(part, Relation)]
        path.relations = known[:] if c.alone else path.relations + known
    _take_contents(path, c, which)
    if drop or forget:
        run.cuts.append(None if origin or forget else Met(c, m.fork(), tuple(known), before))
    return True


def _cells(c: Cut, memory: SymbolicMemory) -> set[Cell]:
    """The cells of memory that a cut drops.  What it drops in part is not told apart: `InputError`."""
    found: set[Cell] = set()
    left = MOST_CELLS
    for name, at, size in c.drop_memory:
        r = next((r for r in memory.regions if r.name == name), None)
        if r is None:
            raise InputError(f"{c.name}: there is no {name} whose bytes drop_memory could mean")
        if at % r.cell or size % r.cell:
            raise InputError(
                f"{c.name}: the {size} bytes at {name}+{at} that drop_memory means are no whole cells of {r.cell} bytes"
            )
        left -= size // r.cell
        if left < 0:
            raise InputError(f"{c.name}: drop_memory means more than {MOST_CELLS} cells, the last of them of {name}")
        found |= {Cell(name, k) for k in range(at, at + size, r.cell)}
    return found


def _index_of(head: int | None, origin: Origin | None) -> Bits | None:
    """The iteration number of the loop, of those that a path is in."""
    while origin is not None and origin.invariant.head != head:
        origin = origin.parent
    return None if origin is None else origin.index


def _take_contents(path: Path, c: Cut, which: object) -> None:
    """What was shown of buffers takes the place of the stores that made them so."""
    memory = path.memory
    with memory.observed(), handed(path.machine) as s:  # what was shown in bounds above
        claims = [part for claim in c.claims(s, which).values() for part in parts(claim)]
        for part in claims:
            if isinstance(part, Pointwise):
                region = next(r for r in memory.regions if r.name == part.region.name)
                memory.forget(region, fresh_name(region.name))
                memory.changes.append(Change(region, None))
                assume_pointwise(memory, part)
