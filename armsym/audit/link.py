"""The place of a relocatable file's sections, which a linker chooses: each an input of its own.

Code is read from the section that holds the routine, and no other: `image` is what is added to an address of that.
An address in another section is `section.K`, where its first byte lies, and an offset.  Of the page of an address
nothing is known (`page.K.O`); what the linker puts in the second instruction is the address less that page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from armsym.audit.elf_parts import Link, Piece
from armsym.audit.raw import ones
from armsym.audit.store import RefusedAccess
from armsym.audit.words import Words

__all__ = ["File", "Sections"]


class File(Protocol):
    """The file under audit."""

    @property
    def sha256(self) -> str:
        """Its SHA-256, in hexadecimal."""

    @property
    def kind(self) -> str:
        """Whether it is "relocatable", or has been linked."""

    @property
    def links(self) -> Mapping[int, Link]:
        """What a linker completes in instructions, by address."""

    @property
    def pieces(self) -> Mapping[int, Piece]:
        """What a linker may move, by number: none, if the file has been linked."""

    def symbol(self, name: str) -> tuple[int, int]:
        """Address and size of what a name stands for; raises ValueError where it is undefined or ambiguous."""

    def segment(self, address: int, size: int) -> object:
        """What is loaded there; raises ValueError where so many bytes are not."""

    def word(self, address: int) -> int:
        """The instruction at an address; raises ValueError where there is none, or it may change."""

    def read_only(self, address: int, size: int) -> bytes:
        """Bytes that nothing changes; raises ValueError for others."""

    def relative(self, address: int, size: int) -> int | None:
        """What is added to the load address, where the loader writes that sum, and nothing changes it; else None."""


class Sections:
    """A file around the routine at `entry`: its own section, and the others by their names."""

    def __init__(self, file: File, entry: int) -> None:
        """Raises `RefusedAccess` where the entry lies in no section of a relocatable file."""
        self.file, self.relocatable = file, file.kind == "relocatable"
        self.own: int | None = None
        #: The inputs that stand for places, with the bits that they may have.
        self.bits: dict[str, int] = {}
        if not self.relocatable:
            return
        self.own = next((k for k, p in file.pieces.items() if p.address <= entry < p.address + p.size), None)
        if self.own is None:
            raise RefusedAccess(f"the entry {entry:#x} lies in no section")
        for k, p in file.pieces.items():
            if k != self.own:
                self.bits[f"section.{k}"] = ones(64) & -p.align
        for link in file.links.values():
            if link.kind == "page":
                self.bits[_page(link)] = ones(64) & ~0xFFF

    def check(self, address: int, size: int) -> None:
        """Raise `RefusedAccess` unless bytes (or a place: size 0) lie in the routine's own section."""
        if self.own is None:
            return
        p = self.file.pieces[self.own]
        if not p.address <= address <= address + size <= p.address + p.size:
            raise RefusedAccess(f"{address:#x} is beyond the section {p.name}: what lies there, the linker decides")

    def word(self, address: int) -> int:
        """The instruction at an address of the routine's own section; see `File.word`."""
        self.check(address, 4)
        return self.file.word(address)

    def read_only(self, address: int, size: int) -> bytes:
        """Bytes of the routine's own section; see `File.read_only`."""
        self.check(address, size)
        return self.file.read_only(address, size)

    def relative(self, address: int, size: int) -> int | None:
        """See `File.relative`; a relocatable file has none."""
        return None if self.relocatable else self.file.relative(address, size)

    def bytes_of(self, name: str, offset: int, size: int) -> bytes:
        """Bytes of the section that an input is the place of; raises `RefusedAccess`, and ValueError as `File` does."""
        p = self.file.pieces[int(name.removeprefix("section."))]
        if not 0 <= offset <= offset + size <= p.size:
            raise RefusedAccess(f"{size} bytes at {p.name}+{offset:#x} do not lie in its {p.size} bytes")
        return self.file.read_only(p.address + offset, size)

    def address(self, words: Words, image: int, link: Link) -> int:
        """The address that an instruction has a part of."""
        if link.section == self.own:
            at = self.file.pieces[link.section].address + link.offset
            return words.add(64, image, words.const(at & ones(64)))
        name = f"section.{link.section}"
        place = words.program.var(name, self.bits[name])
        return words.add(64, place, words.const(link.offset)) if link.offset else place

    def page(self, words: Words, link: Link) -> int:
        """The page that the address lies in; raises `RefusedAccess` where no instruction computes it."""
        name = _page(link)
        if name not in self.bits:
            raise RefusedAccess("the rest of an address of which no instruction has the page")
        return words.program.var(name, self.bits[name])


def _page(link: Link) -> str:
    return f"page.{link.section}.{link.offset}"
