"""What the proofs of SM4 have in common: GB/T 32907, keys and one block.

`SM4_KEY` is 32 words of round keys in the core's byte order; for decryption they stand the last one first.
A block's words are big-endian.
"""

from __future__ import annotations

from armsym.dsl import Proof, Region, Words
from specs import sm4

__all__ = ["KEY_BYTES", "decrypts", "encrypts", "sets_decrypt_key", "sets_encrypt_key"]

#: Bytes of the key structure: 32 words.
KEY_BYTES = 128


def _sets_key(p: Proof, *, inverse: bool) -> None:
    """`void f(const uint8_t user_key[16], SM4_KEY *key)`."""
    user_key = p.region("user_key", 16, access="r")
    key = p.region("key", KEY_BYTES, access="rw")
    p.call(x0=user_key, x1=key)
    p.modifies(key)
    rk = sm4.key_expansion(user_key.words(32, order="big"))
    p.ensures(lambda s: {"round keys": key.words(32, at=s) == (rk[::-1] if inverse else rk)})


def sets_encrypt_key(p: Proof) -> None:
    """The key structure becomes rk_0, ..., rk_31."""
    _sets_key(p, inverse=False)


def sets_decrypt_key(p: Proof) -> None:
    """The key structure becomes rk_31, ..., rk_0."""
    _sets_key(p, inverse=True)


def _block_arguments(p: Proof, in_place: bool) -> tuple[Region, Region, Words]:
    """`void f(const uint8_t *in, uint8_t *out, const SM4_KEY *key)`; the words of the key structure are any.

    `in` and `out` lie apart, or are the same sixteen bytes (`in_place`).
    """
    key = p.region("key", KEY_BYTES, access="r")
    if in_place:
        in_ = out = p.region("block", 16, access="rw")
    else:
        in_, out = p.region("in_", 16, access="r"), p.region("out", 16, access="rw")
    p.call(x0=in_, x1=out, x2=key)
    p.modifies(out)
    return in_, out, key.words(32)


def encrypts(p: Proof, *, in_place: bool = False) -> None:
    """out = (Y_0, ..., Y_3) of in = (X_0, ..., X_3) with the round keys rk_0, ..., rk_31 of the key structure."""
    in_, out, rk = _block_arguments(p, in_place)
    want = sm4.encrypt(in_.words(32, order="big"), rk)
    p.ensures(lambda s: {"block": out.words(32, order="big", at=s) == want})


def decrypts(p: Proof, *, in_place: bool = False) -> None:
    """The inverse of `encrypts` with the round keys rk_0, ..., rk_31, which the key structure holds last one first."""
    in_, out, rk = _block_arguments(p, in_place)
    want = sm4.decrypt(in_.words(32, order="big"), rk[::-1])
    p.ensures(lambda s: {"block": out.words(32, order="big", at=s) == want})
