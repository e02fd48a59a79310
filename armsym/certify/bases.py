"""Where code keeps a byte of the standard's in another basis of GF(2^8): an affine image of it, found by trials.

Code that computes in another basis has no value that a step of the standard comes to; but bytes of which each bit is
an XOR of bits of one such byte, and a constant.  Untrusted: the map is only told, and shown by evaluation.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from armsym.audit.columns import follow
from armsym.audit.functions import definition
from armsym.audit.raw import Program, ones
from armsym.certify.affine import affine
from armsym.certify.cones import operands

__all__ = ["Image", "images", "tried"]

#: So many inputs by chance tell an affine image of a byte from what is none.
_TRIES = 48
_BYTE = 8


@dataclass(frozen=True)
class Image:
    """That a node is `first` XOR diagonals of a byte of a word: (d, mask) is (byte AND mask) * 2^d, at bit `shift`."""

    node: int
    shift: int
    first: int
    diagonals: tuple[tuple[int, int], ...]

    def of(self, program: Program, word: int) -> tuple[int, ...]:
        """Instructions, one by one, that make it of the word; the last is what the node is equal to."""
        low = program.shr(word, self.shift) if self.shift else word
        byte = program.mask(low, ones(_BYTE))
        made = [low, byte, program.const(self.first)]
        for by, mask in self.diagonals:
            part = program.mask(byte, mask)
            moved = program.shl(part, by) if by > 0 else program.shr(part, -by) if by else part
            made += part, moved, program.xor(made[-1], moved)
        made.append(program.mask(made[-1], ones(_BYTE)))
        return tuple(n for n in made if n != word)


def images(program: Program, values: Mapping[int, Sequence[int]], words: Iterable[int]) -> dict[int, list[Image]]:
    """For each of the words: the nodes that are an invertible affine image of a byte of it, by what nodes come to.

    Of nodes that are made of one another and constants alone, the first.
    """
    having: dict[int, tuple[int, int, int]] = {}  # a column of one bit's values -> word, shift, which bits' XOR
    for word in words:
        if word not in values:
            continue
        for shift in range(0, _reach(values[word]).bit_length(), _BYTE):
            bits = [_column(values[word], shift + k) for k in range(_BYTE)]
            for mask, column in enumerate(_spanned(bits)):
                if mask:
                    for inverted in (0, 1):
                        key = column ^ (ones(_TRIES) if inverted else 0)
                        having.setdefault(key, (word, shift, mask << 1 | inverted))
    found: dict[int, list[Image]] = {}
    of: dict[int, set[tuple[int, int]]] = {}
    for n in sorted(values):  # operands come first
        if program[n][0] in ("Const", "Var") or _reach(values[n]) > ones(_BYTE):
            continue
        rows = list[int]()
        word = shift = 0
        for k in range(_BYTE):
            row = having.get(_column(values[n], k))
            if row is None or (k and row[:2] != (word, shift)):
                break
            word, shift = row[:2]
            rows.append(row[2])
        if len(rows) < _BYTE:
            continue
        of.setdefault(n, set()).add((word, shift))
        if any((word, shift) in of.get(a, ()) for a in operands(program[n])):
            continue
        image = _image(n, shift, rows)
        if image is not None:
            found.setdefault(word, []).append(image)
    return found


def _image(node: int, shift: int, rows: Sequence[int]) -> Image | None:
    """The map whose bit k is the XOR of the byte's bits in rows[k] / 2, and rows[k]'s lowest bit."""
    table = [
        sum((((x & row >> 1).bit_count() ^ row) & 1) << k for k, row in enumerate(rows)) for x in range(1 << _BYTE)
    ]
    told = affine(table, ones(_BYTE), ones(_BYTE))
    if told is None or len(set(table)) < len(table):
        return None
    return Image(node, shift, told[0], tuple(told[1]))


def tried(program: Program, nodes: Sequence[int], tries: int = _TRIES) -> dict[int, list[int]]:
    """What nodes come to, operands first, for so many inputs by chance.

    Equal arguments of an unknown function may get other values: then what is made of them is not found.
    """
    rng, values = random.Random(0), dict[int, list[int]]()
    for n in nodes:
        i = program[n]
        if i[0] == "Var" or (i[0] == "App" and definition(i[1]) is None):
            values[n] = [rng.getrandbits(int(i[-1]).bit_length() or 1) & int(i[-1]) for _ in range(tries)]
        else:
            follow(program.instructions, values, tries, (n,))
    return values


def _reach(values: Sequence[int]) -> int:
    found = 0
    for v in values:
        found |= v
    return found


def _column(values: Sequence[int], bit: int) -> int:
    return sum((v >> bit & 1) << k for k, v in enumerate(values))


def _spanned(bits: Sequence[int]) -> list[int]:
    """All XORs of these, by the mask of those in it."""
    out = [0]
    for b in bits:
        out += [x ^ b for x in out]
    return out
