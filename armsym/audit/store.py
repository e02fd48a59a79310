"""Memory of an audit: what regions hold, as cells on entry with stores over them; nothing is guessed.

Offsets are forms modulo 2^64, split in their terms (the *part*) and a signed constant.  A store is kept under its
part; whether bytes under two parts can meet is asked of the facts, and where they do not tell, a load is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from armsym.audit.facts import Facts, bits
from armsym.audit.farkas import Form, plus, times
from armsym.audit.raw import ones
from armsym.audit.words import Words

__all__ = ["Area", "Filled", "Held", "Memory", "RefusedAccess", "join_bytes", "part_of"]

#: The terms of an offset, sorted.
Part: TypeAlias = "tuple[tuple[int, int], ...]"
#: A byte: which byte of which node.
Byte: TypeAlias = "tuple[int, int]"


class RefusedAccess(Exception):
    """A load or store that is not shown to be permitted, or to give a value that is known; the message says which."""


@dataclass(frozen=True)
class Area:
    """What a region is to the memory: cells of `cell` bytes, whose first byte is the lowest where `order` is little.

    `given`: (offset, size, node) that are known on entry.
    """

    name: str
    cell: int
    order: str
    given: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True)
class Filled:
    """Block j of a region is `words(facts, j)` for all j < `upto`, a number of which nothing wraps.

    A block has `size` bytes, its words `word` bytes in byte order `order`.
    """

    upto: Form
    size: int
    word: int
    order: str
    words: Callable[[Facts, Form], tuple[int, ...]]

    def bytes(self, facts: Facts, part: Part, k: int, wanted: list[int], what: str) -> dict[int, Byte]:
        """Those bytes at k + j under a part, j of `wanted`; none where all lie after the blocks.

        Raises `RefusedAccess` where the facts do not tell: `what` names the place.
        """
        offset, end = facts.lifted((0, dict(part))), times(self.upto, self.size)
        low, high = (plus(offset, (k + j, {})) for j in (wanted[0], wanted[-1] + 1))
        # (After the blocks, and below 2^64: so it is the offset that is meant, and does not wrap.)
        if facts.shows(plus(low, end, -1)) and facts.shows(plus((1 << 64, {}), high, -1)):
            return {}
        if not facts.shows(low) or not facts.shows(plus(end, high, -1)):
            raise RefusedAccess(f"{what} may lie in the blocks that are known, or after them")
        if any(factor % self.size for factor in offset[1].values()):
            raise RefusedAccess(f"{what} does not lie in blocks of {self.size} bytes")
        found, made = dict[int, Byte](), dict[int, tuple[int, ...]]()
        for j in wanted:
            q, at = divmod(k + j, self.size)
            if q not in made:
                made[q] = self.words(facts, (q, {n: factor // self.size for n, factor in offset[1].items()}))
            node, byte = made[q][at // self.word], at % self.word
            found[j] = node, (self.word - 1 - byte if self.order == "big" else byte)
        return found


@dataclass
class Held:
    """What a region holds: stores, the last one's layer last, over blocks that are known, over cells of `under`."""

    under: str
    layers: list[tuple[Part, dict[int, Byte]]] = field(default_factory=list)
    filled: Filled | None = None

    def fork(self) -> Held:
        """An independent copy."""
        return Held(self.under, [(p, d.copy()) for p, d in self.layers], self.filled)


def part_of(form: Form) -> tuple[Part, int]:
    """An offset's part, and its constant as a signed number."""
    constant = form[0] & ones(64)
    signed = constant - (1 << 64) if constant >> 63 else constant
    return tuple(sorted((n, k & ones(64)) for n, k in form[1].items() if k & ones(64))), signed


def join_bytes(words: Words, parts: list[Byte]) -> int:
    """The number whose bytes, lowest first, are these."""
    out = words.zero
    j = 0
    while j < len(parts):
        node, first = parts[j]
        n = 1
        while j + n < len(parts) and parts[j + n] == (node, first + n):
            n += 1
        whole = first == 0 and n == len(parts) and _fits(words, node, 8 * n)
        piece = node if whole else words.bits(node, 8 * first, 8 * n)
        out = words.xor(out, words.shl(piece, 8 * j))
        j += n
    return out


def _fits(words: Words, node: int, width: int) -> bool:
    return bits(words, node) <= ones(width)


class Memory:
    """The regions of one path."""

    def __init__(self, words: Words, areas: dict[str, Area], cell: Callable[[str, Form], int]) -> None:
        """`cell(function, offset)` is the node of the cell at an offset, a multiple of the region's cell size."""
        self.words, self.areas, self._cell = words, areas, cell
        self.held = {name: Held(f"mem.{name}") for name in areas}

    def fork(self) -> Memory:
        """An independent copy."""
        m = Memory(self.words, self.areas, self._cell)
        m.held = {name: h.fork() for name, h in self.held.items()}
        return m

    def load(self, facts: Facts, name: str, offset: Form, size: int) -> int:
        """`size` bytes as a number, little-endian; raises `RefusedAccess` where what they are is not known."""
        part, k = part_of(offset)
        return join_bytes(self.words, self.bytes(facts, name, part, k, size))

    def store(self, name: str, offset: Form, size: int, value: int) -> None:
        """Let the bytes at an offset be those of a node."""
        self.put(name, offset, [(value, j) for j in range(size)])

    def put(self, name: str, offset: Form, data: list[Byte]) -> None:
        """Let the bytes from an offset on be these."""
        part, k = part_of(offset)
        layers = self.held[name].layers
        if not layers or layers[-1][0] != part:
            layers.append((part, {}))
        layers[-1][1].update({k + j: byte for j, byte in enumerate(data)})

    def bytes(self, facts: Facts, name: str, part: Part, k: int, size: int) -> list[Byte]:
        """The bytes at k .. k + size - 1 under a part, the first first."""
        held = self.held[name]
        found: dict[int, Byte] = {}
        for of, data in reversed(held.layers):
            missing = [j for j in range(size) if j not in found]
            if not missing:
                break
            if of == part:
                found.update({j: data[k + j] for j in missing if k + j in data})
            elif data and not self._apart(facts, part, k, k + size, of, min(data), max(data) + 1):
                raise RefusedAccess(f"{size} bytes at {name}{self._text(part, k)} may or may not have been stored to")
        wanted = [j for j in range(size) if j not in found]
        if wanted and held.filled is not None:
            found.update(held.filled.bytes(facts, part, k, wanted, f"{size} bytes at {name}{self._text(part, k)}"))
        out: list[Byte] = []
        for j in range(size):
            out.append(found[j] if j in found else self._initial(held.under, self.areas[name], part, k + j))
        return out

    def _initial(self, under: str, area: Area, part: Part, k: int) -> Byte:
        if under == f"mem.{area.name}":
            for at, n, node in area.given:
                if part:
                    raise RefusedAccess(f"{area.name}{self._text(part, k)}: some of it is given, at known offsets")
                if at <= k < at + n:
                    return node, k - at
        c = area.cell
        if any(factor % c for _, factor in part):
            raise RefusedAccess(f"the offset {area.name}{self._text(part, k)} is no multiple of {c}, its cells' size")
        j = k % c
        node = self._cell(under, ((k - j) & ones(64), dict(part)))
        return node, (c - 1 - j if area.order == "big" else j)

    def _apart(self, facts: Facts, a: Part, alo: int, ahi: int, b: Part, blo: int, bhi: int) -> bool:
        first, second = facts.lifted((0, dict(a))), facts.lifted((0, dict(b)))
        distance = plus(second, first, -1)
        # Both lie in a region that does not wrap, as was shown when they were accessed: these are their offsets.
        return facts.shows(plus(distance, (blo - ahi, {}))) or facts.shows(plus((alo - bhi, {}), distance, -1))

    @staticmethod
    def _text(part: Part, k: int) -> str:
        return "+" + " + ".join([*(f"{f} * node {n}" for n, f in part), str(k)])
