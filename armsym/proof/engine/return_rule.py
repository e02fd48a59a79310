"""What must hold on return."""

from __future__ import annotations

from functools import partial

from armsym.bits import Bits
from armsym.proof.bounds import check_bounds
from armsym.proof.engine.run import Origin, Run
from armsym.proof.handles import State
from armsym.proof.path import Path
from armsym.proof.result import Status

__all__ = ["check_accesses_in_bounds", "returned"]


def check_accesses_in_bounds(run: Run, path: Path) -> None:
    """The memory obligation of everything logged on this path."""
    for name, status, by, seconds, detail in check_bounds(path, run.image, run.meter.budget.claim_ms):
        run.ledger.record("memory", name, status, by, seconds, detail)


def returned(run: Run, path: Path, origin: Origin | None) -> None:
    """The path has come to its caller: the calling convention, the frame and the postconditions."""
    indices = origin.indices if origin else (Bits(64, 0),)
    step = origin.invariant.step if origin else 1
    p, m, entry, ledger = run.p, path.machine, run.entry, run.ledger
    with run.under(path, indices[0] + step, *indices):
        ledger.check_one(path, m.dit == entry.dit, "abi", "PSTATE.DIT is restored", "dit")
        ledger.check_one(path, m.sp == p.sp0, "abi", "sp is restored", "sp")
        ledger.record("abi", "control returns to the caller", Status.PROVED, "identity")
        for name, register, before, after in p._d.interface.pairs(entry, m):
            ledger.check_one(path, after == before, "abi", name, register)
        _frame(run, path)
        for fn in p._d.ensures:
            ledger.check(path, partial(fn, State(m)), "ensures", "")


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
