"""A cut: its claims are proved, and then stand for what was computed."""

from __future__ import annotations

from armsym.bits import Bits, Prop
from armsym.integers.expression import Relation
from armsym.proof.assume import Assumptions
from armsym.proof.buffers import parts
from armsym.proof.declare import Cut
from armsym.proof.engine.run import Run
from armsym.proof.havoc import LoopGuess, havoc, written_everywhere
from armsym.proof.locations import REGISTERS, SP, Location, V, X
from armsym.proof.path import Path, memory_of
from armsym.proof.state import handed

__all__ = ["cut"]


def cut(run: Run, path: Path, c: Cut) -> None:
    """Prove the claims of a cut that the path has come to; then what they say takes the place of what was computed.

    Fold values that it forgets are arbitrary on this path from here on.
    """
    arrival = path.arrivals.get(c.at, 0)
    path.arrivals[c.at] = arrival + 1
    run.ledger.check(path, lambda s: c.claims(s, arrival), "invariant", f"{c.name}: ")
    forget = c.forget(arrival)
    for fold, k in forget:
        path.folds = path.folds.forget(fold, k)
        path.stepwise.add(fold)
    m = path.machine
    # (The stack pointer stays: claims find what is on the stack by it.)
    changed: set[Location] = written_everywhere(path) if forget else {*REGISTERS}
    everything = LoopGuess(changed - {SP})
    shadow = m.fork()
    h = havoc(shadow, everything, Bits(64, 0))
    a = Assumptions(set(h.unknowns))
    said: list[Relation] = []
    with memory_of(shadow).observed(), handed(shadow) as s:  # what was shown in bounds above
        for claim in c.claims(s, arrival).values():
            for part in parts(claim):
                if isinstance(part, Prop):
                    a.add(part)
                elif isinstance(part, Relation):
                    said.append(part)
    settled = h.transfer(shadow, m, a, {*(V(n) for n in c.drop_v), *(X(n) for n in c.drop_x)})
    if not forget:
        # They hold of what was computed, which is one of the values that what is unknown now may have.
        known = (r.map(lambda b: Bits(b.width, settled(b.value))) for r in a.relations(said))
        path.relations += [r for r in known if isinstance(r, Relation)]
