"""SHA-1: FIPS 180-4 (August 2015), sections 4.1.1, 4.2.1, 5.3.1 and 6.1."""

from __future__ import annotations

from armsym.bits import Bits
from specs.fips180 import ROTL, Ch, Maj, Parity, hash_message, pad_message, parse_message
from specs.words import Words, exactly, words_from_hex

__all__ = ["H0", "Ch", "K", "Maj", "Parity", "compress", "f", "pad", "parse", "schedule", "sha1"]

#: K_0, ..., K_79: one constant for each twenty steps.  Section 4.2.1.
K = [word for word in words_from_hex(32, "5a827999 6ed9eba1 8f1bbcdc ca62c1d6") for _ in range(20)]

#: H^(0): section 5.3.1.
H0 = words_from_hex(32, "67452301 efcdab89 98badcfe 10325476 c3d2e1f0")


def f(t: int, x: Bits, y: Bits, z: Bits) -> Bits:
    """f_t(x, y, z) for 0 <= t <= 79.  Equation (4.1)."""
    if t < 20:
        return Ch(x, y, z)
    if t < 40:
        return Parity(x, y, z)
    if t < 60:
        return Maj(x, y, z)
    return Parity(x, y, z)


def schedule(M: Words) -> Words:
    """The message schedule W_0, ..., W_79 of a block of sixteen words.  Section 6.1.2, step 1."""
    W = exactly(16, M)
    for t in range(16, 80):
        W.append(ROTL(1, W[t - 3] ^ W[t - 8] ^ W[t - 14] ^ W[t - 16]))
    return W


def compress(H: Words, M: Words) -> Words:
    """H^(i) from H^(i-1) (five words) and the message block M^(i) (sixteen words).  Section 6.1.2."""
    # 1. Prepare the message schedule.
    W = schedule(M)
    # 2. Initialize the five working variables.
    a, b, c, d, e = exactly(5, H)
    # 3. For t = 0 to 79:
    for t in range(80):
        T = ROTL(5, a) + f(t, b, c, d) + e + K[t] + W[t]
        e = d
        d = c
        c = ROTL(30, b)
        b = a
        a = T
    # 4. Compute the i-th intermediate hash value.
    return [a + H[0], b + H[1], c + H[2], d + H[3], e + H[4]]


def pad(message: bytes) -> bytes:
    """The padded message, a multiple of 512 bits.  Section 5.1.1."""
    return pad_message(message, 32)


def parse(padded: bytes) -> list[Words]:
    """The blocks M^(1), ..., M^(N) of a padded message.  Section 5.2.1."""
    return parse_message(padded, 32)


def sha1(message: bytes) -> bytes:
    """The 160-bit message digest.  Section 6.1."""
    return hash_message(H0, compress, parse(pad(message)))
