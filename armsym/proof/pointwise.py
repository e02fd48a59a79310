"""Buffers of any length, stated block by block: "block j of out is E(block j of in)".

A pointwise claim says what blocks 0 .. upto-1 of a region hold, and that the rest of it is as it
was on entry.  Assumed at a loop head it is the region's content; at the back edge it is proved by
induction: the blocks written since are compared one by one, and nothing else may have been written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from armsym.bits import Bits, Prop
from armsym.errors import InputError

if TYPE_CHECKING:
    from armsym.proof.handles import Region, State

__all__ = ["Pointwise"]


class Pointwise:
    """The claim that block j of `region` is `block(j)` for all j < upto, and all else as on entry.

    A block is `words` words of `width` bits in byte order `order`.
    """

    def __init__(
        self,
        region: Region,
        at: State,
        upto: Bits,
        block: Callable[[Bits], Sequence[Bits]],
        words: int,
        width: int,
        order: str,
    ) -> None:
        if width % 8 or words < 1:
            raise InputError(f"{region.name}: a block is at least one word of whole bytes, not {words} of {width} bits")
        self.region, self.state, self.upto, self.block = region, at, upto, block
        self.words, self.width, self.order = words, width, order

    @property
    def size(self) -> int:
        """Bytes in a block."""
        return self.words * self.width // 8

    @property
    def arbitrary(self) -> Bits:
        """The variable that stands for the number of any block: no fact speaks of it."""
        return self.region._p._arbitrary

    @property
    def within(self) -> Prop:
        """That the blocks claimed lie in the region; said so that nothing wraps."""
        most = Bits(64, ((1 << 64) - 1) // self.size)
        return (self.upto <= most) & (self.upto * self.size <= self.region.size)

    def expected(self, j: Bits) -> list[Bits]:
        """The words of block j as claimed; raises `InputError` if they are not of the stated shape."""
        got = self.region._p._block(self.block, j)
        if len(got) != self.words or any(not isinstance(w, Bits) or w.width != self.width for w in got):
            code = getattr(self.block, "__code__", None)
            where = f"{code.co_filename}:{code.co_firstlineno}: " if code is not None else ""
            raise InputError(
                f"{where}{self.region.name}: a block was said to be {self.words} words of {self.width} bits,"
                f" its function gives {[getattr(w, 'width', w) for w in got]}"
            )
        return got

    def concrete(self) -> Iterator[Prop]:
        """The conditions it consists of, in a concrete run."""
        r = self.region
        now, before = r._p._bytes_of(r, self.state), r._p._bytes_of(r, None)
        cut = self.upto.uint * self.size
        if cut > len(now):
            raise InputError(f"claim reads block {len(now) // self.size} of {r.name}, past its {len(now)} bytes")
        done = r._p._blocks_of.setdefault((r.name, self.block, self.words, self.width, self.order), bytearray())
        for j in range(len(done) // self.size, self.upto.uint):
            done += b"".join(w.to_bytes(self.order) for w in self.expected(Bits(64, j)))
        want = done[:cut] + before[cut:]
        if now == want:
            yield Prop(True)
            return
        # Only a difference is worth saying where.
        step = self.width // 8
        for at in [*range(0, cut, step), *range(cut, len(now))]:
            n = step if at < cut else 1
            order = self.order if at < cut else "little"
            yield Bits.from_bytes(now[at : at + n], order) == Bits.from_bytes(bytes(want[at : at + n]), order)
