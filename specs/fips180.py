"""What the algorithms of FIPS 180-4 (Secure Hash Standard, August 2015) have in common.

Messages are whole bytes here; the standard allows any number of bits.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits
from specs.words import Words, blocks_of, bytes_from_words, pad_with_length, words_from_bytes

__all__ = ["ROTL", "ROTR", "SHR", "Ch", "Maj", "Parity", "hash_message", "pad_message", "parse_message"]


def ROTR(n: int, x: Bits) -> Bits:
    """ROTR^n(x), rotate right.  Section 3.2, item 4."""
    return x.ror(n)


def ROTL(n: int, x: Bits) -> Bits:
    """ROTL^n(x), rotate left.  Section 3.2, item 5."""
    return x.rol(n)


def SHR(n: int, x: Bits) -> Bits:
    """SHR^n(x), shift right.  Section 3.2, item 3."""
    return x >> n


def Ch(x: Bits, y: Bits, z: Bits) -> Bits:
    """Ch(x, y, z).  Equations (4.1), (4.2) and (4.8)."""
    return (x & y) ^ (~x & z)


def Parity(x: Bits, y: Bits, z: Bits) -> Bits:
    """Parity(x, y, z).  Equation (4.1)."""
    return x ^ y ^ z


def Maj(x: Bits, y: Bits, z: Bits) -> Bits:
    """Maj(x, y, z).  Equations (4.1), (4.3) and (4.9)."""
    return (x & y) ^ (x & z) ^ (y & z)


def pad_message(message: bytes, w: int) -> bytes:
    """The message, the bit 1, k zero bits, and the message's length l in bits as two words of w bits.

    k is the smallest number that makes the total a multiple of 16 words.  Sections 5.1.1
    (w = 32) and 5.1.2 (w = 64).  Raises `ValueError` if l does not fit two words.
    """
    return pad_with_length(message, block=16 * w // 8, length=2 * w // 8, order="big")


def parse_message(padded: bytes, w: int) -> list[Words]:
    """M^(1), ..., M^(N): blocks of sixteen words of w bits.  Section 5.2.

    Raises `ValueError` if the padded message is not whole blocks.
    """
    return blocks_of(16, words_from_bytes(w, padded, "big"))


def hash_message(H0: Words, compress: Callable[[Words, Words], Words], blocks: list[Words]) -> bytes:
    """H^(N): from H^(0), each block in turn gives H^(i) = compress(H^(i-1), M^(i)).  Section 6."""
    H = H0
    for M in blocks:
        H = compress(H, M)
    return bytes_from_words(H, "big")
