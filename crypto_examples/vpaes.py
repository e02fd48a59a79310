"""What the proofs of the vector-permutation AES have in common, whatever library they come from.

The code (Mike Hamburg's) has no S-box in memory: it works on bytes in another basis of GF(2^8), where inversion is a
few look-ups of nibbles by TBL.  Its key structure, `AES_KEY`, holds the round keys in that basis and in the
order in which the rounds keep the bytes: `KeySchedule` says which words of FIPS 197 they stand for.

Key expansion is proved for each key size by itself; encryption for all three at once: `k` is 0, 1 or 2, and the
cipher has Nr = 10 + 2k rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import and_, xor

from armsym.dsl import Bits, Claims, Proof, State, Words, concat, lanes
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT, BySize
from specs.aes import (
    AddRoundKey,
    Cipher,
    KeyExpansion,
    MixColumns,
    Rcon,
    RotWord,
    ShiftRows,
    SubBytes,
    SubWord,
    block_of,
    rounds,
    state_of,
)

__all__ = ["encrypts", "sets_encrypt_key"]

#: The bytes 01, 02, 04, ..., 80 in the other basis.
TO_BASIS = (0x70, 0x2A, 0x98, 0x08, 0x4D, 0x7C, 0x7D, 0x81)
#: The bytes that 01, 02, 04, ..., 80 of the other basis stand for.
FROM_BASIS = (0x60, 0xB6, 0x29, 0x08, 0xEC, 0xBC, 0x51, 0xE0)


def _linear(columns: tuple[int, ...], byte: Bits) -> Bits:
    """The linear map over GF(2) that takes bit k of a byte to `columns[k]`."""
    return reduce(xor, (byte[k].sign_extend(8) & c for k, c in enumerate(columns)))


def _shift_rows(times: int, block: Words) -> Words:
    """SHIFTROWS() so many times; backwards, if negative: four times is never."""
    s = state_of(block)
    for _ in range(times % 4):
        s = ShiftRows(s)
    return Words(block_of(s))


def _in_basis(block: Iterable[Bits]) -> Words:
    return Words(_linear(TO_BASIS, b) for b in block)


def _kept(k: int, block: Words) -> Words:
    """How the code keeps the state before round k + 1: in the other basis, and its rows not yet shifted."""
    return lanes(_shift_rows(-k, _in_basis(block)))


# -- keys -----------------------------------------------------------------------------------------


def _sum_of_others(block: Words) -> list[Bits]:
    """Each byte of a column becomes the sum of the other three, which undoes itself."""
    return [b ^ reduce(xor, block[n - n % 4 : n - n % 4 + 4]) for n, b in enumerate(block)]


def _bytes(words: Iterable[Bits]) -> Words:
    return Words(b for w in words for b in reversed(w.elems(8)))


def _words(block: Words) -> list[Bits]:
    return [concat(*block[4 * c : 4 * c + 4]) for c in range(len(block) // 4)]


def _vector(words: Words) -> Bits:
    """Words in the other basis, in the upper lanes of a vector of zeros."""
    return lanes([Bits(8, 0)] * (16 - 4 * len(words)) + _in_basis(_bytes(words)))[0]


def _stored(i: int, words: Words) -> Bits:
    """Vector i of a key structure, for the four words of round key i; not for the last one."""
    block = _in_basis(_bytes(words))
    if i > 0:
        block = _shift_rows(-i, Words(_sum_of_others(Words(b ^ 0x5B for b in block))))
    return lanes(block)[0]


class KeySchedule:
    """The words of FIPS 197 that the vectors of a key structure stand for."""

    def __init__(self, vectors: Words) -> None:
        self._vectors = [Words(v.elems(8)) for v in vectors]
        #: The words w of all round keys but the last one, however many rounds there are.
        self.w = Words(w for i in range(14) for w in self._round_key(i))

    def _round_key(self, i: int) -> list[Bits]:
        """The inverse of `_stored`."""
        block = self._vectors[i]
        if i > 0:
            block = Words(b ^ 0x5B for b in _sum_of_others(_shift_rows(i, block)))
        return _words(Words(_linear(FROM_BASIS, b) for b in block))

    def __call__(self, Nr: int) -> Words:
        """The 4 (Nr + 1) words of Nr rounds: the last round key is kept in another way than the others."""
        last = _shift_rows(Nr, Words(b ^ 0x63 for b in self._vectors[Nr]))
        return Words([*self.w[: 4 * Nr], *_words(last)])


def _next_words(Nk: int, count: int, window: Words, r: int) -> Words:
    """KEYEXPANSION() goes on by `count` words: from the Nk words before w[i] to those before w[i + count]."""
    w = window[:]
    for i in range(Nk + count * r, Nk + count * (r + 1)):
        temp = w[-1]
        if i % Nk == 0:
            temp = SubWord(RotWord(temp)) ^ Rcon[i // Nk]
        elif Nk > 6 and i % Nk == 4:
            temp = SubWord(temp)
        w.append(w[-Nk] ^ temp)
    return Words(w[-Nk:])


def sets_encrypt_key(p: Proof, *, bits: int) -> None:
    """`int f(const uint8_t *user_key, int bits, AES_KEY *key)`: the structure holds KEYEXPANSION(user_key).

    It is proved for each `bits` by itself; the code does not look whether they are valid.
    """
    Nk, Nr = bits // 32, rounds(bits // 32)
    user_key = p.region("user_key", 4 * Nk, access="r", cell=1)
    key = p.region("key", KEY_BYTES, access="rw", cell=16)
    p.call(x0=user_key, w1=bits, x2=key)
    p.modifies(key, p.stack(48))

    # W(r) is a window of Nk words that moves by `count` at a time: w[count * r] and those after it.
    count = 6 if Nk == 6 else 4
    start = _words(user_key.words(8))
    W = p.fold(lambda w, r: _next_words(Nk, count, w, r[0].uint), start=start, over=lambda r: Words([r]), name="W")

    def w() -> Words:
        new = (W(r)[-count:] for r in range(1, (4 * Nr + 4 - Nk + count - 1) // count + 1))
        return Words([*W(0), *(word for words in new for word in words)][: 4 * Nr + 4])

    p.lemma("the windows are those of KEYEXPANSION(user_key)", reduce(and_, w() == KeyExpansion(user_key.words(8))))

    def claims(s: State, v7: Words, v0: Words, v6: Words | None, stored: dict[int, Words]) -> Claims:
        registers = {7: v7, 0: v0, 6: v6}
        said: Claims = {f"v{n}": s.v[n] == _vector(words) for n, words in registers.items() if words is not None}
        vectors = key.words(128, at=s)
        keys = [vectors[i] == _stored(i, words) for i, words in stored.items()]
        return said | ({"round keys": keys} if keys else {})

    core = p.image.symbol("_vpaes_schedule_core").offset
    if Nk == 4:

        @p.cut_each(core + 0x54, forget=lambda r: [(W, r)])
        def _(s: State, r: int) -> Claims:
            return claims(s, W(r), W(r), None, {r: W(r)})

    elif Nk == 6:

        @p.cut_each(core + 0x8C, forget=lambda r: [(W, 2 * r)])
        def _(s: State, r: int) -> Claims:
            w = W(2 * r)
            return claims(s, w[:4], w[2:], w[4:], {3 * r: w[:4]})

        @p.cut_each(core + 0xA4, forget=lambda r: [(W, 2 * r + 1)])
        def _(s: State, r: int) -> Claims:
            u, w = W(2 * r), W(2 * r + 1)
            return claims(s, w[:4], w[2:], w[4:], {3 * r + 1: Words([*u[4:], *w[:2]]), 3 * r + 2: w[2:]})

    else:

        @p.cut_each(core + 0xCC, forget=lambda r: [(W, 2 * r)])
        def _(s: State, r: int) -> Claims:
            w = W(2 * r)
            return claims(s, w[:4], w[4:], None, {0: w[:4]} if r == 0 else {})

        @p.cut_each(core + 0xE4, forget=lambda r: [(W, 2 * r + 1)])
        def _(s: State, r: int) -> Claims:
            w = W(2 * r + 1)
            return claims(s, w[4:], w[4:], w[:4], {2 * r + 2: w[4:]})

    before = key.words(128)

    @p.ensures
    def _(s: State) -> Claims:
        vectors = key.words(128, at=s)
        says_rounds = s.load(key.base + ROUNDS_AT, 32) == Nr - 1
        return {
            "success": s.w0 == 0,
            "key schedule": KeySchedule(vectors)(Nr) == w(),
            "rounds less one, all else as before": [says_rounds, *(vectors[Nr + 1 :] == before[Nr + 1 :])],
        }


# -- one block ------------------------------------------------------------------------------------


def _round(block: Words, w: Words) -> list[Bits]:
    return block_of(AddRoundKey(MixColumns(ShiftRows(SubBytes(state_of(block)))), w))


def _last_round(block: Words, w: Words) -> list[Bits]:
    return block_of(AddRoundKey(ShiftRows(SubBytes(state_of(block))), w))


def encrypts(p: Proof, *, in_place: bool = False) -> None:
    """`void f(const uint8_t *in, uint8_t *out, const AES_KEY *key)`: out = CIPHER(in, Nr, w).

    w is the schedule that the structure holds, whatever that is.  The structure says Nr - 1 where others say Nr.
    `in` and `out` lie apart, or are the same sixteen bytes.
    """
    k = p.nat("k", high=2)
    key = p.region("key", KEY_BYTES, access="r")
    if in_place:
        in_ = out = p.region("block", 16, access="rw", cell=1)
    else:
        in_, out = p.region("in_", 16, access="r", cell=1), p.region("out", 16, access="w", cell=1)
    p.call(x0=in_, x1=out, x2=key)
    p.given(key, ROUNDS_AT, (9 + 2 * k)[31:0])
    p.modifies(out, p.stack(16))

    schedule = KeySchedule(key.words(128))
    w = schedule.w
    whitened = block_of(AddRoundKey(state_of(in_.words(8)), w[:4]))
    A = p.fold(_round, start=whitened, over=lambda i: w[4 * i.uint + 4 : 4 * i.uint + 8], name="A")

    def by_size(cipher: Callable[[int], Sequence[Bits]]) -> Words:
        return BySize(k, lambda Nk: cipher(rounds(Nk))).words()

    def result() -> Words:
        return by_size(lambda Nr: _last_round(A(Nr - 1), schedule(Nr)[4 * Nr :]))

    same = result() == by_size(lambda Nr: Cipher(in_.words(8), Nr, schedule(Nr)))
    p.lemma("CIPHER(in, Nr, w) is the last round after A(Nr - 1)", reduce(and_, same))

    @p.cut_each(p.image.symbol("_vpaes_encrypt_core").offset + 0x78, forget=lambda r: [(A, r)])
    def _(s: State, r: int) -> Claims:
        return {"state": s.v[0:1] == _kept(r, A(r))}

    p.ensures(lambda s: {"block": out.words(8, at=s) == result()})
