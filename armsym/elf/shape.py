"""The shape of a routine: its words without the bits that depend on where it, and what it names, were put.

Two routines of one shape differ at most in where they lead and in which addresses they compute.  It finds code that
one knows in other files; nothing is ever proved by it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from armsym.elf.extent import target
from armsym.elf.image import Image
from armsym.elf.layout import PAGE
from armsym.errors import InputError

__all__ = ["Pages", "Shape", "adrp_page", "completed", "completes", "shape_of"]


def adrp_page(word: int, at: int) -> int | None:
    """The page, as an address, that an ADRP at an address means; None for another word."""
    if word & 0x9F00_0000 != 0x9000_0000:
        return None
    pages = (word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3
    return (at & -PAGE) + PAGE * (pages - (pages >> 20 << 21))


def completes(word: int) -> int | None:
    """The distance that ADD (immediate), or a load or store with an unsigned offset, adds to Xn; None for another."""
    if word & 0xFFC0_0000 == 0x9100_0000:
        return word >> 10 & 0xFFF
    if word & 0x3B00_0000 == 0x3900_0000:
        vector = word >> 26 & 1 and word >> 23 & 1
        return (word >> 10 & 0xFFF) << (4 if vector and not word >> 30 else word >> 30)
    return None


class Pages:
    """The pages that registers hold after ADRP, in code that is looked at in the order of its addresses.

    As if each instruction came after the one before it: what follows from it is a hint.
    """

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}

    def after(self, at: int, word: int) -> int | None:
        """The address that the word at an address completes, if it does."""
        page = adrp_page(word, at)
        if page is not None:
            self._pages[word & 31] = page
            return None
        page, distance = self._pages.get(word >> 5 & 31), completes(word)
        self._pages.pop(word & 31, None)
        return None if page is None or distance is None else page + distance


@dataclass(frozen=True)
class Shape:
    """`words` are a routine's with the bits of `masks` cleared, one mask for each; `code_sha256` is of all bits."""

    words: tuple[int, ...]
    masks: tuple[int, ...]
    code_sha256: str

    @property
    def size(self) -> int:
        """In bytes."""
        return 4 * len(self.words)

    def window(self, most: int = 16) -> tuple[int, bytes]:
        """(offset, bytes) of the longest run of words that are the same wherever the routine lies, up to `most`."""
        best, start = (0, 0), 0
        for k in range(len(self.words) + 1):
            if k == len(self.words) or self.masks[k]:
                best = max(best, (k - start, -start))
                start = k + 1
        length, first = min(best[0], most), -best[1]
        return 4 * first, b"".join(w.to_bytes(4, "little") for w in self.words[first : first + length])


def shape_of(image: Image, offset: int, size: int) -> Shape:
    """The shape of `size` bytes of code at an offset of an image; raises `InputError` where they lie in no segment."""
    segment = image.segment_at(offset)
    if segment is None or offset % 4 or size % 4 or not segment.known or offset + size > segment.end:
        raise InputError(f"{image.path}: {size} bytes at {offset:#x} are no whole instructions of one segment")
    data = segment.data[offset - segment.offset : offset - segment.offset + size]
    words, masks, pages = [], [], Pages()
    for k in range(0, size, 4):
        at, word = offset + k, int.from_bytes(data[k : k + 4], "little")
        mask = _moves(image, at, word, offset, offset + size, pages)
        words.append(word & ~mask)
        masks.append(mask)
    return Shape(tuple(words), tuple(masks), hashlib.sha256(data).hexdigest())


def completed(image: Image, offset: int, size: int) -> dict[int, int]:
    """By word, counted from an offset: the address that it and the ADRP before it name.  Raises `InputError`."""
    segment = image.segment_at(offset)
    if segment is None or offset + size > segment.end:
        raise InputError(f"{image.path}: {size} bytes at {offset:#x} lie in no one segment")
    found, pages = {}, Pages()
    for k in range(size // 4):
        start = offset - segment.offset + 4 * k
        to = pages.after(offset + 4 * k, int.from_bytes(segment.data[start : start + 4], "little"))
        if to is not None:
            found[k] = to
    return found


def _moves(image: Image, at: int, word: int, start: int, end: int, pages: Pages) -> int:
    """Which bits of the word at an offset depend on where things lie."""
    completed = pages.after(at, word)
    link = image.links.get(at)
    if not image.is_code(at) and (image.slots_in(at, 4) or image.doubt(at, 4)):
        return 0xFFFF_FFFF
    if word & 0x1F00_0000 == 0x1000_0000:  # ADR, ADRP; of ADR within the routine the distance stays
        return 0 if link is None and not word >> 31 and start <= _adr(word, at) < end else 0x60FF_FFE0
    if completed is not None or (link is not None and completes(word) is not None):
        return 0xFFF << 10
    to = target(word, at)
    if to is None or (start <= to < end and link is None):
        return 0
    return _fields(word)


def _fields(word: int) -> int:
    """The displacement of a branch."""
    if word & 0x7C00_0000 == 0x1400_0000:
        return 0x03FF_FFFF
    return 0x7FFE0 if word & 0x7E00_0000 == 0x3600_0000 else 0xFF_FFE0


def _adr(word: int, at: int) -> int:
    distance = (word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3
    return at + distance - (distance >> 20 << 21)
