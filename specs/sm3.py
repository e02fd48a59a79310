"""SM3: GB/T 32905-2016, Information security techniques, SM3 cryptographic hash algorithm."""

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

__all__ = ["CF", "FF", "GG", "IV", "P0", "P1", "T", "expand", "iterate", "pad", "parse", "sm3"]

#: The initial value.  Section 4.1.
IV = words_from_hex(32, "7380166f 4914b2b9 172442d7 da8a0600 a96f30bc 163138aa e38dee4d b0fb0e4e")

#: T_j for 0 <= j <= 15 and for 16 <= j <= 63.  Section 4.2.
T = [Bits(32, 0x79CC4519)] * 16 + [Bits(32, 0x7A879D8A)] * 48


def FF(j: int, X: Bits, Y: Bits, Z: Bits) -> Bits:
    """FF_j(X, Y, Z).  Section 4.3.

    The section has ∨ for the last two signs ^: none, one or all of the three conjunctions are 1.
    """
    if j < 16:
        return X ^ Y ^ Z
    return (X & Y) ^ (X & Z) ^ (Y & Z)


def GG(j: int, X: Bits, Y: Bits, Z: Bits) -> Bits:
    """GG_j(X, Y, Z).  Section 4.3, which has ∨ for the last sign ^: never are both conjunctions 1."""
    if j < 16:
        return X ^ Y ^ Z
    return (X & Y) ^ (~X & Z)


def P0(X: Bits) -> Bits:
    """P_0(X).  Section 4.4."""
    return X ^ X.rol(9) ^ X.rol(17)


def P1(X: Bits) -> Bits:
    """P_1(X).  Section 4.4."""
    return X ^ X.rol(15) ^ X.rol(23)


def pad(message: bytes) -> bytes:
    """m': the message, a bit 1, zeros, and its length in 64 bits; a multiple of 512 bits.  Section 5.2."""
    return pad_with_length(message, block=64, length=8, order="big")


def parse(padded: bytes) -> list[Words]:
    """The groups B^(0), ..., B^(n-1) of sixteen words.  Section 5.3.1."""
    return blocks_of(16, words_from_bytes(32, padded, "big"))


def expand(B: Words) -> tuple[Words, Words]:
    """W_0, ..., W_67 and W'_0, ..., W'_63 of a group of sixteen words.  Section 5.3.2."""
    W = exactly(16, B)
    for j in range(16, 68):
        W.append(P1(W[j - 16] ^ W[j - 9] ^ W[j - 3].rol(15)) ^ W[j - 13].rol(7) ^ W[j - 6])
    W_prime = [W[j] ^ W[j + 4] for j in range(64)]
    return W, W_prime


def iterate(j: int, registers: Words, W_j: Bits, W_prime_j: Bits) -> Words:
    """The word registers A, ..., H after iteration j of the compression function.  Section 5.3.3."""
    A, B, C, D, E, F, G, H = exactly(8, registers)
    SS1 = (A.rol(12) + E + T[j].rol(j % 32)).rol(7)
    SS2 = SS1 ^ A.rol(12)
    TT1 = FF(j, A, B, C) + D + SS2 + W_prime_j
    TT2 = GG(j, E, F, G) + H + SS1 + W_j
    return [TT1, A, B.rol(9), C, P0(TT2), E, F.rol(19), G]


def CF(V: Words, B: Words) -> Words:
    """V^(i+1) = CF(V^(i), B^(i)): eight words from eight words and a group of sixteen.  Section 5.3.3."""
    W, W_prime = expand(B)
    registers = exactly(8, V)
    for j in range(64):
        registers = iterate(j, registers, W[j], W_prime[j])
    return [x ^ v for x, v in zip(registers, V, strict=True)]


def sm3(message: bytes) -> bytes:
    """The 256-bit hash value.  Sections 5.3.1 and 5.4."""
    V = IV
    for B in parse(pad(message)):
        V = CF(V, B)
    return bytes_from_words(V, "big")
