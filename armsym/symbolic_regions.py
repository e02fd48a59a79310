"""Regions of symbolic memory, what they hold on entry, and what is noted of them.

A region's initial content is an uninterpreted function of the byte offset, in *cells* of the
width and byte order that its declaration gives, so that a 64-bit big-endian message word is one
term however the code loads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armsym.bits import Bits, concat
from armsym.terms import ops
from armsym.terms.evaluate import Substitution
from armsym.terms.linear import linear_view, make_sum
from armsym.terms.node import Term, Value, Var, intern, ones

__all__ = [
    "M64",
    "Access",
    "Change",
    "Filled",
    "Read",
    "SymbolicRegion",
    "Unknown",
    "signed",
    "split_offset",
    "variable",
]

M64 = ones(64)

#: Of so many blocks what was computed for a read is kept for others.
LATELY = 8


class SymbolicRegion:
    """A declared region.

    base    the address of its first byte is `base + bias`, `base` a variable
    size    bytes, a 64-bit value (constant or term)
    cell    bytes in a cell; `order` the byte order within it
    """

    def __init__(
        self,
        name: str,
        base: Term,
        size: Bits,
        access: str,
        *,
        bias: int = 0,
        cell: int = 8,
        order: str = "little",
        secret: bool = True,
    ) -> None:
        self.name, self.base, self.size, self.access = name, base, size, access
        self.bias, self.cell, self.order, self.secret = bias, cell, order, secret
        #: Fixed content by offset (bytes of the file), else None.
        self.fixed: Callable[[int, int], Bits] | None = None
        #: Why what it holds is not known, by offset and size; None where it is.
        self.unknown: Callable[[int, int], str] | None = None
        #: Values assumed to stand at byte offsets on entry.
        self.given: dict[int, Bits] = {}

    @property
    def address(self) -> Bits:
        """The address of the first byte."""
        return Bits(64, self.base) + Bits.wrap(64, self.bias)

    def initial_cell(self, offset: Value) -> Bits:
        """The cell at a byte offset (a multiple of the cell size) before the routine ran."""
        return self.cell_of(self.name, offset)

    def cell_of(self, content: str, offset: Value) -> Bits:
        """The cell at a byte offset of the content of that name."""
        # The content of a secret region is secret even at a public offset; and only what a region
        # held on entry is public because the region is: anything may have been stored since.
        secret = self.secret or content != self.name
        t = ops.apply(f"{content}[]", 8 * self.cell, [(64, offset)], secret=secret)
        return Bits(8 * self.cell, t)


class Access:
    """One logged access: `size` bytes at region offset `symbolic + constant`."""

    __slots__ = ("at", "constant", "region", "size", "store", "symbolic")

    def __init__(
        self, at: int, region: SymbolicRegion, symbolic: Term | None, constant: int, size: int, store: bool
    ) -> None:
        self.at, self.region, self.symbolic, self.constant = at, region, symbolic, constant
        self.size, self.store = size, store


@dataclass(frozen=True)
class Change:
    """What is no longer what it was, without a store of the code: the cell at an offset, or all of a region (None)."""

    region: SymbolicRegion
    offset: int | None


@dataclass(frozen=True)
class Read:
    """What a claim read of a state: `size` bytes at region offset `symbolic + constant`, and what they are."""

    region: SymbolicRegion
    symbolic: Term | None
    constant: int
    size: int
    value: Bits

    @property
    def offset(self) -> Bits:
        """The offset in the region, 64 bits."""
        start = Bits(64, 0) if self.symbolic is None else Bits(64, self.symbolic)
        return start + Bits.wrap(64, self.constant)


class Unknown:
    """Content of which nothing is known: after a loop has stored at symbolic offsets."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Filled:
    """Content given block by block below `upto` blocks, then byte by byte in a tail, and as on entry from there on.

    start   offset of block 0 in the region
    rest    where it is not on entry but unknown what lies before and after the blocks: under this name
    size    bytes in a block
    word    bytes in a word; `order` the byte order within it
    words   the words of block j < upto, where the variable `index` stands for j
    tail    bytes that follow the blocks: the first `after` of them; none, if it is empty
    """

    __slots__ = ("_put", "after", "index", "order", "rest", "size", "start", "tail", "upto", "word", "words")

    def __init__(
        self,
        upto: Bits,
        size: int,
        word: int,
        order: str,
        index: Bits,
        words: list[Bits],
        *,
        start: int = 0,
        rest: str | None = None,
        tail: tuple[Bits, ...] = (),
        after: Bits = Bits(64, 0),  # noqa: B008 - a number, which nobody changes
    ) -> None:
        assert not tail or (rest is None and start == 0), "a tail is that of blocks from the region's beginning"
        self.tail, self.after = tail, after
        self.upto, self.size, self.word, self.order, self.index, self.words = upto, size, word, order, index, words
        self.start, self.rest = start, rest
        #: What blocks read lately are made of, by their number: the latest last.
        self._put: dict[tuple[bool, int], Substitution] = {}

    def bytes_of(self, j: Bits, c: int, size: int) -> Bits:
        """Bytes c .. c+size-1 of block j."""
        first, last = c // self.word, (c + size - 1) // self.word
        words = self._words(j, first, last)
        if self.order == "big" and self.word > 1:
            words = [w.reverse_bytes() for w in words]
        whole = concat(*reversed(words))
        lo = 8 * (c - first * self.word)
        return whole[lo + 8 * size - 1 : lo]

    def _words(self, j: Bits, first: int, last: int) -> list[Bits]:
        """Words `first` to `last` of block j, as stored.

        Other reads of the block, on whatever path, find what was computed for one, unless a condition was asked of that
        path's facts meanwhile: then it may hold there alone.
        """
        assert isinstance(self.index.value, Term)
        number = (True, j.value) if isinstance(j.value, int) else (False, intern(j.value).id)
        put = self._put.pop(number, None) or Substitution({self.index.value: j.value})
        asked = False

        def ask(c: Term) -> int | None:
            nonlocal asked
            asked = True
            return None if facts is None else facts(c)

        facts = ops.set_oracle(ask)
        try:
            words = [Bits(w.width, put(w.value)) for w in self.words[first : last + 1]]
        finally:
            ops.set_oracle(facts)
        if not asked:
            self._put[number] = put
            if len(self._put) > LATELY:
                del self._put[next(iter(self._put))]
        return words


def signed(v: int) -> int:
    """A 64-bit number as a signed one."""
    return v - (1 << 64) if v >> 63 else v


def split_offset(offset: Bits) -> tuple[Term | None, int]:
    """A 64-bit offset as symbolic part and signed constant."""
    v = offset.value
    if isinstance(v, int):
        return None, signed(v)
    terms, const = linear_view(v)
    rest = make_sum(64, terms, 0)
    if isinstance(rest, int):
        return None, signed((rest + const) & M64)
    return intern(rest), signed(const)


def variable(name: str, width: int, *, secret: bool, possible: int | None = None) -> Bits:
    """A fresh variable as `Bits`."""
    return Bits(width, Var(name, width, pb=possible, secret=secret))
