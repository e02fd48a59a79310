"""Contents of regions that meet preconditions which random bytes hardly ever do."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeAlias

from armsym.proof.checks import a_number, whole_bytes

__all__ = ["Example", "below", "lanes_within"]

#: Gives the bytes of a region of a size, drawn from a source of random numbers.
Example: TypeAlias = Callable[[random.Random, int], bytes]


def below(modulus: int) -> Example:
    """A number in [0, modulus), the first byte the least significant; often at an edge."""
    a_number("below: the modulus", modulus, 1)

    def make(rng: random.Random, size: int) -> bytes:
        edges = [0, 1, modulus - 1, modulus - 2, modulus >> 1, (modulus >> 1) + 1, modulus - 1 >> 64 << 64]
        v = rng.choice(edges) if rng.random() < 0.4 else rng.randrange(modulus)
        return (v % modulus & (1 << 8 * size) - 1).to_bytes(size, "little")

    return make


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
