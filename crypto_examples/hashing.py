"""What the proofs of block functions of hashes have in common, whatever hash and library they are of.

`void block(word ctx[], const uint8_t *msg, size_t n)`: the state is words in the order of the standard and the
core's byte order, the message n blocks of sixteen words in the standard's byte order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from armsym.dsl import Bits, Blocks, Fold, Proof, Region, Words

__all__ = ["BlockFunction", "block_function"]


class BlockFunction(NamedTuple):
    """The inputs of a block function and the hash state H(i) after i blocks M(0) .. M(i-1)."""

    n: Bits
    ctx: Region
    M: Blocks
    H: Fold
    width: int


def block_function(
    p: Proof,
    compress: Callable[[Words, Words], Sequence[Bits]],
    *,
    words: int = 8,
    width: int = 32,
    order: str = "big",
    low: int = 1,
    high: int = 2**50,
    arguments: tuple[str, str, str] = ("x0", "x1", "x2"),
) -> BlockFunction:
    """Declare arguments and postcondition: on return the state is H(n), for any n from `low` to `high`.

    The state has so many `words` of `width` bits; `arguments` are the registers of ctx, msg and n.
    """
    n = p.nat("n", low=low, high=high)
    ctx = p.region("ctx", words * width // 8, access="rw")
    msg = p.region("msg", 2 * width * n, access="r")  # sixteen words of width / 8 bytes
    values: tuple[Region | Bits, ...] = (ctx, msg, n)
    p.call(**dict(zip(arguments, values, strict=True)))

    M = msg.blocks(words=16, width=width, order=order)
    H = p.fold(compress, start=ctx.words(width), over=M)
    p.modifies(ctx)
    p.ensures(lambda s: {"digest": ctx.words(width, at=s) == H(n)})
    return BlockFunction(n, ctx, M, H, width)
