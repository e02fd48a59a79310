"""The Poly1305 authenticator: RFC 8439 (June 2018), sections 2.5 and 2.6.

Numbers are little-endian in memory and are held in `Bits` wide enough that no sum or product wraps.  `block_step` is
the same step on ints, or on anything with + and * (`specs.rings`).
"""

from __future__ import annotations

from typing import TypeVar

from armsym.bits import Bits, concat
from specs.chacha20 import chacha20_block
from specs.rings import Ring, mod
from specs.words import bytes_from_words, words_from_bytes

__all__ = [
    "CLAMP",
    "P",
    "add_block",
    "block_number",
    "block_step",
    "clamp",
    "finish",
    "mod_p",
    "poly1305_key_gen",
    "poly1305_mac",
]

R = TypeVar("R", bound=Ring)

#: Bits of the numbers before reduction: (2^130 + 2^129) * 2^128 fits.
WIDE = 260

#: The prime 2^130 - 5.  Section 2.5.
P = 2**130 - 5

#: What r is ANDed with.  Section 2.5.
CLAMP = Bits(128, 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF)


def clamp(r: Bits) -> Bits:
    """r of 128 bits with 22 of its bits cleared.  Sections 2.5 and 2.5.1."""
    return r & CLAMP


def mod_p(x: Bits, width: int = 130) -> Bits:
    """x modulo 2^130 - 5, for x of `WIDE` bits; the result has 130 bits, or `width`.  Section 2.5."""
    p = Bits(WIDE, P)
    return (x - x.udiv(p) * p)[width - 1 : 0]


def block_number(block: Bits) -> Bits:
    """A block of 1 to 16 bytes as a number with one bit added beyond its octets; 129 bits.  Section 2.5."""
    return concat(Bits(1, 1), block).zero_extend(129)


def add_block(accumulator: Bits, r: Bits, block: Bits, width: int = 130) -> Bits:
    """((accumulator + block with its added bit) * r) mod 2^130 - 5.  Section 2.5.

    The accumulator has 130 bits, r 128 bits and is clamped, the block 8 to 128 bits.  Accumulator and result may
    have up to 132 bits, `width`: such a sum times r still fits.
    """
    a = concat(Bits(WIDE - width, 0), accumulator)
    n = concat(Bits(WIDE - 129, 0), block_number(block))
    return mod_p((a + n) * concat(Bits(WIDE - 128, 0), r), width)


def block_step(accumulator: R, r: R, n: R) -> R:
    """((accumulator + n) * r) mod 2^130 - 5, for n the block as a number with its added bit, `block_number`.

    Section 2.5.  On ints the least representative; on anything else one that is congruent modulo `P`.
    """
    result: R = mod((accumulator + n) * r, P)
    return result


def finish(accumulator: Bits, s: Bits) -> Bits:
    """The tag: the 128 least significant bits of accumulator + s.  Section 2.5."""
    return accumulator[127:0] + s


def poly1305_mac(message: bytes, key: bytes) -> bytes:
    """The 16-byte tag of a message under a one-time key of 32 bytes, r then s.  Section 2.5.1."""
    if len(key) != 32:
        raise ValueError(f"a Poly1305 key has 32 bytes, not {len(key)}")
    r = clamp(Bits.from_bytes(key[:16], "little"))
    s = Bits.from_bytes(key[16:], "little")
    accumulator = Bits(130, 0)
    for k in range(0, len(message), 16):
        accumulator = add_block(accumulator, r, Bits.from_bytes(message[k : k + 16], "little"))
    return finish(accumulator, s).to_bytes("little")


def poly1305_key_gen(key: bytes, nonce: bytes) -> bytes:
    """The one-time key: the first 256 bits of the ChaCha20 block with counter 0.  Section 2.6."""
    key_words, nonce_words = words_from_bytes(32, key, "little"), words_from_bytes(32, nonce, "little")
    block = chacha20_block(key_words, Bits(32, 0), nonce_words)
    return bytes_from_words(block[:8], "little")
