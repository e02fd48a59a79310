"""Relocatable objects (.o): armsym is their linker.

Each loaded section gets pages of its own, in the file's order; then come a page for each undefined
data symbol, the COMMON symbols, a GOT, and slots for undefined functions.  It is one of the layouts
a linker may choose; nothing depends on the image base.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from armsym.elf.elffile import SHF_EXECINSTR, SHF_WRITE, ElfFile, SectionHeader
from armsym.elf.image import Image
from armsym.elf.layout import MAX_IMAGE, PAGE, Contents, Section, Segment
from armsym.elf.relocations import BRANCHES, HOWTO, Form, Howto, Operation, insert, relocation_name
from armsym.elf.symbols import (
    SHN_ABS,
    SHN_COMMON,
    SHN_UNDEF,
    STB_WEAK,
    STT_GNU_IFUNC,
    STT_TLS,
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


class _Relocation(NamedTuple):
    place: int  # offset in the section
    type: int
    symbol: int
    addend: int


class _Target(NamedTuple):
    """What a symbol stands for: a number, an offset from the image base, or something outside."""

    kind: str  # "number", "offset", "external"
    value: int


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
            pointers=self.pointers,
            external_pointers=self.external,
            globals=self.globals,
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
        if target.allocated and s.type != "SHT_RELA":
            raise self.elf.fail(f"section {s.name} has type {s.type}: AArch64 objects use SHT_RELA")
        return target.allocated

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
            if not s.allocated:
                continue
            self.offsets[s.index] = self._place(s.size, s.addralign, f"section {s.name}")
            name = s.name if s.name not in self.names.values() else f"{s.name}#{s.index}"
            self.names[s.index] = name
            content = self.elf.content(s)
            self.data[s.index] = bytearray(content) if s.type != "SHT_NOBITS" else bytearray(s.size)

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
        for k in range(len(self.table)):
            symbol = self.table[k]
            if symbol.shndx == SHN_COMMON and symbol.name not in self.common:
                # st_value of a COMMON symbol is its alignment.
                offset = self._place(symbol.size, symbol.value, f"COMMON symbol {symbol.name}")
                self.common[symbol.name] = self.globals[symbol.name] = offset
                self._synthetic(f"common {symbol.name}", offset, symbol.size, "rw")
        slots = sorted({(r.symbol, r.addend) for _, rs in self.relocations for r in rs if _uses_got(r.type)})
        if slots or any(self.table[k].name == _GOT_SYMBOL for k in used):
            self.got_base = self._place(8 * len(slots), 8, "the GOT")
            self.got = {key: self.got_base + 8 * k for k, key in enumerate(slots)}
        if called:
            names = list(dict.fromkeys(called))
            start = self._place(_FUNCTION_SPACING * len(names), PAGE, "undefined functions")
            self.functions = {name: start + _FUNCTION_SPACING * k for k, name in enumerate(names)}
            self._synthetic("undefined functions", start, _FUNCTION_SPACING * len(names), "")

    def _synthetic(self, name: str, offset: int, size: int, access: str) -> None:
        if size:
            self.segments.append(Segment(name, offset, bytes(size), access, known=False))

    # -- relocation ---------------------------------------------------------------------------

    def _is_external(self, s: RawSymbol) -> bool:
        """Whether even the static linker does not fix the place: a weak reference that may stay
        empty, or a function chosen at run time by a resolver."""
        return (s.shndx == SHN_UNDEF and s.binding == STB_WEAK) or s.type == STT_GNU_IFUNC

    def _target(self, index: int, where: str) -> _Target:
        symbol = self.table[index]
        if index == 0:
            return _Target("number", 0)
        if symbol.type == STT_TLS:
            raise self.elf.fail(f"{where}: the symbol is thread-local, and has no place in the image")
        if symbol.name in self.functions and (symbol.shndx == SHN_UNDEF or self._is_external(symbol)):
            return _Target("offset", self.functions[symbol.name])
        if self._is_external(symbol):
            return _Target("external", 0)
        if symbol.shndx == SHN_UNDEF:
            is_got = symbol.name == _GOT_SYMBOL
            return _Target("offset", self.got_base if is_got else self.globals[symbol.name])
        if symbol.shndx == SHN_COMMON:
            return _Target("offset", self.common[symbol.name])
        if symbol.shndx == SHN_ABS:
            return _Target("number", symbol.value)
        if symbol.shndx not in self.offsets:
            raise self.elf.fail(f"{where}: the symbol's section {symbol.shndx} occupies no memory")
        return _Target("offset", self.offsets[symbol.shndx] + symbol.value)

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
            if howto.name == "ABS64" and self._pointer(slot, r, where):
                struct.pack_into("<Q", data, r.place, self.pointers.get(slot, 0))
                continue
            x = self._value(howto, r, slot, where)
            old = int.from_bytes(data[r.place : r.place + howto.size], "little")
            data[r.place : r.place + howto.size] = insert(howto, old, x).to_bytes(howto.size, "little")

    def _pointer(self, slot: int, r: _Relocation, where: str) -> bool:
        """Record a slot that holds an address; False when it holds a mere number."""
        target = self._target(r.symbol, where)
        if target.kind == "number":
            return False
        if self._is_external(self.table[r.symbol]):
            # Calls of it go to its slot, but its address may be 0, or what a resolver returns.
            self.external[slot] = self.table[r.symbol].name
        else:
            self.pointers[slot] = (target.value + r.addend) & _MASK64
        return True

    def _value(self, howto: Howto, r: _Relocation, place: int, where: str) -> int:
        """X of the relocation at offset `place`, checked."""
        operation = howto.operation
        if operation.uses_got:
            target = _Target("offset", self.got[r.symbol, r.addend])
            addend = 0
        else:
            target, addend = self._target(r.symbol, where), r.addend
        if target.kind == "external":
            raise self.elf.fail(f"{where}: the place of a weak or ifunc symbol is not known before run time")
        # A number minus an offset, or an offset by itself, would change with the load address.
        if operation is not Operation.LO12 and (target.kind == "number") != (operation is Operation.ABS):
            raise self.elf.fail(f"{where}: the result would depend on the load address, which is not known")
        sa = target.value + addend
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
        return x

    def _close(self) -> None:
        """Make segments of the relocated bytes and of the GOT."""
        got = bytearray(8 * len(self.got))
        for (symbol, addend), slot in self.got.items():
            relocation = _Relocation(slot, 257, symbol, addend)
            where = f"the GOT slot of {self._describe(symbol, addend)}"
            if self._pointer(slot, relocation, where):
                value = self.pointers.get(slot, 0)
            else:
                value = (self._target(symbol, where).value + addend) & _MASK64
            struct.pack_into("<Q", got, slot - self.got_base, value)
        if got:
            self.segments.append(Segment("GOT", self.got_base, bytes(got), "r"))
        for s in self.elf.sections:
            if s.index in self.data and s.size:
                access = "r" + "w" * bool(s.flags & SHF_WRITE) + "x" * bool(s.flags & SHF_EXECINSTR)
                self.segments.append(
                    Segment(self.names[s.index], self.offsets[s.index], bytes(self.data[s.index]), access)
                )


def _uses_got(number: int) -> bool:
    howto = HOWTO.get(number)
    return howto is not None and howto.operation.uses_got


def _signed_hex(x: int) -> str:
    return f"-{-x:#x}" if x < 0 else f"{x:#x}"


def _bounds(howto: Howto) -> str:
    return f"{_signed_hex(howto.low or 0)}, {_signed_hex(howto.high or 0)}"
