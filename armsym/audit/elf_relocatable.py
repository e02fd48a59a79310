"""Relocatable files: their sections in one layout, and the relocations of code that the auditor knows.

Every section that is loaded begins at a multiple of 1 MiB, in the order of the file.  That only gives each byte a
name: where a section lies is the linker's to choose, so instructions with an address in another section are *links*,
which `armsym.audit.link` executes for every layout.  A field that a relocation would fill and that is no link cannot
be read.
"""

from __future__ import annotations

from armsym.audit.elf_parts import (
    ElfError,
    Header,
    Link,
    Loaded,
    Piece,
    Segment,
    Symbol,
    sections_of,
    symbols_of,
    unpack,
    wants_landing_pads,
)

__all__ = ["lay_out"]

_APART, _PAGE = 1 << 20, 4096
_SHT_SYMTAB, _SHT_RELA, _SHT_NOBITS, _SHT_REL = 2, 4, 8, 9
#: SHT_RELR, SHT_CREL, and Android's SHT_ANDROID_REL, _RELA and _RELR.
_PACKED = {19, 0x40000014, 0x60000001, 0x60000002, 0x6FFFFF00}
_ALLOCATED = 2
_ADR_PREL_PG_HI21, _ADD_ABS_LO12_NC = 275, 277
#: LDST8, LDST16, LDST32, LDST64 and LDST128_ABS_LO12_NC: by how many bytes imm12 counts.
_LOADS = {278: 1, 284: 2, 285: 4, 286: 8, 299: 16}
#: Sections that a linker moves, but neither edits, nor merges, nor takes another file's for.
_PROGBITS, _PLAIN_FLAGS = 1, 1 | 2 | 4 | 0x40
_PLAIN_NAMES = (".text", ".rodata", ".data", ".bss")
_WEAK, _OBJECTS = 2, {0, 1, 2, 3}


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
            if s.align & s.align - 1:
                raise ElfError(f"the section {s.name!r} is aligned to {s.align}, no power of two")
            addresses[k] = at
            at += max(-(-s.size // _APART), 1) * _APART
    contents = {k: _content(data, sections[k]) for k in addresses}
    tables = [s for s in sections if s.kind == _SHT_SYMTAB]
    if len(tables) > 1:
        raise ElfError(f"{len(tables)} tables of symbols in a relocatable file, which has one")
    raw = list(symbols_of(data, tables[0], sections)) if tables else []
    places = [addresses[section] + value if section in addresses else None for _, _, _, section, value, _ in raw]
    targets = [_target(sections, *symbol[1:5]) for symbol in raw]
    written: set[int] = set()
    links: dict[int, Link] = {}
    for s in sections:
        if s.kind in _PACKED:
            raise ElfError(f"the section {s.name!r} has relocations of type {s.kind:#x}: not read")
        if s.kind == _SHT_REL and s.info in addresses:
            raise ElfError(f"the section {s.name!r} has relocations without addends (SHT_REL)")
        if s.kind == _SHT_RELA and s.info in addresses:
            _relocate(data, s, addresses[s.info], contents[s.info], targets, sections, written, links)
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
    for at in [at for at in links if not written.isdisjoint(range(at, at + 4))]:
        # Two relocations on one word: what they make of it is not known.
        del links[at]
        written.update(range(at, at + 4))
    pieces = {
        k: Piece(sections[k].name, start, sections[k].size, min(max(sections[k].align, 1), _PAGE))
        for k, start in addresses.items()
    }
    return Loaded(segments, symbols, {}, frozenset(written), guarded, links, pieces)


def _content(data: bytes, s: Header) -> bytearray:
    if s.kind == _SHT_NOBITS:
        return bytearray()
    if s.offset + s.size > len(data):
        raise ElfError(f"the section {s.name!r} lies beyond the file's {len(data)} bytes")
    return bytearray(data[s.offset : s.offset + s.size])


def _target(sections: list[Header], info: int, other: int, section: int, value: int) -> tuple[int, int] | None:
    """(section, offset) that a relocation's symbol stands for whatever is linked; None where another file may tell."""
    if not section < len(sections):
        return None
    s = sections[section]
    mine = info >> 4 == 0 or (info >> 4 != _WEAK and other & 3)  # local, or not to be taken over: hidden
    plain = s.kind in {_PROGBITS, _SHT_NOBITS} and s.flags & _ALLOCATED and not s.flags & ~_PLAIN_FLAGS
    named = any(s.name == name or s.name.startswith(f"{name}.") for name in _PLAIN_NAMES)
    return (section, value) if mine and plain and named and info & 15 in _OBJECTS else None


def _relocate(
    data: bytes,
    table: Header,
    start: int,
    content: bytearray,
    targets: list[tuple[int, int] | None],
    sections: list[Header],
    written: set[int],
    links: dict[int, Link],
) -> None:
    """Note what the relocations of one table fill: links, or bytes that are not known."""
    if table.entry != 24:
        raise ElfError(f"the relocations {table.name!r} have entries of {table.entry} bytes, not 24")
    for at in range(table.offset, table.offset + table.size // 24 * 24, 24):
        offset, info, addend = unpack("QQq", data, at, "a relocation")
        kind, number = info & 0xFFFFFFFF, info >> 32
        if number >= len(targets) or offset + 4 > len(content):
            raise ElfError(f"a relocation of symbol {number} at {offset:#x} of {table.name!r} is out of range")
        if kind == 0:
            continue
        fills = range(start + offset, start + offset + _field(kind))
        target = targets[number]
        link = None
        if target is not None and offset % 4 == 0 and start + offset not in links:
            section, value = target
            s, word = sections[section], int.from_bytes(content[offset : offset + 4], "little")
            if 0 <= value + addend <= s.size:
                link = _link(kind, word, section, value + addend, min(max(s.align, 1), _PAGE))
        if link is None:
            written.update(fills)
        else:
            links[start + offset] = link


def _link(kind: int, word: int, section: int, offset: int, align: int) -> Link | None:
    """What a relocation does to an instruction; None where it is not made for the word, or the field is not zero."""
    if kind == _ADR_PREL_PG_HI21 and word & 0xFFFFFFE0 == 0x90000000 and word & 31 != 31:
        return Link("page", section, offset)
    base = word >> 5 & 31
    if base == 31 or word >> 10 & 0xFFF:
        return None
    if kind == _ADD_ABS_LO12_NC and word & 0xFFC00000 == 0x91000000 and word & 31 != 31:
        return Link("low", section, offset)
    scale = _LOADS.get(kind)
    # A load or store with an unsigned offset, in units of its own size; the rest of the address has to be one.
    if scale is None or word & 0x3B000000 != 0x39000000 or _size(word) != scale or align % scale or offset % scale:
        return None
    return Link("low", section, offset, scale)


def _size(word: int) -> int:
    """The bytes of a load or store with an unsigned offset: by size, and for SIMD and FP opc<1>, too."""
    wide = word >> 26 & 1 and word >> 23 & 1
    return 1 << (word >> 30 | (4 if wide else 0))
