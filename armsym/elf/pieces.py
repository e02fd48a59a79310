"""What a linker may move, merge or discard by itself in a relocatable file.

Source: the ELF gABI, sections "Section Attribute Flags" (SHF_MERGE, SHF_STRINGS) and "Section Groups".
"""

from __future__ import annotations

import struct
from bisect import bisect_right

from armsym.elf.elffile import SHF_EXECINSTR, SHF_MERGE, SHF_STRINGS, ElfFile, SectionHeader
from armsym.elf.layout import PAGE, Piece, Place

__all__ = ["groups_of", "locate", "pieces_of"]

_GRP_COMDAT = 1


def pieces_of(elf: ElfFile, s: SectionHeader, name: str, offset: int, content: bytes | bytearray) -> list[Piece]:
    """The pieces of a section that lies at `offset`, in order; they cover it.

    An ordinary section is one piece.  In a mergeable one each entry is: a string with its terminator
    (SHF_STRINGS), or `sh_entsize` bytes.  Raises `InputError` where no rule says what the entries are.
    """
    alignment = min(max(s.addralign, 1), PAGE)
    if not s.flags & SHF_MERGE or not content:
        return [Piece(name, offset, s.size, alignment)]
    size = s.entsize
    if not size or len(content) % size or s.flags & SHF_EXECINSTR:
        what = "holds code" if s.flags & SHF_EXECINSTR else f"has entries of {size} bytes"
        raise elf.fail(f"section {s.name} of {len(content):#x} bytes may be merged (SHF_MERGE) but {what}")
    ends = list(range(size, len(content) + 1, size))
    if s.flags & SHF_STRINGS:
        zero = bytes(size)
        ends = [e for e in ends if content[e - size : e] == zero]
        if not ends or ends[-1] != len(content):
            raise elf.fail(f"section {s.name} may be merged as strings (SHF_STRINGS), but its last one does not end")
    pieces = []
    start = 0
    for end in ends:
        # An entry keeps the alignment that it has here, and no more.
        own = min(alignment, start & -start) if start else alignment
        pieces.append(Piece(f"{name}+{start:#x}", offset + start, end - start, own))
        start = end
    return pieces


def locate(s: SectionHeader, pieces: list[Piece], offset: int) -> Place | None:
    """The place at an offset from the beginning of a section with these pieces.

    None where it lies in no entry of a mergeable section; an ordinary one's place may lie outside it.
    """
    start = pieces[0].offset
    if not s.flags & SHF_MERGE:
        return Place(pieces[0], offset)
    if not 0 <= offset < pieces[-1].offset + pieces[-1].size - start:
        return None
    k = bisect_right(pieces, start + offset, key=lambda p: p.offset) - 1
    return Place(pieces[k], start + offset - pieces[k].offset)


def groups_of(elf: ElfFile) -> dict[int, int]:
    """Section index -> the COMDAT group it is in, as a number: of equal groups a linker keeps one.

    Raises `InputError` for a malformed group.
    """
    found: dict[int, int] = {}
    for s in elf.sections:
        if s.name.startswith(".gnu.linkonce."):
            found[s.index] = s.index  # how groups were written before there were any
        if s.type != "SHT_GROUP":
            continue
        content = elf.content(s)
        if len(content) < 4 or len(content) % 4:
            raise elf.fail(f"section group {s.name} of {len(content)} bytes is not made of entries of 4 bytes")
        flags, *members = (word for (word,) in struct.iter_unpack("<I", content))
        for index in members:
            if not 0 < index < len(elf.sections):
                raise elf.fail(f"section group {s.name} has the member {index} of {len(elf.sections)} sections")
            if flags & _GRP_COMDAT:
                found[index] = s.index
    return found
