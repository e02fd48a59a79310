"""What an image is made of: segments of memory, sections, and what loaders found about them."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["MAX_IMAGE", "PAGE", "Contents", "Section", "Segment"]

PAGE = 4096  # the image base is a multiple of this, and otherwise unknown
MAX_IMAGE = 1 << 29  # bytes of memory an image may need; more is a corrupt header


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes with one permission at offsets `offset` to `offset + len(data)` from the image base.

    `access` is made of the letters r, w, x in this order; it is empty for the slots of undefined
    functions.  `known` says whether `data` is what memory holds when the routine is first loaded:
    false for data and functions that another file defines.
    """

    name: str
    offset: int
    data: bytes
    access: str
    known: bool = True

    @property
    def end(self) -> int:
        """The first offset after the segment."""
        return self.offset + len(self.data)

    def __repr__(self) -> str:
        return f"{self.name} [{self.offset:#x}, {self.end:#x}) {self.access or 'no access'}"


@dataclass(frozen=True, slots=True)
class Section:
    """A section that occupies memory: its name, offset from the image base, and size in bytes."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class Contents:
    """What a loader found: the parts of an `Image`, under the names they have there."""

    segments: list[Segment]
    sections: list[Section]
    pointers: dict[int, int] = field(default_factory=dict)
    external_pointers: dict[int, str] = field(default_factory=dict)
    preemptible: dict[int, str] = field(default_factory=dict)
    globals: dict[str, int] = field(default_factory=dict)
    undefined_functions: dict[int, str] = field(default_factory=dict)
    fixed_base: bool = False
