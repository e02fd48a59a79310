"""Symbol tables: what an ELF symbol is, and the index that finds one by name or by offset."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from armsym.elf.elffile import ElfFile, SectionHeader
from armsym.elf.names import Names, address_of
from armsym.elf.text import bad, near

__all__ = [
    "SHN_ABS",
    "SHN_COMMON",
    "SHN_UNDEF",
    "STB_GLOBAL",
    "STB_LOCAL",
    "STB_WEAK",
    "STT_GNU_IFUNC",
    "STT_SECTION",
    "STT_TLS",
    "STV_DEFAULT",
    "RawSymbol",
    "Symbol",
    "SymbolIndex",
    "SymbolTable",
    "locate_in",
]

STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STV_DEFAULT = 0
STT_SECTION, STT_FILE, STT_TLS, STT_GNU_IFUNC = 3, 4, 6, 10
SHN_UNDEF, SHN_ABS, SHN_COMMON = 0, 0xFFF1, 0xFFF2

#: How the names of mapping symbols begin (AAELF64, "Mapping symbols"): nothing or a period follows.
_MAPPING = frozenset({b"$x\0", b"$x.", b"$d\0", b"$d."})
_KINDS = {0: "notype", 1: "object", 2: "func", 3: "section", 4: "file", 5: "common", 6: "tls", 10: "ifunc"}
_BINDINGS = {0: "local", 1: "global", 2: "weak", 10: "unique"}
_ENTRY = struct.Struct("<IBBHQQ")


class Symbol(NamedTuple):
    """A named place.  `offset` counts from the image base, in bytes, when `state` is "defined".

    `kind` is ELF's type in lower case ("func", "object", "notype", "ifunc", "tls", ...), `binding`
    is "local", "global", "weak" or "unique".  What is named by its address has the kind "address".
    `state` says why a symbol has no place in the image:
    "undefined", "absolute" (a number, not a place), "thread-local", or "not loaded" (its section
    occupies no memory); `offset` is then ELF's st_value.
    """

    name: str
    offset: int
    size: int
    kind: str
    binding: str
    section: str | None
    state: str = "defined"


class RawSymbol(NamedTuple):
    """One entry of a symbol table as ELF writes it."""

    name: str
    type: int
    binding: int
    visibility: int
    shndx: int
    value: int
    size: int


#: (offset, section name, state) of a symbol, from its st_shndx, st_value and type.
Locate = Callable[[int, int, int], tuple[int, str | None, str]]


class SymbolTable:
    """The raw entries of .symtab or .dynsym, unpacked when asked."""

    def __init__(self, elf: ElfFile, entries: memoryview, strings: memoryview) -> None:
        self._elf, self._entries, self._strings = elf, entries, bytes(strings)
        self._known: dict[int, RawSymbol] = {}

    @staticmethod
    def of_section(elf: ElfFile, section: SectionHeader) -> SymbolTable:
        """The table in a section of type SHT_SYMTAB or SHT_DYNSYM."""
        return SymbolTable(elf, elf.table(section, 24), elf.content(elf.linked(section)))

    @staticmethod
    def empty(elf: ElfFile) -> SymbolTable:
        """A table with only the null symbol that each table begins with."""
        return SymbolTable(elf, memoryview(bytes(24)), memoryview(b"\0"))

    def __len__(self) -> int:
        return len(self._entries) // 24

    def _name(self, at: int) -> str:
        end = self._strings.find(b"\0", at)
        if end < 0:
            size = len(self._strings)
            raise self._elf.fail(f"a symbol's name at {at:#x} lies outside its {size:#x} bytes of strings")
        return self._strings[at:end].decode("utf-8", "backslashreplace")

    def __getitem__(self, index: int) -> RawSymbol:
        """The entry of this index; raises `InputError` when the table is shorter."""
        known = self._known.get(index)
        if known is None:
            if not 0 <= index < len(self):
                raise self._elf.fail(f"symbol {index} does not exist: the table has {len(self)}")
            name, info, other, shndx, value, size = _ENTRY.unpack_from(self._entries, 24 * index)
            text = self._name(name) if name or self._strings else ""
            known = self._known[index] = RawSymbol(text, info & 15, info >> 4, other & 3, shndx, value, size)
        return known

    def marks(self) -> Iterator[tuple[bool, int, int]]:
        """The mapping symbols: whether data begins there (else code), st_shndx and st_value."""
        strings = self._strings
        for at, info, _, shndx, value, _ in _ENTRY.iter_unpack(self._entries):
            if at < len(strings) and strings[at] == 0x24 and not info & 15 and strings[at : at + 3] in _MAPPING:
                yield strings[at + 1] == 0x64, shndx, value

    def symbols(self, locate: Locate) -> list[Symbol]:
        """All named symbols but files, sections and mapping symbols ($x, $d)."""
        found: list[Symbol] = []
        strings, size_of_strings = self._strings, len(self._strings)
        for at, info, _, shndx, value, size in _ENTRY.iter_unpack(self._entries):
            kind = info & 15
            if not at or kind in (STT_SECTION, STT_FILE):
                continue
            if at >= size_of_strings:
                self._name(at)  # raises
            if strings[at] == 0x24 and not info and strings[at : at + 3] in _MAPPING:
                continue
            end = strings.find(b"\0", at)
            name = strings[at:end].decode("utf-8", "backslashreplace") if end >= 0 else self._name(at)
            offset, section, state = locate(shndx, value, kind)
            found.append(
                Symbol(
                    name,
                    offset,
                    size,
                    _KINDS.get(kind) or f"type {kind}",
                    _BINDINGS.get(info >> 4) or f"binding {info >> 4}",
                    section,
                    state,
                )
            )
        return found


class SymbolIndex:
    """Symbols by name and by offset; built from `source` when first asked.

    What is asked for is found under the file's `names` for it; as `_f` too, where the file wrote `_` before it.
    """

    def __init__(
        self, file: str, source: Callable[[], list[Symbol]], names: Names | None = None, *, underscored: bool = False
    ) -> None:
        self.file = file
        self._source = source
        self.names = names or Names()
        self._underscored = underscored

    def named(self, names: Names) -> SymbolIndex:
        """The same symbols under other names."""
        copy = SymbolIndex(self.file, lambda: self.all, names, underscored=self._underscored)
        copy.__dict__ |= {k: v for k, v in self.__dict__.items() if k in ("all", "by_name", "_places")}
        return copy

    def in_file(self, name: str) -> str:
        """What the file calls what is asked for by this name: a symbol's name, or an address."""
        found = self.names.in_file(name, self.by_name)
        if self._underscored and found.startswith("_") and found not in self.by_name and found[1:] in self.by_name:
            return found[1:]
        return found

    @cached_property
    def all(self) -> list[Symbol]:
        """Every symbol, in the file's order."""
        return self._source()

    @cached_property
    def by_name(self) -> dict[str, list[Symbol]]:
        """The symbols of each name; `name@@VERSION` is also found as `name`."""
        table: dict[str, list[Symbol]] = {}
        for s in self.all:
            table.setdefault(s.name, []).append(s)
        for s in self.all:
            plain, mark, _ = s.name.partition("@@")
            if mark and plain:
                table.setdefault(plain, [s])
        return table

    def choose(self, name: str) -> Symbol | list[Symbol]:
        """The symbol that the file has by this name, or the ones among which nothing chooses (perhaps none)."""
        found = self.by_name.get(name, [])
        if len(found) == 1:
            return found[0]
        defined = [s for s in found if s.state == "defined"] or found
        outer = [s for s in defined if s.binding != "local"] or defined
        if outer and all(s.offset == outer[0].offset and s.state == outer[0].state for s in outer):
            return max(outer, key=lambda s: s.size)
        return outer

    def lookup(self, name: str) -> Symbol:
        """The symbol of this name; `name@0x1234` picks one of several, `0x1234` and `0x1234+0x40` are places.

        Raises `InputError`.
        """
        asked, name = name, self.in_file(name)
        self._refuse_two_meanings(asked)
        address = address_of(name) if name not in self.by_name else None
        if address is not None:
            return Symbol(asked, *address, "address", "global", None)
        plain, mark, place = name.rpartition("@")
        if mark and place.startswith("0x") and name not in self.by_name:
            at = [s for s in self.by_name.get(plain, []) if hex(s.offset) == place.lower()]
            if at:
                return max(at, key=lambda s: s.size)
        found = self.choose(name)
        if isinstance(found, Symbol):
            return found
        if not found:
            if not self.by_name:
                raise bad(self.file, f"has no symbol {name!r}: it has no symbols at all; name an address, 0x...")
            raise bad(self.file, f"has no symbol {name!r}{near(name, self.by_name)}")
        where = ", ".join(f"{name}@{s.offset:#x}" for s in found[:8])
        more = ", ..." if len(found) > 8 else ""
        raise bad(self.file, f"has {len(found)} symbols {name!r}, none of them global: choose {where}{more}")

    def _refuse_two_meanings(self, asked: str) -> None:
        """`_f` of a file that writes `_` before names is what C calls so, `__f`, or what the file does, C's `f`."""
        text = self.names.in_file(asked, self.by_name)
        if not self._underscored or not text.startswith("_"):
            return
        found = [f for n in (text, text[1:]) for f in [self.by_name.get(n)] if f]
        if len(found) == 2 and len({s.offset for s in (*found[0], *found[1])}) > 1:
            raise bad(self.file, f"has a symbol {text} and a symbol _{text}, which C calls {text}: name an address")

    @cached_property
    def _places(self) -> tuple[list[int], list[Symbol]]:
        def rank(s: Symbol) -> tuple[int, bool, bool, int]:
            # Of symbols at one offset the last is taken: a typed one, then a global one, then the larger.
            return s.offset, s.kind != "notype", s.binding != "local", s.size

        ordered = sorted((s for s in self.all if s.state == "defined"), key=rank)
        return [s.offset for s in ordered], ordered

    def before(self, offset: int) -> Iterator[Symbol]:
        """Defined symbols at or before `offset`, the nearest first."""
        offsets, ordered = self._places
        for k in range(bisect_right(offsets, offset) - 1, -1, -1):
            yield ordered[k]

    def after(self, offset: int) -> Iterator[Symbol]:
        """Defined symbols after `offset`, the nearest first."""
        offsets, ordered = self._places
        for k in range(bisect_right(offsets, offset), len(ordered)):
            yield ordered[k]


def locate_in(sections: dict[int, tuple[str, int | None]]) -> Locate:
    """How symbols find their place: `sections` maps an index to the section's name and to what must be
    added to st_value, None for a section that is not loaded."""

    def locate(shndx: int, value: int, kind: int) -> tuple[int, str | None, str]:
        if shndx == SHN_UNDEF:
            return value, None, "undefined"
        if kind == STT_TLS:
            return value, None, "thread-local"
        if shndx == SHN_ABS:
            return value, None, "absolute"
        if shndx == SHN_COMMON:
            return value, "COMMON", "not loaded"
        if shndx not in sections:
            return value, None, "not loaded"
        name, base = sections[shndx]
        if base is None:
            return value, name, "not loaded"
        return (value + base) & (1 << 64) - 1, name, "defined"

    return locate
