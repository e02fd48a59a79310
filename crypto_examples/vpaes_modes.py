"""Modes of operation (SP 800-38A) of the vector-permutation AES; the inner routines are called by contract.

`void ecb(const uint8_t *in, uint8_t *out, size_t length, const AES_KEY *key)`, `cbc(in, out, length, key,
uint8_t ivec[16], int enc)`, `length` a multiple of 16; `ctr(in, out, size_t blocks, key, const uint8_t ivec[16])`.
But for CBC encryption the code takes an odd block first, then two at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.dsl import Bits, Claims, Proof, State, Words
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT
from crypto_examples.modes import Buffers, CbcDecryption, Counters, cbc_ciphertext, direction, vector
from crypto_examples.vpaes import DECRYPTION, ENCRYPTION, Direction
from crypto_examples.vpaes_cores import SIZES, Cores, cipher
from specs.aes import rounds
from specs.strings import byte_block_cipher

__all__ = ["cbc_decrypts", "cbc_encrypts", "ctr32", "ecb"]


class VpaesBuffers(Buffers):
    """`in_`, `out` and the key structure, which may hold any vectors; `blocks` are those of inner routines used."""

    def __init__(
        self, p: Proof, cores: Cores, d: Direction, n: Bits, *blocks: int, in_place: bool, ahead: Bits | None = None
    ) -> None:
        self.bits = p.choice("bits", SIZES)
        self.Nr = rounds(self.bits // 32)
        self.key = p.region("key", KEY_BYTES, access="r")
        super().__init__(p, n, 16 * n, in_place=in_place, ahead=ahead)
        p.given(self.key, ROUNDS_AT, Bits(32, self.Nr - 1))
        self._cipher, self._w = cipher(d, self.Nr), d.keys(self.key.words(128))(self.Nr)
        cores.uses(p, d, self.bits, *blocks)

    def CIPH(self, block: Bits) -> Bits:
        """CIPHER(block, Nr, w) for the words w that the structure stands for; or, for decryption, the inverse."""
        return byte_block_cipher(lambda b: self._cipher([*b, *self._w])[:16])(block)

    CIPH_inverse = CIPH


class ByTwo(VpaesBuffers):
    """The same where n is `odd`, 0 or 1, and twice `pairs`.

    `overlapping`: `in` begins any number of bytes after `out`, 0 too, in the same buffer.
    """

    def __init__(
        self,
        p: Proof,
        cores: Cores,
        d: Direction,
        *,
        in_place: bool,
        low: int = 0,
        odd: Sequence[int] = (0, 1),
        overlapping: bool = False,
    ) -> None:
        self.odd = p.choice("odd", odd)
        self.pairs = p.nat("pairs", low=max(0, low - self.odd), high=2**49 - 1)
        n = 2 * self.pairs + self.odd
        ahead = p.nat("ahead", high=2**50) if overlapping else None
        super().__init__(p, cores, d, n, *((1, 2) if self.odd else (2,)), in_place=in_place, ahead=ahead)

    def loop(self, p: Proof, claims: Callable[[State, Bits], Claims], block: Callable[[Bits], Words]) -> None:
        """The loop over pairs: `claims(s, j)` and that blocks below j are done, at j = odd, odd + 2, ..."""

        @p.invariant(p.routine.loops()[-1], upto=2 * self.pairs, step=2)
        def _(s: State, i: Bits) -> Claims:
            return {**claims(s, i + self.odd), **self.done(s, block, upto=i + self.odd)}


def ecb(p: Proof, cores: Cores, d: Direction, *, in_place: bool = False, odd: Sequence[int] = (0, 1)) -> None:
    """Block j of out is the cipher, or its inverse, of block j of in, for n >= 1, odd or even as `odd` says."""
    m = ByTwo(p, cores, d, in_place=in_place, low=1, odd=odd)
    p.call(x0=m.in_, x1=m.out, x2=16 * m.n, x3=m.key)
    p.modifies(p.stack(80))
    m.loop(p, lambda s, j: {}, m.ecb)
    p.ensures(lambda s: m.done(s, m.ecb, upto=m.n))


def cbc_encrypts(p: Proof, cores: Cores, *, in_place: bool = False) -> None:
    """Each block of ciphertext is CIPHER(plaintext xor the one before), one at a time."""
    m = VpaesBuffers(p, cores, ENCRYPTION, p.nat("n", high=2**50), 1, in_place=in_place)
    ivec = p.region("ivec", 16, access="rw", cell=1)
    p.call(x0=m.in_, x1=m.out, x2=16 * m.n, x3=m.key, x4=ivec, w5=direction(p, encrypt=True))
    p.modifies(ivec, p.stack(16))
    C = cbc_ciphertext(p, m, ivec)

    def block(j: Bits) -> Words:
        return C(j + 1)

    @p.invariant(p.routine.loops()[0], upto=m.n)
    def _(s: State, i: Bits) -> Claims:
        return {"block before": s.v0 == vector(C(i)), **m.done(s, block, upto=i)}

    p.ensures(lambda s: {**m.done(s, block, upto=m.n), "ivec": ivec.words(8, at=s) == C(m.n)})


def cbc_decrypts(p: Proof, cores: Cores, *, in_place: bool = False, low: int = 0) -> None:
    """Each block of plaintext is EQINVCIPHER(ciphertext) xor the ciphertext before."""
    m = ByTwo(p, cores, DECRYPTION, in_place=in_place, low=low)
    ivec = p.region("ivec", 16, access="rw", cell=1)
    p.call(x0=m.in_, x1=m.out, x2=16 * m.n, x3=m.key, x4=ivec, w5=direction(p, encrypt=False))
    p.modifies(ivec, p.stack(80))
    c = CbcDecryption(p, m, ivec)
    m.loop(p, lambda s, j: {"block before": s.v6 == vector(c.before(j))}, c.block)
    p.ensures(lambda s: {**m.done(s, c.block, upto=m.n), "ivec": ivec.words(8, at=s) == c.before(m.n)})


def ctr32(p: Proof, cores: Cores, *, in_place: bool = False, overlapping: bool = False) -> None:
    """Counter blocks of the next two blocks in V14 and V15, the second one's counter in W6."""
    m = ByTwo(p, cores, ENCRYPTION, in_place=in_place, overlapping=overlapping)
    p.assume("at most 2^32 blocks, after which the counter repeats itself", m.n <= 2**32)
    ivec = p.region("ivec", 16, access="r", cell=1)
    p.call(x0=m.in_, x1=m.out, x2=m.n, x3=m.key, x4=ivec)
    p.modifies(p.stack(80))
    c = Counters(p, m, ivec)

    def ready(s: State, j: Bits) -> Claims:
        two = [vector(c.T(j)), vector(c.T(j + 1))]
        return {"counter": s.w6 == c.counter(j + 1), "counter blocks": s.v[14:16] == two}

    m.loop(p, ready, c.block)
