"""Linked files (shared libraries, executables): their segments, and what the loader writes into them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

from armsym.audit.elf_parts import (
    ElfError,
    Header,
    Loaded,
    Segment,
    Slot,
    Symbol,
    sections_of,
    string_at,
    symbols_of,
    unpack,
    wants_landing_pads,
)

__all__ = ["load_linked"]

_PAGE = 0x1000
_PT_LOAD, _PT_DYNAMIC, _PT_GNU_PROPERTY, _PT_GNU_RELRO = 1, 2, 0x6474E553, 0x6474E552
_SHT_SYMTAB, _SHT_DYNSYM = 2, 11
_ET_DYN = 3
_DT_PLTGOT, _DT_STRTAB, _DT_SYMTAB, _DT_RELA, _DT_RELASZ, _DT_RELAENT, _DT_REL = 3, 5, 6, 7, 8, 9, 17
_DT_PLTREL, _DT_PLTRELSZ, _DT_JMPREL, _DT_RELR, _DT_RELRSZ, _DT_RELRENT = 20, 2, 23, 36, 35, 37

#: DT_ANDROID_REL, DT_ANDROID_RELA, DT_ANDROID_RELR.
_ANDROID = frozenset({0x6000000F, 0x60000011, 0x6FFFE000})

#: Relocations of a loader (AAELF64): name, bytes that are written, whether a symbol is named.
_DYNAMIC = {
    257: ("ABS64", 8, True),
    1025: ("GLOB_DAT", 8, True),
    1026: ("JUMP_SLOT", 8, True),
    1027: ("RELATIVE", 8, False),
    1028: ("TLS_DTPMOD", 8, True),
    1029: ("TLS_DTPREL", 8, True),
    1030: ("TLS_TPREL", 8, True),
    1031: ("TLSDESC", 16, True),
    1032: ("IRELATIVE", 8, False),
}


def load_linked(data: bytes) -> Loaded:
    """The segments, symbols and slots of a linked file.  Raises `ElfError`."""
    offset, entry, count = unpack("Q", data, 0x20, "the header")[0], *unpack("HH", data, 0x36, "the header")
    if count and entry != 56:
        raise ElfError(f"program headers of {entry} bytes, not 56")
    headers = [unpack("IIQQQQQQ", data, offset + k * entry, f"program header {k}") for k in range(count)]
    segments = sorted(_segments(data, headers), key=lambda s: s.address)
    for a, b in pairwise(segments):
        if a.end > b.address:
            raise ElfError(f"the segments at {a.address:#x} and {b.address:#x} overlap")
        if (a.end - 1) // _PAGE == b.address // _PAGE:  # loaders map whole pages: one hides a part of the other
            raise ElfError(f"the segments at {a.address:#x} and {b.address:#x} share a page")
    tags = _tags(segments, headers)
    slots, own = _slots(segments, tags), _written_besides(headers, tags)
    for at, slot in slots.items():
        if own & set(range(at, at + slot.size)):
            slots[at] = Slot("several", slot.size, None, 0)
    if unpack("H", data, 0x10, "the header")[0] == _ET_DYN:
        # (What starts a static executable writes to such pages before it protects them.)
        segments = [part for s in segments for part in _protected(s, headers)]
    written = own | {a for at, s in slots.items() for a in range(at, at + s.size)}
    names = [s for h in sections_of(data) if h.kind in {_SHT_SYMTAB, _SHT_DYNSYM} for s in _defined(data, h)]
    return Loaded(tuple(segments), tuple(dict.fromkeys(names)), slots, frozenset(written), _guarded(data, headers))


def _guarded(data: bytes, headers: list[tuple[int, ...]]) -> bool:
    return any(wants_landing_pads(data, h[2], h[5]) for h in headers if h[0] == _PT_GNU_PROPERTY)


def _segments(data: bytes, headers: list[tuple[int, ...]]) -> Iterator[Segment]:
    for kind, flags, offset, address, _, in_file, size, _ in headers:
        if kind != _PT_LOAD or not size:
            continue
        if in_file > size or offset + in_file > len(data) or address + size > 1 << 63:
            raise ElfError(f"the segment at {address:#x}: {in_file} bytes of {size} at offset {offset:#x} cannot be")
        if (address - offset) % _PAGE:
            raise ElfError(f"the segment at {address:#x} lies at offset {offset:#x} of the file: not so in its page")
        yield Segment(address, size, data[offset : offset + in_file], bool(flags & 2), bool(flags & 1))


def _protected(s: Segment, headers: list[tuple[int, ...]]) -> list[Segment]:
    """A segment, apart from what the loader protects from writing once it has filled it in (PT_GNU_RELRO).

    Only whole pages are protected, and how large they are is not known: at most as the segment is aligned.
    """
    ranges = [(h[3], h[3] + h[6]) for h in headers if h[0] == _PT_GNU_RELRO]
    if not ranges or not s.writable:
        return [s]
    if len(ranges) > 1:
        raise ElfError(f"{len(ranges)} ranges that are protected after relocation (PT_GNU_RELRO)")
    page = next(h[7] for h in headers if h[0] == _PT_LOAD and h[3] == s.address)
    low, high = max(ranges[0][0], s.address), min(ranges[0][1] // max(page, _PAGE) * max(page, _PAGE), s.end)
    if low >= high:
        return [s]
    cut = ((s.address, low, True), (low, high, False), (high, s.end, True))
    return [
        Segment(a, b - a, s.data[a - s.address : b - s.address], writable, s.executable and writable)
        for a, b, writable in cut
        if a < b
    ]


def _memory(segments: list[Segment], address: int, size: int, what: str) -> bytes:
    for s in segments:
        if s.address <= address and address + size <= s.address + len(s.data):
            return s.data[address - s.address : address - s.address + size]
    raise ElfError(f"{what}: {size} bytes at {address:#x} are not in the file")


def _tags(segments: list[Segment], headers: list[tuple[int, ...]]) -> dict[int, int]:
    """What the dynamic section says, by tag."""
    tags: dict[int, int] = {}
    for kind, _, _, address, _, in_file, _, _ in headers:
        if kind != _PT_DYNAMIC:
            continue
        table = _memory(segments, address, in_file, "the dynamic section")
        for tag, value in struct.iter_unpack("<QQ", table[: len(table) // 16 * 16]):
            if tag == 0:
                break
            tags[tag] = value
    return tags


def _written_besides(headers: list[tuple[int, ...]], tags: dict[int, int]) -> frozenset[int]:
    """Bytes that loaders write, and no relocation tells: the dynamic section's pointers, and three words of the GOT."""
    ranges = [(h[3], h[5]) for h in headers if h[0] == _PT_DYNAMIC]
    if _DT_PLTGOT in tags:
        ranges.append((tags[_DT_PLTGOT], 24))
    return frozenset(a for at, size in ranges for a in range(at, at + size))


def _slots(segments: list[Segment], tags: dict[int, int]) -> dict[int, Slot]:
    """What the loader writes, as the dynamic section says."""
    if _ANDROID & tags.keys() or _DT_REL in tags or tags.get(_DT_PLTREL, _DT_RELA) != _DT_RELA:
        raise ElfError("the file has relocations without addends (DT_REL), or packed as Android does")
    if tags.get(_DT_RELAENT, 24) != 24 or tags.get(_DT_RELRENT, 8) != 8:
        raise ElfError("the file's relocations are not of 24 (RELA) and 8 (RELR) bytes")
    slots: dict[int, Slot] = {}

    def add(at: int, slot: Slot) -> None:
        if not any(s.address <= at and at + slot.size <= s.end for s in segments):
            raise ElfError(f"a relocation of {slot.size} bytes at {at:#x}, which is in no segment")
        # (Of two for one place only which comes last tells what stands there.)
        slots[at] = slot if slots.get(at, slot) == slot else Slot("several", max(slot.size, slots[at].size), None, 0)

    for table in (
        _table(segments, tags, _DT_RELA, _DT_RELASZ, 24),
        _table(segments, tags, _DT_JMPREL, _DT_PLTRELSZ, 24),
    ):
        for at, info, addend in struct.iter_unpack("<QQq", table):
            number, symbol = info & 0xFFFFFFFF, info >> 32
            if number == 0:
                continue
            if number not in _DYNAMIC:
                raise ElfError(f"a relocation of type {number} at {at:#x}, which is not known")
            called, size, named = _DYNAMIC[number]
            name = _dynamic_name(segments, tags, symbol) if named and symbol else None
            add(at, Slot(called, size, name, addend))
    for at in _unpacked(_table(segments, tags, _DT_RELR, _DT_RELRSZ, 8)):
        # (It is added to what stands there: where there are two for a place, it depends on their order.)
        kind = "several" if at in slots else "RELATIVE"
        add(at, Slot(kind, 8, None, int.from_bytes(_memory(segments, at, 8, "a relocated word"), "little")))
    return slots


def _table(segments: list[Segment], tags: dict[int, int], where: int, length: int, entry: int) -> bytes:
    """A table of relocations; empty where there is none."""
    if (where in tags) != (length in tags) or tags.get(length, 0) % entry:
        raise ElfError(
            f"the dynamic section's tags {where} and {length} do not tell a table of entries of {entry} bytes"
        )
    return _memory(segments, tags[where], tags[length], "relocations") if tags.get(length) else b""


def _unpacked(packed: bytes) -> Iterator[int]:
    """The places of RELR: an even entry is one, an odd one a map of the 63 words after the last place."""
    after: int | None = None
    for (entry,) in struct.iter_unpack("<Q", packed):
        if not entry & 1:
            yield entry
            after = entry + 8
            continue
        if after is None:
            raise ElfError("packed relocations begin with a map of words")
        yield from (after + 8 * k for k in range(63) if entry >> k + 1 & 1)
        after += 8 * 63


def _dynamic_name(segments: list[Segment], tags: dict[int, int], number: int) -> str:
    if _DT_SYMTAB not in tags or _DT_STRTAB not in tags:
        raise ElfError("a relocation names a symbol, but there is no table of symbols")
    entry = _memory(segments, tags[_DT_SYMTAB] + 24 * number, 24, f"symbol {number}")
    start = tags[_DT_STRTAB] + int.from_bytes(entry[:4], "little")
    for s in segments:
        if s.address <= start < s.address + len(s.data):
            return string_at(s.data, start - s.address)
    raise ElfError(f"the name of symbol {number} is not in the file")


def _defined(data: bytes, table: Header) -> Iterator[Symbol]:
    for name, info, other, section, value, size in symbols_of(data, table, sections_of(data)):
        # No sections, files or thread-local offsets, no mapping symbols ($x, $d); undefined and absolute ones neither.
        if info & 15 in {0, 1, 2} and name and not name.startswith("$") and 0 < section < 0xFF00:
            yield Symbol(name, value, size, info >> 4 == 0 or other & 3 != 0)
