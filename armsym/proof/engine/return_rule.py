"""What must hold on return."""

from __future__ import annotations

from collections.abc import Sequence

from armsym.bits import Bits, Prop
from armsym.integers.claims import Argument, Shown
from armsym.integers.expression import Relation
from armsym.integers.unbounded import speaks_of_folds, unbounded
from armsym.proof.bounds import check_bounds
from armsym.proof.claims import parts
from armsym.proof.conditional import Conditional
from armsym.proof.engine.run import Origin, Run
from armsym.proof.handles import Pointwise
from armsym.proof.havoc import LoopGuess, havoc
from armsym.proof.landing import RETURNS
from armsym.proof.locations import FLAGS, Location, V, Whole, X
from armsym.proof.path import Path
from armsym.proof.profile import spending
from armsym.proof.result import Status
from armsym.proof.state import handed

__all__ = ["check_accesses_in_bounds", "returned"]


def check_accesses_in_bounds(run: Run, path: Path) -> None:
    """The memory obligation of everything logged on this path."""
    with spending("phases", "accesses shown in bounds"):
        answers = list(check_bounds(path, run.image, run.meter.budget.claim_ms))
    for name, status, by, seconds, detail in answers:
        why = None if status is Status.PROVED else run.ledger.why(path, "")
        run.ledger.record("memory", name, status, by, seconds, detail, why)


def returned(run: Run, path: Path, origin: Origin | None) -> None:
    """The path has come to its caller: the calling convention, the frame and the postconditions."""
    indices = origin.indices if origin else (Bits(64, 0),)
    step = origin.invariant.step if origin else 1
    p, m, entry, ledger = run.p, path.machine, run.entry, run.ledger
    anchors = (indices[0] + step, *indices)
    with run.under(path, *anchors):
        ledger.check_one(path, m.dit == entry.dit, "abi", "PSTATE.DIT is restored", "dit")
        ledger.check_one(path, m.sp == p.sp0, "abi", "sp is restored", "sp")
        ledger.record("abi", RETURNS, Status.PROVED, "identity")
        for name, register, before, after in p._d.interface.pairs(entry, m):
            ledger.check_one(path, after == before, "abi", name, register)
        _frame(run, path)
        for fn in p._d.ensures:
            ledger.check(path, fn, "ensures", "")
        # Asked until one does: a proof is told to claim nothing only where none of its postconditions ever does.
        if not run.claimed_elsewhere and not run.results_claimed:
            run.results_claimed.update(k for k in range(len(p._d.ensures)) if _says_more(run, path, k, anchors))


def _frame(run: Run, path: Path) -> None:
    """Nothing is written but what the proof says is."""
    memory, ledger = path.memory, run.ledger
    allowed = {r.name for r in run.p._d.modifies} | {"stack"}
    for r in memory.regions:
        if r.name not in allowed and r.name in memory.beneath:
            ledger.record("frame", f"{r.name} is unchanged", Status.UNDECIDED, detail=f"a loop stores to {r.name}")
    changed = [r for r in memory.regions if r.name not in allowed and memory.overlays[r.name]]
    for r in changed:
        for layer in memory.overlays[r.name]:
            for k in layer.bytes:
                now = memory.peek(r, layer.symbolic, k, 1)
                before = memory.on_entry(r, layer.symbolic, k, 1)
                ledger.check_one(path, now == before, "frame", f"{r.name} is unchanged", f"{r.name}+{k}")
    # Where something else is stored to, that it holds what it held is all there is to say, and is said above.
    if not changed and not any(r.name in memory.beneath for r in memory.regions if r.name not in allowed):
        ledger.record("frame", "nothing else is written", Status.PROVED, "write log")


def _says_more(run: Run, path: Path, k: int, anchors: tuple[Bits, ...]) -> bool:
    """Whether a postcondition says anything that memory safety, frame and ABI do not: whether it can be false.

    It is asked about a state of which only these are known.
    """
    d, shadow = run.p._d, run.entry.fork()
    there = Path(shadow, path.knowledge.fork(), path.at, path.folds)
    there.stepwise, there.relations = path.stepwise.copy(), path.relations[:]
    changed: set[Location] = {*(X(n) for n in d.interface.changed_x), *(V(n) for n in d.interface.changed_v), *FLAGS}
    changed |= {Whole(r.name) for r in d.modifies}
    havoc(shadow, LoopGuess(changed, halves={V(n) for n in d.interface.d}), Bits(64, 0))
    # What is read was shown in bounds above.
    with run.under(there, *anchors), there.memory.observed(), handed(shadow) as s:
        claims = d.ensures[k](s).values()
        return any(_can_fail(there, c) for claim in claims for c in parts(claim))


def _of_themselves(asked: Sequence[Relation], _: object, __: object) -> list[Shown]:
    """Which claims about words hold whatever those are."""
    argument = Argument([], asked)
    return [Shown(argument.says_nothing(k)) for k in range(len(asked))]


def _can_fail(there: Path, claim: Prop | Relation | Pointwise | Conditional) -> bool:
    if isinstance(claim, Conditional):
        return any(_can_fail(there, c) for c in parts(claim.claim))
    if isinstance(claim, Relation) and speaks_of_folds(claim):
        return not unbounded([], claim, _of_themselves).holds
    if isinstance(claim, Relation):
        return not Argument([], [claim]).says_nothing(0)
    return not isinstance(claim, Prop) or claim.value is not True
