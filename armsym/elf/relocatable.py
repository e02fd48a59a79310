"""Relocatable objects (.o): armsym is their linker.

Each loaded section gets pages of its own, in the file's order; then come a page for each undefined
data symbol, the COMMON symbols, a GOT, and slots for undefined functions.  It is one of the layouts
a linker may choose, for runs on numbers.  What another linker would do otherwise is noted beside it, as
pieces that move on their own, and as instructions and data that say where one lies from another: a
proof takes their places for unknown.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from armsym.elf.elffile import SHF_EXCLUDE, SHF_EXECINSTR, SHF_WRITE, ElfFile, SectionHeader
from armsym.elf.image import Image
from armsym.elf.kernel import rewritten
from armsym.elf.layout import MAX_IMAGE, PAGE, Contents, Fill, Link, Piece, Place, Section, Segment
from armsym.elf.pieces import groups_of, locate, pieces_of
from armsym.elf.properties import wants_landing_pads
from armsym.elf.relocations import BRANCHES, HOWTO, VENEERS, Form, Howto, Operation, insert, relocation_name
from armsym.elf.symbols import (
    SHN_ABS,
    SHN_COMMON,
    SHN_UNDEF,
    STB_GLOBAL,
    STB_LOCAL,
    STB_WEAK,
    STT_GNU_IFUNC,
    STT_SECTION,
    STT_TLS,
    STV_DEFAULT,
    RawSymbol,
    Symbol,
    SymbolTable,
    locate_in,
)

__all__ = ["load_relocatable"]

_RELA = struct.Struct("<QIIq")
_FUNCTION_SPACING = 16
_GOT_SYMBOL = "_GLOBAL_OFFSET_TABLE_"
_MASK64 = (1 << 64) - 1
#: Static relocations of thread-local storage (AAELF64): each is of an instruction.
_THREAD_LOCAL = range(512, 574)

_FILLS = {
    Operation.PAGE: Fill.PAGE,
    Operation.GOT_PAGE: Fill.PAGE,
    Operation.LO12: Fill.LOW,
    Operation.GOT_LO12: Fill.LOW,
    Operation.GOT_OFFSET: Fill.LOW,
}


class _Open(Exception):
    """What a relocation puts in its place is not known before run time: its text says why."""


class _Relocation(NamedTuple):
    place: int  # offset in the section
    type: int
    symbol: int
    addend: int


class _Target(NamedTuple):
    """S + A of a relocation: a number, a place (`value` is where it lies here), or something outside."""

    kind: str  # "number", "place", "external"
    value: int
    place: Place | None = None

    @staticmethod
    def at(place: Place) -> _Target:
        return _Target("place", place.here, place)


def load_relocatable(elf: ElfFile) -> Image:
    """Lay out and relocate a .o file; raises `InputError` for what a proof could not rest on."""
    return _Linker(elf).link()


@dataclass
class _Linker:
    elf: ElfFile
    at: int = 0  # the next free offset
    table: SymbolTable = field(init=False)
    relocations: list[tuple[SectionHeader, list[_Relocation]]] = field(init=False)
    offsets: dict[int, int] = field(default_factory=dict)  # section index -> offset
    data: dict[int, bytearray] = field(default_factory=dict)  # section index -> bytes
    names: dict[int, str] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    globals: dict[str, int] = field(default_factory=dict)
    common: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    got: dict[tuple[int, int], int] = field(default_factory=dict)  # (symbol, addend) -> slot
    got_base: int = 0
    pointers: dict[int, int] = field(default_factory=dict)
    external: dict[int, str] = field(default_factory=dict)
    pieces: dict[int | str, list[Piece]] = field(default_factory=dict)  # of a section by index, else by what it is
    elsewhere: dict[str, Piece] = field(default_factory=dict)  # what another file may define instead, by symbol
    groups: dict[int, int] = field(default_factory=dict)  # section index -> its COMDAT group
    exported: set[str] = field(default_factory=set)
    pointees: dict[int, Place] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    open: dict[int, tuple[int, str]] = field(default_factory=dict)

    def link(self) -> Image:
        elf = self.elf
        tables = [s for s in elf.sections if s.type == "SHT_SYMTAB"]
        if len(tables) > 1:
            raise elf.fail(f"has {len(tables)} symbol tables, where ELF allows one")
        if any(s.type == "SHT_SYMTAB_SHNDX" for s in elf.sections):
            raise elf.fail("has more than 65,279 sections (SHT_SYMTAB_SHNDX), which is not read")
        self.table = SymbolTable.of_section(elf, tables[0]) if tables else SymbolTable.empty(elf)
        of_memory = [s for s in elf.sections if self._relocates_memory(s)]
        self.relocations = [(elf.sections[s.info], self._read_relocations(s)) for s in of_memory]
        self.groups = groups_of(elf)
        self._lay_out_sections()
        self._lay_out_undefined()
        for section, relocations in self.relocations:
            self._relocate(section, relocations)
        self._close()
        contents = Contents(
            segments=self.segments,
            sections=[
                Section(self.names[s.index], self.offsets[s.index], s.size)
                for s in elf.sections
                if s.index in self.offsets
            ],
            pieces=[p for pieces in self.pieces.values() for p in pieces] + list(self.elsewhere.values()),
            pointees=self.pointees,
            links=self.links,
            open=self.open | rewritten(self._section_bytes(), elf.fail),
            exported=self.exported,
            pointers=self.pointers,
            external_pointers=self.external,
            globals=self.globals,
            guarded=wants_landing_pads(elf),
            undefined_functions={offset: name for name, offset in self.functions.items()},
        )
        return Image(elf.name, elf.data, "relocatable", contents, self._symbols)

    # -- reading ------------------------------------------------------------------------------

    def _relocates_memory(self, s: SectionHeader) -> bool:
        if s.type not in ("SHT_RELA", "SHT_REL", "SHT_RELR"):
            return False
        if not 0 < s.info < len(self.elf.sections):
            raise self.elf.fail(f"section {s.name} relocates section {s.info} of {len(self.elf.sections)}")
        target = self.elf.sections[s.info]
        if _stays(target) and s.type != "SHT_RELA":
            raise self.elf.fail(f"section {s.name} has type {s.type}: AArch64 objects use SHT_RELA")
        return _stays(target)

    def _read_relocations(self, s: SectionHeader) -> list[_Relocation]:
        link = self.elf.linked(s)
        if link.type != "SHT_SYMTAB":
            raise self.elf.fail(f"section {s.name} links to {link.name}, not to the symbol table")
        found = []
        for place, kind, symbol, addend in _RELA.iter_unpack(self.elf.table(s, 24)):
            if kind not in (0, 256):  # R_AARCH64_NONE, both spellings
                found.append(_Relocation(place, kind, symbol, addend))
        return found

    def _symbols(self) -> list[Symbol]:
        places = {i: (self.names[i], offset) for i, offset in self.offsets.items()}
        rest = {s.index: (s.name, None) for s in self.elf.sections if s.index not in places}
        found = self.table.symbols(locate_in({**rest, **places}))
        return [
            s._replace(offset=self.common[s.name], kind="object", state="defined")
            if s.section == "COMMON" and s.name in self.common
            else s
            for s in found
        ]

    def _section_bytes(self) -> list[tuple[Section, bytes]]:
        """Each section in memory, as it is in this layout."""
        found = []
        for s in self.elf.sections:
            if s.index in self.data:
                found.append((Section(s.name, self.offsets[s.index], s.size), bytes(self.data[s.index])))
        return found

    # -- layout -------------------------------------------------------------------------------

    def _place(self, size: int, alignment: int, what: str) -> int:
        if alignment & (alignment - 1):
            raise self.elf.fail(f"{what} has the alignment {alignment}, not a power of two")
        step = max(PAGE, alignment)
        start = -(-self.at // step) * step
        # Even what is empty has an offset of its own, so that no symbol falls into a neighbour.
        self.at = start + max(size, 1)
        if self.at > MAX_IMAGE:
            raise self.elf.fail(f"{what} of {size:#x} bytes makes the image larger than {MAX_IMAGE:#x} bytes")
        return start

    def _lay_out_sections(self) -> None:
        for s in self.elf.sections:
            if not _stays(s):
                continue
            self.offsets[s.index] = offset = self._place(s.size, s.addralign, f"section {s.name}")
            self.at = offset + s.size + 1  # that neither control nor an access comes from one into the next
            name = s.name
            while name in self.names.values():
                name += f"#{s.index}"
            self.names[s.index] = name
            content = self.elf.content(s)
            data = self.data[s.index] = bytearray(content) if s.type != "SHT_NOBITS" else bytearray(s.size)
            self.pieces[s.index] = pieces_of(self.elf, s, name, offset, data)

    def _lay_out_undefined(self) -> None:
        used: dict[int, set[int]] = {}
        for _, relocations in self.relocations:
            for r in relocations:
                used.setdefault(r.symbol, set()).add(r.type)
        called: list[str] = []
        data: list[str] = []
        for index in sorted(used):
            symbol = self.table[index]
            if self._is_external(symbol) and used[index] & BRANCHES:
                called.append(symbol.name)
            elif index and symbol.shndx == SHN_UNDEF and not self._is_external(symbol):
                if symbol.type == STT_TLS or symbol.name == _GOT_SYMBOL:
                    continue
                (called if used[index] & BRANCHES else data).append(symbol.name)
        for name in dict.fromkeys(data):
            self.globals[name] = offset = self._place(PAGE, PAGE, f"undefined symbol {name}")
            self._synthetic(f"global {name}", offset, PAGE, "rw")
            self._piece(f"&{name}", offset, PAGE, 1)
        for k in range(len(self.table)):
            symbol = self.table[k]
            if symbol.shndx == SHN_COMMON and symbol.name not in self.common:
                # st_value of a COMMON symbol is its alignment.
                offset = self._place(symbol.size, symbol.value, f"COMMON symbol {symbol.name}")
                self.common[symbol.name] = self.globals[symbol.name] = offset
                self._synthetic(f"common {symbol.name}", offset, symbol.size, "rw")
                self._piece(f"&{symbol.name}", offset, symbol.size, symbol.value)
        slots = sorted({(r.symbol, r.addend) for _, rs in self.relocations for r in rs if _uses_got(r.type)})
        if slots or any(self.table[k].name == _GOT_SYMBOL for k in used):
            self.got_base = self._place(8 * len(slots), 8, "the GOT")
            self.got = {key: self.got_base + 8 * k for k, key in enumerate(slots)}
            # A linker has the slots of all files in one table, in any order.
            self._piece("GOT", self.got_base, 0, 8)
            for k, slot in enumerate(self.got.values()):
                self._piece(f"GOT slot {k}", slot, 8, 8)
        if called:
            names = list(dict.fromkeys(called))
            start = self._place(_FUNCTION_SPACING * len(names), PAGE, "undefined functions")
            self.functions = {name: start + _FUNCTION_SPACING * k for k, name in enumerate(names)}
            for name, offset in self.functions.items():
                self._piece(f"&{name}", offset, _FUNCTION_SPACING, 1)
            self._synthetic("undefined functions", start, _FUNCTION_SPACING * len(names), "")

    def _piece(self, name: str, offset: int, size: int, alignment: int) -> None:
        if name in self.pieces:
            raise self.elf.fail(f"symbol {name[1:]} is undefined or COMMON twice, in two ways")
        self.pieces[name] = [Piece(name, offset, size, min(max(alignment, 1), PAGE))]

    def _synthetic(self, name: str, offset: int, size: int, access: str) -> None:
        if size:
            self.segments.append(Segment(name, offset, bytes(size), access, known=False))

    # -- relocation ---------------------------------------------------------------------------

    def _is_external(self, s: RawSymbol) -> bool:
        """Whether even the static linker does not fix the place: a weak reference that may stay
        empty, or a function chosen at run time by a resolver."""
        return (s.shndx == SHN_UNDEF and s.binding == STB_WEAK) or s.type == STT_GNU_IFUNC

    def _target(self, section: int, r: _Relocation, where: str) -> _Target:
        """S + A of a relocation of a section's memory (0 for the GOT)."""
        symbol, addend = self.table[r.symbol], r.addend
        if r.symbol == 0:
            return _Target("number", addend)
        if symbol.type == STT_TLS:
            raise _Open(f"{where}: the symbol is thread-local, and has no place in the image")
        if symbol.name in self.functions and (symbol.shndx == SHN_UNDEF or self._is_external(symbol)):
            return _Target.at(Place(self.pieces[f"&{symbol.name}"][0], addend))
        if self._is_external(symbol):
            return _Target("external", 0)
        if symbol.shndx == SHN_UNDEF:
            name = "GOT" if symbol.name == _GOT_SYMBOL else f"&{symbol.name}"
            return _Target.at(Place(self.pieces[name][0], addend))
        if symbol.shndx == SHN_COMMON:
            return _Target.at(Place(self.pieces[f"&{symbol.name}"][0], addend))
        if symbol.shndx == SHN_ABS:
            return _Target("number", symbol.value + addend)
        if symbol.shndx not in self.offsets:
            raise self.elf.fail(f"{where}: the symbol's section {symbol.shndx} occupies no memory")
        if self._is_replaceable(section, symbol):
            # Here this file's own definition, elsewhere perhaps another: nothing of it is known.
            name = f"another {self._describe(r.symbol, 0)}"
            if symbol.binding == STB_LOCAL:
                name += f" (symbol {r.symbol})"  # names of local symbols are not unique
            known = self.elsewhere.setdefault(name, Piece(name, self.offsets[symbol.shndx] + symbol.value, 0, 1))
            return _Target.at(Place(known, addend))
        # In a mergeable section a symbol says which piece is meant; a section's own symbol does with the addend.
        inside = addend if symbol.type == STT_SECTION else 0
        place = locate(self.elf.sections[symbol.shndx], self.pieces[symbol.shndx], symbol.value + inside)
        if place is None:
            name = self.names[symbol.shndx]
            raise self.elf.fail(
                f"{where}: {symbol.value + inside:#x} lies outside the mergeable section {name}, so no piece is meant"
            )
        return _Target.at(Place(place.piece, place.offset + addend - inside))

    def _is_replaceable(self, section: int, symbol: RawSymbol) -> bool:
        """Whether a linker may resolve a reference from this section to another file's definition: that of a
        weak or unique symbol, or of one in a COMDAT group of which it keeps another copy."""
        if symbol.binding not in (STB_LOCAL, STB_GLOBAL):
            return True
        group = self.groups.get(symbol.shndx)
        return group is not None and group != self.groups.get(section)

    def _note_export(self, index: int) -> bool:
        """Whether a shared library's own use of the symbol goes through tables, where another may take over."""
        symbol = self.table[index]
        if symbol.shndx in self.offsets and symbol.binding == STB_GLOBAL and symbol.visibility == STV_DEFAULT:
            self.exported.add(symbol.name)
            return True
        return False

    def _describe(self, index: int, addend: int) -> str:
        s = self.table[index]
        name = s.name
        if not name:
            # A section's own symbol has no name.
            sections = self.elf.sections
            name = sections[s.shndx].name if 0 < s.shndx < len(sections) else f"symbol {index}"
        return f"{name} {'-' if addend < 0 else '+'} {abs(addend):#x}" if addend else name

    def _relocate(self, section: SectionHeader, relocations: list[_Relocation]) -> None:
        data, base = self.data[section.index], self.offsets[section.index]
        done: set[int] = set()
        for r in relocations:
            where = (
                f"section {section.name} at {r.place:#x}, {relocation_name(r.type)} of "
                f"{self._describe(r.symbol, r.addend)}"
            )
            howto = HOWTO.get(r.type)
            if howto is None and r.type in _THREAD_LOCAL and not r.place % 4 and r.place + 4 <= len(data):
                # Each is about an instruction. More than one may be: TLSDESC_CALL says no more than what it is.
                self.open[base + r.place] = (4, f"{where}: what the linker makes of it is not known here")
                continue
            if howto is None:
                raise self.elf.fail(f"{where}: this relocation type is not supported")
            if section.type == "SHT_NOBITS" or r.place + howto.size > len(data):
                raise self.elf.fail(f"{where}: the place lies outside the section's {len(data):#x} bytes")
            if howto.form is not Form.DATA and r.place % 4:
                raise self.elf.fail(f"{where}: the place is no instruction, it is not a multiple of 4")
            covered = range(r.place, r.place + howto.size)
            if not done.isdisjoint(covered):
                raise self.elf.fail(f"{where}: another relocation has changed this place")
            done.update(covered)
            slot = base + r.place
            try:
                if howto.name == "ABS64" and self._pointer(section.index, slot, r, where):
                    struct.pack_into("<Q", data, r.place, self.pointers.get(slot, 0))
                    continue
                x = self._value(howto, r, section.index, slot, where)
            except _Open as e:  # no harm where nobody reads or executes it
                self.open[slot] = (howto.size, str(e))
                continue
            old = int.from_bytes(data[r.place : r.place + howto.size], "little")
            data[r.place : r.place + howto.size] = insert(howto, old, x).to_bytes(howto.size, "little")

    def _pointer(self, section: int, slot: int, r: _Relocation, where: str) -> bool:
        """Record a slot that holds an address; False when it holds a mere number."""
        target = self._target(section, r, where)
        if target.kind == "number":
            return False
        if target.place is None or self._is_external(self.table[r.symbol]):
            # Calls of it go to its slot, but its address may be 0, or what a resolver returns.
            self.external[slot] = self.table[r.symbol].name
        else:
            self._note_export(r.symbol)
            self.pointers[slot] = target.value & _MASK64
            self.pointees[slot] = target.place
        return True

    def _value(self, howto: Howto, r: _Relocation, section: int, place: int, where: str) -> int:
        """X of the relocation at offset `place` of the image, checked; notes what another layout changes."""
        operation = howto.operation
        if operation.uses_got:
            slot = (self.got[r.symbol, r.addend] - self.got_base) // 8
            target = _Target.at(Place(self.pieces[f"GOT slot {slot}"][0], 0))
        else:
            target = self._target(section, r, where)
        if target.kind == "external":
            raise _Open(f"{where}: the place of a weak or ifunc symbol is not known before run time")
        # A number minus an offset, or an offset by itself, would change with the load address.
        if operation is not Operation.LO12 and (target.kind == "number") != (operation is Operation.ABS):
            raise _Open(f"{where}: the result would depend on the load address, which is not known")
        sa = target.value
        if operation is Operation.ABS:
            x = sa
        elif operation in (Operation.PREL, Operation.GOT_PREL):
            x = sa - place
        elif operation in (Operation.PAGE, Operation.GOT_PAGE):
            x = (sa & -PAGE) - (place & -PAGE)
        elif operation in (Operation.LO12, Operation.GOT_LO12):
            x = sa & (PAGE - 1)
        else:
            x = sa - (self.got_base & -PAGE)
        # Arithmetic is modulo 2**64; absolute symbols are unsigned, but -1 is meant by 2**64 - 1.
        x = (x + (1 << 63) & _MASK64) - (1 << 63)
        if (howto.low is not None and x < howto.low) or (howto.high is not None and x >= howto.high):
            raise self.elf.fail(f"{where}: {_signed_hex(x)} overflows [{_bounds(howto)})")
        if x % howto.multiple:
            raise self.elf.fail(f"{where}: {_signed_hex(x)} is not a multiple of {howto.multiple}")
        if target.place is not None:
            self._note(howto, r, section, place, target.place, x, where)
        return x

    def _note(self, howto: Howto, r: _Relocation, section: int, place: int, to: Place, x: int, where: str) -> None:
        """Note the instruction or data at an offset of the image whose X another layout may change."""
        home = locate(self.elf.sections[section], self.pieces[section], place - self.offsets[section])
        # Within a piece distances stay.
        fixed = home is not None and home.piece == to.piece and howto.operation is Operation.PREL
        if howto.form is Form.DATA:
            if not fixed or (howto.name == "PLT32" and self._note_export(r.symbol)):
                self.open[place] = (howto.size, f"{where}: a distance of two pieces, which the linker decides")
            return
        fill = _FILLS.get(howto.operation, Fill.ADDRESS)
        veneer = False
        if r.type in BRANCHES:
            fill = Fill.BRANCH
            self._note_export(r.symbol)
            veneer = howto.name in VENEERS
        elif howto.form in (Form.MOVW, Form.MOVNZ):
            if fixed:
                return
            fill = Fill.DISTANCE
        got = howto.operation is Operation.GOT_OFFSET
        page_of = Place(self.pieces["GOT"][0], 0) if got else to
        self.links[place] = Link(fill, to, x, howto, page_of, veneer, where)

    def _close(self) -> None:
        """Make segments of the relocated bytes and of the GOT."""
        got = bytearray(8 * len(self.got))
        for (symbol, addend), slot in self.got.items():
            relocation = _Relocation(slot, 257, symbol, addend)
            where = f"the GOT slot of {self._describe(symbol, addend)}"
            if self._pointer(0, slot, relocation, where):
                value = self.pointers.get(slot, 0)
            else:
                value = self._target(0, relocation, where).value & _MASK64
            struct.pack_into("<Q", got, slot - self.got_base, value)
        if got:
            self.segments.append(Segment("GOT", self.got_base, bytes(got), "r"))
        for s in self.elf.sections:
            if s.index in self.data and s.size:
                access = "r" + "w" * bool(s.flags & SHF_WRITE) + "x" * bool(s.flags & SHF_EXECINSTR)
                self.segments.append(
                    Segment(self.names[s.index], self.offsets[s.index], bytes(self.data[s.index]), access)
                )


def _stays(s: SectionHeader) -> bool:
    """Whether the section is in memory once the file is linked: SHF_EXCLUDE says that it is left out."""
    return s.allocated and not s.flags & SHF_EXCLUDE


def _uses_got(number: int) -> bool:
    howto = HOWTO.get(number)
    return howto is not None and howto.operation.uses_got


def _signed_hex(x: int) -> str:
    return f"-{-x:#x}" if x < 0 else f"{x:#x}"


def _bounds(howto: Howto) -> str:
    return f"{_signed_hex(howto.low or 0)}, {_signed_hex(howto.high or 0)}"
