"""Contents of vector registers: words of equal width beside each other.

A register is kept as the lanes that were written, so that what reads it in the same lanes gets those very words.  For
other lanes words are joined (Shl, Xor) or cut (Shr, Mask).
"""

from __future__ import annotations

from typing import NamedTuple

from armsym.audit.words import Words

__all__ = ["Lanes", "common", "in_lanes", "zero_extended"]


class Lanes(NamedTuple):
    """`words`, each less than 2^width, the first lowest; `width` is 8, 16, 32, 64 or 128."""

    width: int
    words: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bits of all together."""
        return self.width * len(self.words)


def in_lanes(w: Words, value: Lanes, width: int) -> tuple[int, ...]:
    """The same bits as words of another width, which divides `value.size`."""
    if width == value.width:
        return value.words
    if value.size % width:
        raise ValueError(f"{value.size} bits are no whole number of lanes of {width} bits")
    if width < value.width:
        return tuple(w.bits(a, at, width) for a in value.words for at in range(0, value.width, width))
    count = width // value.width
    return tuple(w.joined(value.width, value.words[k : k + count]) for k in range(0, len(value.words), count))


def common(w: Words, unit: int, *values: Lanes) -> tuple[int, list[tuple[int, ...]]]:
    """A width that divides `unit` and the lanes of all values, as wide as may be without joining; and the values in it.

    What moves whole units, or works on each bit by itself, may be done in these lanes.
    """
    width = min(unit, *(v.width for v in values))
    return width, [in_lanes(w, v, width) for v in values]


def zero_extended(w: Words, value: Lanes) -> Lanes:
    """128 bits: the value, and zeros above."""
    return Lanes(value.width, value.words + (w.zero,) * ((128 - value.size) // value.width))
