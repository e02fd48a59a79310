"""The stack: where SP may be, what may be accessed below it, and what is there after it moved."""

from __future__ import annotations

from dataclasses import replace

from armsym.bits import Bits
from armsym.proof.engine.run import Run
from armsym.proof.hints import more_stack
from armsym.proof.path import Path
from armsym.proof.result import Status
from armsym.symbolic_memory import Change, variable

__all__ = ["NO_ACCESS_BELOW", "SP_KNOWN", "check_accesses", "release", "sp_is_known"]

SP_KNOWN = "SP is its value on entry and a known number"
NO_ACCESS_BELOW = "no access below SP"


def sp_is_known(run: Run, path: Path) -> bool:
    """Whether SP is its value on entry less a known number of bytes of the declared stack area, or plus lent ones.

    Else, which is recorded, what lies below it, which is anybody's, could not be told from what the routine or its
    caller keeps.
    """
    low, d = run.p.sp_offset(path.machine.sp), run.p._d
    if low is not None and -d.stack <= low <= d.above:
        return True
    becomes = "its value on entry and an unknown number" if low is None else f"sp0{low:+#x}"
    detail = (
        f"at {run.where(path.at)} SP becomes {becomes}: it must stay within the"
        f" {d.stack} bytes below and {d.above} above its value on entry that p.stack(...) declares"
    )
    if low is None:
        detail += " (for a frame that the routine aligns: p.stack(..., align=))"
    why = run.ledger.why(path, "SP")
    if why is not None and low is not None and low < -d.stack:
        why = replace(why, hints=(more_stack(-low, d.stack),))
    run.ledger.record("memory", SP_KNOWN, Status.UNDECIDED, detail=detail, why=why)
    return False


def check_accesses(run: Run, path: Path, sp_before: Bits, since: int) -> None:
    """No access of an instruction, those logged `since`, lies below SP as it was before it or as it is after it."""
    low = [run.p.sp_offset(s) for s in (sp_before, path.machine.sp)]
    for a in path.memory.log[since:]:
        if a.region.name != "stack":
            continue
        # A symbolic part that is small, as an unsigned number, only leads upwards.
        upwards = a.symbolic is None or a.symbolic.pb < 1 << 32 or path.decide(Bits(64, a.symbolic) < 1 << 32) is True
        at = a.constant - run.p._d.stack
        if not upwards or None in low or at < min(x for x in low if x is not None):
            detail = f"the access at {run.where(a.at)} to sp0{at:+#x} lies below SP or cannot be compared with it"
            why = run.ledger.why(path, "")
            run.ledger.record("memory", NO_ACCESS_BELOW, Status.UNDECIDED, detail=detail, why=why)


def release(run: Run, path: Path) -> None:
    """What lies below SP is anybody's (a signal handler's, say): it is unknown from here on."""
    low, region = run.p.sp_offset(path.machine.sp), run.p.stack_region
    if region is None or low is None:
        return
    memory, cell = path.memory, region.cell
    for k in range(0, low + run.p._d.stack, cell):
        memory.changes.append(Change(region, k))  # a loop that releases stack changes it
        memory.poke(region, None, k, variable("below_sp", 8 * cell, secret=True))
