"""Contents of regions that meet preconditions which random bytes hardly ever do."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeAlias

from armsym.proof.checks import a_number, whole_bytes

__all__ = ["Example", "at_an_edge", "below", "lanes_within", "number_of", "words_at_edges"]

#: Gives the bytes of a region of a size, drawn from a source of random numbers.
Example: TypeAlias = Callable[[random.Random, int], bytes]


def at_an_edge(rng: random.Random, width: int) -> int:
    """A word of `width` bits: all ones, 0, next to one of these, of one bit, or any."""
    ones = (1 << width) - 1
    kind = rng.randrange(8)
    if kind == 7:
        return rng.getrandbits(width)
    return (0, 0, ones, ones, 1, ones - 1, 1 << rng.randrange(width))[kind] & ones


def below(modulus: int) -> Example:
    """A number in [0, modulus), the first byte the least significant; often at an edge, or of words that are at one."""
    a_number("below: the modulus", modulus, 1)

    def make(rng: random.Random, size: int) -> bytes:
        kind = rng.random()
        if kind < 0.25:
            # (The last two: 1 and 2^bits in Montgomery's form.)
            radix = 1 << 8 * size
            edges = [0, 1, modulus - 1, modulus - 2, modulus >> 1, (modulus >> 1) + 1, modulus - 1 >> 64 << 64]
            v = rng.choice([*edges, radix % modulus, radix * radix % modulus])
        elif kind < 0.5:
            v = _near(rng, modulus)
        else:
            v = rng.randrange(modulus)
        return (v % modulus & (1 << 8 * size) - 1).to_bytes(size, "little")

    return make


def words_at_edges(rng: random.Random, count: int) -> list[int]:
    """Words of 64 bits at an edge: each by itself, or all 0 or all ones but for one of them."""
    if rng.random() < 0.6:
        return [at_an_edge(rng, 64) for _ in range(count)]
    words = [rng.choice((0, (1 << 64) - 1))] * count
    if words:
        words[rng.randrange(count)] = at_an_edge(rng, 64)
    return words


def number_of(words: Sequence[int]) -> int:
    """The number whose words of 64 bits these are, the first the least significant."""
    return sum(w << 64 * k for k, w in enumerate(words))


def _near(rng: random.Random, modulus: int) -> int:
    """A number of as many words as the modulus, at edges, or some the modulus's, or one next to these."""
    words = words_at_edges(rng, -(-modulus.bit_length() // 64))
    if rng.random() < 0.5:
        for k in range(len(words)):
            if rng.random() < 0.7:
                words[k] = (modulus >> 64 * k) + rng.choice((-1, 0, 0, 1)) & (1 << 64) - 1
    return number_of(words)


def lanes_within(lo: int, hi: int, width: int) -> Example:
    """Words of `width` bits in [lo, hi), little-endian, in two's complement; many at an edge."""
    a_number("lanes_within: the width", whole_bytes("lanes_within: the width", width), 8, 64)
    a_number("lanes_within: the least lane", lo, -(1 << width - 1), (1 << width) - 1)
    a_number("lanes_within: the end of lanes", hi, -(1 << width - 1), 1 << width)
    a_number("lanes_within: the greatest lane", hi - 1, lo)

    def make(rng: random.Random, size: int) -> bytes:
        edges = [lo, hi - 1, max(lo, min(0, hi - 1)), lo + (hi - lo) // 2]
        extreme = rng.random() < 0.3
        step = width // 8
        out = b""
        for _ in range(size // step):
            v = rng.choice(edges) if extreme or rng.random() < 0.1 else rng.randrange(lo, hi)
            out += (v & (1 << width) - 1).to_bytes(step, "little")
        return out.ljust(size, b"\0")

    return make
