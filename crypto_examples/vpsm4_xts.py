"""XTS with SM4 without its extension: eight blocks at a time or four by inner routines, others one by one.

`void xts(const uint8_t *in, uint8_t *out, size_t length, const SM4_KEY *key1, const SM4_KEY *key2, uint8_t iv[16],
int enc)`, for any length from 16 bytes on, with stealing: as IEEE 1619 has it, or as GB/T 17964-2021 has it, where the
bits of tweaks are in the other order.  `enc` is 1 to encrypt; `iv`, the tweak value, is used up.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, Words, concat, ite, select
from crypto_examples.modes import octets, string
from crypto_examples.sm4 import KEY_BYTES, cut_rounds, schedule
from crypto_examples.sm4_cores import Core
from crypto_examples.sm4_modes import Sm4Buffers
from specs.words import split
from specs.xts import (
    decrypt_block,
    decrypt_last_two,
    encrypt_block,
    encrypt_last_two,
    multiply_by_alpha,
    multiply_by_alpha_reflected,
)

__all__ = ["xts"]


class _Xts(Sm4Buffers):
    """Arguments, and the result.  T(j) is the tweak of block j."""

    def __init__(self, p: Proof, *, encrypt: bool, reflected: bool, in_place: bool) -> None:
        n, self.rest = p.nat("n", low=1, high=2**50), p.nat("rest", high=15)
        length = 16 * n + self.rest
        super().__init__(p, n, length, in_place=in_place)
        self.p, self.encrypt, self.reflected = p, encrypt, reflected
        key2, iv = p.region("key2", KEY_BYTES, access="r"), p.region("iv", 16, access="rw", cell=1)
        p.call(x0=self.in_, x1=self.out, x2=length, x3=self.key, x4=key2, x5=iv, w6=int(encrypt))
        p.modifies(iv, p.stack(192))
        self._multiply = multiply_by_alpha_reflected if reflected else multiply_by_alpha
        #: X_0, ..., X_35 of the tweak value.
        self.first = schedule(split(4, 32, string(iv.words(8))), key2.words(32))
        start = concat(*self.first[:-5:-1])
        self._stolen = ite(self.rest == 0, Bits(64, 0), Bits(64, 1))
        # How many blocks are done by themselves: two are left for the end where the last is not complete.
        self.whole = n - self._stolen
        # (Of a tweak only the one before it counts, no block.)
        self._tweak = p.fold(lambda T, _: [self._multiply(T[0])], start=[start], over=lambda j: Words([j]), name="T")
        # The words of single blocks: their rounds ask for them again and again.
        self._alone = p.memo(lambda j: self.words(string(self.blocks(j)) ^ self.T(j)))
        self._whole = p.memo(lambda j: self.words(string(self.blocks(j)) ^ self.T(self.two_at(j)[0])))
        self._completed = p.memo(self._with_stolen)
        p.ensures(self.result)

    def T(self, j: Bits) -> Bits:
        """The tweak of block j."""
        return self._tweak(j)[0]

    def kept(self, j: Bits) -> Bits:
        """T(j) as the code multiplies it: a number, the first byte lowest; the bits of each in IEEE 1619's order."""
        number = self.T(j).reverse_bytes()
        if not self.reflected:
            return number
        return Bits.from_elems([Bits.from_elems(byte.elems(1)[::-1]) for byte in number.elems(8)])

    def block(self, j: Bits) -> Words:
        """Block j of the result, if it is none of the last two of a data unit whose last block is not complete."""
        T, X = self.T(j), string(self.blocks(j))
        return octets(encrypt_block(self.CIPH, T, X) if self.encrypt else decrypt_block(self.CIPH_inverse, T, X))

    def last_alone(self) -> Words:
        """X_0, ..., X_35 of the last block done by itself; to be asked where it is known whether bytes are left."""
        return self._alone(self.n - 1 - self.p.known(self._stolen))

    def last_but_one(self) -> Words:
        """X_0, ..., X_35 of the last whole block, if bytes are left."""
        return self._whole(self.n - 1)

    def completed(self) -> Words:
        """X_0, ..., X_35 of the last bytes with what they steal."""
        return self._completed(self.n - 1)

    def _with_stolen(self, j: Bits) -> Words:
        """`completed`, block j being the last whole one."""
        return self.words(string(self.last_two(j)[:16]) ^ self.T(self.two_at(j)[1]))

    def last_two(self, j: Bits) -> list[Bits]:
        """Bytes from block j on, the last whole one, before what steals is encrypted: `16 + rest` of them count."""
        CC = octets(concat(*self._whole(j)[:-5:-1]) ^ self.T(self.two_at(j)[0]))
        # (At least one is left.)
        given = [Bits(64, 1), *(ite(self.rest > k, Bits(64, 1), Bits(64, 0)) for k in range(1, 15))]
        # (Where there is no such byte, one of block j is named, which does not count.)
        last = [self.in_.byte(16 * (j + c) + k) for k, c in enumerate(given)]
        first = [select(c, [stolen, b]) for c, b, stolen in zip(given, last, CC, strict=False)]
        return [*first, CC[15], *CC[:15]]

    def two_at(self, j: Bits) -> tuple[Bits, Bits]:
        """Of which blocks the tweaks of block j and the last are, in the order in which the code takes them."""
        return (j, j + 1) if self.encrypt else (j + 1, j)

    def result(self, s: State) -> Claims:
        """What `out` is in the end."""
        n, rest = self.n, self.p.known(self.rest)
        if not rest:
            return self.done(s, self.block, upto=n)
        T, before = self.T(n - 1), string(self.blocks(n - 1))
        last = string([self.in_.byte(16 * n + k) for k in range(rest)])
        if self.encrypt:
            two = encrypt_last_two(self.CIPH, T, before, last, self._multiply)
        else:
            two = decrypt_last_two(self.CIPH_inverse, T, before, last, self._multiply)
        then = [byte for block in two for byte in octets(block)]
        return {"out": self.out.holds(self.block, upto=n - 1, at=s, words=16, width=8, tail=then)}


def xts(p: Proof, core: Core, *, encrypt: bool, reflected: bool = False, in_place: bool = False) -> None:
    """A data unit of n blocks and `rest` bytes, encrypted or decrypted."""
    m = _Xts(p, encrypt=encrypt, reflected=reflected, in_place=in_place)
    n, whole = m.n, m.whole
    tweak, single, first, second = core.blocks_alone(p)
    outer = p.routine.loops()

    # With fewer than eight blocks left the head is passed once more, on the way out.
    @p.invariant(outer[1], upto=n, step=8)
    def _(s: State, i: Bits) -> Claims:
        halves = [half for q in range(8) for half in m.kept(i + q).elems(64)]
        left = {"blocks are left": i < whole, "left": s.x2 == whole - i}
        return {**left, "tweaks": s.x[12:28] == halves, **m.done(s, m.block, upto=i)}

    # The last two blocks, if the last is not complete.
    @p.join(first - 0x38, index=n - 1)
    def _(s: State, i: Bits) -> Claims:
        return {
            "bytes are left": m.rest != 0,
            "x0": s.x0 == m.in_.base + 16 * i,
            "x1": s.x1 == m.out.base + 16 * i,
            "x3": s.x3 == m.key.base,
            "x29": s.x29 == m.rest,
            "enc": s.w28 == int(encrypt),
            "tweaks": s.v[core.last_tweaks : core.last_tweaks + 2]
            == [m.T(i).reverse_bytes(), m.T(i + 1).reverse_bytes()],
            "constants": [s.v[int(v[1:])] == value for v, value in core.constants(p).items()],
            **m.done(s, m.block, upto=i),
        }

    # Each number of bytes is copied by itself; then what steals is encrypted, once for all.
    p.each(outer[4], lambda s: s.x29, range(16))

    @p.join(outer[4].end + 4, index=n - 1)
    def _(s: State, i: Bits) -> Claims:
        bytes_ = m.last_two(i)
        return {
            "bytes are left": m.rest != 0,
            "last whole block": s.x26 == m.out.base + 16 * i,
            "x3": s.x3 == m.key.base,
            "tweak": s.v[core.last_tweaks + 1] == m.T(m.two_at(i)[1]).reverse_bytes(),
            "constants": [s.v[int(v[1:])] == value for v, value in core.constants(p).items()],
            "out": m.out.holds(m.block, upto=i, at=s, words=16, width=8, tail=bytes_, tail_bytes=16 + m.rest),
        }

    p.each(second + core.extent + 4, lambda s: m.rest, range(16))
    cut_rounds(p, tweak, core.one, lambda _: m.first)
    cut_rounds(p, single, core.one, lambda _: m.last_alone())
    cut_rounds(p, first, core.one, lambda _: m.last_but_one())
    cut_rounds(p, second, core.one, lambda _: m.completed())
