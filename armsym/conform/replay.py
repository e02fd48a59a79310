"""Replaying a counterexample on Unicorn: does an independent machine do what ours did?

The entry state of a trial is run on both machines from end to end.  Unicorn protects pages, our
regions are exact to the byte, so a hook compares every access of Unicorn's with the regions: an
access one byte out of bounds is seen by both.  Where our machine stops before it returns (fault,
exception, step limit), the two states just before that instruction are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from armsym.bits import Bits
from armsym.conform.guest import Guest, regions_of
from armsym.conform.routine import machine_differences
from armsym.conform.unicorn_oracle import EXCEPTIONS, GAPS, import_unicorn
from armsym.errors import InputError, MachineStop, MemoryFault
from armsym.machine import Machine
from armsym.memory import ConcreteMemory
from armsym.proof.concrete import Trial
from armsym.proof.loops import Routine
from armsym.proof.trace import Noted
from armsym.proof.trials import MAX_STEPS
from armsym.stepper import RETURNED, Fork, Stepper

__all__ = ["MISMATCH", "replay"]

#: A replay that begins with this word found a defect of ours (or of Unicorn's).
MISMATCH = "MISMATCH"

#: For instructions that take no hook of their own; a replay of MAX_STEPS needs about a second.
_SECONDS = 60


@dataclass
class _Run:
    """What one machine did.  `access` is the one that no region permits: (verb, address, size)."""

    machine: Machine
    steps: int
    at: int
    access: tuple[str, int, int] | None = None
    exception: str = ""
    returned: bool = False


def replay(trial: Trial, routine: Routine) -> str:
    """Run the trial's entry state on Unicorn and on our machine, and say in words how they compare.

    The text begins with `MISMATCH` where they differ, and with "not replayed" where Unicorn cannot
    tell: it is not installed, or does not have the instruction.
    """
    try:
        import_unicorn()
    except InputError as e:
        return f"not replayed: {e}"
    ours = _our_run(trial, routine)
    theirs = _unicorn_run(trial, ours.steps)
    where = f"<{routine.image.symbolize(ours.at)}>" if ours.at != RETURNED else ""
    gap = _gap(theirs, trial, routine)
    if gap:
        return f"not replayed: {gap}"
    if theirs.steps != ours.steps or (theirs.exception and ours.returned):
        return _apart(ours, theirs, trial, routine)
    differences = machine_differences(ours.machine, theirs.machine)
    if differences:
        more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
        return f"{MISMATCH} after {ours.steps} instructions: {differences[0]}{more}"
    size = sum(len(r.data) for r in regions_of(ours.machine) if not r.name.startswith("image "))
    same = f"armsym and Unicorn agree on all registers and {size} bytes of memory"
    if ours.returned:
        if not theirs.returned:
            return f"{MISMATCH} after {ours.steps} instructions: armsym returns, Unicorn is at {theirs.at:#x}"
        return f"{same} after {ours.steps} instructions."
    same += f" before instruction {ours.steps + 1} at {ours.at:#x} {where}"
    stop = _same_stop(ours, theirs)
    return stop if stop.startswith(MISMATCH) else f"{same}; {stop}"


def _same_stop(ours: _Run, theirs: _Run) -> str:
    """How both stopped at one instruction; the states before it are equal."""
    here = f"at {ours.at:#x}"
    if ours.access is not None:
        verb, address, size = ours.access
        said = f"the {verb} of {size} bytes at {address:#x} that no region permits"
        if theirs.access is None:
            return f"{MISMATCH} {here}: armsym refuses {said}, Unicorn makes no such access"
        # Unicorn makes wide and multiple accesses in parts.
        if theirs.access[0] != verb or not address <= theirs.access[1] < address + size:
            other = f"the {theirs.access[0]} of {theirs.access[2]} bytes at {theirs.access[1]:#x}"
            return f"{MISMATCH} {here}: armsym refuses {said}, the first such access of Unicorn's is {other}"
        return f"both then make {said}."
    if theirs.access is not None:
        what = f"the {theirs.access[0]} of {theirs.access[2]} bytes at {theirs.access[1]:#x}"
        return f"{MISMATCH} {here}: Unicorn makes {what}, which no region permits; armsym: {ours.exception}"
    if ours.exception and not theirs.exception:
        return f"armsym stops there ({ours.exception}), where Unicorn goes on."
    if ours.exception:
        return f"armsym stops there ({ours.exception}), and so does Unicorn ({theirs.exception})."
    return "neither has returned by then."


def _apart(ours: _Run, theirs: _Run, trial: Trial, routine: Routine) -> str:
    """The two did not execute the same number of instructions."""
    image = routine.image
    place = f"{theirs.at - trial.base:#x} <{image.symbolize(theirs.at - trial.base)}>"
    if theirs.returned:
        what = f"returned after {theirs.steps} instructions"
    elif theirs.access is not None:
        verb, address, size = theirs.access
        what = f"makes a {verb} of {size} bytes at {address:#x} that no region permits, at {place}"
    else:
        what = f"stopped at {place} after {theirs.steps} instructions ({theirs.exception or 'not returned'})"
    end = "returned" if ours.returned else f"stopped ({ours.exception or ours.access or 'not returned'})"
    return f"{MISMATCH}: armsym {end} after {ours.steps} instructions, Unicorn {what}"


def _gap(theirs: _Run, trial: Trial, routine: Routine) -> str:
    """Why Unicorn cannot run the instruction it stopped at, if it is known not to have it."""
    if not theirs.exception:
        return ""
    offset = theirs.at - trial.base
    if not routine.image.is_code(offset):
        return ""
    word = routine.image.word(offset)
    place = f"{word:#010x} at {offset:#x} <{routine.image.symbolize(offset)}>"
    return next((f"{g.reason} ({place})" for g in GAPS if word & g.mask == g.value), "")


# -- our machine ------------------------------------------------------------------------------


def _our_run(trial: Trial, routine: Routine) -> _Run:
    """Our machine from entry until it returns or stops; then the state before that instruction."""
    steps, at, stop, access = _advance(trial, routine, MAX_STEPS)[1:]
    m = _advance(trial, routine, steps)[0]
    return _Run(m, steps, at, access, stop, at == RETURNED)


def _advance(trial: Trial, routine: Routine, limit: int) -> tuple[Machine, int, int, str, tuple[str, int, int] | None]:
    """At most `limit` instructions: machine, how many, where it is, why it stopped, refused access."""
    stepper = Stepper(routine.isa, routine.image, Bits(64, trial.base), Bits(64, trial.return_address))
    m = trial.entry.fork()
    memory = m.memory
    if not isinstance(memory, ConcreteMemory):
        raise InputError("only a concrete machine can be replayed")
    watched = Noted(memory)
    m.memory = watched
    at, steps, why = routine.entry, 0, ""
    access = None
    try:
        while at != RETURNED and steps < limit:
            to = stepper.step(m, at)
            assert not isinstance(to, Fork)
            at, steps = to, steps + 1
    except MemoryFault as e:
        why, access = _line(e), watched.last
    except MachineStop as e:
        why = _line(e)
    m.memory = memory
    return m, steps, at, why, access


def _line(e: Exception) -> str:
    return " ".join(str(e).split())


# -- Unicorn ----------------------------------------------------------------------------------


def _unicorn_run(trial: Trial, limit: int) -> _Run:
    """Unicorn from the same entry until it returns or has executed `limit` instructions or faults.

    One instruction more is tried where `limit` is reached without return, so that what it does
    wrong (an access outside the regions, an exception) is seen; the machine is that before it.
    """
    unicorn, _ = import_unicorn()
    stop = trial.return_address
    guest = Guest(trial.entry, stop)
    run = _Run(trial.entry, 0, trial.entry.pc.uint)
    memory = ConcreteMemory(guest.regions)
    writes = {unicorn.UC_MEM_WRITE, unicorn.UC_MEM_WRITE_UNMAPPED, unicorn.UC_MEM_WRITE_PROT}
    fetches = {unicorn.UC_MEM_FETCH, unicorn.UC_MEM_FETCH_UNMAPPED, unicorn.UC_MEM_FETCH_PROT}
    before: list[Machine] = []
    begun = 0
    unfinished = 1  # the last instruction begun was not completed, unless the next one has no code

    def no_code() -> None:
        nonlocal unfinished
        run.at = guest.pc
        run.exception, unfinished = f"there is no code at {run.at:#x}", 0

    def on_code(core: Any, address: int, _size: int, _data: object) -> None:
        nonlocal begun
        if address == stop or begun > limit:
            core.emu_stop()
            return
        if begun == limit:
            before.append(guest.machine())
        r = memory.find(address, 4)
        if r is None or "x" not in r.access:
            no_code()
            core.emu_stop()
            return
        begun += 1
        run.at = address

    def on_access(core: Any, kind: int, address: int, size: int, _value: int, _data: object) -> bool:
        if kind in fetches:
            return False
        store = kind in writes
        r = memory.find(address, size)
        if run.access is None and (r is None or not (r.writable if store else r.readable)):
            run.access = "store" if store else "load", address, size
            core.emu_stop()
        return False

    def on_interrupt(core: Any, number: int, _data: object) -> None:
        run.exception = EXCEPTIONS.get(number, f"exception {number}")
        core.emu_stop()

    uc = guest.uc
    uc.hook_add(unicorn.UC_HOOK_CODE, on_code)
    uc.hook_add(unicorn.UC_HOOK_MEM_VALID, on_access)
    uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, on_access)
    uc.hook_add(unicorn.UC_HOOK_INTR, on_interrupt)
    try:
        uc.emu_start(run.at, stop, _SECONDS * 1_000_000)
    except unicorn.UcError as e:
        if e.errno in {unicorn.UC_ERR_FETCH_UNMAPPED, unicorn.UC_ERR_FETCH_PROT}:
            no_code()
        run.exception = run.exception or str(e)
    run.returned = guest.pc == stop and run.access is None and not run.exception
    run.machine = before[0] if before else guest.machine()
    run.steps = begun if run.returned else min(begun - unfinished, limit)
    if run.returned:
        run.at = stop
    return run
