"""What a run on numbers takes of what a file does not say.

What other files define is taken to lie at `OUTSIDE`, and nothing is known of what it holds; a slot that loading
fills holds such an address, which is one of many: whoever loads it is told (`ConcreteMemory.doubts`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from armsym.elf import Image, Segment
from armsym.memory import Hole

__all__ = ["OUTSIDE", "beyond", "hole", "slot_doubt"]

#: Sixteen bytes for each offset of a slot in an image (`Image.loaded`).
OUTSIDE = 0x6100_0000_0000


def _another(offset: int, size: int) -> str:
    return "another file defines what lies there"


def beyond() -> Hole:
    """Where everything lies that other files define, and slots name."""
    return Hole(OUTSIDE, OUTSIDE + (16 << 32), _another, True)


def hole(image: Image, segment: Segment, base: int) -> Hole:
    """A segment of an image at `base` whose content is not known when the routine is called."""
    why = partial(image.why_unknown, segment.offset)
    return Hole(base + segment.offset, base + segment.end, why, not segment.known)


def slot_doubt(image: Image, segment: Segment, declared: Collection[str] = ()) -> Callable[[int, int], str] | None:
    """For `ConcreteRegion.doubt`: which of a segment's slots hold what another file decides; None if none does.

    The address of a symbol that is `declared` may be any.
    """
    imported = {slot for name in declared for slot in image.imported.get(name, ())}
    doubtful = image.external_pointers.keys() - imported

    def doubt(k: int, size: int) -> str:
        for slot in image.slots_in(segment.offset + k, size):
            if slot in doubtful:
                return f"the slot at {slot:#x} holds what loading makes of {image.external_pointers[slot]}"
        return ""

    # (A slot that begins before the segment reaches into it.)
    return doubt if any(segment.offset - 8 < slot < segment.end for slot in doubtful) else None
