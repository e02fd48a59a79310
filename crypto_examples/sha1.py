"""What the proofs of SHA-1 block functions have in common, whatever library they come from.

`void block(uint32_t ctx[5], const uint8_t *msg, size_t n)`: the state is five words in the order
of FIPS 180-4 and the core's byte order, the message n blocks of sixteen big-endian words.
"""

from __future__ import annotations

from typing import NamedTuple

from armsym.dsl import Bits, Blocks, Claims, Fold, Loop, Proof, Region, State, lanes
from specs import sha1

__all__ = ["BlockFunction", "block_function", "hw_loop", "scalar_loop"]


class BlockFunction(NamedTuple):
    """The inputs of a block function and the hash state H(i) after i blocks M(0) .. M(i-1)."""

    n: Bits
    ctx: Region
    M: Blocks
    H: Fold


def block_function(p: Proof) -> BlockFunction:
    """Declare arguments and postcondition: on return the state is H(n), for any n >= 1."""
    n = p.nat("n", low=1, high=2**50)
    ctx = p.region("ctx", 20, access="rw")  # five words of four bytes
    msg = p.region("msg", 64 * n, access="r")
    p.call(x0=ctx, x1=msg, x2=n)

    M = msg.blocks(words=16, width=32, order="big")
    H = p.fold(sha1.compress, start=ctx.words(32), over=M)
    p.modifies(ctx)
    p.ensures(lambda s: {"digest": ctx.words(32, at=s) == H(n)})
    return BlockFunction(n, ctx, M, H)


def hw_loop(p: Proof, f: BlockFunction, loop: Loop) -> None:
    """SHA1C, SHA1P and SHA1M: a to d in V0, e in V1."""

    @p.invariant(loop, upto=f.n)
    def _(s: State, i: Bits) -> Claims:
        h = f.H(i)
        return {"a to d so far": s.v[0:1] == lanes(h[0:4]), "e so far": s.v1 == h[4].zero_extend(128)}


def scalar_loop(p: Proof, f: BlockFunction, loop: Loop) -> None:
    """General-purpose registers: state in W20-W24, and in memory."""

    @p.invariant(loop, upto=f.n)
    def _(s: State, i: Bits) -> Claims:
        return {"digest so far": s.w[20:25] == f.H(i), "digest in memory": f.ctx.words(32, at=s) == f.H(i)}
