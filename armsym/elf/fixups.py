"""What dyld writes into a Mach-O file that it loads: addresses of the file's own, and of other files' symbols.

Two forms: streams of opcodes (LC_DYLD_INFO), and chains through the slots themselves (LC_DYLD_CHAINED_FIXUPS).
Sources: Apple's headers `mach-o/loader.h` (REBASE_OPCODE_*, BIND_OPCODE_*) and `mach-o/fixup-chains.h`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

__all__ = ["Fixups", "Region", "chained_fixups", "dyld_info_fixups"]

Fail: TypeAlias = Callable[[str], Exception]

_MOST = 1 << 24  # fixups of one file; more is a corrupt table
_PTR_64, _PTR_64_OFFSET = 2, 6
_WEAK_ORDINAL = -3  # BIND_SPECIAL_DYLIB_WEAK_LOOKUP


@dataclass(frozen=True)
class Region:
    """A segment: its bytes in memory before fixups (none where it is not mapped), at an offset from the header.

    `access` is made of r, w, x; `protected` says that dyld takes away w once it is done.
    """

    name: str
    start: int
    data: bytes
    access: str
    protected: bool

    @property
    def end(self) -> int:
        """The first offset after it."""
        return self.start + len(self.data)


@dataclass
class Fixups:
    """By slot, an offset: `pointers` the offset whose address it holds, `bound` the name of what it is bound to.

    `imported` has, by name, those of `bound` that hold the address of the symbol of one file, and no more.
    """

    pointers: dict[int, int] = field(default_factory=dict)
    bound: dict[int, str] = field(default_factory=dict)
    imported: dict[str, list[int]] = field(default_factory=dict)
    _library: dict[str, int] = field(default_factory=dict)

    def bind(self, slot: int, symbol: str, library: int, addend: int, *, known: bool) -> None:
        """A slot that gets the address of a symbol, `known` unless something may come between (a lazy stub)."""
        name = symbol[1:] if symbol.startswith("_") and len(symbol) > 1 else symbol
        self.pointers.pop(slot, None)
        if slot in self.bound:  # bound again, to whatever definition wins: then that is all that is known
            for slots in self.imported.values():
                if slot in slots:
                    slots.remove(slot)
        elif known and not addend and library != _WEAK_ORDINAL and self._library.setdefault(name, library) == library:
            # Two libraries may each have a symbol of the name: then the first counts.
            self.imported.setdefault(name, []).append(slot)
        self.bound[slot] = name


class _Slots:
    """Where fixups may be: eight bytes in a segment that dyld may write."""

    def __init__(self, regions: Sequence[Region], fail: Fail) -> None:
        self.regions, self.fail = regions, fail
        self.count = 0

    def at(self, segment: int, offset: int) -> int:
        """The slot at an offset of a segment, as an offset from the header."""
        if segment >= len(self.regions):
            raise self.fail(f"a fixup is in segment {segment} of {len(self.regions)}")
        r = self.regions[segment]
        if not 0 <= offset <= len(r.data) - 8:
            raise self.fail(f"a fixup at {offset:#x} lies outside segment {r.name} of {len(r.data):#x} bytes")
        if "w" not in r.access or "x" in r.access:
            raise self.fail(f"a fixup at {offset:#x} changes segment {r.name}, which is no writable data")
        self.count += 1
        if self.count > _MOST:
            raise self.fail(f"has more than {_MOST} fixups")
        return r.start + offset

    def value(self, segment: int, offset: int) -> int:
        """What the file has in a slot."""
        (found,) = struct.unpack_from("<Q", self.regions[segment].data, offset)
        return int(found)


# -- opcodes ----------------------------------------------------------------------------------


class _Stream:
    def __init__(self, data: bytes, what: str, fail: Fail) -> None:
        self.data, self.what, self.fail, self.at = data, what, fail, 0

    def byte(self) -> int:
        if self.at >= len(self.data):
            raise self.fail(f"its {self.what} table ends within an opcode")
        self.at += 1
        return self.data[self.at - 1]

    def number(self, *, signed: bool = False) -> int:
        """LEB128, of at most 64 bits."""
        value = shift = 0
        while True:
            b = self.byte()
            value |= (b & 0x7F) << shift
            shift += 7
            if not b & 0x80:
                break
            if shift > 63:
                raise self.fail(f"its {self.what} table has a number of more than 64 bits at {self.at:#x}")
        if signed and b & 0x40:
            value -= 1 << shift
        return value & (1 << 64) - 1 if not signed else value

    def string(self) -> str:
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise self.fail(f"its {self.what} table ends within a symbol's name")
        text = self.data[self.at : end].decode("utf-8", "backslashreplace")
        self.at = end + 1
        return text


def dyld_info_fixups(tables: Mapping[str, bytes], regions: Sequence[Region], base: int, fail: Fail) -> Fixups:
    """From the tables `rebase`, `bind`, `weak_bind`, `lazy_bind`; `base` is the header's address in the file.

    Raises what `fail` makes of a table that is none.
    """
    found, slots = Fixups(), _Slots(regions, fail)
    for segment, offset in _rebased(_Stream(tables["rebase"], "rebase", fail)):
        slot, address = slots.at(segment, offset), slots.value(segment, offset)
        if slot in found.pointers:
            raise fail(f"two rebases write the place {slot:#x}")
        found.pointers[slot] = address - base
    for kind in ("bind", "weak_bind", "lazy_bind"):
        for segment, offset, symbol, library, addend in _bound(_Stream(tables[kind], kind, fail), kind):
            found.bind(slots.at(segment, offset), symbol, library, addend, known=kind == "bind")
    return _apart(found, fail)


def _apart(found: Fixups, fail: Fail) -> Fixups:
    """Fixups of which none writes a part of another's place."""
    for a, b in pairwise(sorted({*found.pointers, *found.bound})):
        if b < a + 8:
            raise fail(f"two fixups write the place {b:#x}")
    return found


def _rebased(s: _Stream) -> Iterator[tuple[int, int]]:
    """(segment, offset) of each slot that moves with the file."""
    segment, offset = -1, 0
    while s.at < len(s.data):
        b = s.byte()
        opcode, low = b & 0xF0, b & 0x0F
        count, step = 0, 8
        if opcode == 0x00:
            return
        if opcode == 0x10:
            if low != 1:
                raise s.fail(f"its rebase table has entries of type {low}, not addresses (1)")
        elif opcode == 0x20:
            segment, offset = low, s.number()
        elif opcode == 0x30:
            offset += s.number()
        elif opcode == 0x40:
            offset += 8 * low
        elif opcode == 0x50:
            count = low
        elif opcode == 0x60:
            count = s.number()
        elif opcode == 0x70:
            count, step = 1, 8 + s.number()
        elif opcode == 0x80:
            count = s.number()
            step = 8 + s.number()
        else:
            raise s.fail(f"its rebase table has the opcode {b:#04x}, which is not known")
        offset &= (1 << 64) - 1  # distances back are written as numbers of 64 bits
        if count and segment < 0:
            raise s.fail("its rebase table names no segment")
        if count > _MOST:
            raise s.fail(f"its rebase table has {count} entries in a row")
        for _ in range(count):
            yield segment, offset
            offset = offset + step & (1 << 64) - 1


def _bound(s: _Stream, kind: str) -> Iterator[tuple[int, int, str, int, int]]:
    """(segment, offset, symbol, library, addend) of each slot that is bound."""
    segment, offset, symbol, library, addend = -1, 0, "", 0, 0
    while s.at < len(s.data):
        b = s.byte()
        opcode, low = b & 0xF0, b & 0x0F
        count, step = 0, 8
        if opcode == 0x00:
            if kind == "lazy_bind":
                continue  # there it ends the entry of one symbol
            return
        if opcode == 0x10:
            library = low
        elif opcode == 0x20:
            library = s.number()
        elif opcode == 0x30:
            library = low - 16 if low else 0
        elif opcode == 0x40:
            symbol = s.string()
        elif opcode == 0x50:
            if low != 1:
                raise s.fail(f"its {kind} table has entries of type {low}, not addresses (1)")
        elif opcode == 0x60:
            addend = s.number(signed=True)
        elif opcode == 0x70:
            segment, offset = low, s.number()
        elif opcode == 0x80:
            offset += s.number()
        elif opcode == 0x90:
            count = 1
        elif opcode == 0xA0:
            count, step = 1, 8 + s.number()
        elif opcode == 0xB0:
            count, step = 1, 8 + 8 * low
        elif opcode == 0xC0:
            count = s.number()
            step = 8 + s.number()
        else:
            raise s.fail(f"its {kind} table has the opcode {b:#04x}, which is not known")
        offset &= (1 << 64) - 1
        if count and (segment < 0 or not symbol):
            raise s.fail(f"its {kind} table names no segment or no symbol")
        if count > _MOST:
            raise s.fail(f"its {kind} table has {count} entries in a row")
        for _ in range(count):
            yield segment, offset, symbol, library, addend
            offset = offset + step & (1 << 64) - 1


# -- chains -----------------------------------------------------------------------------------


def chained_fixups(table: bytes, regions: Sequence[Region], base: int, fail: Fail) -> Fixups:
    """From the content of LC_DYLD_CHAINED_FIXUPS; `base` is the header's address in the file.

    Raises what `fail` makes of a table that is none, or of a form that is not read (arm64e's).
    """
    try:
        return _chained(table, regions, base, fail)
    except struct.error:
        raise fail("its chained fixups end within one of their parts") from None


def _chained(table: bytes, regions: Sequence[Region], base: int, fail: Fail) -> Fixups:
    version, starts, imports_at, symbols_at, count, form, compressed = struct.unpack_from("<7I", table)
    if version or compressed:
        raise fail(f"its chained fixups have version {version} and symbols of format {compressed}: both must be 0")
    imports = list(_imports(table, imports_at, symbols_at, count, form, fail))
    found, slots = Fixups(), _Slots(regions, fail)
    (segments,) = struct.unpack_from("<I", table, starts)
    if segments > len(regions):
        raise fail(f"its chained fixups are of {segments} segments, the file has {len(regions)}")
    for k in range(segments):
        (at,) = struct.unpack_from("<I", table, starts + 4 + 4 * k)
        if not at:
            continue
        at += starts
        _, page_size, kind, start, _, pages = struct.unpack_from("<IHHQIH", table, at)
        if kind not in (_PTR_64, _PTR_64_OFFSET):
            raise fail(f"its chained fixups have pointers of format {kind}, none of 2 and 6")
        if start != regions[k].start and regions[k].data:
            raise fail(f"its chained fixups have segment {regions[k].name} at {start:#x}, not {regions[k].start:#x}")
        for page in range(pages):
            (first,) = struct.unpack_from("<H", table, at + 22 + 2 * page)
            if first == 0xFFFF:
                continue
            if first >= page_size:
                raise fail(f"its chained fixups begin at {first:#x} of a page of {page_size:#x} bytes")
            _follow(found, slots, k, page * page_size + first, (page + 1) * page_size, kind, base, imports)
    return _apart(found, fail)


def _follow(
    found: Fixups,
    slots: _Slots,
    segment: int,
    offset: int,
    end: int,
    kind: int,
    base: int,
    imports: Sequence[tuple[str, int, int]],
) -> None:
    """One page's chain of slots: each says how many units of four bytes further the next one is."""
    while True:
        slot, raw = slots.at(segment, offset), slots.value(segment, offset)
        if slot in found.pointers or slot in found.bound:
            raise slots.fail(f"two chained fixups write the place {slot:#x}")
        if raw >> 63:
            ordinal = raw & 0xFF_FFFF
            if ordinal >= len(imports):
                raise slots.fail(f"a chained fixup names the import {ordinal} of {len(imports)}")
            name, library, addend = imports[ordinal]
            found.bind(slot, name, library, addend + (raw >> 24 & 0xFF), known=True)
        else:
            target = raw & (1 << 36) - 1
            if raw >> 36 & 0xFF:
                found.bound[slot] = f"an address with the tag {raw >> 36 & 0xFF:#x}"
            else:
                found.pointers[slot] = target - (base if kind == _PTR_64 else 0)
        step = 4 * (raw >> 51 & 0xFFF)
        if not step:
            return
        if step < 8:
            raise slots.fail(f"two chained fixups write the place {slot + 4:#x}")
        offset += step
        if offset >= end:
            raise slots.fail(f"a chain of fixups leaves its page at {offset:#x}")


def _imports(
    table: bytes, at: int, symbols_at: int, count: int, form: int, fail: Fail
) -> Iterator[tuple[str, int, int]]:
    """(symbol, library, addend) of each import."""
    if form not in (1, 2, 3):
        raise fail(f"its chained fixups have imports of format {form}, none of 1, 2, 3")
    for k in range(count):
        if form == 3:
            first, addend = struct.unpack_from("<Qq", table, at + 16 * k)
            library, name = first & 0xFFFF, first >> 32
            library -= (library >> 15) << 16
        else:
            size = 4 if form == 1 else 8
            (first,) = struct.unpack_from("<I", table, at + size * k)
            addend = struct.unpack_from("<i", table, at + size * k + 4)[0] if form == 2 else 0
            library, name = first & 0xFF, first >> 9
            library -= (library >> 7) << 8
        begin = symbols_at + name
        end = table.find(b"\0", begin)
        if begin >= len(table) or end < 0:
            raise fail(f"its chained fixups have an import whose name at {begin:#x} lies outside the table")
        yield table[begin:end].decode("utf-8", "backslashreplace"), library, addend
