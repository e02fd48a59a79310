"""The headers of an ELF file, checked: pyelftools reads them, this module says what is wrong with them.

Tables of symbols and relocations are unpacked with `struct`: pyelftools builds an object for each
field, which takes seconds on a symbol table of a shipped library.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO

from armsym.elf.text import bad, one_line
from armsym.errors import InputError

__all__ = [
    "SHF_EXCLUDE",
    "SHF_EXECINSTR",
    "SHF_MERGE",
    "SHF_STRINGS",
    "SHF_WRITE",
    "ElfFile",
    "ProgramHeader",
    "SectionHeader",
    "parse",
]

SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHF_COMPRESSED = 0x1, 0x2, 0x4, 0x400, 0x800
SHF_MERGE, SHF_STRINGS, SHF_EXCLUDE = 0x10, 0x20, 0x8000_0000
_EM_AARCH64 = 183
_ET_REL, _ET_EXEC, _ET_DYN, _ET_CORE = 1, 2, 3, 4
_TYPES = {_ET_REL: "relocatable", _ET_EXEC: "executable", _ET_DYN: "shared"}

#: What people give by mistake, by its first bytes.
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive or wheel: unpack it and name the file inside"),
    (b"\xca\xfe\xba\xbe", "a Java class file, or no universal Mach-O file"),
    (b"MZ", "a Windows PE file"),
    (b"BC\xc0\xde", "LLVM bitcode: compile it without link-time optimisation"),
    (b"\x1f\x8b", "gzip data"),
)


@dataclass(frozen=True, slots=True)
class SectionHeader:
    """A section header; `type` is pyelftools' name for it (`SHT_RELA`) or a number."""

    index: int
    name: str
    type: str
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    addralign: int
    entsize: int

    @property
    def allocated(self) -> bool:
        """Whether the section occupies memory at run time (thread-local templates excluded)."""
        return bool(self.flags & SHF_ALLOC) and not self.flags & SHF_TLS and self.type != "SHT_NULL"


@dataclass(frozen=True, slots=True)
class ProgramHeader:
    """A program header; `type` is pyelftools' name for it (`PT_LOAD`) or a number."""

    index: int
    type: str
    flags: int
    offset: int
    vaddr: int
    filesz: int
    memsz: int


@dataclass(frozen=True, slots=True)
class ElfFile:
    """A 64-bit little-endian AArch64 ELF file; `type` is "relocatable", "executable" or "shared"."""

    name: str
    data: bytes
    type: str
    sections: tuple[SectionHeader, ...]
    segments: tuple[ProgramHeader, ...]

    def fail(self, rule: str) -> InputError:
        """The error that this file breaks a rule."""
        return bad(self.name, rule)

    def content(self, section: SectionHeader) -> memoryview:
        """The section's bytes in the file; raises `InputError` when the file ends before them."""
        what = f"section {section.name}"
        if section.type == "SHT_NOBITS":
            return memoryview(b"")
        if section.flags & SHF_COMPRESSED:
            raise self.fail(f"{what} is compressed (SHF_COMPRESSED)")
        return self.file_range(section.offset, section.size, what)

    def file_range(self, offset: int, size: int, what: str) -> memoryview:
        """`size` bytes of the file at `offset`; raises `InputError` when the file ends before them."""
        if offset + size > len(self.data):
            raise self.fail(
                f"{what} needs the bytes {offset:#x} to {offset + size:#x}, the file ends at {len(self.data):#x}"
            )
        return memoryview(self.data)[offset : offset + size]

    def linked(self, section: SectionHeader) -> SectionHeader:
        """The section that `sh_link` names."""
        if not 0 < section.link < len(self.sections):
            raise self.fail(f"section {section.name} links to section {section.link} of {len(self.sections)}")
        return self.sections[section.link]

    def table(self, section: SectionHeader, entry: int) -> memoryview:
        """The content of a table of `entry`-byte entries, whole entries only."""
        content = self.content(section)
        if section.entsize != entry or len(content) % entry:
            raise self.fail(
                f"section {section.name} of {section.size} bytes has entries of {section.entsize} bytes, not of {entry}"
            )
        return content


def parse(data: bytes, name: str) -> ElfFile:
    """Check and read the headers; raises `InputError` for anything but AArch64 ELF64, little-endian."""
    kind = _identify(data, name)
    # Here and not at the top: `import armsym` should not take the tenth of a second that pyelftools needs.
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(BytesIO(data))
        sections = tuple(
            SectionHeader(
                index,
                one_line(s.name),
                str(s["sh_type"]),
                s["sh_flags"],
                s["sh_addr"],
                s["sh_offset"],
                s["sh_size"],
                s["sh_link"],
                s["sh_info"],
                s["sh_addralign"],
                s["sh_entsize"],
            )
            for index, s in enumerate(elf.iter_sections())
        )
        segments = tuple(
            ProgramHeader(
                index,
                str(p["p_type"]),
                p["p_flags"],
                p["p_offset"],
                p["p_vaddr"],
                p["p_filesz"],
                p["p_memsz"],
            )
            for index, p in enumerate(elf.iter_segments())
        )
    except (ELFError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as e:
        # pyelftools lets Python's own errors through on some corrupt headers.
        raise bad(name, f"has malformed or truncated ELF headers: {e or type(e).__name__}") from None
    return ElfFile(name, data, kind, sections, segments)


def _identify(data: bytes, name: str) -> str:
    if not data:
        raise bad(name, "is empty (0 bytes), not an ELF file")
    if data[:4] != b"\x7fELF":
        other = next((f"; it is {what}" for head, what in _OTHER_FORMATS if data.startswith(head)), "")
        raise bad(name, f"is not an ELF file: it begins with {data[:4].hex(' ')}, not 7f 45 4c 46{other}")
    if len(data) < 20:
        raise bad(name, f"is truncated: an ELF header has 64 bytes, the file {len(data)}")
    bits, order = {1: 32, 2: 64}.get(data[4]), {1: "<", 2: ">"}.get(data[5])
    if bits is None or order is None:
        raise bad(name, f"has EI_CLASS {data[4]} and EI_DATA {data[5]}: each must be 1 or 2")
    e_type, machine = struct.unpack_from(order + "HH", data, 16)
    if bits != 64 or machine != _EM_AARCH64:
        raise bad(name, f"holds {bits}-bit code for {_machine(machine)}, not 64-bit code for AArch64")
    if order != "<":
        raise bad(name, "holds big-endian AArch64 code: only little-endian is read")
    if len(data) < 64:
        raise bad(name, f"is truncated: an ELF header has 64 bytes, the file {len(data)}")
    if e_type == _ET_CORE:
        raise bad(name, "is a core dump (ET_CORE), not an object file, library or executable")
    if e_type not in _TYPES:
        raise bad(name, f"has ELF type {e_type:#x}, which is none of ET_REL (1), ET_EXEC (2), ET_DYN (3)")
    version, phentsize, phnum, shentsize, shnum = struct.unpack_from("<I30xHHHH", data, 20)
    if data[6] != 1 or version != 1:
        raise bad(name, f"has ELF version {data[6]} and {version}: both must be 1")
    if (phnum and phentsize != 56) or (shnum and shentsize != 64):
        raise bad(name, f"has headers of {phentsize} and {shentsize} bytes, where ELF64 has 56 and 64")
    if phnum * 56 + shnum * 64 > len(data):
        raise bad(name, f"is truncated: {phnum} program and {shnum} section headers exceed {len(data)} bytes")
    return _TYPES[e_type]


def _machine(number: int) -> str:
    from elftools.elf.enums import ENUM_E_MACHINE

    known = {1: "nothing", 3: "x86", 40: "32-bit Arm", 62: "x86-64", 183: "AArch64 (ILP32)", 243: "RISC-V"}
    names = {v: k for k, v in ENUM_E_MACHINE.items() if isinstance(v, int)}
    official = names.get(number, f"machine {number}")
    return f"{known[number]} ({official})" if number in known else str(official)
