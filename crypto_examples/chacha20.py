"""What the proofs of ChaCha20 have in common, whatever library they come from.

A message has any number of bytes.  Byte k of the output is byte k of the input xor byte k % 64 of block
k // 64 of the key stream; the last block may be a part of one.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Loop, Part, Proof, Region, State, Words, concat, lanes, select
from specs.chacha20 import chacha20_block

__all__ = ["ChaCha20", "nohw", "rows"]

#: Bytes that 2^32 blocks have: RFC 8439 ends a message where the block counter would repeat itself.
MOST = 2**38


class ChaCha20:
    """`void f(uint8_t *out, const uint8_t *in, size_t length, const uint32_t key[8], const uint32_t counter[4])`.

    `counter` holds the block counter of the first block and then the three words of the nonce.
    `overlapping`: `in` begins any number of bytes after `out`, 0 too, in the same buffer.
    """

    def __init__(self, p: Proof, *, low: int = 1, in_place: bool = False, overlapping: bool = False) -> None:
        self.p = p
        self.n = p.nat("length", low=low, high=MOST, unit=64)
        key = p.region("key", 32, access="r")
        counter = p.region("counter", 16, access="r")
        self.in_: Region | Part
        self.out: Region
        if overlapping:
            ahead = p.nat("ahead", high=2**50)
            self.out = p.region("buffer", ahead + self.n, access="rw", cell=1)
            self.in_ = Part(self.out, at=ahead, size=self.n)
        elif in_place:
            self.in_ = self.out = p.region("buffer", self.n, access="rw", cell=1)
        else:
            self.in_ = p.region("in_", self.n, access="r", cell=1)
            self.out = p.region("out", self.n, access="rw", cell=1)
        p.call(x0=self.out, x1=self.in_, x2=self.n, x3=key, x4=counter)
        p.modifies(self.out)
        words = key.words(32)
        self.first, *self.nonce = counter.words(32)
        p.assume(
            "the block counter does not wrap: 64 * counter + length <= 2^38",
            64 * self.first.zero_extend(64) + self.n <= MOST,
        )

        @p.memo
        def stream(counter: Bits) -> list[Bits]:
            """A block of the key stream, as bytes."""
            return [b for w in chacha20_block(words, counter, self.nonce) for b in w.elems(8)]

        self._stream = stream
        p.ensures(lambda s: self.done(s, self.n))

    def byte(self, k: Bits) -> list[Bits]:
        """Byte k of the result."""
        return [self.in_.byte(k) ^ select(k & 63, self._stream(self.counter(k)))]

    def counter(self, k: Bits) -> Bits:
        """The counter of the block that byte k is in."""
        return self.first + (k >> 6)[31:0]

    def done(self, s: State, upto: Bits) -> Claims:
        """Bytes below `upto` are done and all else is as on entry."""
        return {"out": self.out.holds(self.byte, upto=upto, at=s, words=1, width=8)}

    def ready(self, s: State) -> Claims:
        """Bytes below where X0 points are done, others are left; X28 holds that block's counter and a word of nonce."""
        k = s.x0 - self.out.base
        return {"bytes left": k < self.n, "counter": s.x28 == concat(self.nonce[0], self.counter(k)), **self.done(s, k)}

    def scalar_loop(self, loop: Loop) -> None:
        """One block at a time, in general registers."""

        @self.p.invariant(loop, upto=self.n)
        def _(s: State, _i: Bits) -> Claims:
            return self.ready(s)

    def by_five(self, loop: Loop) -> None:
        """Five blocks at a time: one in general registers, four side by side in V16-V31.

        V3 has the words of the last row of some earlier block, V8 how much the four counters are above its own.
        """

        @self.p.invariant(loop, upto=self.n, step=5)
        def _(s: State, _i: Bits) -> Claims:
            k = s.x0 - self.out.base
            four = Words(self.counter(k) + q - s.s3 for q in (1, 2, 3, 4))
            return {
                "nonce": s.v3[127:32] == concat(*reversed(self.nonce)),
                "four counters": s.v8 == lanes(four)[0],
                **self.ready(s),
            }

    def in_rows(self, loop: Loop, *, step: int, registers: range, first: int) -> None:
        """`step` blocks at a time, at least one in general registers, the others as four vectors each.

        `registers` have the last rows of block `first` of those and of the ones that follow it.
        """

        @self.p.invariant(loop, upto=self.n, step=step)
        def _(s: State, i: Bits) -> Claims:
            k = s.x0 - self.out.base
            rows = [[self.counter(k) + first + q, *self.nonce] for q in range(len(registers))]
            whole = {"eight blocks left": k + 512 <= self.n} if step == 8 else {}
            last = Words(s.v[r] for r in registers)
            return {**whole, "counters": last == lanes(w for row in rows for w in row), **self.ready(s)}

    def carry(self, at: int) -> None:
        """At this point X28 was counted up to the block that X0 points to: nothing carries into the nonce."""

        @self.p.cut(at)
        def _(s: State) -> Claims:
            return {"counter": s.x28 == concat(self.nonce[0], self.counter(s.x0 - self.out.base))}

    def tail_loop(self, loop: Loop) -> None:
        """The bytes of a last, partial block, by way of the stack; X1 + X2 is where the next one is read."""

        @self.p.invariant(loop, upto=self.n & 63)
        def _(s: State, _i: Bits) -> Claims:
            return self.done(s, s.x1 + s.x2 - self.in_.base)


# -- AWS-LC, BoringSSL and ring have the same code ----------------------------------------------------


def nohw(p: Proof, *, in_place: bool = False, overlapping: bool = False) -> None:
    """`ChaCha20_ctr32_nohw`, the scalar code."""
    c = ChaCha20(p, in_place=in_place, overlapping=overlapping)
    p.modifies(p.stack(160))
    one, tail = p.routine.loops()
    c.scalar_loop(one)
    c.tail_loop(tail)


def rows(p: Proof, *, low: int = 1, in_place: bool = False, overlapping: bool = False, prefix: str = "") -> None:
    """`ChaCha20_ctr32_neon` and all that it reaches, from whichever routine it is entered.

    `prefix` is what a library has before the names of its global symbols.
    """
    c = ChaCha20(p, low=low, in_place=in_place, overlapping=overlapping)
    p.modifies(p.stack(288))
    one, tail = p.routine.loops(f"{prefix}ChaCha20_ctr32_nohw")
    four, four_tail = p.routine.loops(f"{prefix}ChaCha20_ctr32_neon")
    (eight,) = p.routine.loops("ChaCha20_512_neon")
    c.scalar_loop(one)
    c.in_rows(four, step=4, registers=range(27, 30), first=1)
    c.in_rows(eight, step=8, registers=range(27, 31), first=2)
    c.carry(eight.head + 0x7F4)
    c.tail_loop(tail)
    c.tail_loop(four_tail)
