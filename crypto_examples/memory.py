"""Comparing and erasing memory: the specifications, and what their proofs share."""

from __future__ import annotations

from armsym.dsl import Bits, Fold, Proof, Region, Words

__all__ = ["ZERO", "buffers", "difference", "zero_byte"]

ZERO = Bits(8, 0)


def zero_byte(j: Bits) -> list[Bits]:
    """What each byte of an erased buffer is."""
    return [ZERO]


def buffers(p: Proof, size: int | None = None) -> tuple[Bits, Region, Region]:
    """`int memcmp(const void *a, const void *b, size_t len)`, any length, or that one."""
    n = p.nat("n", high=2**50) if size is None else Bits(64, size)
    a = p.region("a", n, access="r", cell=1)
    b = p.region("b", n, access="r", cell=1)
    p.call(x0=a, x1=b, x2=n)
    return n, a, b


def difference(p: Proof, a: Region, b: Region) -> Fold:
    """D(i): the OR of all differences of the first i bytes; 0 exactly when they are equal."""
    return p.fold(
        lambda d, xy: [d[0] | (xy[0] ^ xy[1])], start=[ZERO], over=lambda i: Words([a.byte(i), b.byte(i)]), name="D"
    )
