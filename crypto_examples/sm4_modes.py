"""Modes of operation (SP 800-38A) with SM4 in the hardware form: round keys in V0-V7, eight or four blocks at a time.

`void ecb(const uint8_t *in, uint8_t *out, size_t length, const SM4_KEY *key, int enc)`, `cbc(in, out, length, key,
uint8_t ivec[16], enc)`: only the whole blocks of `length` bytes are processed.  `ctr(in, out, size_t blocks, key,
const uint8_t ivec[16])`.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, concat, lanes
from crypto_examples.modes import Buffers, CbcDecryption, Counters, cbc_ciphertext, direction, string, vector
from crypto_examples.sm4 import KEY_BYTES, ONE_BLOCK, cut_rounds, schedule
from specs import sm4
from specs.words import split

__all__ = ["Sm4Buffers", "cbc_decrypts", "cbc_encrypts", "ctr32", "ecb", "ecb_by_cores"]


class Sm4Buffers(Buffers):
    """`in_`, `out` and the key structure; see `Buffers`.  The round keys are any words.

    With `by_name` the round function F stands for itself: for code that is followed round by round.
    """

    def __init__(self, p: Proof, n: Bits, size: Bits, *, in_place: bool, by_name: bool = True) -> None:
        self.key = p.region("key", KEY_BYTES, access="r")
        super().__init__(p, n, size, in_place=in_place)
        self.rk = self.key.words(32)
        self._schedule = p.memo(lambda X: schedule(split(4, 32, X), self.rk))
        self._F = sm4.F_by_name if by_name else sm4.F
        self._cipher = p.memo(lambda X: [Bits.from_elems(sm4.encrypt(split(4, 32, X), self.rk, self._F)[::-1])])
        #: Round keys as vector registers hold them.
        self.round_keys = lanes(self.rk)

    def CIPH(self, block: Bits) -> Bits:
        """Encryption with the round keys as they stand in the key structure."""
        return self._cipher(block)[0]

    def words(self, block: Bits) -> Words:
        """X_0, ..., X_35 of a block; computed once for each."""
        return self._schedule(block)

    def CIPH_inverse(self, block: Bits) -> Bits:
        """Decryption, the key structure holding the round keys from the last one on."""
        X = sm4.decrypt(split(4, 32, block), self.rk[::-1], self._F)
        return Bits.from_elems(X[::-1])


def _by_length(p: Proof, *, in_place: bool) -> tuple[Sm4Buffers, Bits]:
    """Buffers of 16 * n + rest bytes, and that length."""
    n, rest = p.nat("n", high=2**50), p.nat("rest", high=15)
    length = 16 * n + rest
    return Sm4Buffers(p, n, length, in_place=in_place, by_name=False), length


def ecb(p: Proof, *, in_place: bool = False) -> None:
    """Block j of out is CIPH(block j of in): with the key structure for decryption, the inverse."""
    m, length = _by_length(p, in_place=in_place)
    p.call(x0=m.in_, x1=m.out, x2=length, x3=m.key, w4=p.word("enc", 32))

    @p.invariant(p.routine.loops()[0], upto=m.n, step=8, when=lambda s: ~s.x2.slt(128))
    def _(s: State, i: Bits) -> Claims:
        return {"eight blocks left": i + 8 <= m.n, **m.done(s, m.ecb, upto=i)}

    p.ensures(lambda s: m.done(s, m.ecb, upto=m.n))


def ecb_by_cores(p: Proof, *, rounds: int, ends: Sequence[int] = ONE_BLOCK, in_place: bool = False) -> None:
    """The same without the SM4 extension: eight blocks at a time by an inner routine, four, two or three by another.

    A last block by itself is done here, in the loop at `rounds`.  The code counts blocks in 32 bits, with a sign.
    """
    n, rest = p.nat("n", high=2**31 - 1), p.nat("rest", high=15)
    length = 16 * n + rest
    m = Sm4Buffers(p, n, length, in_place=in_place)
    p.call(x0=m.in_, x1=m.out, x2=length, x3=m.key, w4=p.word("enc", 32))
    p.modifies(p.stack(80))

    @p.invariant(p.routine.loops()[0], upto=n, step=8, when=lambda s: ~s.w2.slt(8))
    def _(s: State, i: Bits) -> Claims:
        return {"eight blocks left": i + 8 <= n, **m.done(s, m.ecb, upto=i)}

    cut_rounds(p, p.routine.entry + rounds, ends, lambda _: m.words(string(m.blocks(n - 1))))
    p.ensures(lambda s: m.done(s, m.ecb, upto=n))


def _cbc(p: Proof, *, in_place: bool, encrypt: bool) -> tuple[Sm4Buffers, Region]:
    """Arguments; `ivec` becomes the last block of ciphertext, or stays if there is none."""
    m, length = _by_length(p, in_place=in_place)
    ivec = p.region("ivec", 16, access="rw", cell=1)
    p.call(x0=m.in_, x1=m.out, x2=length, x3=m.key, x4=ivec, w5=direction(p, encrypt=encrypt))
    p.modifies(ivec, p.stack(16))
    return m, ivec


def cbc_encrypts(p: Proof, *, in_place: bool = False) -> None:
    """Each block of ciphertext is CIPH(plaintext xor the one before); four at a time."""
    m, ivec = _cbc(p, in_place=in_place, encrypt=True)
    C = cbc_ciphertext(p, m, ivec)

    def block(j: Bits) -> Words:
        return C(j + 1)

    @p.invariant(p.routine.loops()[0], upto=m.n, step=4, when=lambda s: ~s.x2.slt(64))
    def _(s: State, i: Bits) -> Claims:
        return {"four blocks left": i + 4 <= m.n, "before": s.v8 == vector(C(i)), **m.done(s, block, upto=i)}

    p.ensures(lambda s: {**m.done(s, block, upto=m.n), "ivec": ivec.words(8, at=s) == C(m.n)})


def cbc_decrypts(p: Proof, *, in_place: bool = False) -> None:
    """Each block of plaintext is CIPH_inverse(ciphertext) xor the ciphertext before; eight at a time."""
    m, ivec = _cbc(p, in_place=in_place, encrypt=False)
    d = CbcDecryption(p, m, ivec)

    @p.invariant(p.routine.loops()[2], upto=m.n, step=8, when=lambda s: ~s.x2.slt(128))
    def _(s: State, i: Bits) -> Claims:
        before = s.v8 == vector(d.before(i))
        return {"eight blocks left": i + 8 <= m.n, "before": before, **m.done(s, d.block, upto=i)}

    p.ensures(lambda s: {**m.done(s, d.block, upto=m.n), "ivec": ivec.words(8, at=s) == d.before(m.n)})


def ctr32(p: Proof, *, in_place: bool = False) -> None:
    """Eight blocks at a time; the next counter block in V8, its words as numbers, and the counter in W5."""
    n = p.nat("n", high=2**32)
    m = Sm4Buffers(p, n, 16 * n, in_place=in_place, by_name=False)
    ivec = p.region("ivec", 16, access="r", cell=1)
    p.call(x0=m.in_, x1=m.out, x2=n, x3=m.key, x4=ivec)
    p.modifies(p.stack(16))
    c = Counters(p, m, ivec)

    @p.invariant(p.routine.loops()[0], upto=n, step=8, when=lambda s: ~s.x2.slt(8))
    def _(s: State, i: Bits) -> Claims:
        words = split(4, 32, string(c.T(i)))
        return {
            "eight blocks left": i + 8 <= n,
            "counter": s.w5 == c.counter(i),
            "counter block": s.v[8:9] == lanes(words),
            **c.done_upto(s, i),
        }


def ctr32_by_cores(
    p: Proof,
    *,
    head: int,
    rounds: tuple[int, int],
    ends: Sequence[int] = ONE_BLOCK,
    in_place: bool = False,
) -> None:
    """The same without the SM4 extension: eight blocks at a time by an inner routine, four, two or three by another.

    The loop over the blocks is at `head`, W5 the counter there.  A single block is done in the first loop of
    `rounds`, a last block by itself in the second.  The code counts blocks in 32 bits, with a sign.
    """
    n = p.nat("n", high=2**31 - 1)
    m = Sm4Buffers(p, n, 16 * n, in_place=in_place)
    ivec = p.region("ivec", 16, access="r", cell=1)
    p.call(x0=m.in_, x1=m.out, w2=n[31:0], x3=m.key, x4=ivec)
    p.modifies(p.stack(80))
    c = Counters(p, m, ivec)

    @p.invariant(p.routine.entry + head, upto=n, step=8, when=lambda s: ~s.w2.slt(8))
    def _(s: State, i: Bits) -> Claims:
        left = {"eight blocks left": i + 8 <= n, "left": s.w2 == (n - i)[31:0]}
        return {**left, "counter": s.w5 == c.counter(i), **c.done_upto(s, i)}

    def words(counter: Bits) -> Words:
        return m.words(concat(string(ivec.words(8))[127:32], counter))

    single, last = (p.routine.entry + at for at in rounds)
    cut_rounds(p, single, ends, lambda _: words(c.first))
    cut_rounds(p, last, ends, lambda s: words(s.w5))
