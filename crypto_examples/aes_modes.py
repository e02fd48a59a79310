"""What the proofs of the AES modes of operation have in common, whatever library they come from.

A buffer is `n` blocks of 16 bytes for any n; that block j of the output is the one of SP 800-38A is
stated for each j.  The key structure is that of `crypto_examples.aes`, the round keys are any words.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, concat, lanes
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT
from specs.aes import Cipher, rounds
from specs.modes import standard_incrementing_function

__all__ = ["Ctr32", "ctr32_by_three"]

#: Blocks of a buffer: after so many, a counter of 32 bits repeats itself (and the key stream with it).
MOST = 2**32


class Ctr32:
    """`void f(const uint8_t *in, uint8_t *out, size_t blocks, const AES_KEY *key, const uint8_t ivec[16])`.

    Block j of out is block j of in xor CIPHER(T_j), where T_0 = ivec and T_(j+1) is T_j by the standard
    incrementing function on 32 bits.
    """

    def __init__(self, p: Proof, *, low: int, in_place: bool, bits: int) -> None:
        self.n = p.nat("n", low=low, high=MOST)
        self.rounds = rounds(bits // 32)
        self.key = p.region("key", KEY_BYTES, access="r")
        self.ivec = p.region("ivec", 16, access="r", cell=1)
        self.in_: Region
        self.out: Region
        if in_place:
            self.in_ = self.out = p.region("buffer", 16 * self.n, access="rw", cell=1)
        else:
            self.in_ = p.region("in_", 16 * self.n, access="r", cell=1)
            self.out = p.region("out", 16 * self.n, access="rw", cell=1)
        p.call(x0=self.in_, x1=self.out, x2=self.n, x3=self.key, x4=self.ivec)
        self.w = self.key.words(32, order="big")
        p.given(self.key, ROUNDS_AT, Bits(32, self.rounds))
        p.modifies(self.out, p.stack(16))
        iv = self.ivec.words(8)
        self._nonce, self._first = iv[:12], Bits.from_elems(list(reversed(iv[12:])))
        self._plain = self.in_.blocks(words=16, width=8)
        self._known: dict[object, Words] = {}
        j = p.word("j", public=True)
        start, T_j, following = (concat(*self.counter(q)) for q in (Bits(64, 0), j, j + 1))
        step = following == standard_incrementing_function(32, T_j)
        p.lemma("T_0 = ivec, and T_(j+1) follows T_j", (start == concat(*iv)) & step)

    def counter(self, j: Bits) -> Words:
        """T_j, 16 bytes."""
        c = self._first + j[31:0]
        return Words([*self._nonce, *reversed(c.elems(8))])

    def block(self, j: Bits) -> Words:
        """Block j of the result."""
        # Each arrival at a loop head asks for all blocks so far.
        if j.value not in self._known:
            Nr = self.rounds
            output = Cipher(self.counter(j), Nr, self.w[: 4 * Nr + 4])
            self._known[j.value] = Words(a ^ b for a, b in zip(self._plain(j), output, strict=True))
        return self._known[j.value]

    def holds(self, s: State, upto: Bits) -> Claims:
        """Blocks below `upto` are done and all else is as on entry."""
        return {"out": self.out.holds(self.block, upto=upto, at=s, words=16, width=8)}


def ctr32_by_three(p: Proof, *, bits: int, in_place: bool = False) -> None:
    """Three blocks at a time, then one or two."""
    c = Ctr32(p, low=0, in_place=in_place, bits=bits)
    head = p.routine.loops()[0]
    key = lanes(w.reverse_bytes() for w in c.w[:8])

    @p.invariant(head, upto=c.n, when=lambda s: s.x7 == c.key.base + 32)
    def _(s: State, i: Bits) -> Claims:
        j = 3 * i
        T = [lanes(c.counter(j + q))[0] for q in range(3)]
        return {
            "at least 3 left": j + 3 <= c.n,
            "blocks left": s.x2 == c.n - j - 3,
            "counter": s.x8 == (c._first + 2 + j[31:0]).zero_extend(64),
            "counter blocks": Words([s.v0, s.v1, s.v18, s.v6]) == [*T, T[2]],
            "round keys": [s.v16 == key[0], s.v17 == key[1]],
            **c.holds(s, j),
        }

    p.ensures(lambda s: c.holds(s, c.n))
