"""Which calls a run is in: what tells a second call of a routine from another round of its loop.

A run that comes to a loop head again is in the next iteration, or it has left the routine whose loop it is and has
come back by another call.  The second is seen by the calls: that in which the head was reached is over.  Neither
answer is trusted: whichever is taken, what must hold there is proved (`armsym.proof.engine`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

__all__ = ["Calls"]

_serial = count(1)


@dataclass(frozen=True)
class Calls:
    """The calls that have not returned, outermost first: a number of its own each, and the offset it returns to."""

    frames: tuple[tuple[int, int], ...] = ()

    def after(self, at: int, to: int, *, links: bool) -> Calls:
        """After the instruction at an offset went to another; `links` says whether LR became the address after it."""
        if links and to != at + 4:
            return Calls((*self.frames, (next(_serial), at + 4)))
        for k in reversed(range(len(self.frames))):
            if self.frames[k][1] == to:
                return Calls(self.frames[:k])
        return self

    def within(self, other: Calls) -> bool:
        """Whether none of the other's calls is over."""
        return self.frames[: len(other.frames)] == other.frames
