"""Vectors of polynomials over GF(2) of degree at most 2 in the bits of unknown words.

A `Form` of n bits says, for each of its n positions, which constant, which bits of which words, and which
products of two bits are summed there.  `linear[a]` is a list of n masks: bit q of the mask at p says that bit
q of word a is a summand at position p.  `products[a, b]`, where a comes before b or is b, is a list of n
matrices, each one integer: bit q * b.width + r says the same of the product of bit q of a and bit r of b.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from armsym.terms.node import Term, ones

__all__ = ["Form", "TooHigh", "Word", "bits", "carryless", "conjunction", "entries", "moved", "placed"]

#: At most so many pairs of words in one product, and pairs of bits in a pair of words.
WORDS_LIMIT = 144
PAIR_LIMIT = 1 << 16

_Key = TypeVar("_Key")


class TooHigh(Exception):
    """A degree above 2, or a product too large to write down: the rule does not apply."""


@dataclass(frozen=True, eq=False)
class Word:
    """An unknown of `width` bits: a term, or the product of several in a ring (`factors`, sorted)."""

    number: int
    width: int
    factors: tuple[Term, ...]


@dataclass
class Form:
    """See the module.  No list is all 0; forms, and their lists, are not changed once they are made."""

    width: int
    const: int = 0
    linear: dict[Word, list[int]] = field(default_factory=dict)
    products: dict[tuple[Word, Word], list[int]] = field(default_factory=dict)

    @staticmethod
    def of(word: Word, possible: int) -> Form:
        """The word itself; `possible` has a 0 where a bit is known to be 0."""
        return Form(word.width, 0, {word: [possible & 1 << p for p in range(word.width)]})

    def is_zero(self) -> bool:
        """Whether nothing is left.  (A product of bits of one word may be written in two ways.)"""
        return not self.const and not self.linear and not self.products

    def add(self, other: Form) -> None:
        """XOR `other` into this form, which must not be shared yet."""
        self.const ^= other.const
        for a, masks in other.linear.items():
            _toggle(self.linear, a, masks)
        for ab, matrices in other.products.items():
            _toggle(self.products, ab, matrices)


def _toggle(d: dict[_Key, list[int]], key: _Key, items: list[int]) -> None:
    old = d.get(key)
    new = items if old is None else [u ^ v for u, v in zip(old, items, strict=True)]
    if any(new):
        d[key] = new
    else:
        d.pop(key, None)


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are 1."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def entries(matrix: int, width: int) -> Iterator[tuple[int, int]]:
    """The (row, column) of each 1 of a matrix whose rows have `width` bits."""
    q = 0
    while matrix:
        # A few rows at a time: to go through the bits of a large integer is slow.
        part = matrix & ones(8 * width)
        for k in bits(part):
            yield q + k // width, k % width
        matrix >>= 8 * width
        q += 8


def placed(items: list[int], shift: int, mask: int, width: int) -> list[int]:
    """`width` items: at each p in the mask the item at p + shift, 0 elsewhere and where there is none."""
    out = [0] * width
    first, last = max(0, -shift), min(width, len(items) - shift)
    if last <= first:
        return out
    mask &= ones(last) & -1 << first
    if mask == ones(last) & -1 << first:
        out[first:last] = items[first + shift : last + shift]
    else:
        for p in bits(mask):
            out[p] = items[p + shift]
    return out


def moved(f: Form, shift: int, mask: int, width: int) -> Form:
    """The form of `width` bits that has at each p in the mask what `f` has at p + shift, and 0 elsewhere."""
    if shift == 0 and width == f.width and mask == ones(width):
        return f
    const = (f.const >> shift if shift >= 0 else f.const << -shift) & mask & ones(width)
    linear = {a: new for a, items in f.linear.items() if any(new := placed(items, shift, mask, width))}
    products = {ab: new for ab, items in f.products.items() if any(new := placed(items, shift, mask, width))}
    return Form(width, const, linear, products)


def _check_sizes(f: Form, g: Form) -> None:
    if f.products or g.products:
        raise TooHigh("a product of products of unknowns")
    if len(f.linear) * len(g.linear) > WORDS_LIMIT:
        raise TooHigh("a product of sums of too many words")
    if any(a.width * b.width > PAIR_LIMIT for a in f.linear for b in g.linear):
        raise TooHigh("a product of too wide words")


def _outer(row: int, column: int, width: int) -> int:
    """The products of the bits in `row` with those in `column`, of words of which the second has `width` bits."""
    out = 0
    while row:
        low = row & -row
        out |= column << (low.bit_length() - 1) * width
        row ^= low
    return out


def _pairs(f: Form, g: Form) -> Iterator[tuple[tuple[Word, Word], list[int], list[int]]]:
    """For each word of `f` and each of `g`: the two in order, and their masks in this order."""
    for a, us in f.linear.items():
        for b, vs in g.linear.items():
            yield ((a, b), us, vs) if a.number <= b.number else ((b, a), vs, us)


def conjunction(f: Form, g: Form) -> Form:
    """The product at each position (AND); raises `TooHigh` unless both are linear."""
    _check_sizes(f, g)
    n = f.width
    out = Form(n, f.const & g.const)
    out.add(moved(Form(n, 0, g.linear), 0, f.const, n))
    out.add(moved(Form(n, 0, f.linear), 0, g.const, n))
    for (a, b), rows, columns in _pairs(f, g):
        items = [_outer(r, c, b.width) if c else 0 for r, c in zip(rows, columns, strict=True)]
        _toggle(out.products, (a, b), items)
    return out


def carryless(f: Form, g: Form) -> Form:
    """The product as polynomials in x, 2n positions for n; raises `TooHigh` unless both are linear."""
    _check_sizes(f, g)
    n = f.width
    out = Form(2 * n)
    for const, other in ((f.const, g), (g.const, f)):
        for i in bits(const):
            out.add(moved(Form(n, 0, other.linear), -i, ones(2 * n), 2 * n))
    for i in bits(f.const):
        out.const ^= g.const << i
    for (a, b), rows, columns in _pairs(f, g):
        _toggle(out.products, (a, b), _convolution(tuple(rows), tuple(columns), a.width, b.width))
    return out


@lru_cache(maxsize=32)
def _convolution(rows: tuple[int, ...], columns: tuple[int, ...], height: int, width: int) -> list[int]:
    """See `_convolved`; words are mostly multiplied by their halves, which are in the same places of all of them."""
    return _convolved(rows, columns, height, width)


def _convolved(rows: Sequence[int], columns: Sequence[int], height: int, width: int) -> list[int]:
    """The matrices of a carry-less product: at p the sum, over i + j = p, of the products of rows[i] and columns[j].

    Row q of a matrix is the sum of columns[p - i] for those i where rows[i] has bit q.  Mostly there is one for a q:
    the matrix is made as bytes, of what the first such i gives for each q, then of what the second one gives, etc.
    """
    n = len(rows)
    assert len(columns) == n
    size = -(-width // 8)
    # The columns backwards, and nothing on both sides: columns[k] is at (2 * n - 1 - k) * size.
    text = bytes(n * size) + b"".join(c.to_bytes(size, "little") for c in reversed(columns)) + bytes(n * size)
    items = [0] * (2 * n)
    for layer in _layers(rows, height):
        runs = [(i * size, length * size) if i is not None else (None, length * size) for i, length in _runs(layer)]
        for p in range(2 * n):
            at = (2 * n - 1 - p) * size
            parts = [bytes(length) if i is None else text[at + i : at + i + length] for i, length in runs]
            items[p] ^= int.from_bytes(b"".join(parts), "little")
    return items if width == 8 * size else [_narrowed(item, height, 8 * size, width) for item in items]


def _layers(rows: Sequence[int], height: int) -> Iterator[list[int | None]]:
    """For each of `height` bits, a place where the masks have it, or None; until all places have been told."""
    places: list[list[int]] = [[] for _ in range(height)]
    for i, row in enumerate(rows):
        for q in bits(row):
            places[q].append(i)
    for k in range(max(map(len, places), default=0)):
        yield [at[k] if k < len(at) else None for at in places]


def _runs(layer: list[int | None]) -> list[tuple[int | None, int]]:
    """The same in runs: (first place, how many) of places that follow one another, or of None."""
    runs: list[tuple[int | None, int]] = []
    for i in layer:
        first, length = runs[-1] if runs else (None, 0)
        if length and i == (None if first is None else first + length):
            runs[-1] = (first, length + 1)
        else:
            runs.append((i, 1))
    return runs


def _narrowed(matrix: int, height: int, wide: int, width: int) -> int:
    """A matrix whose rows have `wide` bits, of which the upper ones are 0, as one whose rows have `width`."""
    row = ones(width)
    return sum((matrix >> q * wide & row) << q * width for q in range(height))
