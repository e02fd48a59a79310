"""A machine of ours put on a Unicorn core, memory and all, and taken off again: the one set-up of whole routines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from armsym.bits import Bits
from armsym.conform.unicorn_oracle import import_unicorn, new_core
from armsym.errors import InputError
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion

__all__ = ["Guest", "regions_of"]


def regions_of(m: Machine) -> list[ConcreteRegion]:
    """The regions of a concrete machine's memory; raises `InputError` for any other."""
    if not isinstance(m.memory, ConcreteMemory):
        raise InputError("Unicorn runs a machine over ConcreteMemory only")
    return m.memory.regions


class Guest:
    """A core whose registers and memory are those of `m`, which stays as it is.

    Access is enforced in pages of 4 KiB, a page having the permissions of all regions that touch it; the page of
    the address `stop` is there to be fetched from.  `uc` is the core, `k` the constants of `unicorn.arm64_const`.
    Raises `InputError` when Unicorn is not installed.
    """

    def __init__(self, m: Machine, stop: int) -> None:
        unicorn, self.k = import_unicorn()
        self.regions = regions_of(m)
        self.uc: Any = new_core()
        letters = {"r": unicorn.UC_PROT_READ, "w": unicorn.UC_PROT_WRITE, "x": unicorn.UC_PROT_EXEC}
        for first, last, access in _pages(self.regions, stop):
            self.uc.mem_map(first << 12, (last - first) << 12, sum(letters[c] for c in access))
        for r in self.regions:
            self.uc.mem_write(r.base, bytes(r.data))
        k = self.k
        self._x = [*(k.UC_ARM64_REG_X0 + n for n in range(29)), k.UC_ARM64_REG_X29, k.UC_ARM64_REG_X30]
        self._v = [k.UC_ARM64_REG_Q0 + n for n in range(32)]
        for name, value in zip([*self._x, *self._v], [*m.x, *m.v], strict=True):
            self.uc.reg_write(name, value.uint)
        self.uc.reg_write(k.UC_ARM64_REG_SP, m.sp.uint)
        if m.sp_el0 is not None:
            self.uc.reg_write(k.UC_ARM64_REG_SP_EL0, m.sp_el0.uint)
        self.uc.reg_write(k.UC_ARM64_REG_NZCV, m.nzcv.bits.uint << 28)

    @property
    def pc(self) -> int:
        """The core's PC."""
        return int(self.uc.reg_read(self.k.UC_ARM64_REG_PC))

    def machine(self) -> Machine:
        """The core's state as a machine of ours, over the same regions."""
        read, k = self.uc.reg_read, self.k
        regions = [
            ConcreteRegion(r.name, r.base, bytearray(self.uc.mem_read(r.base, len(r.data))), r.access)
            for r in self.regions
        ]
        return Machine(
            x=[Bits(64, read(r)) for r in self._x],
            sp=Bits(64, read(k.UC_ARM64_REG_SP)),
            v=[Bits(128, read(r)) for r in self._v],
            nzcv=NZCV.of_bits(Bits(4, read(k.UC_ARM64_REG_NZCV) >> 28 & 15)),
            pc=Bits(64, self.pc),
            memory=ConcreteMemory(regions),
        )


def _pages(regions: list[ConcreteRegion], stop: int) -> Iterator[tuple[int, int, str]]:
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
