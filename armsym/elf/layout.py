"""What an image is made of: segments of memory, sections, pieces, and what loaders found about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from armsym.elf.relocations import Howto

__all__ = ["MAX_IMAGE", "PAGE", "Contents", "Fill", "Link", "Piece", "Place", "Section", "Segment"]

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
    """A section that occupies memory: its name, offset from the image base, and size in bytes.

    `code` says that a Mach-O file marks it as instructions; of others it says nothing.
    """

    name: str
    offset: int
    size: int
    code: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Memory whose bytes stay together whatever the linker does; where it lies is the linker's to choose.

    `offset` is where it lies here, in bytes from the image base, `size` how many bytes it has.  Its address is
    always a multiple of `alignment`, a power of two up to `PAGE`.  Two pieces may lie anywhere, even at one
    address where equal contents are merged.  Names are unique in an image.  What another file may define
    instead is a piece of no bytes, though `offset` says where this file has it.
    """

    name: str
    offset: int
    size: int
    alignment: int


@dataclass(frozen=True, slots=True)
class Place:
    """An address: `offset` bytes from the beginning of a piece, inside it or not."""

    piece: Piece
    offset: int

    @property
    def here(self) -> int:
        """Where it lies here, in bytes from the image base."""
        return self.piece.offset + self.offset

    def __str__(self) -> str:
        return f"{self.piece.name}{self.offset:+#x}" if self.offset else self.piece.name


class Fill(Enum):
    """What the field that a linker fills makes of an instruction (AAELF64, section "Relocation")."""

    ADDRESS = "PC + X is the address"  # ADR, LDR (literal)
    PAGE = "Page(PC) + X is the address's page"  # ADRP
    LOW = "X is the address less its page"  # ADD (immediate), loads and stores with an unsigned offset
    BRANCH = "PC + X is where control goes"
    DISTANCE = "X is the distance of two pieces"  # MOVZ, MOVK, MOVN


@dataclass(frozen=True, slots=True)
class Link:
    """An instruction with a field that holds here what another layout changes: X of its relocation.

    to       S + A of the relocation, or the GOT slot that it means
    x        X as it is here
    howto    the relocation
    page_of  for LOW, whose page is subtracted: that of `to`, but for an offset from the GOT's page
    veneer   for BRANCH, whether the linker may lead there over code of its own, which may change X16, X17 and flags
    text     the relocation in words
    """

    fill: Fill
    to: Place
    x: int
    howto: Howto
    page_of: Place
    veneer: bool
    text: str


@dataclass(frozen=True)
class Contents:
    """What a loader found: the parts of an `Image`, under the names they have there.

    Without `pieces` the image is one: a linker has put it together.
    """

    segments: list[Segment]
    sections: list[Section]
    pieces: list[Piece] = field(default_factory=list)
    #: What a slot of `pointers` points to, where pieces move on their own.
    pointees: dict[int, Place] = field(default_factory=dict)
    #: Instructions by offset.
    links: dict[int, Link] = field(default_factory=dict)
    #: Places that hold what only a linker or loader knows, and no mere address: data with the distance of two
    #: pieces, code that a kernel rewrites: offset -> (bytes, at most eight; in words what they are).
    open: dict[int, tuple[int, str]] = field(default_factory=dict)
    #: Of `external_pointers` the slots that hold the address of another file's symbol and no more: by its name.
    imported: dict[str, list[int]] = field(default_factory=dict)
    #: Symbols that are exported, and used, as this file defines them.
    exported: set[str] = field(default_factory=set)
    pointers: dict[int, int] = field(default_factory=dict)
    external_pointers: dict[int, str] = field(default_factory=dict)
    preemptible: dict[int, str] = field(default_factory=dict)
    globals: dict[str, int] = field(default_factory=dict)
    undefined_functions: dict[int, str] = field(default_factory=dict)
    fixed_base: bool = False
    #: Whether the code says that it keeps to branch target identification (FEAT_BTI).
    guarded: bool = False
    #: Whether it is a Mach-O file: `f` is also called `_f`, and X18 is the system's, which may change it at any time.
    apple: bool = False
    #: There, where data begins in code, and where code does again: True, False.
    data_marks: dict[int, bool] = field(default_factory=dict)
