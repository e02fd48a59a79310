"""What the proofs of the vector-permutation AES have in common, whatever library they come from.

The code (Mike Hamburg's) has no S-box in memory: it works on bytes in another basis of GF(2^8), where inversion is a
few look-ups of nibbles by TBL.  Its key structure, `AES_KEY`, holds the round keys in that basis and in the
order in which the rounds keep the bytes: `Keys` says which words of FIPS 197 they stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, reduce
from operator import and_, xor
from typing import NamedTuple, TypeAlias

from armsym.dsl import Bits, Claims, Iterated, Proof, State, Words, concat, lanes, look_up
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT, last_first
from specs.aes import (
    AddRoundKey,
    Cipher,
    EqInvCipher,
    InvMixColumns,
    InvShiftRows,
    InvSubBytes,
    KeyExpansion,
    KeyExpansionEIC,
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

__all__ = ["DECRYPTION", "ENCRYPTION", "Direction", "sets_decrypt_key", "sets_encrypt_key"]


class _Linear:
    """A linear map over GF(2), by the bytes that 01, 02, 04, ..., 80 become."""

    def __init__(self, *columns: int) -> None:
        sums = [reduce(xor, (c for k, c in enumerate(columns) if i >> k & 1), 0) for i in range(256)]
        self._low, self._high = ([Bits(8, n) for n in half] for half in (sums[:16], sums[::16]))

    def __call__(self, block: Iterable[Bits]) -> Words:
        """The map on each byte."""
        return Words(look_up(self._low, b[3:0], ZERO) ^ look_up(self._high, b[7:4], ZERO) for b in block)


ZERO = Bits(8, 0)
#: From the bytes of FIPS 197 to the other basis, and back.
to_basis = _Linear(0x70, 0x2A, 0x98, 0x08, 0x4D, 0x7C, 0x7D, 0x81)
from_basis = _Linear(0x60, 0xB6, 0x29, 0x08, 0xEC, 0xBC, 0x51, 0xE0)
#: The same for decryption, where the linear part of the inverse S-box is in it as well.
to_inverse_basis = _Linear(0x5F, 0x54, 0x04, 0x1A, 0x65, 0x05, 0xE6, 0x94)
from_inverse_basis = _Linear(0x24, 0xDF, 0x04, 0xF8, 0x2F, 0x19, 0x29, 0xAB)


def _shift_rows(times: int, block: Words) -> Words:
    """SHIFTROWS() so many times; backwards, if negative: four times is never."""
    s = state_of(block)
    for _ in range(times % 4):
        s = ShiftRows(s)
    return Words(block_of(s))


# -- keys -----------------------------------------------------------------------------------------


class Keys:
    """How a key structure holds round keys: key i, in the order in which the cipher takes them, is vector i.

    A subclass says how a key is kept, where the code keeps the rows of the state shifted so far.
    """

    @staticmethod
    def kept(i: int, block: Words) -> Words:
        """The bytes of vector i for those of round key i, which is not the last one."""
        raise NotImplementedError

    @staticmethod
    def taken(i: int, block: Words) -> Words:
        """The inverse of `kept`."""
        raise NotImplementedError

    @staticmethod
    def last(Nr: int, block: Words) -> Words:
        """The last round key, of vector Nr."""
        raise NotImplementedError

    def __init__(self, vectors: Words) -> None:
        self._blocks = [Words(v.elems(8)) for v in vectors]
        #: The words of all round keys but the last one, however many rounds there are.
        self.w = Words(w for i in range(14) for w in _words(self.taken(i, self._blocks[i])))

    def __call__(self, Nr: int) -> Words:
        """The 4 (Nr + 1) words that the vectors stand for if there are Nr rounds."""
        return Words([*self.w[: 4 * Nr], *_words(self.last(Nr, self._blocks[Nr]))])


class EncryptionKeys(Keys):
    """The round keys of KEYEXPANSION() for encryption."""

    @staticmethod
    def kept(i: int, block: Words) -> Words:
        if i == 0:
            return to_basis(block)
        return _shift_rows(-i, _sum_of_others(_plus(0x5B, to_basis(block))))

    @staticmethod
    def taken(i: int, block: Words) -> Words:
        if i == 0:
            return from_basis(block)
        return from_basis(_plus(0x5B, _sum_of_others(_shift_rows(i, block))))

    @staticmethod
    def last(Nr: int, block: Words) -> Words:
        return _shift_rows(Nr, _plus(0x63, block))


class DecryptionKeys(Keys):
    """The round keys of KEYEXPANSIONEIC() for decryption, the last one first."""

    @staticmethod
    def kept(i: int, block: Words) -> Words:
        block = to_inverse_basis(_plus(0x63, _shift_rows(i, block)))
        return _turn(-i, 1, block) if i > 0 else block

    @staticmethod
    def taken(i: int, block: Words) -> Words:
        block = _turn(i, 3, block) if i > 0 else block
        return _shift_rows(-i, _plus(0x63, from_inverse_basis(block)))

    @staticmethod
    def last(Nr: int, block: Words) -> Words:
        return _shift_rows(-Nr, block)


def _plus(constant: int, block: Words) -> Words:
    return Words(b ^ constant for b in block)


def _sum_of_others(block: Words) -> Words:
    """Each byte of a column becomes the sum of the other three, which undoes itself."""
    return Words(b ^ reduce(xor, block[n - n % 4 : n - n % 4 + 4]) for n, b in enumerate(block))


def _turn(columns: int, rows: int, block: Words) -> Words:
    """Byte (r, c) is that of row r + `rows` and column c + `columns`, both modulo 4."""
    return Words(block[(r + rows) % 4 + 4 * ((c + columns) % 4)] for c in range(4) for r in range(4))


def _bytes(words: Iterable[Bits]) -> Words:
    return Words(b for w in words for b in reversed(w.elems(8)))


def _words(block: Words) -> list[Bits]:
    return [concat(*block[4 * c : 4 * c + 4]) for c in range(len(block) // 4)]


def _vector(words: Words) -> Bits:
    """Words in the other basis, in the upper lanes of a vector of zeros."""
    return lanes([ZERO] * (16 - 4 * len(words)) + to_basis(_bytes(words)))[0]


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


@cache
def _windows(Nk: int, count: int) -> Iterated:
    """The windows of Nk words, `count` words further each time, until the round keys of a key of Nk words are done."""
    times = -(-(4 * rounds(Nk) + 4 - Nk) // count)
    return Iterated(lambda w, r: _next_words(Nk, count, w, r), times=times, name=f"aes_windows_{32 * Nk}")


def _equivalent_inverse(w: Words) -> Words:
    """KEYEXPANSIONEIC() from the words of KEYEXPANSION(), the last round key first."""
    middle = [word for k in range(4, len(w) - 4, 4) for word in _words(_mixed(_bytes(w[k : k + 4])))]
    return Words(last_first([*w[:4], *middle, *w[-4:]]))


def _mixed(block: Words) -> Words:
    return Words(block_of(InvMixColumns(state_of(block))))


#: Words by the number of the vector register that holds them; and a round key in memory, with its number.
_Registers: TypeAlias = Callable[[Words], dict[int, Words]]
_Stored: TypeAlias = Callable[[int, Words], tuple[int, Sequence[Bits]]]


def sets_encrypt_key(p: Proof) -> None:
    """The structure holds KEYEXPANSION(user_key)."""
    _sets_key(p, inverse=False)


def sets_decrypt_key(p: Proof) -> None:
    """The structure holds KEYEXPANSIONEIC(user_key), the last round key first."""
    _sets_key(p, inverse=True)


def _sets_key(p: Proof, *, inverse: bool) -> None:
    """`int f(const uint8_t *user_key, int bits, AES_KEY *key)`; the code does not look whether `bits` is valid."""
    bits = p.choice("bits", (128, 192, 256))
    Nk, Nr = bits // 32, rounds(bits // 32)
    user_key = p.region("user_key", 4 * Nk, access="r", cell=1)
    key = p.region("key", KEY_BYTES, access="rw", cell=4)
    p.call(x0=user_key, w1=bits, x2=key)
    p.modifies(key, p.stack(48))

    # W(r) is a window of Nk words that moves by `count` at a time: w[count * r] and those after it.
    count = 6 if Nk == 6 else 4
    key_bytes = user_key.words(8)
    f, start = _windows(Nk, count), Words(_words(key_bytes))
    W = p.unfold(f, start, name="W")

    def schedule(windows: Sequence[Words]) -> Words:
        new = (word for w in windows[1:] for word in w[-count:])
        words = Words([*windows[0], *new][: 4 * Nr + 4])
        return _equivalent_inverse(words) if inverse else words

    stepped = [start]
    for r in range(f.times):
        stepped.append(Words(f.step(stepped[-1], r)))
    standard = last_first(KeyExpansionEIC(key_bytes)) if inverse else KeyExpansion(key_bytes)
    p.lemma("the windows are those of the standard's key expansion", reduce(and_, schedule(stepped) == standard))

    core = p.image.symbol("_vpaes_schedule_core").offset

    def cut(at: int, windows_a_pass: int, first: int, registers: _Registers, stored: _Stored | None = None) -> None:
        """At arrival r, where window `first` and so many for each pass are done: words in registers, one round key."""

        def index(r: int) -> int:
            return first + windows_a_pass * r

        @p.cut_each(core + at, forget=lambda r: [(W, index(r))] if index(r) <= f.times else [])
        def _(s: State, r: int) -> Claims:
            if index(r) > f.times:
                return {"no round after the last": False}
            w = W(index(r))
            said: Claims = {f"v{n}": s.v[n] == _vector(words) for n, words in registers(w).items()}
            if stored is not None:
                i, words = stored(r, w)
                block = _bytes(words)
                kept = DecryptionKeys.kept(Nr - i, _mixed(block)) if inverse else EncryptionKeys.kept(i, block)
                said["round key"] = key.words(128, at=s)[Nr - i if inverse else i] == lanes(kept)[0]
            return said

    if Nk == 4:
        cut(0x5C, 1, 1, lambda w: {7: w, 0: w})
    elif Nk == 6:
        registers: _Registers = lambda w: {7: w[:4], 0: w[2:], 6: w[4:]}  # noqa: E731
        cut(0xA0, 2, 1, registers, lambda r, w: (3 * r + 1, [*W(2 * r)[4:], *w[:2]]))
        cut(0xB4, 2, 2, registers, lambda r, w: (3 * r + 3, w[:4]))
    else:
        cut(0xDC, 2, 1, lambda w: {7: w[4:], 0: w[4:], 6: w[:4]})
        cut(0xF8, 2, 2, lambda w: {7: w[4:], 0: w[4:], 5: w[:4]})

    keys, before = DecryptionKeys if inverse else EncryptionKeys, key.words(128)

    @p.ensures
    def _(s: State) -> Claims:
        vectors = key.words(128, at=s)
        says_rounds = s.load(key.base + ROUNDS_AT, 32) == Nr - 1
        return {
            "success": s.w0 == 0,
            "key schedule": keys(vectors)(Nr) == schedule([W(r) for r in range(f.times + 1)]),
            "rounds less one, all else as before": [says_rounds, *(vectors[Nr + 1 :] == before[Nr + 1 :])],
        }


# -- one block ------------------------------------------------------------------------------------


def _round(block: Words, w: Words) -> list[Bits]:
    return block_of(AddRoundKey(MixColumns(ShiftRows(SubBytes(state_of(block)))), w))


def _last_round(block: Words, w: Words) -> list[Bits]:
    return block_of(AddRoundKey(ShiftRows(SubBytes(state_of(block))), w))


def _inverse_round(block: Words, w: Words) -> list[Bits]:
    return block_of(AddRoundKey(InvMixColumns(InvShiftRows(InvSubBytes(state_of(block)))), w))


def _last_inverse_round(block: Words, w: Words) -> list[Bits]:
    return block_of(AddRoundKey(InvShiftRows(InvSubBytes(state_of(block))), w))


class Direction(NamedTuple):
    """Encryption or decryption: the standard's, and how the code keeps the state before round k + 1 at `head`."""

    cipher: Callable[[Words, int, Words], Sequence[Bits]]
    round: Callable[[Words, Words], list[Bits]]
    last_round: Callable[[Words, Words], list[Bits]]
    keys: type[Keys]
    kept: Callable[[int, Words], Words]
    #: Of the routines' names, and where the loop of their rounds begins: for one block, and for two.
    verb: str
    heads: tuple[int, int]
    #: Where in `_vpaes_consts` the constants of V18 and V19 stand, and those of V20 on; how many of these.
    tables: tuple[int, int, int]

    def constants(self, p: Proof) -> Words:
        """What the routines expect in V17 and on: a mask of nibbles, and tables as the file has them."""
        at, (first, second, count) = p.image.symbol("_vpaes_consts").offset, self.tables
        data = p.image.bytes_at(at + first, 32) + p.image.bytes_at(at + second, 16 * count)
        vectors = [bytes([15] * 16), *(data[k : k + 16] for k in range(0, len(data), 16))]
        return Words(Bits.from_bytes(v, "little") for v in vectors)


ENCRYPTION = Direction(
    Cipher,
    _round,
    _last_round,
    EncryptionKeys,
    lambda k, A: _shift_rows(-k, to_basis(A)),
    "encrypt",
    (0x78, 0xCC),
    (0xC0, 0xE0, 8),
)
DECRYPTION = Direction(
    lambda in_, Nr, dw: EqInvCipher(in_, Nr, Words(last_first(dw))),
    _inverse_round,
    _last_inverse_round,
    DecryptionKeys,
    lambda k, A: _shift_rows(k, to_inverse_basis(_plus(0x63, A))),
    "decrypt",
    (0xA4, 0x110),
    (0xC0, 0x160, 12),
)
