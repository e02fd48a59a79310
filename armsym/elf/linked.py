"""Shared libraries and executables: what the dynamic loader maps, and what it writes there.

Sources: the ELF gABI ("Program Loading", "Dynamic Section", and its RELR relocations), and AAELF64,
section "Dynamic relocations".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise

from armsym.elf.elffile import ElfFile
from armsym.elf.image import Image
from armsym.elf.kernel import lists_rewritten, rewritten
from armsym.elf.layout import MAX_IMAGE, PAGE, Contents, Section, Segment
from armsym.elf.properties import wants_landing_pads
from armsym.elf.symbols import (
    SHN_ABS,
    SHN_UNDEF,
    STB_LOCAL,
    STT_GNU_IFUNC,
    STT_TLS,
    Symbol,
    SymbolTable,
    locate_in,
)

__all__ = ["load_linked"]

_PF_X, _PF_W, _PF_R = 1, 2, 4
_RELA = struct.Struct("<QIIq")
_U64 = struct.Struct("<Q")
_MASK64 = (1 << 64) - 1

_DT_PLTRELSZ, _DT_PLTGOT, _DT_STRTAB, _DT_SYMTAB, _DT_RELA, _DT_RELASZ, _DT_STRSZ = 2, 3, 5, 6, 7, 8, 10
_DT_SYMBOLIC, _DT_JMPREL, _DT_FLAGS, _DT_RELRSZ, _DT_RELR, _DT_FLAGS_1 = 16, 23, 30, 35, 36, 0x6FFFFFFB
_DF_SYMBOLIC, _DF_1_PIE = 2, 0x08000000
#: Tables of relocations in formats that are not read; to overlook one would be unsound.
_OTHER_TABLES = {
    17: "DT_REL",
    0x6000000F: "DT_ANDROID_REL",
    0x60000011: "DT_ANDROID_RELA",
    0x6FFFE000: "DT_ANDROID_RELR",
    0x70000012: "DT_AARCH64_AUTH_RELR",
}

_ABS64, _COPY, _GLOB_DAT, _JUMP_SLOT, _RELATIVE = 257, 1024, 1025, 1026, 1027
_TLSDESC, _IRELATIVE = 1031, 1032
_TLS = {1028: "TLS_IMPDEF1", 1029: "TLS_IMPDEF2", 1030: "TLS_TPREL"}  # eight bytes each


def load_linked(elf: ElfFile) -> Image:
    """Map and relocate a library or executable; raises `InputError` for what cannot be relied on."""
    return _Loader(elf).load()


@dataclass(slots=True)
class _Load:
    """A PT_LOAD segment: its memory, of which the first `filesz` bytes come from the file."""

    name: str
    start: int
    memory: bytearray
    flags: int
    filesz: int

    def __str__(self) -> str:
        return f"{self.name} [{self.start:#x}, {self.end:#x})"

    @property
    def end(self) -> int:
        return self.start + len(self.memory)

    def holds(self, offset: int, size: int) -> bool:
        return self.start <= offset and offset + size <= self.start + len(self.memory)


@dataclass
class _Loader:
    elf: ElfFile
    loads: list[_Load] = field(default_factory=list)
    dynamic: dict[int, int] = field(default_factory=dict)
    symbols: SymbolTable = field(init=False)
    symbolic: bool = False
    pointers: dict[int, int] = field(default_factory=dict)
    external: dict[int, str] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    imported: dict[str, list[int]] = field(default_factory=dict)
    import_of: dict[str, int] = field(default_factory=dict)  # name -> the symbol that `imported` is about
    preemptible: dict[int, str] = field(default_factory=dict)

    def load(self) -> Image:
        elf = self.elf
        self._map()
        self._read_dynamic()
        pie = bool(self.dynamic.get(_DT_FLAGS_1, 0) & _DF_1_PIE)
        kind = "executable" if pie else elf.type
        self.symbolic = (
            kind == "executable" or _DT_SYMBOLIC in self.dynamic or bool(self.dynamic.get(_DT_FLAGS, 0) & _DF_SYMBOLIC)
        )
        self.symbols = self._dynamic_symbols()
        for start, size, what in self._relocation_tables():
            self._relocate(self._read(start, size, what), what)
        if _DT_RELR in self.dynamic:
            size = self.dynamic.get(_DT_RELRSZ, 0)
            self._relocate_relr(self._read(self.dynamic[_DT_RELR], size, "DT_RELR"))
        self._check_slots()
        contents = Contents(
            segments=self._segments(),
            sections=[Section(s.name, s.addr, s.size) for s in elf.sections if s.allocated],
            pointers=self.pointers,
            external_pointers=self.external,
            imported=self.imported,
            preemptible=self.preemptible,
            fixed_base=elf.type == "executable",
            open=self._rewritten() | self._loaders_own(),
            guarded=wants_landing_pads(elf),
        )
        return Image(elf.name, elf.data, kind, contents, self._symbol_source())

    # -- mapping ------------------------------------------------------------------------------

    def _map(self) -> None:
        elf, total = self.elf, 0
        for p in elf.segments:
            if p.type != "PT_LOAD" or not p.memsz:
                continue
            what = f"segment {p.index} (PT_LOAD at {p.vaddr:#x})"
            total += p.memsz
            if p.filesz and (p.vaddr - p.offset) % PAGE:
                raise elf.fail(f"{what} begins at {p.offset:#x} of the file, not at the same place of a page")
            if p.filesz > p.memsz:
                raise elf.fail(f"{what} has {p.filesz:#x} bytes in the file but {p.memsz:#x} in memory")
            if total > MAX_IMAGE or p.vaddr + p.memsz > 1 << 64:
                raise elf.fail(f"{what} of {p.memsz:#x} bytes makes the image exceed {MAX_IMAGE:#x} bytes")
            memory = bytearray(elf.file_range(p.offset, p.filesz, what))
            memory += bytes(p.memsz - p.filesz)
            load = _Load(f"LOAD{p.index}", p.vaddr, memory, p.flags, p.filesz)
            for other in self.loads:
                # Loaders map whole pages: then one hides a part of the other.
                if load.start // PAGE <= (other.end - 1) // PAGE and other.start // PAGE <= (load.end - 1) // PAGE:
                    raise elf.fail(f"has overlapping segments {other} and {load}, in pages of {PAGE} bytes")
            self.loads.append(load)
        if not self.loads:
            raise elf.fail("has no PT_LOAD segment: there is nothing to load (a file of debug symbols only?)")

    def _read(self, start: int, size: int, what: str) -> bytes:
        """Bytes of the file by address."""
        for load in self.loads:
            if load.start <= start and start + size <= load.start + load.filesz:
                return bytes(load.memory[start - load.start : start - load.start + size])
        raise self.elf.fail(f"{what} [{start:#x}, +{size:#x}) lies outside the loaded segments")

    def _read_dynamic(self) -> None:
        elf = self.elf
        for p in elf.segments:
            if p.type != "PT_DYNAMIC":
                continue
            content = elf.file_range(p.offset, p.filesz & ~15, "the dynamic section")
            for tag, value in struct.iter_unpack("<QQ", content):
                if tag == 0:
                    break
                if tag in _OTHER_TABLES:
                    raise elf.fail(f"has a {_OTHER_TABLES[tag]} table of relocations, which is not read")
                self.dynamic.setdefault(tag, value)

    def _dynamic_symbols(self) -> SymbolTable:
        start = self.dynamic.get(_DT_SYMTAB)
        if start is None:
            return SymbolTable.empty(self.elf)
        strings = self._read(self.dynamic.get(_DT_STRTAB, 0), self.dynamic.get(_DT_STRSZ, 0), "DT_STRTAB")
        for load in self.loads:
            if load.start <= start < load.start + load.filesz:
                # The dynamic section does not say how many there are; an index is checked when it is used.
                room = load.start + load.filesz - start
                entries = bytes(load.memory[start - load.start : start - load.start + room // 24 * 24])
                return SymbolTable(self.elf, memoryview(entries), memoryview(strings))
        raise self.elf.fail(f"DT_SYMTAB {start:#x} lies outside the loaded segments")

    def _symbol_source(self) -> _SymbolSource:
        by_type = {s.type: s for s in reversed(self.elf.sections)}
        section = by_type.get("SHT_SYMTAB") or by_type.get("SHT_DYNSYM")
        table = SymbolTable.of_section(self.elf, section) if section else SymbolTable.empty(self.elf)
        places = {s.index: (s.name, 0 if s.allocated else None) for s in self.elf.sections}
        return _SymbolSource(table, places)

    # -- relocations --------------------------------------------------------------------------

    def _relocation_tables(self) -> list[tuple[int, int, str]]:
        """(address, size, name) of the tables of Rela entries, no entry twice."""
        d = self.dynamic
        tables = [
            (d[tag], d.get(size, 0), name)
            for tag, size, name in (
                (_DT_RELA, _DT_RELASZ, "DT_RELA"),
                (_DT_JMPREL, _DT_PLTRELSZ, "DT_JMPREL"),
            )
            if tag in d
        ]
        # A static executable has no dynamic section, but tables that its own start-up code applies.
        for s in self.elf.sections:
            if s.allocated and s.type == "SHT_RELA":
                tables.append((s.addr, s.size, s.name))
            elif s.allocated and (s.type == "SHT_REL" or (s.type == "SHT_RELR" and _DT_RELR not in d)):
                raise self.elf.fail(f"section {s.name} holds relocations of type {s.type}, which is not read")
        found: list[tuple[int, int, str]] = []
        done = 0
        for start, size, name in sorted(tables):
            first = max(start, done) if found else start
            if start + size > first:
                found.append((first, start + size - first, name))
                done = start + size
        return found

    def _slot(self, place: int, size: int, what: str) -> _Load:
        for load in self.loads:
            if load.holds(place, size):
                if not load.flags & _PF_W:
                    raise self.elf.fail(f"{what} at {place:#x} changes {load.name}, which is not writable")
                return load
        raise self.elf.fail(f"{what} at {place:#x} lies outside the loaded segments")

    def _relocate(self, table: bytes, what: str) -> None:
        if len(table) % 24:
            raise self.elf.fail(f"{what} of {len(table):#x} bytes is not made of entries of 24 bytes")
        pointers, pack = self.pointers, _U64.pack_into
        load, low, high = self.loads[0], 0, -1
        for place, kind, index, addend in _RELA.iter_unpack(table):
            if kind == _RELATIVE:
                if not low <= place <= high:
                    load = self._slot(place, 8, "R_AARCH64_RELATIVE")
                    low, high = load.start, load.start + len(load.memory) - 8
                if place in pointers:
                    raise self._twice(place)
                target = pointers[place] = addend & _MASK64
                pack(load.memory, place - low, target)
            elif kind not in (0, 256):
                self._relocate_symbol(place, kind, index, addend)

    def _relocate_symbol(self, place: int, kind: int, index: int, addend: int) -> None:
        symbol = self.symbols[index]
        name = symbol.name or f"symbol {index}"
        if kind in (_ABS64, _GLOB_DAT, _JUMP_SLOT):
            load = self._slot(place, 8, f"relocation of {name}")
            value = (symbol.value + addend) & _MASK64
            if index == 0 or symbol.shndx == SHN_ABS:
                self.numbers.append(place)  # the same at every load address
            elif symbol.shndx == SHN_UNDEF or symbol.type in (STT_GNU_IFUNC, STT_TLS):
                self._external(place, name)
                value = 0
                # Not a jump slot: it may lead to code of the loader's, which looks for the function when it is called.
                plain = symbol.shndx == SHN_UNDEF and symbol.type not in (STT_GNU_IFUNC, STT_TLS)
                # Two symbols of one name have two versions, and perhaps two addresses: then the first counts.
                same = self.import_of.setdefault(name, index) == index
                if symbol.name and plain and same and not addend and kind in (_ABS64, _GLOB_DAT):
                    self.imported.setdefault(name, []).append(place)
            else:
                if place in self.pointers:
                    raise self._twice(place)
                self.pointers[place] = value
                if symbol.binding != STB_LOCAL and symbol.visibility == 0 and not self.symbolic:
                    self.preemptible[place] = name
            _U64.pack_into(load.memory, place - load.start, value)
            return
        if kind == _IRELATIVE:
            size, name = 8, f"IRELATIVE {addend & _MASK64:#x}"
        elif kind == _TLSDESC:
            size, name = 16, f"TLSDESC {name}"
        elif kind in _TLS:
            size, name = 8, f"{_TLS[kind]} {name}"
        elif kind == _COPY:
            size, name = symbol.size, f"COPY {name}"
        else:
            raise self.elf.fail(
                f"dynamic relocation type {kind} at {place:#x} of {name} + {addend:#x} is not supported"
            )
        load = self._slot(place, size, f"relocation {name}")
        load.memory[place - load.start : place - load.start + size] = bytes(size)
        for slot in range(place, place + size, 8):
            self._external(slot, name)

    def _external(self, slot: int, name: str) -> None:
        if slot in self.external:
            raise self._twice(slot)
        self.external[slot] = name

    def _twice(self, slot: int) -> Exception:
        return self.elf.fail(f"two dynamic relocations write the place {slot:#x}")

    def _relocate_relr(self, table: bytes) -> None:
        """RELR: an even entry is a place; an odd one a bitmap of the 63 words after the last place."""
        if len(table) % 8:
            raise self.elf.fail(f"DT_RELR of {len(table):#x} bytes is not made of entries of 8 bytes")
        after = 0
        for (entry,) in _U64.iter_unpack(table):
            if entry & 1:
                places = [after + 8 * k for k in range(63) if entry >> (k + 1) & 1]
                after += 63 * 8
            else:
                places = [entry]
                after = entry + 8
            for place in places:
                load = self._slot(place, 8, "RELR relocation")
                if place in self.pointers:
                    raise self._twice(place)
                (self.pointers[place],) = _U64.unpack_from(load.memory, place - load.start)

    def _check_slots(self) -> None:
        slots = sorted([*self.pointers, *self.external, *self.numbers])
        for a, b in pairwise(slots):
            if b - a < 8:
                raise self._twice(b)

    def _rewritten(self) -> dict[int, tuple[int, str]]:
        """What a kernel rewrites of itself."""
        sections = [s for s in self.elf.sections if s.allocated and s.type != "SHT_NOBITS"]
        if not lists_rewritten(s.name for s in sections):
            return {}
        found = []
        for s in sections:
            load = next((x for x in self.loads if x.holds(s.addr, s.size)), None)
            if load is not None:
                data = bytes(load.memory[s.addr - load.start : s.addr - load.start + s.size])
                found.append((Section(s.name, s.addr, s.size), data))
        return rewritten(found, self.elf.fail)

    def _loaders_own(self) -> dict[int, tuple[int, str]]:
        """What loaders write and no relocation tells, though it be protected: the dynamic section, and of the GOT."""
        found = {}
        for p in self.elf.segments:
            if p.type == "PT_DYNAMIC":
                for at in range(p.vaddr, p.vaddr + p.filesz, 8):
                    found[at] = 8, f"the word of the dynamic section at {at:#x} may be the loader's"
        if _DT_PLTGOT in self.dynamic:
            start = self.dynamic[_DT_PLTGOT]
            for at in range(start, start + 24, 8):
                found[at] = 8, f"the word at {at:#x}, one of the first three of the GOT, may be the loader's"
        return found

    # -- result -------------------------------------------------------------------------------

    def _segments(self) -> list[Segment]:
        segments = []
        for load in self.loads:
            f = load.flags
            access = "r" * bool(f & _PF_R) + "w" * bool(f & _PF_W) + "x" * bool(f & _PF_X)
            segments.append(Segment(load.name, load.start, bytes(load.memory), access))
        if self.elf.type != "shared":  # what starts an executable may write to such pages before it protects them
            return segments
        for p in self.elf.segments:
            if p.type == "PT_GNU_RELRO":
                # The loader protects whole pages: the last one, if incomplete, stays writable.
                low, high = p.vaddr & -PAGE, (p.vaddr + p.memsz) & -PAGE
                segments = [part for s in segments for part in _split(s, low, high)]
        return segments


def _split(s: Segment, low: int, high: int) -> list[Segment]:
    """The segment, with the part inside [low, high) made read-only and split off."""
    low, high = max(low, s.offset), min(high, s.end)
    if "w" not in s.access or low >= high:
        return [s]
    cut = [(s.offset, low, s.name, s.access), (low, high, f"{s.name} relro", s.access.replace("w", ""))]
    cut.append((high, s.end, s.name, s.access))
    return [Segment(n, a, s.data[a - s.offset : b - s.offset], access) for a, b, n, access in cut if a < b]


@dataclass(frozen=True)
class _SymbolSource:
    """The symbols of a linked file, unpacked when first asked for."""

    table: SymbolTable
    sections: dict[int, tuple[str, int | None]]

    def __call__(self) -> list[Symbol]:
        return self.table.symbols(locate_in(self.sections))
