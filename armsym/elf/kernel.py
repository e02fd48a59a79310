"""Code that the Linux kernel rewrites when it loads a module, or later: what the file has there is not what runs.

A kernel lists such places in sections of their own.  Source: the structures `alt_instr` (arch/arm64/include/asm/
alternative.h) and `jump_entry` (include/linux/jump_label.h), and -fpatchable-function-entry of GCC's manual.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

from armsym.elf.layout import Section

__all__ = ["lists_rewritten", "rewritten"]

_BTI = (0xD503241F, 0xD503245F, 0xD503249F, 0xD50324DF)
_NOP, _PACIASP, _AUTIASP = 0xD503201F, 0xD503233F, 0xD50323BF
_TRACING = ("__patchable_function_entries", "__mcount_loc")
_TABLES = (".altinstructions", "__jump_table", *_TRACING)
#: Of a module; with the other, by which a kernel on a core without pointer authentication finds what it makes a
#: shadow call stack of (arch/arm64/kernel/pi/patch-scs.c).
_MODULE, _UNWINDING = ".modinfo", (".eh_frame", ".init.eh_frame")
#: The longest run of NOPs at which a function may be traced.
_TRACED = 8


def lists_rewritten(names: Iterable[str]) -> bool:
    """Whether a file with sections of these names may list code that a kernel rewrites."""
    return any(name in _TABLES or name == _MODULE for name in names)


def rewritten(
    sections: Iterable[tuple[Section, bytes]], fail: Callable[[str], Exception]
) -> dict[int, tuple[int, str]]:
    """Of each such instruction: offset -> (4, what may become of it).

    `sections` are those in memory with their bytes, in which a distance is that of places of this layout and an
    address the offset.  Raises what `fail` makes of a table that is none.
    """
    found: dict[int, tuple[int, str]] = {}
    known = list(sections)

    def mark(at: int, count: int, why: str) -> None:
        found.update((at + 4 * k, (4, f"{why}: what runs there is not what the file has")) for k in range(count))

    for section, data in known:
        if section.name == ".altinstructions":
            for at, (place, _, _, size, _) in _entries(section, data, "<iiHBB", fail):
                mark(at + place, (size + 3) // 4, "the kernel may put an alternative for this core here")
        elif section.name == "__jump_table":
            for at, (place, _, _) in _entries(section, data, "<iiq", fail):
                mark(at + place, 1, "the kernel makes a branch or a NOP of it, as a static key says")
        elif section.name in _TRACING:
            for _, (place,) in _entries(section, data, "<Q", fail):
                mark(place, _nops(known, place), "the kernel may trace the function from here")
    names = {section.name for section, data in known if data}
    if _MODULE in names and names & set(_UNWINDING):
        for section, data in known:
            for k, (word,) in enumerate(struct.iter_unpack("<I", data[: len(data) & ~3])):
                if word in (_PACIASP, _AUTIASP):
                    mark(section.offset + 4 * k, 1, "the kernel may make an access to a shadow call stack of it")
    return found


def _entries(
    section: Section, data: bytes, form: str, fail: Callable[[str], Exception]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(offset, fields) of each entry."""
    size = struct.calcsize(form)
    if len(data) % size:
        raise fail(f"section {section.name} of {len(data)} bytes is not made of entries of {size} bytes")
    return ((section.offset + size * k, fields) for k, fields in enumerate(struct.iter_unpack(form, data)))


def _nops(sections: Iterable[tuple[Section, bytes]], at: int) -> int:
    """How many NOPs stand from an offset on, two at least; a landing pad (BTI) may stand between them.

    (Before a function's first instruction there may be some, for what the kernel finds by the function's address.)
    """
    for section, data in sections:
        if section.offset <= at < section.offset + len(data):
            start = at - section.offset
            words = [
                w
                for (w,) in struct.iter_unpack("<I", data[start : start + (len(data) - start) // 4 * 4][: 4 * _TRACED])
            ]
            return max(2, next((k for k, w in enumerate(words) if w not in (_NOP, *_BTI)), len(words)))
    return 2
