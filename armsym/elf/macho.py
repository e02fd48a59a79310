"""Linked Mach-O files for arm64: dynamic libraries, bundles (Python's extension modules) and executables of macOS.

macholib reads the load commands; this module says what memory holds once dyld has loaded the file.  Sources: Apple's
headers `mach-o/loader.h`, `mach-o/nlist.h`, `mach-o/fat.h` (structures and constants), and Apple's "Writing ARM64
code for Apple platforms".  A C function f is the symbol `_f` there: it is found as `f`, and as `_f`.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from armsym.elf.fixups import Fixups, Region, chained_fixups, dyld_info_fixups
from armsym.elf.image import Image
from armsym.elf.layout import MAX_IMAGE, PAGE, Contents, Section, Segment
from armsym.elf.symbols import Symbol
from armsym.elf.text import bad, one_line
from armsym.errors import InputError

__all__ = ["is_macho", "load_macho", "macho_holds_arm64"]

_MAGIC, _FAT, _FAT64 = b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"
_ARM64, _ALL = 0x0100000C, (0, 1)  # CPU_TYPE_ARM64; CPU_SUBTYPE_ARM64_ALL and _V8, not arm64e
_KINDS = {2: "executable", 6: "shared", 8: "shared"}  # MH_EXECUTE, MH_DYLIB, MH_BUNDLE
_SYMTAB, _SEGMENT, _ENCRYPTED, _FUNCTIONS, _DATA_IN_CODE = 0x2, 0x19, 0x2C, 0x26, 0x29
_DYLD_INFO, _CHAINED, _DYSYMTAB = (0x22, 0x80000022), 0x80000034, 0xB
#: LC_FUNCTION_VARIANT_FIXUPS; LC_REQ_DYLD: dyld must know the command; those of them that name files, where to start,
#: what is exported, and the fixups.
_VARIANTS, _REQUIRED = 0x38, 0x80000000
_KNOWN = frozenset({0x80000000 | n for n in (0x18, 0x1C, 0x1F, 0x22, 0x23, 0x28, 0x33, 0x34)})
_READ_ONLY = 0x10  # SG_READ_ONLY: dyld protects the segment once it has written the fixups
_CODE = 0x80000400  # S_ATTR_PURE_INSTRUCTIONS, S_ATTR_SOME_INSTRUCTIONS
_NLIST = struct.Struct("<IBBHQ")


def is_macho(data: bytes) -> bool:
    """Whether bytes begin as a 64-bit Mach-O file, or a universal one, does."""
    # (Java's class files begin as universal ones do: then a version of 45 or more follows, no number of parts.)
    return data[:4] == _MAGIC or (data[:4] in (_FAT, _FAT64) and 0 < int.from_bytes(data[4:8], "big") < 32)


def macho_holds_arm64(data: bytes) -> bool:
    """Whether bytes begin as such a file for arm64 does, or as a universal one, which may be."""
    return data[:8] == _MAGIC + _ARM64.to_bytes(4, "little") or (is_macho(data) and data[:4] != _MAGIC)


def load_macho(data: bytes, name: str) -> Image:
    """The image of a linked Mach-O file, or of the arm64 part of a universal one; raises `InputError`."""
    return _Loader(name, data, _part(data, name)).load()


def _part(data: bytes, name: str) -> bytes:
    """The file for arm64 in a universal file."""
    if data[:4] == _MAGIC:
        return data
    form = struct.Struct(">IIIII" if data[:4] == _FAT else ">IIQQII")
    count = int.from_bytes(data[4:8], "big")
    if 8 + count * form.size > len(data):
        raise bad(name, f"is truncated: a universal file with {count} parts has {len(data)} bytes")
    kinds, parts = [], []
    for k in range(count):
        cpu, subtype, offset, size = form.unpack_from(data, 8 + k * form.size)[:4]
        kinds.append(f"{cpu:#x}/{subtype & 0xFFFFFF:#x}")
        if cpu == _ARM64 and subtype & 0xFFFFFF in _ALL:
            if offset + size > len(data):
                raise bad(name, f"is truncated: its part for arm64 ends at {offset + size:#x}, it at {len(data):#x}")
            parts.append(data[offset : offset + size])
    if len(parts) == 1 and parts[0][:4] == _MAGIC:
        return parts[0]
    if parts:
        what = f"{len(parts)} parts for arm64" if len(parts) > 1 else "a part for arm64 that is no 64-bit Mach-O file"
        raise bad(name, f"is a universal Mach-O file with {what}")
    raise bad(name, f"is a universal Mach-O file without a part for arm64: it has {', '.join(kinds)}")


@dataclass
class _Loader:
    name: str
    file: bytes
    data: bytes

    def fail(self, rule: str) -> InputError:
        return bad(self.name, rule)

    def load(self) -> Image:
        self._read_header()
        self._map()
        fixups = self._fixups()
        memory = {region.start: bytearray(region.data) for region in self.regions}
        segments = []
        held = sorted([*fixups.pointers.items(), *((slot, 0) for slot in fixups.bound)])
        for region in self.regions:
            for slot, value in held[bisect_left(held, (region.start, -1)) : bisect_left(held, (region.end, -1))]:
                struct.pack_into("<Q", memory[region.start], slot - region.start, value & (1 << 64) - 1)
            for start, end, access in self._parts(region):
                part = bytes(memory[region.start][start - region.start : end - region.start])
                label = region.name if (start, end) == (region.start, region.end) else f"{region.name}+{start:#x}"
                segments.append(Segment(label, start, part, access))
        contents = Contents(
            segments=segments,
            sections=self.sections,
            pointers=fixups.pointers,
            external_pointers=fixups.bound,
            imported=fixups.imported,
            apple=True,
            data_marks=self._data_in_code(),
        )
        return Image(self.name, self.file, self.kind, contents, self._symbols)

    # -- load commands ------------------------------------------------------------------------

    def _read_header(self) -> None:
        if len(self.data) < 32:
            raise self.fail(f"is truncated: a Mach-O header has 32 bytes, the file {len(self.data)}")
        cpu, subtype, kind, _, size = struct.unpack_from("<IIIII", self.data, 4)
        if cpu != _ARM64 or subtype & 0xFFFFFF not in _ALL:
            what = "arm64e, with pointer authentication" if cpu == _ARM64 else f"the CPU type {cpu:#x}"
            raise self.fail(f"is a Mach-O file for {what}, not for arm64")
        if kind not in _KINDS:
            hint = ": link it" if kind == 1 else ""
            raise self.fail(f"is a Mach-O file of type {kind}, none of executable (2), library (6), bundle (8){hint}")
        if 32 + size > len(self.data):
            raise self.fail(f"is truncated: its load commands end at {32 + size:#x}, the file at {len(self.data):#x}")
        self.kind = _KINDS[kind]
        # Here and not at the top, as pyelftools is.
        from macholib import mach_o
        from macholib.MachO import MachOHeader

        try:
            header = MachOHeader(
                SimpleNamespace(filename=self.name),
                BytesIO(self.data),
                0,
                len(self.data),
                mach_o.MH_CIGAM_64,
                mach_o.mach_header_64,
                "<",
                allow_unknown_load_commands=True,
            )
        except (OSError, ValueError, struct.error, LookupError, TypeError, AttributeError, OverflowError) as e:
            raise self.fail(f"has malformed or truncated load commands: {e or type(e).__name__}") from None
        self.commands: list[tuple[int, Any, Any]] = [(int(c.cmd), own, rest) for c, own, rest in header.commands]
        for number, command, _ in self.commands:
            if number == _VARIANTS or (number & _REQUIRED and number not in _KNOWN):
                raise self.fail(f"has the load command {number:#x}: what dyld writes for it is not known")
            if number == _ENCRYPTED and getattr(command, "cryptid", True):
                raise self.fail("is encrypted (LC_ENCRYPTION_INFO_64)")
            if number == _DYSYMTAB and (int(command.nlocrel) or int(command.nextrel)):
                raise self.fail("has relocations of the older kind (LC_DYSYMTAB), which are not read")

    def _find(self, *numbers: int) -> Any | None:
        found = [command for number, command, _ in self.commands if number in numbers]
        if len(found) > 1:
            raise self.fail(f"has {len(found)} load commands {numbers[0]:#x}, where there is one")
        return found[0] if found else None

    def _bytes(self, offset: int, size: int, what: str) -> bytes:
        if offset + size > len(self.data):
            raise self.fail(f"{what} needs the bytes to {offset + size:#x}, the file ends at {len(self.data):#x}")
        return self.data[offset : offset + size]

    # -- memory -------------------------------------------------------------------------------

    def _map(self) -> None:
        """The segments, at offsets from the header, which the first one begins with."""
        found = [(c, s) for number, c, s in self.commands if number == _SEGMENT]
        headers = [int(c.vmaddr) for c, _ in found if not int(c.fileoff) and int(c.filesize)]
        if len(headers) != 1:
            raise self.fail(f"has {len(headers)} segments that begin with the file's header, where there is one")
        self.base, total = headers[0], 0
        if self.base % PAGE:
            raise self.fail(f"has its header at {self.base:#x}, which is no multiple of {PAGE:#x}")
        #: Every segment in the file's order, by which fixups count them; and those that a routine may see.
        self.all: list[Region] = []
        self.regions: list[Region] = []
        self.sections: list[Section] = []
        for c, sections in found:
            name, start = _text(c.segname), int(c.vmaddr) - self.base
            size, stored, access = int(c.vmsize), int(c.filesize), int(c.initprot)
            what = f"segment {name} at {int(c.vmaddr):#x}"
            if stored > size:
                raise self.fail(f"{what} has {stored:#x} bytes in the file but {size:#x} in memory")
            mapped = bool(access) and name != "__LINKEDIT"
            total += size if mapped else 0
            if total > MAX_IMAGE or (mapped and start < 0):
                raise self.fail(f"{what} of {size:#x} bytes makes the image exceed {MAX_IMAGE:#x} bytes, or precede it")
            data = self._bytes(int(c.fileoff), stored, what) + bytes(size - stored) if mapped else b""
            letters = "".join(a for bit, a in ((1, "r"), (2, "w"), (4, "x")) if access & bit)
            region = Region(name, start, data, letters, bool(int(c.flags) & _READ_ONLY))
            self.all.append(region)
            if mapped and data:
                self.regions.append(region)
                self.sections += [_section(s, self.base) for s in sections]

    def _parts(self, region: Region) -> list[tuple[int, int, str]]:
        """(start, end, access) of the parts of a segment: what the Objective-C runtime writes stays writable."""
        if not region.protected:
            return [(region.start, region.end, region.access)]
        found, at = [], region.start
        for s in sorted((s for s in self.sections if ",__objc" in s.name), key=lambda s: s.offset):
            if at <= s.offset and s.offset + s.size <= region.end and s.size:
                found += [(at, s.offset, region.access.replace("w", "")), (s.offset, s.offset + s.size, region.access)]
                at = s.offset + s.size
        found.append((at, region.end, region.access.replace("w", "")))
        return [part for part in found if part[0] < part[1]]

    def _fixups(self) -> Fixups:
        chained, info = self._find(_CHAINED), self._find(*_DYLD_INFO)
        if chained is not None and info is not None:
            raise self.fail("has both chained fixups and LC_DYLD_INFO")
        if chained is not None:
            table = self._bytes(int(chained.dataoff), int(chained.datasize), "LC_DYLD_CHAINED_FIXUPS")
            found = chained_fixups(table, self.all, self.base, self.fail)
        elif info is not None:
            kinds = ("rebase", "bind", "weak_bind", "lazy_bind")
            tables = {
                k: self._bytes(int(getattr(info, f"{k}_off")), int(getattr(info, f"{k}_size")), f"its {k} table")
                for k in kinds
            }
            found = dyld_info_fixups(tables, self.all, self.base, self.fail)
        elif any("w" in r.access for r in self.regions):
            raise self.fail("has neither chained fixups nor LC_DYLD_INFO: what dyld writes is not known")
        else:
            found = Fixups()
        return found

    def _data_in_code(self) -> dict[int, bool]:
        """LC_DATA_IN_CODE: where data begins (True) and code again (False); a hint for listings, no more."""
        table, marks = self._find(_DATA_IN_CODE), dict[int, bool]()
        if table is not None:
            content = self._bytes(int(table.dataoff), int(table.datasize) & -8, "LC_DATA_IN_CODE")
            for offset, size, _ in struct.iter_unpack("<IHH", content):
                marks |= {offset: True, offset + size: False}
        return marks

    # -- symbols ------------------------------------------------------------------------------

    def _symbols(self) -> list[Symbol]:
        table = self._find(_SYMTAB)
        if table is None:
            return []
        entries = self._bytes(int(table.symoff), 16 * int(table.nsyms), "the symbol table")
        strings = self._bytes(int(table.stroff), int(table.strsize), "the symbols' names")
        code = sorted((s.offset, s.offset + s.size) for s in self.sections if s.code)
        starts = [start for start, _ in code]
        found = []
        for at, kind, _, description, value in _NLIST.iter_unpack(entries):
            if kind & 0xE0 or not at:  # N_STAB: for debuggers
                continue
            end = strings.find(b"\0", at)
            if end < 0:
                raise self.fail(f"a symbol's name at {at:#x} lies outside its {len(strings):#x} bytes of strings")
            name = strings[at:end].decode("utf-8", "backslashreplace")
            binding = ("weak" if description & 0x80 else "global") if kind & 0x01 else "local"
            what, where, state = kind & 0x0E, value, "absolute"
            label = None
            if what == 0xE:  # N_SECT
                where, state = value - self.base, "defined"
                k = bisect_right(starts, where) - 1
                in_code = k >= 0 and where < code[k][1]
                label = "func" if in_code else "object"
            elif what in (0, 0xC, 0xA):
                state = "undefined"
            found.append(Symbol(_plain(name), where, 0, label or "notype", binding, None, state))
        return found


def _section(s: Any, base: int) -> Section:
    name = f"{_text(s.segname)},{_text(s.sectname)}"
    return Section(name, int(s.addr) - base, int(s.size), bool(int(s.flags) & _CODE))


def _text(raw: bytes) -> str:
    return one_line(raw.rstrip(b"\0").decode("utf-8", "backslashreplace"))


def _plain(name: str) -> str:
    """What a C program calls the symbol."""
    return name[1:] if name.startswith("_") and len(name) > 1 else name
