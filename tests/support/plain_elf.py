"""Symbols and relocations of a 64-bit little-endian ELF file, read as the System V gABI lays them out.

It knows nothing of armsym or of pyelftools, which armsym reads files with: what both tell alike, neither made up.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: sh_type of tables of symbols, and of relocations with addends.
SHT_SYMTAB, SHT_RELA, SHT_DYNSYM = 2, 4, 11
#: The lower four bits of st_info, and the upper four.
TYPES = {0: "notype", 1: "object", 2: "func", 3: "section", 4: "file", 6: "tls", 10: "ifunc"}
BINDINGS = {0: "local", 1: "global", 2: "weak", 10: "unique"}
#: Section indices from here on are no sections: SHN_LORESERVE.
RESERVED = 0xFF00


@dataclass(frozen=True)
class Section:
    """Elf64_Shdr, the fields used here; `link` is the index of the section that goes with it."""

    type: int
    offset: int
    size: int
    link: int
    entry: int


@dataclass(frozen=True)
class PlainSymbol:
    """Elf64_Sym: its name, st_value, st_size, the type and binding in words, and st_shndx."""

    name: str
    value: int
    size: int
    type: str
    binding: str
    section: int

    @property
    def defined(self) -> bool:
        """Whether it lies in a section of the file."""
        return 0 < self.section < RESERVED


@dataclass(frozen=True)
class PlainRelocation:
    """Elf64_Rela: r_offset, the type (the lower 32 bits of r_info), the symbol if any, and the addend."""

    offset: int
    type: int
    symbol: PlainSymbol | None
    addend: int


class PlainElf:
    """The tables of one file; `AssertionError` if it is no 64-bit little-endian ELF file."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        assert self.data[:6] == b"\x7fELF\x02\x01"
        # e_shoff at 40; e_shentsize, e_shnum at 58.
        (start,), (size, count) = struct.unpack_from("<Q", self.data, 40), struct.unpack_from("<HH", self.data, 58)
        assert size == 64
        self.sections = [self._section(start + size * k) for k in range(count)]

    def _section(self, at: int) -> Section:
        _, type_, _, _, offset, length, link, _, _, entry = struct.unpack_from("<IIQQQQIIQQ", self.data, at)
        return Section(type_, offset, length, link, entry)

    def symbols(self, table: Section) -> list[PlainSymbol]:
        """All entries of a symbol table."""
        names = self.sections[table.link].offset
        assert table.entry == 24
        return [self._symbol(at, names) for at in range(table.offset, table.offset + table.size, 24)]

    def _symbol(self, at: int, names: int) -> PlainSymbol:
        name, info, _, section, value, size = struct.unpack_from("<IBBHQQ", self.data, at)
        text = self.data[names + name : self.data.index(b"\0", names + name)].decode()
        return PlainSymbol(text, value, size, TYPES[info & 15], BINDINGS[info >> 4], section)

    def of_type(self, type_: int) -> list[Section]:
        """The sections of a type."""
        return [s for s in self.sections if s.type == type_]

    def relocations(self) -> Iterator[PlainRelocation]:
        """All relocations with addends."""
        for table in self.of_type(SHT_RELA):
            assert table.entry == 24
            symbols = self.symbols(self.sections[table.link]) if table.link else []
            for at in range(table.offset, table.offset + table.size, 24):
                offset, info, addend = struct.unpack_from("<QQq", self.data, at)
                which = info >> 32
                yield PlainRelocation(offset, info & 0xFFFFFFFF, symbols[which] if which else None, addend)
