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

__all__ = ["decrypts", "encrypts", "rejects_bad_arguments", "sets_decrypt_key", "sets_encrypt_key"]

#: Words of round keys in the structure; offset and bytes of it all.
ROUND_KEY_WORDS, ROUNDS_AT, KEY_BYTES = 60, 240, 244


def _by_size(k: Bits, f: Callable[[int], Sequence[Bits]]) -> Words:
    """f(Nk) for the key size that k stands for."""
    if k.is_concrete:
        return Words(f(4 + 2 * k.uint))
    small, medium, large = f(4), f(6), f(8)
    return Words(ite(k == 0, a, ite(k == 1, b, c)) for a, b, c in zip(small, medium, large, strict=True))


def _last_first(w: Sequence[Bits]) -> list[Bits]:
    """The round keys of a schedule in reverse order."""
    return [word for i in range(len(w) - 4, -1, -4) for word in w[i : i + 4]]


# -- keys -----------------------------------------------------------------------------------------


def _sets_key(p: Proof, schedule: Callable[[Words], Sequence[Bits]]) -> None:
    """`int f(const uint8_t *user_key, int bits, AES_KEY *key)` for 128, 192 and 256 bits."""
    k = p.nat("k", high=2)
    user_key = p.region("user_key", 16 + 8 * k, access="r", cell=1)
    key = p.region("key", KEY_BYTES, access="rw")
    p.assume("user_key and key are not NULL", (user_key.base != 0) & (key.base != 0))
    p.call(x0=user_key, w1=(128 + 64 * k)[31:0], x2=key)

    before = key.words(32, order="big")[:ROUND_KEY_WORDS]

    def round_keys(Nk: int) -> Sequence[Bits]:
        w = schedule(user_key.words(8, count=4 * Nk))
        return [*w, *before[len(w) :]]

    p.modifies(key, p.stack(16))

    @p.ensures
    def _(s: State) -> Claims:
        return {
            "success": s.w0 == 0,
            "key schedule": key.words(32, order="big", at=s)[:ROUND_KEY_WORDS] == _by_size(k, round_keys),
            "rounds": key.words(32, at=s)[ROUND_KEY_WORDS] == (10 + 2 * k)[31:0],
        }


def sets_encrypt_key(p: Proof) -> None:
    """The key structure becomes KEYEXPANSION(user_key)."""
    _sets_key(p, KeyExpansion)


def sets_decrypt_key(p: Proof) -> None:
    """The key structure becomes KEYEXPANSIONEIC(user_key), the last round key first."""
    _sets_key(p, lambda key: _last_first(KeyExpansionEIC(key)))
