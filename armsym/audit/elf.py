"""The auditor's own reader of ELF files for AArch64: which bytes are where, and which of them stay so at run time.

Addresses are those of the file's headers, that is distances from the load address of a shared library.  A word that
the loader fills in is not what the file says: reading it as bytes is refused, `slots` tells what it becomes.  Of a
relocatable file (`.o`) the sections are laid out by `elf_relocatable`.  Whatever is not understood raises `ElfError`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from armsym.audit.elf_linked import load_linked
from armsym.audit.elf_parts import ElfError, Link, Loaded, Piece, Segment, Slot, Symbol, unpack
from armsym.audit.elf_relocatable import lay_out

__all__ = ["Elf", "ElfError", "Segment", "Slot", "Symbol"]

_KINDS = {1: "relocatable", 2: "executable", 3: "shared"}
_AARCH64 = 183


@dataclass(frozen=True)
class Elf:
    """A file as it is in memory.  `kind` is "shared", "executable" or "relocatable"."""

    sha256: str
    kind: str
    loaded: Loaded = field(repr=False)

    @staticmethod
    def read(path: str | Path) -> Elf:
        """Read a file.  Raises `ElfError` (of the file) and `OSError` (of the path)."""
        return Elf.parse(Path(path).read_bytes())

    @staticmethod
    def parse(data: bytes) -> Elf:
        """Read a file's bytes.  Raises `ElfError`."""
        if data[:4] != b"\x7fELF":
            raise ElfError("the file is no ELF file: it does not begin with 7f 45 4c 46")
        if len(data) < 64 or (data[4], data[5]) != (2, 1):
            raise ElfError("the file is not of 64 bits and little-endian")
        number, machine = unpack("HH", data, 16, "the header")
        if machine != _AARCH64:
            raise ElfError(f"the file is for machine {machine}, not {_AARCH64} (AArch64)")
        if number not in _KINDS:
            raise ElfError(f"the file is of type {number}: neither relocatable (1), executable (2) nor shared (3)")
        loaded = lay_out(data) if _KINDS[number] == "relocatable" else load_linked(data)
        return Elf(hashlib.sha256(data).hexdigest(), _KINDS[number], loaded)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is loaded, by address."""
        return self.loaded.segments

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """What the file defines."""
        return self.loaded.symbols

    @property
    def slots(self) -> dict[int, Slot]:
        """What the loader fills in, by address."""
        return self.loaded.slots

    @property
    def links(self) -> dict[int, Link]:
        """What a linker completes in instructions of a relocatable file, by address."""
        return self.loaded.links

    @property
    def pieces(self) -> dict[int, Piece]:
        """The sections of a relocatable file that are loaded, by number; a linked file has none."""
        return self.loaded.pieces

    @property
    def guarded(self) -> bool:
        """Whether the file asks for landing pads (FEAT_BTI) at targets of indirect branches."""
        return self.loaded.guarded

    def symbol(self, name: str) -> tuple[int, int]:
        """Address and size of what a name stands for, or "NAME@ADDRESS" where several things have it.

        Raises `ElfError` where it is undefined or ambiguous.
        """
        plain, _, where = name.partition("@0x")
        found = {(s.address, s.size) for s in self.symbols if s.name == (plain if where else name)}
        if where:
            found = {(address, size) for address, size in found if f"{address:x}" == where}
        if len(found) != 1:
            places = ", ".join(f"{address:#x}" for address, _ in sorted(found))
            raise ElfError(f"the symbol {name!r} is {f'defined at {places}' if found else 'not defined'}")
        return found.pop()

    def segment(self, address: int, size: int) -> Segment:
        """The segment that holds all these bytes.  Raises `ElfError` where there is none."""
        for s in self.segments:
            if size >= 0 and s.address <= address and address + size <= s.end:
                return s
        raise ElfError(f"{size} bytes at {address:#x} are not in one segment of the file")

    def _bytes(self, address: int, size: int) -> bytes:
        s = self.segment(address, size)
        if s.writable:
            raise ElfError(f"{size} bytes at {address:#x} may be written at run time")
        touched = next((a for a in range(address, address + size) if a in self.loaded.written), None)
        if touched is not None:
            raise ElfError(f"{size} bytes at {address:#x}: what stands at {touched:#x} is filled in after linking")
        at = address - s.address
        if at + size > len(s.data):
            # Whether a loader clears the rest of a page that it may not write to differs.
            raise ElfError(f"{size} bytes at {address:#x} are not in the file")
        return s.data[at : at + size]

    def word(self, address: int) -> int:
        """The instruction at an address.  Raises `ElfError` where there is none that stays so."""
        if address % 4:
            raise ElfError(f"{address:#x} is no address of an instruction: no multiple of 4")
        if not self.segment(address, 4).executable:
            raise ElfError(f"{address:#x} is not executable")
        return int.from_bytes(self._bytes(address, 4), "little")

    def read_only(self, address: int, size: int) -> bytes:
        """Bytes that are the same at run time.  Raises `ElfError` where one is not, or not in the file."""
        completed = next((a for a in range(address - 3, address + size) if a in self.links), None)
        if completed is not None:
            raise ElfError(
                f"{size} bytes at {address:#x}: the instruction at {completed:#x} is completed by the linker"
            )
        return self._bytes(address, size)

    def relative(self, address: int, size: int) -> int | None:
        """What is added to the load address where the loader writes that sum, and protects it; None of other bytes.

        Another relocation of a part of it has to tell nothing: then it is none.
        """
        slot = self.slots.get(address)
        if self.kind != "shared" or slot is None or (slot.kind, slot.size, size) != ("RELATIVE", 8, 8):
            return None
        if self.segment(address, 8).writable:
            return None
        others = (a for a in range(address - 15, address + 8) if a != address and a in self.slots)
        return None if any(a + self.slots[a].size > address for a in others) else slot.addend
