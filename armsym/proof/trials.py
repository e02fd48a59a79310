"""Concrete runs of a proof: all claims evaluated on random states that meet the precondition.

They come before the symbolic proof, so that a wrong claim fails in milliseconds with numbers;
they witness that the precondition is satisfiable; and a violation found here is a counterexample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from armsym.bits import Bits, Prop
from armsym.errors import BranchError, InputError, MachineStop, MemoryFault, Undetermined, UnmodelledInstruction
from armsym.integers.expression import Relation
from armsym.integers.numbers import Judged, telling
from armsym.machine import Machine
from armsym.memory import ConcreteMemory
from armsym.proof.calls import Calls
from armsym.proof.claims import parts
from armsym.proof.concrete import ConcreteProof, Event, Trial, Violation
from armsym.proof.conditional import Conditional
from armsym.proof.declare import Invariant
from armsym.proof.handles import Claim, Claims, Pointwise
from armsym.proof.hints import access_near_sp
from armsym.proof.landing import LANDING, RETURNS, is_return, missing_at_entry, missing_pad
from armsym.proof.loops import Routine
from armsym.proof.result import CONSTANT_TIME, Kind, Status
from armsym.proof.state import handed
from armsym.stepper import RETURNED, Fork, Stepper, describe_stop, described

__all__ = ["concrete_stepper", "differs", "first_difference", "flatten", "run_trial"]

MAX_STEPS = 400_000
#: So many more are looked at for a state that comes again.  A run that does not end says nothing without one.
REPEAT_STEPS = 4_000


class _Repeats:
    """Whether a run is in a state in which it was before: then it does not end.  States are kept ever further apart."""

    def __init__(self) -> None:
        self._kept: tuple[object, ...] | None = None
        self._left = self._apart = 1

    def __call__(self, offset: int, m: Machine) -> bool:
        """Whether the state, before the instruction at the offset, is the one kept; sometimes it is kept instead."""
        registers = (offset, [r.value for r in m.x], m.sp.value)
        if self._kept is not None and registers == self._kept[0] and self._rest(m) == self._kept[1]:
            return True
        self._left -= 1
        if not self._left:
            self._apart *= 2
            self._left, self._kept = self._apart, (registers, self._rest(m))
        return False

    def _rest(self, m: Machine) -> tuple[object, ...]:
        assert isinstance(m.memory, ConcreteMemory)
        written = [bytes(r.data) for r in m.memory.regions if r.writable]
        return [r.value for r in m.v], m.nzcv.bits.value, m.dit.value, written


def flatten(claim: Claim) -> Iterator[tuple[str, Prop]]:
    """The conditions a claim consists of, each with the place of a buffer that it is about, if it is about one."""
    for part in parts(claim):
        assert not isinstance(part, (Relation, Conditional)), "integers of numbers are numbers"
        if isinstance(part, Pointwise):
            yield from part.concrete()
        else:
            yield "", part


def differs(p: Prop, place: str = "") -> str:
    """Where the two sides of an equation between numbers differ, in words: the place, and which bytes of how many."""
    if p.sides is None:
        return place
    size = -(-p.sides[0].width // 8)
    apart = p.sides[0].uint ^ p.sides[1].uint
    which = [k for k in range(size) if apart >> 8 * k & 0xFF]
    if size == 1 or not which:
        return place
    more = f" and {len(which) - 1} more" if len(which) > 1 else ""
    byte = f"all {size} bytes" if len(which) == size else f"byte {which[0]}{more} of {size} (byte 0 is the lowest)"
    return f"{place}: {byte}" if place else byte


def _checked(
    m: Machine, claimed: Callable[..., Claims], kind: Kind, where: str, *arguments: object
) -> Violation | None:
    """What is broken of the claims that `claimed` makes of the machine's state, and of the arguments."""
    with handed(m) as s:
        broken = _broken(claimed(s, *arguments), kind, where)
    if broken is not None and (broken.expected, broken.got) == ("true", "false"):
        broken.expected, broken.got = _told(m, claimed, broken, *arguments)
    return broken


def _told(m: Machine, claimed: Callable[..., Claims], broken: Violation, *arguments: object) -> tuple[str, str]:
    """What a broken claim about integers expects, and what it got: the claims are made anew, to be told."""
    try:
        with telling(), handed(m) as s:
            for name, claim in claimed(s, *arguments).items():
                for k, (_, p) in enumerate(flatten(claim)):
                    several = f"[{k}]" if isinstance(claim, (list, tuple)) else ""
                    if f"{name}{several}" == broken.claim and isinstance(p, Judged) and p.value is False:
                        return p.expected, p.got
    except Exception:  # noqa: BLE001 - a proof that does other things with numbers than claims do: nothing is told
        pass
    return broken.expected, broken.got


def _counts(inv: Invariant, m: Machine) -> bool:
    """Whether the arrival at a loop head is one that the invariant speaks of."""
    if inv.when is None:
        return True
    with handed(m) as s:
        return inv.when(s).value is True


def _broken(claims: Claims, kind: Kind, where: str) -> Violation | None:
    if not isinstance(claims, dict) or not claims:
        raise InputError(f"{where}: the function must return a non-empty dict of named claims")
    for name, claim in claims.items():
        for k, (place, p) in enumerate(flatten(claim)):
            if p.value is True:
                continue
            got, expected = (f"{b.uint:#x}" for b in p.sides) if p.sides else ("false", "true")
            several = f"[{k}]" if isinstance(claim, (list, tuple)) else ""
            return Violation(kind, f"{name}{several}", expected, got, where, differs=differs(p, place))
    return None


def run_trial(
    p: ConcreteProof, stepper_for: Callable[[ConcreteProof, Trial], Stepper], *, invariants: bool = True
) -> Trial:
    """Run the routine once and check every obligation that a single run can break.

    Without `invariants` only what the routine promises its caller.
    """
    t = p.start()
    if not t.rejected:
        _run_trial(p, stepper_for, t, invariants)
        memory, v = t.entry.memory, t.violation
        assert isinstance(memory, ConcreteMemory)
        t.doubts = memory.doubts
        if v is not None and v.status is Status.REFUTED and t.doubts:
            v.status = Status.UNDECIDED
            v.detail = f"broken in a run that is one of several: {t.doubts[0]}; {v.detail}"
    return t


def _run_trial(
    p: ConcreteProof, stepper_for: Callable[[ConcreteProof, Trial], Stepper], t: Trial, invariants: bool
) -> None:
    stepper = stepper_for(p, t)
    m = t.entry.fork()
    memory = m.memory
    assert isinstance(memory, ConcreteMemory)
    trace = t.trace
    accesses: list[int] = []
    area = p._d.dynamic
    stack_low, stack_top = t.stack_top - p._d.stack - (area.size.uint if area is not None else 0), t.stack_top

    def leak(kind: str, value: Bits) -> None:
        v = value.uint
        trace.append(Event(kind, v, offset))
        if stack_low <= v < stack_top and kind in ("load address", "store address"):
            accesses.append(v)

    m.on_leak = leak
    if missing := missing_at_entry(p.routine):
        t.violation = Violation("bti", LANDING, "a landing pad", "none", missing)
        return
    heads = {inv.head: inv for inv in p._d.invariants} if invariants else {}
    cuts = {c.at: c for c in p._d.cuts} if invariants else {}
    joins = {j.at: j for j in p._d.joins} if invariants else {}
    passed: dict[int, int] = {}  # arrivals at each cut since the last loop head with an invariant
    active: list[tuple[int, int, Calls]] = []  # the loops being iterated, outermost first: (head, index, calls)
    calls = Calls()
    offset, steps, repeats = p.routine.entry, 0, _Repeats()
    last = offset
    image = p.routine.image
    try:
        while offset != RETURNED:
            inv = heads.get(offset)
            if inv is not None and _counts(inv, m):
                index, arrivals = 0, t.heads.setdefault(offset, [])
                known = [k for k, (h, _, _) in enumerate(active) if h == offset]
                if known and calls.within(active[known[-1]][2]):
                    index = active[known[-1]][1] + inv.step
                    del active[known[-1] :]
                else:  # the first arrival, or the call of the one before is over
                    arrivals.append([])
                active.append((offset, index, calls))
                passed.clear()
                arrivals[-1].append(m.fork())
                # From here on: what this iteration writes.
                m.written_x, m.written_v, m.written_flags = 0, 0, False
                bound = inv.upto.uint
                if index > bound or (index == bound and not inv.inclusive):
                    t.violation = Violation(
                        "termination", f"{inv.name}: i < upto", f"i below {bound}", str(index), inv.name
                    )
                    return
                where = f"{inv.name}, i = {index}"
                t.violation = _checked(m, inv.claims, "invariant", where, Bits(64, index))
                if t.violation:
                    return
            join = joins.get(offset)
            if join is not None:
                t.violation = _checked(m, join.claims, "invariant", join.name, join.index)
                if t.violation:
                    return
            cut = cuts.get(offset)
            if cut is not None:
                k = passed.get(offset, 0)
                passed[offset] = k + 1
                which = cut.which(k, next((Bits(64, i) for h, i, _ in reversed(active) if h == cut.within), None))
                if which is not None:  # else the symbolic run says that it is not in the loop
                    t.violation = _checked(m, cut.claims, "invariant", f"{cut.name}, arrival {k}", which)
                if t.violation:
                    return
            sp_before, lr_before = m.sp.uint, m.x[30]
            to = stepper.step(m, offset)
            last = offset
            if accesses:
                floor = min(sp_before, m.sp.uint)
                if min(accesses) < floor:
                    bad = min(accesses)
                    t.violation = Violation(
                        "memory",
                        "no access below SP",
                        f"at or above {floor:#x}",
                        f"{bad:#x}",
                        f"at {offset:#x} <{image.symbolize(offset)}>",
                    )
                    return
                accesses.clear()
            assert not isinstance(to, Fork)
            if missing := missing_pad(p.routine, offset, to):
                t.violation = Violation("bti", LANDING, "a landing pad", "none", missing)
                return
            if calls.frames or m.x[30] is not lr_before:
                links = m.x[30] is not lr_before and m.x[30].uint == p.machine_base + offset + 4
                calls = calls.after(offset, to, links=links)
            offset = to
            steps += 1
            if steps > MAX_STEPS and repeats(offset, m):
                where = image.symbolize(offset)
                detail = f"no return after {MAX_STEPS} instructions, and the state at {where} comes again and again"
                t.violation = Violation("termination", "the routine returns", detail=detail)
                return
            if steps > MAX_STEPS + REPEAT_STEPS:
                t.steps = steps
                t.too_long = True
                t.rejected = f"no return after {steps} instructions (last at {image.symbolize(offset)})"
                return
        t.final = m
    except MemoryFault as e:
        t.violation = Violation("memory", "every access is permitted", detail=describe_stop(e, image, p.routine.isa))
        if trace and trace[-1].kind in ("load address", "store address"):
            t.violation.hints = access_near_sp(trace[-1].value, stack_top, p._d.stack, p._d.above)
        if isinstance(e, Undetermined):
            t.violation.status = Status.UNDECIDED
        return
    except MachineStop as e:
        if isinstance(e, BranchError) and e.address == offset and steps and is_return(p.routine, last):
            t.violation = Violation(
                "abi",
                RETURNS,
                f"{t.return_address:#x}",
                f"{t.base + offset & (1 << 64) - 1:#x}",
                f"{described(last, image, p.routine.isa)}: this is not where it was called from (LR on entry)",
            )
            return
        t.violation = Violation(
            "decode",
            "every instruction reached is modelled",
            detail=describe_stop(e, image, p.routine.isa),
            status=Status.ERROR
            if isinstance(e, UnmodelledInstruction)
            else Status.UNDECIDED
            if isinstance(e, Undetermined)
            else Status.REFUTED,
        )
        return
    finally:
        t.at, t.last, t.number = offset, last, steps
    t.steps = steps
    t.violation = _check_return(p, t, m)
    if t.violation is None:
        for fn in p._d.ensures:
            t.violation = t.violation or _checked(m, fn, "ensures", "on return")


def _check_return(p: ConcreteProof, t: Trial, m: Machine) -> Violation | None:
    entry = t.entry
    for _, register, was, now in p._d.interface.pairs(entry, m):
        if was.value != now.value:
            return Violation("abi", f"{register} is preserved", f"{was.uint:#x}", f"{now.uint:#x}", "on return")
    if m.dit.value != entry.dit.value:
        return Violation("abi", "PSTATE.DIT is restored", f"{entry.dit.uint}", f"{m.dit.uint}", "on return")
    if m.sp.value != entry.sp.value:
        return Violation("abi", "sp is restored", f"{entry.sp.uint:#x}", f"{m.sp.uint:#x}", "on return")
    allowed = {r.name for r in p._d.modifies} | {"stack"}
    memory = m.memory
    assert isinstance(memory, ConcreteMemory)
    before = entry.memory
    assert isinstance(before, ConcreteMemory)
    for old, new in zip(before.regions, memory.regions, strict=True):
        if new is not old and new.name not in allowed and old.data != new.data:
            k = next(j for j in range(len(old.data)) if old.data[j] != new.data[j])
            return Violation(
                "frame", f"{new.name} is unchanged", f"{old.data[k]:#04x}", f"{new.data[k]:#04x}", f"byte {k} on return"
            )
    return None


def first_difference(a: Trial, b: Trial, routine: Routine) -> Violation | None:
    """What an attacker sees differ between two runs whose public inputs, and what is revealed of others, are equal."""
    if a.trace == b.trace or a.revealed != b.revealed:
        return None
    one, other = f"{len(a.trace)} events", f"{len(b.trace)} events"
    for seen, there in zip(a.trace, b.trace, strict=False):
        if seen != there:
            one, other = (f"{e.kind} {e.value:#x} {described(e.at, routine.image, routine.isa)}" for e in (seen, there))
            break
    return Violation("constant-time", CONSTANT_TIME, one, other, "two runs that differ only in secrets", other=b)


def concrete_stepper(p: ConcreteProof, t: Trial) -> Stepper:
    """The stepper of a trial."""
    return Stepper(p.routine.isa, p.routine.image, Bits(64, t.base), Bits(64, t.return_address), p._d.alike)
