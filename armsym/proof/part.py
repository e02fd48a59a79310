"""A part of a region: an input that lies in the buffer which the output is written to, at a distance from it."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.proof.checks import a_number, a_vector, shown
from armsym.proof.handles import Blocks, Region, an_index
from armsym.proof.state import State, Words

__all__ = ["Part"]


def _bytes(what: str, value: object) -> Bits:
    """A number of bytes, an int or 64 bits, as `Bits`."""
    if isinstance(value, int):
        return Bits(64, a_number(what, value, 0, (1 << 64) - 1))
    return a_vector(f"{what}, if it is no int,", value, 64)


class Part:
    """`size` bytes of a region, from the byte `at` on (numbers of bytes: ints, or `Bits` of 64 bits).

    An argument, and what is read of it, as of a region; nothing is assumed by it.  The region remains one piece of
    memory: what is stored to it shows in all its parts, and its access and secrecy are theirs.  That the part lies in
    the region is for the proof to say, by the region's size: `InputError` where all are numbers and it does not.
    """

    def __init__(self, region: Region, *, at: Bits | int, size: Bits | int) -> None:
        if not isinstance(region, Region):
            raise InputError(f"Part: a part is one of a Region that p.region made, not of {shown(region)}")
        self.region = region
        self.at = _bytes(f"{region.name}: where a part begins", at)
        self.size = _bytes(f"{region.name}: the bytes of a part", size)
        if self.at.is_concrete and self.size.is_concrete and region.size.is_concrete:
            end = self.at.uint + self.size.uint
            if end > region.size.uint:
                raise InputError(f"{region.name}: a part ends at byte {end:#x}, the region at {region.size.uint:#x}")

    @property
    def base(self) -> Bits:
        """The address of its first byte."""
        return self.region.base + self.at

    def words(self, width: int, *, count: int, order: str = "little", at: State | None = None) -> Words:
        """The first `count` words of `width` bits: on entry, or in the state `at`."""
        a_number(f"{self.region.name}: how many words", count, 1)
        blocks = self.blocks(count, width, order=order, at=at)
        return blocks(0)

    def blocks(self, words: int, width: int, *, order: str = "little", at: State | None = None) -> Blocks:
        """The content as blocks of `words` words of `width` bits, block 0 at its beginning, on entry or in `at`."""
        return self.region.blocks(words, width, order=order, at=at).starting(self.at)

    def byte(self, index: Bits | int, *, at: State | None = None) -> Bits:
        """The byte at an index, 8 bits: on entry, or in the state `at`."""
        k = an_index(f"{self.region.name}: the index of a byte", index)
        return self.blocks(1, 8, at=at)(index if isinstance(index, int) else k)[0]
