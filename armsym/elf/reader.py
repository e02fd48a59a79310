"""`load`: from a file's name, or its bytes, to its image."""

from __future__ import annotations

from pathlib import Path

from armsym.elf.container import is_archive, read_spec
from armsym.elf.elffile import parse
from armsym.elf.image import Image
from armsym.elf.linked import load_linked
from armsym.elf.macho import is_macho, load_macho, macho_holds_arm64
from armsym.elf.relocatable import load_relocatable
from armsym.elf.text import bad

__all__ = ["load", "load_bytes", "may_hold_code"]


def load(spec: str | Path) -> Image:
    """The image of an object file, shared library or executable, or of `library.a(member.o)`.

    Raises `InputError`, with one line that names the file and the rule, for everything else.
    """
    name, data = read_spec(spec)
    return load_bytes(data, name)


def load_bytes(data: bytes, name: str) -> Image:
    """The image of a file given as bytes; `name` stands for it in messages."""
    if is_archive(data):
        raise bad(name, "is an archive: give load() its path and a member, library.a(member.o)")
    if is_macho(data):
        return load_macho(bytes(data), name)
    elf = parse(bytes(data), name)
    return load_relocatable(elf) if elf.type == "relocatable" else load_linked(elf)


def may_hold_code(data: bytes) -> bool:
    """Whether bytes begin as a file of AArch64 code does; 20 of them tell."""
    return (data[:6] == b"\x7fELF\x02\x01" and data[18:20] == b"\xb7\0") or macho_holds_arm64(data)
