"""Which words of a file are instructions: function extents without the data that lies between code.

Assemblers mark data inside code with mapping symbols (AAELF64, "Mapping symbols"): `$d` begins data, `$x` instructions
again.  A Mach-O file has a table (LC_DATA_IN_CODE).  They only steer what is listed and counted, never what a proof
decodes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from armsym.elf import Image
from armsym.elf.container import read_spec
from armsym.elf.elffile import ElfFile, parse
from armsym.elf.symbols import SymbolTable

__all__ = ["CodeMap", "code_sections"]


class CodeMap:
    """Tells data from instructions in the code of one image.

    `spec` is what the image was loaded from.  Raises `InputError` as `armsym.elf.load` does.
    """

    def __init__(self, image: Image, spec: str | Path) -> None:
        self.image = image
        marks = dict(image.data_marks) if image.apple else self._mapping_symbols(spec)
        # Data ends where its section does, whether or not a $x says so.
        for section in image.sections:
            marks.setdefault(section.offset, False)
        self._starts = sorted(marks)
        self._is_data = [marks[offset] for offset in self._starts]

    def _mapping_symbols(self, spec: str | Path) -> dict[int, bool]:
        """Where data begins, and where code does: True, False."""
        name, data = read_spec(spec)
        elf = parse(data, name)
        places = self._section_offsets(elf)
        marks: dict[int, bool] = {}
        for header in elf.sections:
            if header.type != "SHT_SYMTAB":
                continue
            for is_data, index, value in SymbolTable.of_section(elf, header).marks():
                if index in places:
                    base = places[index] if self.image.kind == "relocatable" else 0
                    marks[base + value] = is_data
        return marks

    def _section_offsets(self, elf: ElfFile) -> dict[int, int]:
        known = {s.name: s.offset for s in self.image.sections}
        places: dict[int, int] = {}
        names: set[str] = set()
        for s in elf.sections:
            if not s.allocated:
                continue
            name = s.name if s.name not in names else f"{s.name}#{s.index}"
            names.add(name)
            if name in known:
                places[s.index] = known[name]
        return places

    def is_data(self, offset: int) -> bool:
        """Whether the word at this offset is marked as data, or is an address that the loader writes."""
        k = bisect_right(self._starts, offset) - 1
        return (k >= 0 and self._is_data[k]) or not self.image.is_code(offset)

    def instructions(self, start: int, size: int) -> Iterator[int]:
        """The offsets of the instructions in [start, start + size)."""
        return (at for at in range(start + -start % 4, start + size - 3, 4) if not self.is_data(at))


def code_sections(image: Image) -> list[tuple[int, int]]:
    """Offset and size of every part of the image that holds code: sections, or segments without any."""
    if image.apple:
        return [(s.offset, s.size) for s in image.sections if s.code]
    segments = [(s.offset, len(s.data)) for s in image.segments if "x" in s.access and s.known]
    sections = [
        (s.offset, s.size)
        for s in image.sections
        if any(start <= s.offset < start + size for start, size in segments)
        and not s.name.startswith((".rodata", ".eh_frame", ".gcc_except", ".dyn", ".gnu", ".hash", ".rela", ".note"))
    ]
    return sections or segments
