"""Memory as regions with permissions: what the machine loads from and stores to.

`ConcreteMemory` holds bytes at integer addresses, for simulation.  The symbolic memory,
with symbolic bases and offsets, is in `armsym.symbolic_memory`; both answer `Memory`.
Anything outside a region, or without its permission, raises `MemoryFault`: memory never
invents a value.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from armsym.bits import Bits
from armsym.errors import InputError, MemoryFault, UndeterminedContent

__all__ = ["ConcreteMemory", "ConcreteRegion", "Hole", "Memory"]


class Memory(Protocol):
    """What instruction semantics see of memory (little-endian data, as Armv8 native code)."""

    def load(self, address: Bits, size: int) -> Bits:
        """`size` bytes from a 64-bit address, as `8 * size` bits; raises `MemoryFault`."""

    def look(self, address: Bits, size: int) -> Bits:
        """As `load`, but an observation by a claim and not an access of the routine."""

    def store(self, address: Bits, value: Bits) -> None:
        """Write a value of whole bytes at a 64-bit address; raises `MemoryFault`."""

    def fork(self) -> Memory:
        """An independent copy."""


class ConcreteRegion:
    """`data` at integer address `base`; `access` is made of the letters r, w, x."""

    __slots__ = ("_data", "access", "base", "doubt", "end", "name", "readable", "writable")

    def __init__(self, name: str, base: int, data: bytearray, access: str) -> None:
        self._place(name, base, len(data), access)
        self._data: bytearray | Callable[[], bytearray] = data

    @classmethod
    def when_used(cls, name: str, base: int, size: int, data: Callable[[], bytearray], access: str) -> ConcreteRegion:
        """A region whose `size` bytes are fetched when they are first asked for: most of a large file never is."""
        r = cls.__new__(cls)
        r._place(name, base, size, access)
        r._data = data
        return r

    def _place(self, name: str, base: int, size: int, access: str) -> None:
        if not 0 <= base <= base + size <= 1 << 64:
            raise InputError(f"region {name} [{base:#x}, +{size:#x}) does not fit 64-bit addresses")
        self.name, self.base, self.access = name, base, access
        #: The first address after the region.
        self.end = base + size
        #: Why `size` bytes at an offset hold one of several things that they may hold (empty: they do not).
        self.doubt: Callable[[int, int], str] | None = None
        self.readable, self.writable = "r" in access, "w" in access

    @property
    def data(self) -> bytearray:
        """The content."""
        if not isinstance(self._data, bytearray):
            self._data = self._data()
        return self._data

    def __repr__(self) -> str:
        return f"{self.name} [{self.base:#x}, {self.end:#x}) {self.access}"


@dataclass(frozen=True)
class Hole:
    """Addresses from `base` up to `end`, where something lies of which the content is not known.

    `why` tells so of `size` bytes at an offset.  Not even the place of what is `foreign` is known.
    """

    base: int
    end: int
    why: Callable[[int, int], str]
    foreign: bool = False


class ConcreteMemory:
    """Disjoint regions of bytes; raises `InputError` if two of them overlap.

    A load from one of the `holes` raises `UndeterminedContent`, and so does a store to a foreign one.  `doubts`
    are the loads so far of what might hold something else, in words; all copies share them.
    """

    def __init__(self, regions: list[ConcreteRegion], holes: Sequence[Hole] = ()) -> None:
        self.holes, self.doubts = holes, list[str]()
        self.regions = sorted((r for r in regions if r.end > r.base), key=lambda r: r.base)
        for a, b in zip(self.regions, self.regions[1:], strict=False):
            if a.end > b.base:
                raise InputError(f"regions overlap: {a} and {b}")
        self._bases = [r.base for r in self.regions]
        self._last: ConcreteRegion | None = None

    def find(self, address: int, size: int) -> ConcreteRegion | None:
        """The region that holds all of [address, address+size), if one does."""
        r = self._last
        if r is not None and r.base <= address and address + size <= r.end:
            return r
        k = bisect_right(self._bases, address) - 1
        if k < 0:
            return None
        r = self.regions[k]
        if address + size > r.end:
            return None
        self._last = r
        return r

    def _fault(self, verb: str, address: int, size: int) -> MemoryFault:
        for h in self.holes:
            if h.base < address + size and address < h.end and (verb == "load" or h.foreign):
                what = h.why(max(address - h.base, 0), size)
                return UndeterminedContent(f"{verb} of {size} bytes at {address:#x}: {what}")
        near = ", ".join(map(str, self.regions)) or "none"
        return MemoryFault(f"{verb} of {size} bytes at {address:#x} is permitted by no region (regions: {near})")

    def load(self, address: Bits, size: int) -> Bits:
        """See `Memory.load`; the address must be concrete."""
        a = address.uint
        r = self.find(a, size)
        if r is None or not r.readable:
            raise self._fault("load", a, size)
        off = a - r.base
        if r.doubt is not None and (doubt := r.doubt(off, size)):
            self.doubts.append(doubt)
        return Bits(8 * size, int.from_bytes(r.data[off : off + size], "little"))

    def look(self, address: Bits, size: int) -> Bits:
        """See `Memory.look`."""
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        """See `Memory.store`; address and value must be concrete."""
        a, size = address.uint, value.width // 8
        r = self.find(a, size)
        if r is None or not r.writable:
            raise self._fault("store", a, size)
        off = a - r.base
        r.data[off : off + size] = value.uint.to_bytes(size, "little")

    def fork(self) -> ConcreteMemory:
        """A copy with its own bytes; what cannot be written is shared."""
        m = ConcreteMemory.__new__(ConcreteMemory)
        m.regions = [
            ConcreteRegion(r.name, r.base, bytearray(r.data), r.access) if r.writable else r for r in self.regions
        ]
        m._bases, m._last = self._bases, None
        m.holes, m.doubts = self.holes, self.doubts
        return m
