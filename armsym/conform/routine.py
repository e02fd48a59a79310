"""Whole routines on Unicorn: to replay a counterexample, or to compare a routine from end to end."""

from __future__ import annotations

from typing import Any

from armsym.bits import Bits
from armsym.conform.guest import Guest
from armsym.conform.unicorn_oracle import EXCEPTIONS, import_unicorn
from armsym.errors import BudgetError, ExceptionTaken, InputError, MemoryFault
from armsym.machine import Machine
from armsym.memory import ConcreteMemory

__all__ = ["machine_differences", "run_routine"]


def run_routine(m: Machine, entry: int, stop: int, *, seconds: float = 10.0) -> Machine:
    """Run code in `m`'s own memory from `entry` until it reaches `stop`; returns the machine after.

    `m` is concrete over a `ConcreteMemory`, one of whose regions holds the code; `m` itself is
    not changed.  Access is enforced in pages, see `Guest`.
    Raises `MemoryFault` or `ExceptionTaken` where the core took an exception, and
    `BudgetError` when `stop` was not reached in time.
    """
    unicorn, _ = import_unicorn()
    guest = Guest(m, stop)
    uc = guest.uc
    interrupts: list[int] = []

    def on_interrupt(core: Any, number: int, _data: object) -> None:
        interrupts.append(number)
        core.emu_stop()

    uc.hook_add(unicorn.UC_HOOK_INTR, on_interrupt)
    try:
        uc.emu_start(entry, stop, int(seconds * 1_000_000))
    except unicorn.UcError as e:
        raise MemoryFault(f"Unicorn at {guest.pc:#x}: {e}") from None
    if interrupts:
        raise ExceptionTaken(EXCEPTIONS.get(interrupts[0], f"exception {interrupts[0]}"), 0)
    if guest.pc != stop:
        raise BudgetError(f"Unicorn did not reach {stop:#x} within {seconds} s (PC is {guest.pc:#x})")
    return guest.machine()


def machine_differences(ours: Machine, theirs: Machine) -> list[str]:
    """Where two concrete machines over the same regions differ: registers, flags, memory."""
    out = []

    def compare(name: str, a: Bits, b: Bits) -> None:
        if a.uint != b.uint:
            out.append(f"{name}: ours {a.uint:#x}, Unicorn {b.uint:#x}")

    for n in range(31):
        compare(f"X{n}", ours.x[n], theirs.x[n])
    compare("SP", ours.sp, theirs.sp)
    compare("NZCV", ours.nzcv.bits, theirs.nzcv.bits)
    for n in range(32):
        compare(f"V{n}", ours.v[n], theirs.v[n])
    if not isinstance(ours.memory, ConcreteMemory) or not isinstance(theirs.memory, ConcreteMemory):
        raise InputError("only machines over ConcreteMemory can be compared")
    a_regions, b_regions = ours.memory.regions, theirs.memory.regions
    if [(r.base, r.end) for r in a_regions] != [(r.base, r.end) for r in b_regions]:
        raise InputError("the two machines have different regions")
    for p, q in zip(a_regions, b_regions, strict=True):
        if p.data != q.data:
            at = next(n for n, (a, b) in enumerate(zip(p.data, q.data, strict=True)) if a != b)
            out.append(f"{p.name}+{at:#x}: ours {p.data[at]:#04x}, Unicorn {q.data[at]:#04x} (first difference)")
    return out
