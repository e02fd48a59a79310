"""What the proofs of ChaCha20 have in common, whatever library they come from.

A message has any number of bytes.  Byte k of the output is byte k of the input xor byte k % 64 of block
k // 64 of the key stream; the last block may be a part of one.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Loop, Proof, Region, State, Words, concat, select
from specs.chacha20 import chacha20_block

__all__ = ["ChaCha20"]

#: Bytes that 2^32 blocks have: RFC 8439 ends a message where the block counter would repeat itself.
MOST = 2**38


class ChaCha20:
    """`void f(uint8_t *out, const uint8_t *in, size_t length, const uint32_t key[8], const uint32_t counter[4])`.

    `counter` holds the block counter of the first block and then the three words of the nonce.
    """

    def __init__(self, p: Proof, *, low: int = 1, in_place: bool = False) -> None:
        self.p = p
        self.n = p.nat("length", low=low, high=MOST, unit=64)
        #: Blocks, the last one whole or not.
        self.blocks = (self.n + 63) >> 6
        key = p.region("key", 32, access="r")
        counter = p.region("counter", 16, access="r")
        self.in_: Region
        self.out: Region
        if in_place:
            self.in_ = self.out = p.region("buffer", self.n, access="rw", cell=1)
        else:
            self.in_ = p.region("in_", self.n, access="r", cell=1)
            self.out = p.region("out", self.n, access="rw", cell=1)
        p.call(x0=self.out, x1=self.in_, x2=self.n, x3=key, x4=counter)
        p.modifies(self.out)
        self.key = key.words(32)
        self.first, *self.nonce = counter.words(32)
        p.assume(
            "the block counter does not wrap: counter + blocks <= 2^32",
            self.first.zero_extend(64) + self.blocks <= 2**32,
        )
        self._stream: dict[object, Words] = {}

    def stream(self, j: Bits) -> Words:
        """Block j of the key stream, as bytes."""
        if j.value not in self._stream:
            words = chacha20_block(self.key, self.first + j[31:0], self.nonce)
            self._stream[j.value] = Words(b for w in words for b in w.elems(8))
        return self._stream[j.value]

    def byte(self, k: Bits) -> list[Bits]:
        """Byte k of the result."""
        return [self.in_.byte(k) ^ select(k & 63, self.stream(k >> 6))]

    def done(self, s: State, upto: Bits) -> Claims:
        """Bytes below `upto` are done and all else is as on entry."""
        return {"out": self.out.holds(self.byte, upto=upto, at=s, words=1, width=8)}

    def counter(self, j: Bits) -> Bits:
        """The counter of block j with the first word of the nonce above it."""
        return concat(self.nonce[0], self.first + j[31:0])

    def scalar_loop(self, loop: Loop) -> None:
        """One block at a time, with the 64-byte rows of the key stream in general registers."""

        @self.p.invariant(loop, upto=self.blocks)
        def _(s: State, _i: Bits) -> Claims:
            k = s.x0 - self.out.base
            return {"counter": s.x28 == self.counter(k >> 6), **self.done(s, k)}

    def tail_loop(self, loop: Loop) -> None:
        """The bytes of a last, partial block, by way of the stack; X1 + X2 is where the next one is read."""

        @self.p.invariant(loop, upto=self.n & 63)
        def _(s: State, _i: Bits) -> Claims:
            return self.done(s, s.x1 + s.x2 - self.in_.base)
