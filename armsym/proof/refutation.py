"""From a run that breaks a claim to the counterexample that is shown: smaller, told step by step, and as a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

from armsym.bits import Bits
from armsym.errors import ArmsymError, BudgetError
from armsym.machine import Machine
from armsym.memory import ConcreteMemory
from armsym.proof.concrete import ConcreteProof, Trial, Violation
from armsym.proof.entry import EntryState
from armsym.proof.inputs import InputValues, Recipe
from armsym.proof.loops import Routine
from armsym.proof.plain import Request
from armsym.proof.result import Counterexample, Status
from armsym.proof.shrink import Limit, shrunk, without
from armsym.proof.trace import Departure, TraceStep, trace
from armsym.proof.trials import concrete_stepper, first_difference, run_trial
from armsym.stepper import Stepper, describe_stop, run_concrete

__all__ = ["Make", "Replay", "Wanted", "counterexample"]

#: Makes what a proof declares, on numbers.
Make: TypeAlias = Callable[[Recipe], ConcreteProof]
#: Runs a counterexample on an independent machine: (trial, routine) -> what happened, in words.
Replay: TypeAlias = Callable[[Trial, Routine], str]

#: So many instructions of a run are told.
TRACED = 20_000
#: A command of more characters is not worth pasting.
LONGEST = 4000


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a counterexample: a `replay`, smaller inputs, the record of each step."""

    replay: Replay | None = None
    shrink: bool = False
    traced: bool = False


def counterexample(t: Trial, v: Violation, routine: Routine, make: Make, wanted: Wanted) -> Counterexample:
    """The counterexample that a trial is, or a smaller one; it may take another trial to see what it breaks."""
    first = t
    if wanted.shrink:
        t, v = _smaller(t, v, make) if v.other is None else _smaller_pair(t, v, v.other, routine, make)
    entry = EntryState.of(t.entry, t.base)
    c = Counterexample(v.claim, v.kind, dict(t.inputs), v.expected, v.got, v.detail, entry=entry)
    c.differs, c.hints, c.instructions = v.differs, v.hints, t.number
    if t is not first:
        c.shrunk_from = {name: value for name, value in first.inputs.items() if value != t.inputs.get(name)}
    if v.other is not None:
        c.other_inputs = {k: value for k, value in v.other.inputs.items() if value != t.inputs[k]}
        c.other_entry = EntryState.of(v.other.entry, v.other.base)
    if wanted.replay is not None and v.kind != "invariant":
        c.replay = wanted.replay(t, routine)
    if v.kind != "invariant" and v.other is None and wanted.shrink:
        c.departure = _departure(t, make)
    if wanted.shrink:
        c.command = _command(t, routine)
        c.other_command = _command(v.other, routine) if v.other is not None else ""
    if wanted.traced:
        c.trace = _traced(t, routine)
        c.other_trace = _traced(v.other, routine) if v.other is not None else ()
    return c


# -- smaller --------------------------------------------------------------------------------------


def _smaller(t: Trial, v: Violation, make: Make) -> tuple[Trial, Violation]:
    """The smallest trial found that breaks the same claim at the same place, with what it breaks."""
    best, limit = (t, v), Limit()
    said = make(t.recipe)._d
    plain = v.kind in ("invariant", "termination")

    def holds(r: Recipe) -> bool:
        nonlocal best
        try:
            other = run_trial(make(r), concrete_stepper, invariants=plain)
        except ArmsymError:
            return False  # a claim cannot be evaluated there
        limit.spent(other.number)
        w = other.violation
        if other.rejected or w is None or w.status is not Status.REFUTED or other.doubts or not _same(t, v, other, w):
            return False
        best = other, w
        return True

    shrunk(t.recipe, {name: low for name, (low, _) in said.ranges.items()}, holds, limit)
    return best


def _same(t: Trial, v: Violation, other: Trial, w: Violation) -> bool:
    """Whether two violations are of one claim, at one place in the code."""
    if (v.kind, v.claim.partition("[")[0]) != (w.kind, w.claim.partition("[")[0]):
        return False
    # (A branch that goes astray comes to another place each time.)
    return t.at == other.at or (v.kind in ("abi", "decode") and t.last == other.last)


def _smaller_pair(t: Trial, v: Violation, u: Trial, routine: Routine, make: Make) -> tuple[Trial, Violation]:
    """The same of two trials that an attacker can tell apart: fewer secrets differ, and the inputs are smaller."""
    best, limit = (t, v), Limit()
    first, second = t.recipe, u.recipe
    numbers = {n: x for n, x in second.values.numbers.items() if x != first.values.numbers.get(n)}
    cells = {n: _apart(first.values.cells[n][0][1], found[0][1]) for n, found in second.values.cells.items()}
    place = v.expected.partition(" at ")[2]

    def holds(r: Recipe, numbers: Mapping[str, int], cells: Mapping[str, Bytes]) -> bool:
        nonlocal best
        values = InputValues(
            {**r.values.numbers, **numbers},
            {n: [*found, *cells.get(n, ())] for n, found in r.values.cells.items()},
        )
        try:
            a, b = (run_trial(make(x), concrete_stepper) for x in (r, replace(second, values=values, plain=r.plain)))
        except ArmsymError:
            return False
        limit.spent(a.number + b.number)
        if any(x.rejected or x.doubts or x.violation is not None for x in (a, b)) or a.told != b.told:
            return False
        w = first_difference(a, b, routine)
        if w is None or w.expected.partition(" at ")[2] != place:
            return False
        best = a, w
        return True

    for name in list(numbers):
        fewer = {n: x for n, x in numbers.items() if n != name}
        if limit.left and holds(first, fewer, cells):
            numbers = fewer
    for name in list(cells):
        differ = cells[name]

        def drop(lo: int, hi: int, name: str = name, differ: Bytes = differ) -> bool:
            fewer = [b for b in cells[name] if b not in differ[lo:hi]]
            if not limit.left or not holds(first, numbers, {**cells, name: fewer}):
                return False
            cells[name] = fewer
            return True

        without(len(differ), drop)
    shrunk(
        best[0].recipe,
        {name: low for name, (low, _) in make(first)._d.ranges.items()},
        lambda r: holds(r, numbers, cells),
        limit,
    )
    return best


#: Bytes of a region by their offsets.
Bytes: TypeAlias = "list[tuple[int, bytes]]"


def _apart(a: bytes, b: bytes) -> Bytes:
    """The bytes of `b` that are others in `a`."""
    return [(k, b[k : k + 1]) for k in range(len(b)) if a[k : k + 1] != b[k : k + 1]]


# -- told -----------------------------------------------------------------------------------------


def _departure(t: Trial, make: Make) -> Departure | None:
    """The first invariant, cut or join that the run breaks, if it breaks one."""
    try:
        again = run_trial(make(t.recipe), concrete_stepper)
    except ArmsymError:
        return None
    v = again.violation
    if v is None or v.kind not in ("invariant", "termination") or not v.expected:
        return None
    return Departure(again.number + 1, again.at, v.detail, v.claim, v.expected, v.got)


def _traced(t: Trial, routine: Routine) -> tuple[TraceStep, ...]:
    base, back = Bits(64, t.base), Bits(64, t.return_address)
    return tuple(islice(trace(t.entry, Stepper(routine.isa, routine.image, base, back), routine.entry), TRACED))


# -- as a command ---------------------------------------------------------------------------------


def _command(t: Trial, routine: Routine) -> str:
    """The `armsym run` that does what the trial did, if there is one: it was tried."""
    if t.recipe.plain is None:
        return ""
    request = Request.of(routine.image.path, routine.symbol, t.entry, t.declared)
    line = "" if request is None else request.line()
    if request is None or len(line) > LONGEST:
        return ""
    m, _ = request.machine(routine.image, t.base)
    limit = t.number + 1
    return line if _outcome(m, t, routine, limit) == _outcome(t.entry.fork(), t, routine, limit) else ""


def _outcome(m: Machine, t: Trial, routine: Routine, limit: int) -> tuple[object, ...]:
    """What a run of so many instructions at most comes to, as far as it can be told from the declared regions."""
    stepper = Stepper(routine.isa, routine.image, Bits(64, t.base), Bits(64, t.return_address))
    said = ""
    try:
        run_concrete(stepper, m, routine.entry, max_steps=limit)
    except BudgetError:
        said = "goes on"
    except ArmsymError as e:
        # (Which regions there are is told, too, and the stack is another.)
        said = describe_stop(e, routine.image, routine.isa).partition("(regions:")[0]
    assert isinstance(m.memory, ConcreteMemory)
    data = {r.name: bytes(r.data) for r in m.memory.regions if r.name in t.declared}
    registers = [r.uint for r in m.x], m.sp.uint, [r.uint for r in m.v], m.nzcv.bits.uint
    return said, registers, data
