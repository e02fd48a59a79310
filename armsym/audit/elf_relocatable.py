"""Relocatable files: their sections in one layout, and the relocations of code that the auditor knows.

Every section that is loaded begins at a multiple of 1 MiB, in the order of the file.  What is shown of the file is
shown of this layout, at any load address that is a multiple of 4096.  A field that a relocation would fill and that is
not filled here cannot be read.
"""

from __future__ import annotations

from armsym.audit.elf_parts import (
    ElfError,
    Header,
    Loaded,
    Segment,
    Symbol,
    sections_of,
    symbols_of,
    unpack,
    wants_landing_pads,
)

__all__ = ["lay_out"]

_APART = 1 << 20
_SHT_SYMTAB, _SHT_RELA, _SHT_NOBITS, _SHT_REL = 2, 4, 8, 9
_ALLOCATED = 2
_ADR_PREL_PG_HI21, _ADD_ABS_LO12_NC = 275, 277


def _field(kind: int) -> int:
    """How many bytes a relocation fills, at most: those of instructions, and ABS32 and PREL32, fill 4."""
    return 4 if 273 <= kind <= 313 or kind in {258, 261} else 8


def lay_out(data: bytes) -> Loaded:
    """A relocatable file.  Raises `ElfError`."""
    sections = sections_of(data)
    addresses: dict[int, int] = {}
    at = 0
    for k, s in enumerate(sections):
        if s.flags & _ALLOCATED:
            addresses[k] = at
            at += max(-(-s.size // _APART), 1) * _APART
    contents = {k: _content(data, sections[k]) for k in addresses}
    tables = [s for s in sections if s.kind == _SHT_SYMTAB]
    if len(tables) > 1:
        raise ElfError(f"{len(tables)} tables of symbols in a relocatable file, which has one")
    raw = list(symbols_of(data, tables[0], sections)) if tables else []
    places = [addresses[section] + value if section in addresses else None for _, _, _, section, value, _ in raw]
    written: set[int] = set()
    placed: set[int] = set()
    for s in sections:
        if s.kind == _SHT_REL and s.info in addresses:
            raise ElfError(f"the section {s.name!r} has relocations without addends (SHT_REL)")
        if s.kind == _SHT_RELA and s.info in addresses:
            _relocate(data, s, addresses[s.info], contents[s.info], places, written, placed)
    segments = tuple(
        Segment(start, sections[k].size, bytes(contents[k]), bool(sections[k].flags & 1), bool(sections[k].flags & 4))
        for k, start in addresses.items()
        if sections[k].size
    )
    symbols = tuple(
        Symbol(name, place, size, info >> 4 == 0)
        for (name, info, _, _, _, size), place in zip(raw, places, strict=True)
        if place is not None and name and not name.startswith("$") and info & 15 in {0, 1, 2}
    )
    notes = [s for s in sections if s.name == ".note.gnu.property" and s.size]
    guarded = bool(notes) and all(wants_landing_pads(data, s.offset, s.size) for s in notes)
    return Loaded(segments, symbols, {}, frozenset(written), guarded, frozenset(placed))


def _content(data: bytes, s: Header) -> bytearray:
    if s.kind == _SHT_NOBITS:
        return bytearray()
    if s.offset + s.size > len(data):
        raise ElfError(f"the section {s.name!r} lies beyond the file's {len(data)} bytes")
    return bytearray(data[s.offset : s.offset + s.size])


def _relocate(
    data: bytes,
    table: Header,
    start: int,
    content: bytearray,
    places: list[int | None],
    written: set[int],
    placed: set[int],
) -> None:
    if table.entry != 24:
        raise ElfError(f"the relocations {table.name!r} have entries of {table.entry} bytes, not 24")
    for at in range(table.offset, table.offset + table.size // 24 * 24, 24):
        offset, info, addend = unpack("QQq", data, at, "a relocation")
        kind, number = info & 0xFFFFFFFF, info >> 32
        if number >= len(places) or offset + 4 > len(content):
            raise ElfError(f"a relocation of symbol {number} at {offset:#x} of {table.name!r} is out of range")
        place = places[number]
        if kind == 0:
            continue
        if place is None or kind not in {_ADR_PREL_PG_HI21, _ADD_ABS_LO12_NC}:
            written.update(range(start + offset, start + offset + _field(kind)))
            continue
        target = place + addend
        word = int.from_bytes(content[offset : offset + 4], "little")
        if kind == _ADR_PREL_PG_HI21:  # pages between, in immhi:immlo
            pages = (target >> 12) - (start + offset >> 12)
            if not -(1 << 20) <= pages < 1 << 20:
                raise ElfError(f"the relocation at {offset:#x} of {table.name!r} reaches {pages} pages far")
            word = word & 0x9F00001F | (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5
        else:  # the low 12 bits, in imm12
            word = word & 0xFFC003FF | (target & 0xFFF) << 10
        placed.update(range(start + offset, start + offset + 4))
        content[offset : offset + 4] = word.to_bytes(4, "little")
