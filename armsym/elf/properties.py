"""What a file's GNU properties say of the core it wants to run on (AAELF64, "Program Property").

A linker sets a feature of `GNU_PROPERTY_AARCH64_FEATURE_1_AND` in its output where each input has it; a loader then
maps the code as guarded pages, so that each indirect branch must find a landing pad.
"""

from __future__ import annotations

import struct

from armsym.elf.elffile import ElfFile

__all__ = ["wants_landing_pads"]

_NAME = ".note.gnu.property"
_NT_GNU_PROPERTY_TYPE_0 = 5
_FEATURE_1_AND = 0xC0000000
_BTI = 1
_HEADER = struct.Struct("<III")
_PROPERTY = struct.Struct("<II")


def wants_landing_pads(elf: ElfFile) -> bool:
    """Whether the file says that its code keeps to branch target identification (FEAT_BTI).

    Raises `InputError` for a note that ends within one of its parts.
    """
    return any(_feature(elf, memoryview(note)) & _BTI for note in _notes(elf))


def _notes(elf: ElfFile) -> list[memoryview]:
    """The notes, each of which holds all properties: of the sections, or of the segment where there are none."""
    found = [elf.content(s) for s in elf.sections if s.type == "SHT_NOTE" and s.name == _NAME]
    segments = [p for p in elf.segments if p.type == "PT_GNU_PROPERTY"]
    return found or [elf.file_range(p.offset, p.filesz, "the segment PT_GNU_PROPERTY") for p in segments]


def _feature(elf: ElfFile, data: memoryview) -> int:
    """FEATURE_1_AND of the notes in a row, 0 where none says it."""
    found = 0
    while data:
        name, size, kind = _HEADER.unpack_from(_whole(elf, data, _HEADER.size))
        start = _HEADER.size + (name + 3 & ~3)
        properties = _whole(elf, data, start + size)[start:]
        if kind == _NT_GNU_PROPERTY_TYPE_0 and bytes(data[_HEADER.size : _HEADER.size + name]) == b"GNU\0":
            found |= _in_properties(elf, properties)
        data = data[start + (size + 7 & ~7) :]
    return found


def _in_properties(elf: ElfFile, data: memoryview) -> int:
    found = 0
    while data:
        kind, size = _PROPERTY.unpack_from(_whole(elf, data, _PROPERTY.size))
        value = _whole(elf, data, _PROPERTY.size + size)[_PROPERTY.size :]
        if kind == _FEATURE_1_AND:
            if size != 4:
                raise elf.fail(f"{_NAME}: GNU_PROPERTY_AARCH64_FEATURE_1_AND has {size} bytes, not 4")
            found |= int.from_bytes(value, "little")
        data = data[_PROPERTY.size + (size + 7 & ~7) :]
    return found


def _whole(elf: ElfFile, data: memoryview, size: int) -> memoryview:
    """The first `size` bytes."""
    if len(data) < size:
        raise elf.fail(f"{_NAME} ends after {len(data)} bytes where a part of it needs {size}")
    return data[:size]
