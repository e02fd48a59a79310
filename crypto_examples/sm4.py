"""What the proofs of SM4 have in common: GB/T 32907, keys and one block.

`SM4_KEY` is 32 words of round keys in the core's byte order; for decryption they stand the last one first.
A block's words are big-endian.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.dsl import Bits, Claims, Proof, Region, State, Words
from specs import sm4

__all__ = [
    "KEY_BYTES",
    "ONE_BLOCK",
    "ONE_BLOCK_LOOKED_UP",
    "cut_rounds",
    "decrypts",
    "encrypts",
    "schedule",
    "sets_decrypt_key",
    "sets_encrypt_key",
]

#: Bytes of the key structure: 32 words.
KEY_BYTES = 128


def _sets_key(p: Proof, *, inverse: bool, round_at: int | None) -> None:
    """`void f(const uint8_t user_key[16], SM4_KEY *key)`; W8 has the new round key at `round_at`."""
    user_key = p.region("user_key", 16, access="r")
    key = p.region("key", KEY_BYTES, access="rw")
    p.call(x0=user_key, x1=key)
    p.modifies(key, *([] if round_at is None else [p.stack(16)]))
    rk = sm4.key_expansion(user_key.words(32, order="big"))
    p.ensures(lambda s: {"round keys": key.words(32, at=s) == (rk[::-1] if inverse else rk)})
    if round_at is not None:

        @p.cut_each(round_at, forget=lambda k: [])
        def _(s: State, k: int) -> Claims:
            return {"new round key": s.w8 == rk[k]} if k < 32 else {"no round after the last": False}


def sets_encrypt_key(p: Proof, *, round_at: int | None = None) -> None:
    """The key structure becomes rk_0, ..., rk_31."""
    _sets_key(p, inverse=False, round_at=round_at)


def sets_decrypt_key(p: Proof, *, round_at: int | None = None) -> None:
    """The key structure becomes rk_31, ..., rk_0."""
    _sets_key(p, inverse=True, round_at=round_at)


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


#: From the head of the loop of one block: where each of its four rounds has its word, with the S-box made from that
#: of AES, and looked up.
ONE_BLOCK, ONE_BLOCK_LOOKED_UP = (0x60, 0xC0, 0x11C, 0x178), (0x6C, 0xD8, 0x140, 0x1A8)


def encrypts(p: Proof, *, in_place: bool = False, rounds: int | None = None, ends: Sequence[int] = ONE_BLOCK) -> None:
    """out = (Y_0, ..., Y_3) of in = (X_0, ..., X_3) with the round keys rk_0, ..., rk_31 of the key structure.

    Without the SM4 extension, `rounds` says where in the code their loop begins, and `ends` where each has its word.
    """
    in_, out, rk = _block_arguments(p, in_place)
    X = in_.words(32, order="big")
    want = sm4.encrypt(X, rk, sm4.F if rounds is None else sm4.F_by_name)
    if rounds is not None:
        words = schedule(X, rk)
        cut_rounds(p, p.routine.entry + rounds, ends, lambda _: words)
    p.ensures(lambda s: {"block": out.words(32, order="big", at=s) == want})


def decrypts(p: Proof, *, in_place: bool = False, rounds: int | None = None, ends: Sequence[int] = ONE_BLOCK) -> None:
    """The inverse of `encrypts` with the round keys rk_0, ..., rk_31, which the key structure holds last one first."""
    in_, out, rk = _block_arguments(p, in_place)
    Y = in_.words(32, order="big")
    want = sm4.decrypt(Y, rk[::-1], sm4.F if rounds is None else sm4.F_by_name)
    if rounds is not None:
        words = schedule(Y, rk)
        cut_rounds(p, p.routine.entry + rounds, ends, lambda _: words)
    p.ensures(lambda s: {"block": out.words(32, order="big", at=s) == want})


# -- without the SM4 extension: rounds one by one, the S-box by look-ups or by that of AES ---------------


def schedule(X: Sequence[Bits], rk: Sequence[Bits]) -> list[Bits]:
    """X_0, ..., X_35 of a block: four words and one for each round."""
    return sm4.rounds(list(X), list(rk), sm4.F_by_name)


def cut_rounds(p: Proof, head: int, ends: Sequence[int], words: Callable[[State], Sequence[Bits]]) -> None:
    """The code of one block: four rounds a pass, whose new words are in W12 to W15 at `head` + ends."""

    def cut(number: int, at: int) -> None:
        @p.cut_each(at, forget=lambda k: [])
        def _(s: State, k: int) -> Claims:
            n = 4 * k + number
            if n >= 32:
                return {"no round after the last": False}
            return {f"new word in w{12 + number}": s.w[12 + number : 13 + number] == [words(s)[4 + n]]}

    for number, end in enumerate(ends):
        cut(number, head + end)
