"""What ELF files for AArch64 are made of, read strictly: whatever is not as it has to be raises `ElfError`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "ElfError",
    "Header",
    "Loaded",
    "Segment",
    "Slot",
    "Symbol",
    "sections_of",
    "string_at",
    "symbols_of",
    "unpack",
    "wants_landing_pads",
]


_FEATURE_1_AND = 0xC0000000


class ElfError(ValueError):
    """A file, address or symbol that is not as it has to be; the message says which rule is broken."""


def unpack(layout: str, data: bytes, at: int, what: str) -> tuple[int, ...]:
    """Little-endian fields at an offset of the file.  Raises `ElfError` where the file ends before."""
    layout = "<" + layout
    if at < 0 or at + struct.calcsize(layout) > len(data):
        raise ElfError(f"{what} at offset {at:#x} lies beyond the file's {len(data)} bytes")
    return struct.unpack_from(layout, data, at)


@dataclass(frozen=True)
class Segment:
    """Bytes from `address` on: `data`, and zeros up to `size`."""

    address: int
    size: int
    data: bytes
    writable: bool
    executable: bool

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.address + self.size


@dataclass(frozen=True)
class Symbol:
    """A name that the file defines; `local` names can't be taken over by another library."""

    name: str
    address: int
    size: int
    local: bool


@dataclass(frozen=True)
class Slot:
    """What the loader puts in place: `kind` as in AAELF64; `addend` is added to the load address, or a symbol's."""

    kind: str
    size: int
    symbol: str | None
    addend: int


@dataclass(frozen=True)
class Header:
    """A section header."""

    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    entry: int


@dataclass(frozen=True)
class Loaded:
    """A file in memory; `written` has the address of every byte that a loader or linker fills in.

    `placed`: of those that are filled in here, as the layout of a relocatable file tells.
    """

    segments: tuple[Segment, ...]
    symbols: tuple[Symbol, ...]
    slots: dict[int, Slot]
    written: frozenset[int]
    guarded: bool = False
    placed: frozenset[int] = frozenset()


def string_at(data: bytes, at: int) -> str:
    """The name that begins there and ends with a zero."""
    end = data.find(b"\0", at)
    if at < 0 or end < 0:
        raise ElfError(f"a name at offset {at:#x} does not end")
    return data[at:end].decode("utf-8", "backslashreplace")


def sections_of(data: bytes) -> list[Header]:
    """All section headers.  Raises `ElfError`."""
    offset = unpack("Q", data, 0x28, "the header")[0]
    entry, count, names = unpack("HHH", data, 0x3A, "the header")
    if not offset:
        return []
    if entry != 64:
        raise ElfError(f"section headers of {entry} bytes, not 64")
    if not count:
        raise ElfError("the number of sections is not in the header")
    raw = [unpack("IIQQQQIIQQ", data, offset + k * entry, f"section header {k}") for k in range(count)]
    if names >= count:
        raise ElfError(f"the section of names is number {names} of {count}")
    table = raw[names][4]
    return [Header(string_at(data, table + r[0]), r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[9]) for r in raw]


def symbols_of(data: bytes, table: Header, sections: list[Header]) -> Iterator[tuple[str, int, int, int, int, int]]:
    """(name, info, other, section number, value, size) of each symbol of a table."""
    if table.entry != 24 or table.link >= len(sections):
        raise ElfError(f"the table of symbols {table.name!r} has entries of {table.entry} bytes, names in {table.link}")
    names = sections[table.link].offset
    for at in range(table.offset, table.offset + table.size // 24 * 24, 24):
        name, info, other, section, value, size = unpack("IBBHQQ", data, at, "a symbol")
        yield string_at(data, names + name), info, other, section, value, size


def wants_landing_pads(data: bytes, offset: int, size: int) -> bool:
    """Whether a note of properties has GNU_PROPERTY_AARCH64_FEATURE_1_BTI.  Raises `ElfError` where it is none."""
    name_size, length, note = unpack("III", data, offset, "the note of properties")
    if (name_size, note, data[offset + 12 : offset + 16]) != (4, 5, b"GNU\0") or 16 + length > size:
        raise ElfError("the note of properties is not as GNU's are")
    at, end = offset + 16, offset + 16 + length
    while at + 8 <= end:
        kind, data_size = unpack("II", data, at, "a property")
        if kind == _FEATURE_1_AND and data_size == 4:
            return bool(unpack("I", data, at + 8, "a property")[0] & 1)
        at += 8 + -(-data_size // 8) * 8
    return False
