"""Whole routines on Unicorn: to replay a counterexample, or to compare a routine from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from armsym.bits import Bits
from armsym.conform.unicorn_oracle import EXCEPTIONS, import_unicorn
from armsym.errors import BudgetError, ExceptionTaken, InputError, MemoryFault
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion

__all__ = ["machine_differences", "pages", "run_routine"]


def run_routine(m: Machine, entry: int, stop: int, *, seconds: float = 10.0) -> Machine:
    """Run code in `m`'s own memory from `entry` until it reaches `stop`; returns the machine after.

    `m` is concrete over a `ConcreteMemory`, one of whose regions holds the code; `m` itself is
    not changed.  Access is enforced in pages of 4 KiB, a page having the permissions of all
    regions that touch it.  Raises `MemoryFault` or `ExceptionTaken` where the core took an exception, and
    `BudgetError` when `stop` was not reached in time.
    """
    unicorn, k = import_unicorn()
    if not isinstance(m.memory, ConcreteMemory):
        raise InputError("Unicorn runs a machine over ConcreteMemory only")
    uc: Any = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
    uc.ctl_set_cpu_model(k.UC_CPU_ARM64_MAX)
    letters = {"r": unicorn.UC_PROT_READ, "w": unicorn.UC_PROT_WRITE, "x": unicorn.UC_PROT_EXEC}
    for first, last, access in pages(m.memory.regions, stop):
        uc.mem_map(first << 12, (last - first) << 12, sum(letters[c] for c in access))
    for r in m.memory.regions:
        uc.mem_write(r.base, bytes(r.data))
    x = [k.UC_ARM64_REG_X0 + n for n in range(29)] + [k.UC_ARM64_REG_X29, k.UC_ARM64_REG_X30]
    v = [k.UC_ARM64_REG_Q0 + n for n in range(32)]
    for name, value in zip([*x, *v], [*m.x, *m.v], strict=True):
        uc.reg_write(name, value.uint)
    uc.reg_write(k.UC_ARM64_REG_SP, m.sp.uint)
    uc.reg_write(k.UC_ARM64_REG_NZCV, m.nzcv.bits.uint << 28)
    interrupts: list[int] = []

    def on_interrupt(core: Any, number: int, _data: object) -> None:
        interrupts.append(number)
        core.emu_stop()

    uc.hook_add(unicorn.UC_HOOK_INTR, on_interrupt)
    try:
        uc.emu_start(entry, stop, int(seconds * 1_000_000))
    except unicorn.UcError as e:
        raise MemoryFault(f"Unicorn at {uc.reg_read(k.UC_ARM64_REG_PC):#x}: {e}") from None
    pc = uc.reg_read(k.UC_ARM64_REG_PC)
    if interrupts:
        raise ExceptionTaken(EXCEPTIONS.get(interrupts[0], f"exception {interrupts[0]}"), 0)
    if pc != stop:
        raise BudgetError(f"Unicorn did not reach {stop:#x} within {seconds} s (PC is {pc:#x})")
    regions = [
        ConcreteRegion(r.name, r.base, bytearray(uc.mem_read(r.base, len(r.data))), r.access) for r in m.memory.regions
    ]
    return Machine(
        x=[Bits(64, uc.reg_read(r)) for r in x],
        sp=Bits(64, uc.reg_read(k.UC_ARM64_REG_SP)),
        v=[Bits(128, uc.reg_read(r)) for r in v],
        nzcv=NZCV.of_bits(Bits(4, uc.reg_read(k.UC_ARM64_REG_NZCV) >> 28 & 15)),
        pc=Bits(64, pc),
        memory=ConcreteMemory(regions),
    )


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


def pages(regions: list[ConcreteRegion], stop: int) -> Iterator[tuple[int, int, str]]:
    """Runs of pages [first, last) with the letters of all regions that touch them."""
    letters: dict[int, frozenset[str]] = {}
    for r in regions:
        for page in range(r.base >> 12, (r.end + 0xFFF) >> 12):
            letters[page] = letters.get(page, frozenset()) | frozenset(r.access)
    letters.setdefault(stop >> 12, frozenset("rx"))
    start: int | None = None
    pages = sorted(letters)
    for n, page in enumerate(pages):
        if start is None:
            start = page
        after = pages[n + 1] if n + 1 < len(pages) else None
        if after != page + 1 or letters[after] != letters[page]:
            yield start, page + 1, "".join(sorted(letters[page]))
            start = None
