"""What the proofs of AES have in common, whatever library they come from.

`AES_KEY` is 60 words of round keys and, at offset 240, the number of rounds as an `int`.  The
bytes of a round key stand in the order of FIPS 197 (AESE takes a block's bytes in memory order),
so the words of the key schedule are big-endian.  A schedule for decryption holds the round keys
of `KeyExpansionEIC` from the last to the first, in the order in which EQINVCIPHER() takes them.

All three key sizes are proved at once: `k` is 0, 1 or 2, the key has Nk = 4 + 2k words and the
cipher Nr = 10 + 2k rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, ite
from specs.aes import Cipher, EqInvCipher, KeyExpansion, KeyExpansionEIC, rounds

__all__ = [
    "KEY_BYTES",
    "ROUNDS_AT",
    "BySize",
    "block_arguments",
    "decrypts",
    "encrypts",
    "last_first",
    "rejects_bad_arguments",
    "sets_decrypt_key",
    "sets_encrypt_key",
]

#: Words of round keys in the structure; offset and bytes of it all.
ROUND_KEY_WORDS, ROUNDS_AT, KEY_BYTES = 60, 240, 244


class BySize:
    """f(Nk) for the key size that k stands for, computed when it is made (best before any path is followed)."""

    def __init__(self, k: Bits, f: Callable[[int], Sequence[Bits]]) -> None:
        self._k = k
        self._cases = [Words(f(4 + 2 * n)) for n in ([k.uint] if k.is_concrete else range(3))]

    def words(self) -> Words:
        """The value; each path follows one case, so that of the three one remains."""
        if len(self._cases) == 1:
            return self._cases[0]
        small, medium, large = self._cases
        k = self._k
        return Words(ite(k == 0, a, ite(k == 1, b, c)) for a, b, c in zip(small, medium, large, strict=True))


def last_first(w: Sequence[Bits]) -> list[Bits]:
    """The round keys of a schedule in reverse order."""
    return [word for i in range(len(w) - 4, -1, -4) for word in w[i : i + 4]]


# -- keys -----------------------------------------------------------------------------------------


def _sets_key(p: Proof, schedule: Callable[[Words], Sequence[Bits]], stack: int, *, middle: bool = True) -> None:
    """`int f(const uint8_t *user_key, int bits, AES_KEY *key)` for 128, 192 (if `middle`) and 256 bits."""
    k = p.nat("k", high=2)
    if not middle:
        p.assume("the key has 128 or 256 bits", k != 1)
    user_key = p.region("user_key", 16 + 8 * k, access="r", cell=1)
    key = p.region("key", KEY_BYTES, access="rw")
    p.assume("user_key and key are not NULL", (user_key.base != 0) & (key.base != 0))
    p.call(x0=user_key, w1=(128 + 64 * k)[31:0], x2=key)

    before = key.words(32, order="big")[:ROUND_KEY_WORDS]

    def round_keys(Nk: int) -> Sequence[Bits]:
        w = schedule(user_key.words(8, count=4 * Nk))
        return [*w, *before[len(w) :]]

    expected = BySize(k, round_keys)
    p.modifies(key, p.stack(stack))

    @p.ensures
    def _(s: State) -> Claims:
        return {
            "success": s.w0 == 0,
            "key schedule": key.words(32, order="big", at=s)[:ROUND_KEY_WORDS] == expected.words(),
            "rounds": key.words(32, at=s)[ROUND_KEY_WORDS] == (10 + 2 * k)[31:0],
        }


def sets_encrypt_key(p: Proof, *, middle: bool = True) -> None:
    """The key structure becomes KEYEXPANSION(user_key); `middle` says whether keys of 192 bits are known."""
    _sets_key(p, KeyExpansion, stack=16, middle=middle)


def sets_decrypt_key(p: Proof) -> None:
    """The key structure becomes KEYEXPANSIONEIC(user_key), the last round key first."""
    _sets_key(p, lambda key: last_first(KeyExpansionEIC(key)), stack=32)


def rejects_bad_arguments(p: Proof, *, stack: int) -> None:
    """NULL pointers answer -1, any other number of bits than 128, 192 and 256 answers -2; nothing is touched."""
    user_key, key = p.word("user_key", public=True), p.word("key", public=True)
    bits = p.word("bits", 32, public=True)
    null = (user_key == 0) | (key == 0)
    valid = (bits == 128) | (bits == 192) | (bits == 256)
    p.assume("a pointer is NULL, or bits is not 128, 192 or 256", null | ~valid)
    p.call(x0=user_key, w1=bits, x2=key)
    p.modifies(p.stack(stack))
    p.ensures(lambda s: {"error": s.w0 == ite(null, Bits.wrap(32, -1), Bits.wrap(32, -2))})


# -- one block ------------------------------------------------------------------------------------


def block_arguments(p: Proof, in_place: bool) -> tuple[Region, Region, Region]:
    """`in`, `out` and `key` of `void f(const uint8_t *in, uint8_t *out, const AES_KEY *key)`.

    `in` and `out` lie apart, or are the same sixteen bytes (`in_place`).
    """
    key = p.region("key", KEY_BYTES, access="r")
    if in_place:
        in_ = out = p.region("block", 16, access="rw", cell=1)
    else:
        in_, out = p.region("in_", 16, access="r", cell=1), p.region("out", 16, access="w", cell=1)
    p.call(x0=in_, x1=out, x2=key)
    return in_, out, key


def _one_block(p: Proof, cipher: Callable[[Words, int, Words], Sequence[Bits]], in_place: bool) -> None:
    """`void f(const uint8_t *in, uint8_t *out, const AES_KEY *key)`; the round keys are any words.

    `in` and `out` lie apart, or are the same sixteen bytes (`in_place`).
    """
    k = p.nat("k", high=2)
    in_, out, key = block_arguments(p, in_place)

    w = key.words(32, order="big")
    p.given(key, ROUNDS_AT, (10 + 2 * k)[31:0])
    p.modifies(out)

    def result(Nk: int) -> Sequence[Bits]:
        return cipher(in_.words(8), rounds(Nk), w[: 4 * rounds(Nk) + 4])

    expected = BySize(k, result)
    p.ensures(lambda s: {"block": out.words(8, at=s) == expected.words()})


def encrypts(p: Proof, *, in_place: bool = False) -> None:
    """out = CIPHER(in, Nr, w) for any round keys w."""
    _one_block(p, Cipher, in_place)


def decrypts(p: Proof, *, in_place: bool = False) -> None:
    """out = EQINVCIPHER(in, Nr, dw) for any round keys dw, which the key structure holds from the last to the first."""
    _one_block(p, lambda in_, Nr, w: EqInvCipher(in_, Nr, Words(last_first(w))), in_place)
