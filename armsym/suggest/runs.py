"""Runs of a proof on numbers, with the machine at every arrival at loop heads, and what the proof calls things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from armsym.bits import Bits, Prop
from armsym.machine import Machine
from armsym.proof.concrete import ConcreteProof, Trial
from armsym.proof.declare import Invariant, Proof
from armsym.proof.handles import Claims
from armsym.proof.loops import Routine
from armsym.proof.state import State
from armsym.proof.trials import concrete_stepper, run_trial
from armsym.suggest.scope import Scope, captured
from armsym.suggest.trying import Chosen

__all__ = ["Seen", "observe"]

ProofFn = Callable[[Proof], None]

#: Lengths above the least (in units) of the runs, and those to try while some loop was not seen to come round.
HINTS = (2, 5, 3, 9, 1, 0)
MORE = (14, 24, 40, 41, 43, 71)
#: Arrivals at a head, of one entry, that are looked at: those at the beginning and the last ones.
FIRST, LAST = 6, 3
#: In so many entries each loop is to come round more than twice.
OFTEN = 4
#: Instructions that all runs of a routine may take.
STEPS = 400_000


@dataclass
class Seen:
    """One run: its proof (on numbers), names, and for each loop head its entries, each a list of (arrival, machine)."""

    proof: ConcreteProof
    scope: Scope
    trial: Trial
    entries: dict[int, list[list[Machine]]]
    #: The state on return.
    final: Machine | None = None
    _kept: dict[object, object] = field(default_factory=dict)

    def once(self, key: object, make: Callable[[], object]) -> object:
        """What `make` gives, computed once for a key."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def looked_at(self, head: int) -> list[list[tuple[int, Machine]]]:
        """Of each entry of a loop the arrivals that are compared, each with its number."""
        found = []
        for machines in self.entries.get(head, ()):
            numbered = list(enumerate(machines))
            found.append(numbered if len(numbered) <= FIRST + LAST else numbered[:FIRST] + numbered[-LAST:])
        return found


def _always(_s: State, _i: Bits) -> Claims:
    return {"any": Prop(True)}


def observe(fn: ProofFn, routine: Routine, heads: Sequence[int], case: Chosen) -> list[Seen]:
    """Runs on random numbers in which every loop of `heads` that can come round does.

    The proof's own claims within the routine are not asked: they may be what is wrong.
    """
    found: list[Seen] = []
    steps = 0
    for k, hint in enumerate((*HINTS, *MORE)):
        missing = [h for h in heads if sum(len(e) > 2 for s in found for e in s.entries.get(h, ())) < OFTEN]
        if steps > STEPS or (k >= len(HINTS) and not missing):
            break
        p = ConcreteProof(routine, 1000 + k, 1000 + k, hint, chosen=case.values, phase=case.phase)
        scope = captured(fn, p)
        own = {inv.head: inv for inv in p._d.invariants}
        every = Bits(64, (1 << 64) - 1)
        p._d.invariants = [
            Invariant(h, every, True, _always, f"loop at {h:#x}", own[h].when if h in own else None, 1)
            for h in dict.fromkeys([*heads, *own])
        ]
        p._d.cuts, p._d.joins = [], []
        t = run_trial(p, concrete_stepper)
        steps += t.steps
        if not t.rejected and t.final is not None:
            found.append(Seen(p, scope, t, t.heads, t.final))
    return found
