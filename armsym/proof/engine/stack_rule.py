"""The stack: where SP may be, what may be accessed below it, and what is there after it moved."""

from __future__ import annotations

from dataclasses import replace

from armsym.bits import Bits
from armsym.proof.engine.run import Run
from armsym.proof.havoc import fresh_name
from armsym.proof.hints import more_stack
from armsym.proof.path import Path
from armsym.proof.result import Status
from armsym.symbolic_memory import Change, variable
from armsym.terms.node import Term, intern

__all__ = ["NO_ACCESS_BELOW", "SP_KNOWN", "check_accesses", "release", "sp_is_known"]

SP_KNOWN = "SP is its value on entry and a known number"
NO_ACCESS_BELOW = "no access below SP"


def sp_is_known(run: Run, path: Path) -> bool:
    """Whether SP is its value on entry less a known number of bytes of the declared stack area, or plus lent ones.

    Or it begins the area of `dynamic_stack`.  Else, which is recorded, what lies below it, which is anybody's, could
    not be told from what the routine or its caller keeps.
    """
    low, d = run.p.sp_offset(path.machine.sp), run.p._d
    if (low is not None and -d.stack <= low <= d.above) or _at_the_bottom(run, path):
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


def _at_the_bottom(run: Run, path: Path) -> bool:
    """Whether SP is where the area of a size that is not known begins; registers that hold that then say so.

    The area lies right below the stack that is declared, so its address is SP on entry less both sizes.  It has a name
    of its own, as each region's: what was computed as SP goes by that from here on, in registers alone.
    """
    area, m = run.p.dynamic_region, path.machine
    if area is None:
        return False
    bottom = area.address
    if (m.sp == bottom).value is True:
        return True
    was = m.sp.value
    if path.decide(m.sp == run.p.sp0 - run.p._d.stack - area.size) is not True or isinstance(was, int):
        return False
    m.x = [bottom if isinstance(r.value, Term) and intern(r.value) is intern(was) else r for r in m.x]
    m.sp = bottom
    return True


def _in_the_area(run: Run, sp: Bits) -> bool:
    """Whether SP begins the area of a size that is not known."""
    area = run.p.dynamic_region
    return area is not None and (sp == area.address).value is True


def check_accesses(run: Run, path: Path, sp_before: Bits, since: int) -> None:
    """No access of an instruction, those logged `since`, lies below SP as it was before it or as it is after it."""
    deep = [_in_the_area(run, s) for s in (sp_before, path.machine.sp)]
    # From the beginning of the area below it up all is the routine's.
    low = [
        -run.p._d.stack if d else run.p.sp_offset(s) for d, s in zip(deep, (sp_before, path.machine.sp), strict=True)
    ]
    for a in path.memory.log[since:]:
        if a.region is run.p.dynamic_region and not all(deep):
            detail = f"the access at {run.where(a.at)} to {a.region.name}{a.constant:+#x} lies below SP"
            why = run.ledger.why(path, "")
            run.ledger.record("memory", NO_ACCESS_BELOW, Status.UNDECIDED, detail=detail, why=why)
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
    area = run.p.dynamic_region
    if area is not None:
        path.memory.forget(area, fresh_name(area.name))
        path.memory.changes.append(Change(area, None))
    memory, cell = path.memory, region.cell
    for k in range(0, low + run.p._d.stack, cell):
        memory.changes.append(Change(region, k))  # a loop that releases stack changes it
        memory.poke(region, None, k, variable("below_sp", 8 * cell, secret=True))
