"""What the proofs of the vector-permutation AES have in common, whatever library they come from.

The code (Mike Hamburg's) has no S-box in memory: it works on bytes in another basis of GF(2^8), where inversion is a
few look-ups of nibbles by TBL.  Its key structure, `AES_KEY`, holds the round keys in that basis and in the
order in which the rounds keep the bytes: `KeySchedule` says which words of FIPS 197 they stand for.

All three key sizes are proved at once: `k` is 0, 1 or 2, and the cipher has Nr = 10 + 2k rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import and_, xor

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, concat, lanes
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT, BySize
from specs.aes import AddRoundKey, Cipher, MixColumns, ShiftRows, SubBytes, block_of, rounds, state_of

__all__ = ["encrypts"]

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


def _kept(k: int, block: Words) -> Words:
    """How the code keeps the state before round k + 1: in the other basis, and its rows not yet shifted."""
    return lanes(_shift_rows(-k, Words(_linear(TO_BASIS, b) for b in block)))


def _sum_of_others(block: Words) -> list[Bits]:
    """Each byte of a column becomes the sum of the other three, which undoes itself."""
    return [b ^ reduce(xor, block[n - n % 4 : n - n % 4 + 4]) for n, b in enumerate(block)]


class KeySchedule:
    """The words of FIPS 197 that the vectors of a key structure stand for."""

    def __init__(self, key: Region) -> None:
        self._vectors = [Words(v.elems(8)) for v in key.words(128)]
        #: The words w of all round keys but the last one, however many rounds there are.
        self.w = _words(self._round_key(i) for i in range(14))

    def _round_key(self, i: int) -> Words:
        block = self._vectors[i]
        if i > 0:
            block = Words(b ^ 0x5B for b in _sum_of_others(_shift_rows(i, block)))
        return Words(_linear(FROM_BASIS, b) for b in block)

    def __call__(self, Nr: int) -> Words:
        """The 4 (Nr + 1) words of Nr rounds: the last round key is kept in another way than the others."""
        last = _shift_rows(Nr, Words(b ^ 0x63 for b in self._vectors[Nr]))
        return Words([*self.w[: 4 * Nr], *_words([last])])


def _words(blocks: Iterable[Words]) -> Words:
    return Words(concat(*b[4 * c : 4 * c + 4]) for b in blocks for c in range(4))


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

    schedule = KeySchedule(key)
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
