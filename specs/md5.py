"""The MD5 message-digest algorithm: RFC 1321 (April 1992), section 3.  Messages are whole bytes."""

from __future__ import annotations

from armsym.bits import Bits
from specs.words import (
    Words,
    blocks_of,
    bytes_from_words,
    exactly,
    pad_with_length,
    words_from_bytes,
    words_from_hex,
)

__all__ = ["INITIAL", "F", "G", "H", "I", "T", "compress", "md5", "operation", "pad", "parse"]

#: The initial words A, B, C, D of the buffer (the document prints their bytes low order first).  Section 3.3.
INITIAL = words_from_hex(32, "67452301 efcdab89 98badcfe 10325476")

#: T[1], ..., T[64], here from index 0: the integer part of 4294967296 times abs(sin(i)).  Section 3.4.
T = words_from_hex(
    32,
    """
    d76aa478 e8c7b756 242070db c1bdceee f57c0faf 4787c62a a8304613 fd469501
    698098d8 8b44f7af ffff5bb1 895cd7be 6b901122 fd987193 a679438e 49b40821
    f61e2562 c040b340 265e5a51 e9b6c7aa d62f105d 02441453 d8a1e681 e7d3fbc8
    21e1cde6 c33707d6 f4d50d87 455a14ed a9e3e905 fcefa3f8 676f02d9 8d2a4c8a
    fffa3942 8771f681 6d9d6122 fde5380c a4beea44 4bdecfa9 f6bb4b60 bebfbc70
    289b7ec6 eaa127fa d4ef3085 04881d05 d9d4d039 e6db99e5 1fa27cf8 c4ac5665
    f4292244 432aff97 ab9423a7 fc93a039 655b59c3 8f0ccc92 ffeff47d 85845dd1
    6fa87e4f fe2ce6e0 a3014314 4e0811a1 f7537e82 bd3af235 2ad7d2bb eb86d391
    """,
)


def F(X: Bits, Y: Bits, Z: Bits) -> Bits:
    """F(X, Y, Z), "if X then Y else Z".  Section 3.4."""
    return (X & Y) | (~X & Z)


def G(X: Bits, Y: Bits, Z: Bits) -> Bits:
    """G(X, Y, Z).  Section 3.4."""
    return (X & Z) | (Y & ~Z)


def H(X: Bits, Y: Bits, Z: Bits) -> Bits:
    """H(X, Y, Z).  Section 3.4."""
    return X ^ Y ^ Z


def I(X: Bits, Y: Bits, Z: Bits) -> Bits:  # noqa: E743 - the document's letter
    """I(X, Y, Z).  Section 3.4."""
    return Y ^ (X | ~Z)


#: For each of the four rounds: its function, the multiplier and start of the sequence of its words X[k]
#: (k grows by the multiplier modulo 16), and its four shifts s in turn.  Section 3.4.
ROUNDS = (
    (F, 1, 0, (7, 12, 17, 22)),
    (G, 5, 1, (5, 9, 14, 20)),
    (H, 3, 5, (4, 11, 16, 23)),
    (I, 7, 0, (6, 10, 15, 21)),
)


def operation(number: int, buffer: Words, X: Words) -> Words:
    """The buffer after operation `number`, from 0 to 63, on a block X of sixteen words.  Section 3.4.

    The operation [abcd k s i] is a = b + ((a + function(b, c, d) + X[k] + T[i]) <<< s); from step
    to step the buffer's letters move on by one place: ABCD, DABC, CDAB, BCDA.  They come and go in the order abcd.
    """
    a, b, c, d = exactly(4, buffer)
    function, step, start, s = ROUNDS[number // 16]
    j = number % 16
    a = b + (a + function(b, c, d) + X[(start + step * j) % 16] + T[number]).rol(s[j % 4])
    return [d, a, b, c]


def compress(buffer: Words, X: Words) -> Words:
    """The buffer A, B, C, D after a block X of sixteen words.  Section 3.4."""
    X = exactly(16, X)
    after = exactly(4, buffer)
    for number in range(64):
        after = operation(number, after, X)
    return [x + y for x, y in zip(after, buffer, strict=True)]


def pad(message: bytes) -> bytes:
    """The message, a bit 1, zeros, and its length in bits as two words.  Sections 3.1 and 3.2."""
    return pad_with_length(message, block=64, length=8, order="little")


def parse(padded: bytes) -> list[Words]:
    """Blocks of sixteen words, low-order byte first.  Sections 2 and 3.4."""
    return blocks_of(16, words_from_bytes(32, padded, "little"))


def md5(message: bytes) -> bytes:
    """The 128-bit message digest, from the low-order byte of A to the high-order byte of D.  Section 3.5."""
    buffer = INITIAL
    for X in parse(pad(message)):
        buffer = compress(buffer, X)
    return bytes_from_words(buffer, "little")
