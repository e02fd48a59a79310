"""What the proofs of SHA-1 block functions have in common, whatever library they come from.

`void block(uint32_t ctx[5], const uint8_t *msg, size_t n)`: the state is five words in the order
of FIPS 180-4 and the core's byte order, the message n blocks of sixteen big-endian words.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Loop, Proof, State, lanes
from crypto_examples import hashing
from crypto_examples.hashing import BlockFunction
from specs import sha1

__all__ = ["BlockFunction", "block_function", "hw_loop", "scalar_loop"]


def block_function(p: Proof) -> BlockFunction:
    """Declare arguments and postcondition: on return the state is H(n), for any n >= 1."""
    return hashing.block_function(p, sha1.compress, words=5)


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
