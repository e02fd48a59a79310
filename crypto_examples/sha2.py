"""What the proofs of SHA-2 block functions have in common, whatever library they come from.

`void block(state *ctx, const uint8_t *msg, size_t n)`: the state is eight words in the order of
FIPS 180-4 and the core's byte order, the message n blocks of sixteen big-endian words.
"""

from __future__ import annotations

from types import ModuleType

from armsym.dsl import Bits, Claims, Loop, Proof, State, lanes
from crypto_examples import hashing
from crypto_examples.hashing import BlockFunction
from specs import sha256, sha512

__all__ = ["BlockFunction", "block_function", "hw256_loop", "hw512_loop", "neon256_loop", "scalar_loop"]


def block_function(p: Proof, spec: ModuleType) -> BlockFunction:
    """Declare arguments and postcondition: on return the state is H(n), for any n >= 1."""
    return hashing.block_function(p, spec.compress, width=64 if spec is sha512 else 32)


def hw512_loop(p: Proof, f: BlockFunction, loop: Loop) -> None:
    """SHA512H and SHA512H2: state in V0-V3, the next block already in V16-V23."""

    @p.invariant(loop, upto=f.n)
    def _(s: State, i: Bits) -> Claims:
        return {"digest so far": s.v[0:4] == lanes(f.H(i)), "block i loaded": s.v[16:24] == lanes(f.M(i))}


def hw256_loop(p: Proof, f: BlockFunction, loop: Loop) -> None:
    """SHA256H and SHA256H2: state in V0 and V1."""

    @p.invariant(loop, upto=f.n)
    def _(s: State, i: Bits) -> Claims:
        return {"digest so far": s.v[0:2] == lanes(f.H(i))}


def scalar_loop(p: Proof, f: BlockFunction, loop: Loop) -> None:
    """General-purpose registers: state in X20-X27 (or W20-W27), and in memory."""

    @p.invariant(loop, upto=f.n)
    def _(s: State, i: Bits) -> Claims:
        words = s.x if f.width == 64 else s.w
        return {"digest so far": words[20:28] == f.H(i), "digest in memory": f.ctx.words(f.width, at=s) == f.H(i)}


def neon256_loop(p: Proof, f: BlockFunction, loop: Loop) -> None:
    """Schedule in V0-V3, rounds in W3-W10; the loop over rounds shares the loop's head."""
    k = p.rodata(sha256.K)

    @p.invariant(loop, upto=f.n, when=lambda s: s.x16 == k.base + 64)
    def _(s: State, i: Bits) -> Claims:
        first = [m + c for m, c in zip(f.M(i), sha256.K, strict=False)]
        return {
            "digest so far": s.w[3:11] == f.H(i),
            "digest in memory": f.ctx.words(32, at=s) == f.H(i),
            "block i loaded": s.v[0:4] == lanes(f.M(i)),
            "M + K on the stack": s.words(s.sp, 32, 16) == first,
            "first of them": s.x12 == first[0].zero_extend(64),
            "pending Maj and Sigma0": [s.x13 == 0, s.x15 == 0],
            "b ^ c": s.w14 == s.w4 ^ s.w5,
        }
