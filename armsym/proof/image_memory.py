"""The bytes of an image as regions of symbolic memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from armsym.bits import Bits
from armsym.errors import InputError, MemoryFault, UndeterminedContent
from armsym.proof.places import Places
from armsym.symbolic_memory import SymbolicRegion
from armsym.terms.node import Term

__all__ = ["image_regions"]


def image_regions(places: Places) -> Iterator[SymbolicRegion]:
    """One for each part of the image that has an address of its own: what of it may be read, and what may not
    since nobody says what it holds.  A region declared of it comes before, and counts there."""
    image = places.image
    for seg in image.segments:
        for name, piece, start, size in image.parts(seg):
            base = places.base(piece).value
            if not isinstance(base, Term):
                return
            access = "r" if "r" in seg.access and "w" not in seg.access else ""
            bias = start - piece.offset
            r = SymbolicRegion(f"image {name}", base, Bits(64, size), access, bias=bias, secret=False)
            if access:
                r.fixed = partial(_file_bytes, places, start)
            else:
                r.unknown = partial(image.why_unknown, start)
            yield r


def _file_bytes(places: Places, start: int, k: int, size: int) -> Bits:
    """`size` bytes at k from the offset `start` of the image, read-only; raises `MemoryFault`."""
    image, at = places.image, start + k
    if size == 8 and at in image.pointers and at not in image.preemptible:
        return places.address(image.pointee(at))
    if size == 8 and at in image.external_pointers:
        # Whatever the loader, or a resolver, puts there: it stays there.
        return places.slot(at)
    doubt = image.doubt(at, size)
    if doubt:
        raise UndeterminedContent(f"load of {size} bytes at {at:#x} ({image.symbolize(at)}): {doubt}")
    try:
        return Bits.from_bytes(image.bytes_at(at, size), "little")
    except InputError as e:
        raise MemoryFault(str(e)) from None
