"""XTS of IEEE 1619 with AES-128 or AES-256: `void f(const uint8_t *in, uint8_t *out, size_t length,
const AES_KEY *key1, const AES_KEY *key2, const uint8_t iv[16])`, for any length from 16 bytes on, with stealing.

`key1` holds round keys in the order of the direction, `key2` for encryption; `iv` is the tweak value.  The data unit
has n whole blocks and `rest` bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.dsl import Bits, Claims, Proof, State, Words, ite
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT
from crypto_examples.aes_modes import AesBuffers
from crypto_examples.modes import octets, string, vector
from specs.aes import Cipher
from specs.strings import byte_block_cipher
from specs.xts import decrypt_block, decrypt_last_two, encrypt_block, encrypt_last_two, multiply_by_alpha

__all__ = ["xts_decrypts", "xts_decrypts_unrolled", "xts_encrypts", "xts_encrypts_unrolled"]


class _Xts(AesBuffers):
    """Arguments, and the result.  T(j) is the tweak of block j, 128 bits as a vector register holds them."""

    def __init__(
        self,
        p: Proof,
        *,
        in_place: bool,
        encrypt: bool,
        most: int = 15,
        sizes: Sequence[int] = (128, 256),
        stack: int = 64,
    ) -> None:
        n, self.rest = p.nat("n", low=1, high=2**50), p.nat("rest", high=most)
        length = 16 * n + self.rest
        super().__init__(p, n, length, in_place=in_place, sizes=sizes)
        self.p, self.encrypt = p, encrypt
        tweak_key, iv = p.region("key2", KEY_BYTES, access="r"), p.region("iv", 16, access="r", cell=1)
        p.given(tweak_key, ROUNDS_AT, Bits(32, self.rounds))
        p.call(x0=self.in_, x1=self.out, x2=length, x3=self.key, x4=tweak_key, x5=iv)
        p.modifies(p.stack(stack))
        p.assume_timing("fmov")  # of tweaks
        w = tweak_key.words(32, order="big")[: 4 * self.rounds + 4]
        first = byte_block_cipher(lambda b: Cipher(b, self.rounds, w))(string(iv.words(8)))
        self._tweak = p.fold(
            lambda T, _: [multiply_by_alpha(T[0].reverse_bytes()).reverse_bytes()],
            start=[first.reverse_bytes()],
            over=self.blocks,
            name="T",
        )
        self._cipher = p.memo(lambda X: [super(_Xts, self).CIPH(X)])
        self._inverse = p.memo(lambda X: [super(_Xts, self).CIPH_inverse(X)])
        p.ensures(self.result)

    def CIPH(self, block: Bits) -> Bits:
        """See `Buffers`; each block is enciphered once."""
        return self._cipher(block)[0]

    def CIPH_inverse(self, block: Bits) -> Bits:
        """See `Buffers`; each block is deciphered once."""
        return self._inverse(block)[0]

    def T(self, j: Bits) -> Bits:
        """The tweak of block j."""
        return self._tweak(j)[0]

    def block(self, j: Bits) -> Words:
        """Block j of the result, if it is none of the last two of a data unit whose last block is not complete."""
        T, X = self.T(j).reverse_bytes(), string(self.blocks(j))
        return octets(encrypt_block(self.CIPH, T, X) if self.encrypt else decrypt_block(self.CIPH_inverse, T, X))

    def result(self, s: State) -> Claims:
        """What `out` is in the end."""
        n, rest = self.n, self.p.known(self.rest)
        if not rest:
            return self.done(s, self.block, upto=n)
        T, before = self.T(n - 1).reverse_bytes(), string(self.blocks(n - 1))
        last = string([self.in_.byte(16 * n + k) for k in range(rest)])
        if self.encrypt:
            two = encrypt_last_two(self.CIPH, T, before, last)
        else:
            two = decrypt_last_two(self.CIPH_inverse, T, before, last)
        then = [byte for block in two for byte in octets(block)]
        return {"out": self.out.holds(self.block, upto=n - 1, at=s, words=16, width=8, tail=then)}

    def whole(self) -> Bits:
        """How many blocks are done by themselves: decryption leaves two for the end where the last is not complete."""
        return self.n if self.encrypt else self.n - ite(self.rest == 0, Bits(64, 0), Bits(64, 1))

    def by_five(self) -> None:
        """Five blocks at a time; the rounds share the loop's head.

        With four blocks left the head is passed once more, on the way out.
        """
        p = self.p

        @p.invariant(
            p.routine.loops()[3],
            upto=self.n,
            step=5,
            when=lambda s: (s.x7 == self.key.base + 32) & ~s.x2.slt(0),
        )
        def _(s: State, i: Bits) -> Claims:
            whole, T = self.whole(), Words(self.T(i + q) for q in range(5))
            return {
                "at least 5 left": i + 5 <= whole,
                "bytes left": s.x2 == 16 * (whole - i) - 80,
                "tweaks": Words([s.v6, *s.v[8:12]]) == T,
                "last tweak": Words([s.x9, s.x10]) == T[4].elems(64),
                "blocks": Words([s.v0, s.v1, *s.v[24:27]]) == [vector(self.blocks(i + q)) ^ T[q] for q in range(5)],
                **self.done(s, self.block, upto=i),
            }

    def unrolled(self) -> None:
        """Five blocks at a time, X8 times more, with all fifteen round keys in registers."""
        p = self.p

        @p.invariant(p.routine.loops()[1], upto=self.n, step=5)
        def _(s: State, i: Bits) -> Claims:
            whole, T = self.whole(), Words(self.T(i + q) for q in range(5))
            return {
                "at least 5 left": i + 5 <= whole,
                "times": s.x8 == (whole - i).udiv(Bits(64, 5)),
                "bytes left": s.x2 == 16 * (whole - i),
                "tweaks": Words([s.v6, *s.v[8:12]]) == T,
                "last tweak": Words([s.x9, s.x10]) == T[4].elems(64),
                **self.done(s, self.block, upto=i),
            }

    def keys(self, s: State) -> Claims:
        """Where the round keys are."""
        return {
            "round keys": Words(s.v[k] for k in (16, 17, *range(12, 16), 4, 5, *range(18, 24), 7)) == self.round_keys
        }

    def ready(self, s: State, i: Bits, *, upto: Bits) -> Claims:
        """What else holds where bytes are left after block i, the last whole one: `upto` blocks are done."""
        return {
            "bytes are left": self.rest != 0,
            "x0": s.x0 == self.in_.base + 16 * (i + 1),
            "x3": s.x3 == self.key.base,
            "x21": s.x21 == self.rest,
            **self.done(s, self.block, upto=upto),
        }


def xts_encrypts(p: Proof, *, in_place: bool = False) -> None:
    """Five blocks at a time, then up to four; then the last two if the last is not complete."""
    m = _Xts(p, in_place=in_place, encrypt=True)
    m.by_five()
    by_bytes = p.routine.loops()[6]

    @p.join(by_bytes.head - 12, index=m.n - 1)
    def _(s: State, i: Bits) -> Claims:
        return {"tweak": s.v6 == m.T(i + 1), "x1": s.x1 == m.out.base + 16 * (i + 1), **m.ready(s, i, upto=i + 1)}

    p.each(by_bytes, lambda s: s.x21, range(16))


def xts_decrypts(p: Proof, *, in_place: bool = False, stealing: bool = True) -> None:
    """Five blocks at a time, then up to four; then the last two if the last is not complete.

    Without `stealing` for whole blocks only.
    """
    m = _Xts(p, in_place=in_place, encrypt=False, most=15 if stealing else 0)
    m.by_five()
    if not stealing:
        return
    first, by_bytes = p.routine.loops()[6:8]

    @p.join(first.head - 20, index=m.n - 1)
    def _(s: State, i: Bits) -> Claims:
        return {
            "tweaks": Words([s.v6, s.v8]) == [m.T(i), m.T(i + 1)],
            "last whole block": s.v0 == vector(m.blocks(i)),
            "x1": s.x1 == m.out.base + 16 * i,
            "x7": s.x7 == m.key.base,
            **m.ready(s, i, upto=i),
        }

    p.each(by_bytes, lambda s: s.x21, range(16))


def xts_encrypts_unrolled(p: Proof, *, in_place: bool = False) -> None:
    """The same for AES-256, the rounds unrolled."""
    m = _Xts(p, in_place=in_place, encrypt=True, sizes=(256,), stack=96)
    m.unrolled()
    by_bytes = p.routine.loops()[2]

    @p.join(by_bytes.head - 12, index=m.n - 1)
    def _(s: State, i: Bits) -> Claims:
        after = {"tweak": s.v6 == m.T(i + 1), "x1": s.x1 == m.out.base + 16 * (i + 1)}
        return {**after, **m.keys(s), **m.ready(s, i, upto=i + 1)}

    p.each(by_bytes, lambda s: s.x21, range(16))


def xts_decrypts_unrolled(p: Proof, *, in_place: bool = False) -> None:
    """The same for AES-256, the rounds unrolled."""
    m = _Xts(p, in_place=in_place, encrypt=False, sizes=(256,), stack=96)
    m.unrolled()
    by_bytes = p.routine.loops()[2]

    # Before the last whole block is loaded.
    @p.join(by_bytes.head - 172, index=m.n - 1)
    def _(s: State, i: Bits) -> Claims:
        before = {"tweak": s.v6 == m.T(i), "x0": s.x0 == m.in_.base + 16 * i, "x1": s.x1 == m.out.base + 16 * i}
        return {**m.ready(s, i, upto=i), **before, **m.keys(s), "x19": s.x19 == 135}

    p.each(by_bytes, lambda s: s.x21, range(16))
