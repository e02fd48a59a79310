"""SM4: GB/T 32907-2016, Information security technology, SM4 block cipher algorithm.

A block and a key are four words, the first byte of each most significant.  The S-box is opaque:
on symbols it stands for itself, and that it is the table is a separate fact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from armsym.bits import Bits, concat, opaque
from specs.words import Words, exactly, split, words_from_hex

__all__ = [
    "CK",
    "FK",
    "SBOX",
    "F",
    "F_by_name",
    "L",
    "L_prime",
    "Round",
    "T",
    "T_prime",
    "decrypt",
    "encrypt",
    "key_expansion",
    "rounds",
    "sbox",
    "sm4",
    "sm4_inverse",
    "tau",
]

#: The round function, under one of its names.
Round: TypeAlias = Callable[[Bits, Bits, Bits, Bits, Bits], Bits]

#: Sbox: values for the byte xy, x choosing the row.  Section 6.2.
SBOX = words_from_hex(
    8,
    """
    d6 90 e9 fe cc e1 3d b7 16 b6 14 c2 28 fb 2c 05
    2b 67 9a 76 2a be 04 c3 aa 44 13 26 49 86 06 99
    9c 42 50 f4 91 ef 98 7a 33 54 0b 43 ed cf ac 62
    e4 b3 1c a9 c9 08 e8 95 80 df 94 fa 75 8f 3f a6
    47 07 a7 fc f3 73 17 ba 83 59 3c 19 e6 85 4f a8
    68 6b 81 b2 71 64 da 8b f8 eb 0f 4b 70 56 9d 35
    1e 24 0e 5e 63 58 d1 a2 25 22 7c 3b 01 21 78 87
    d4 00 46 57 9f d3 27 52 4c 36 02 e7 a0 c4 c8 9e
    ea bf 8a d2 40 c7 38 b5 a3 f7 f2 ce f9 61 15 a1
    e0 ae 5d a4 9b 34 1a 55 ad 93 32 30 f5 8c b1 e3
    1d f6 e2 2e 82 66 ca 60 c0 29 23 ab 0d 53 4e 6f
    d5 db 37 45 de fd 8e 2f 03 ff 6a 72 6d 6c 5b 51
    8d 1b af 92 bb dd bc 7f 11 d9 5c 41 1f 10 5a d8
    0a c1 31 88 a5 cd 7b bd 2d 74 d0 12 b8 e5 b4 b0
    89 69 97 4a 0c 96 77 7e 65 b9 f1 09 c5 6e c6 84
    18 f0 7d ec 3a dc 4d 20 79 ee 5f 3e d7 cb 39 48
    """,
)

#: The system parameter FK_0, ..., FK_3.  Section 7.3.
FK = words_from_hex(32, "a3b1bac6 56aa3350 677d9197 b27022dc")

#: The fixed parameters CK_0, ..., CK_31: byte j of CK_i is (4i + j) * 7 mod 256.  Section 7.3.
CK = words_from_hex(
    32,
    """
    00070e15 1c232a31 383f464d 545b6269 70777e85 8c939aa1 a8afb6bd c4cbd2d9
    e0e7eef5 fc030a11 181f262d 343b4249 50575e65 6c737a81 888f969d a4abb2b9
    c0c7ced5 dce3eaf1 f8ff060d 141b2229 30373e45 4c535a61 686f767d 848b9299
    a0a7aeb5 bcc3cad1 d8dfe6ed f4fb0209 10171e25 2c333a41 484f565d 646b7279
    """,
)


@opaque("sm4_sbox", 8)
def sbox(a: Bits) -> Bits:
    """Sbox(a) for a byte a.  Section 6.2."""
    return SBOX[a.uint]


def tau(A: Bits) -> Bits:
    """τ(A): the S-box on each of the four bytes of a word.  Section 6.2."""
    return concat(*(sbox(a) for a in split(4, 8, A)))


def L(B: Bits) -> Bits:
    """L(B).  Section 6.2."""
    return B ^ B.rol(2) ^ B.rol(10) ^ B.rol(18) ^ B.rol(24)


def T(A: Bits) -> Bits:
    """T(A) = L(τ(A)).  Section 6.2."""
    return L(tau(A))


def F(X0: Bits, X1: Bits, X2: Bits, X3: Bits, rk: Bits) -> Bits:
    """The round function F(X_0, X_1, X_2, X_3, rk).  Section 6.1."""
    return X0 ^ T(X1 ^ X2 ^ X3 ^ rk)


@opaque("sm4_F", 32, unfolds=True)
def F_by_name(X0: Bits, X1: Bits, X2: Bits, X3: Bits, rk: Bits) -> Bits:
    """F(X_0, X_1, X_2, X_3, rk) of section 6.1, which stands for itself in terms: each word is one of them."""
    return F(X0, X1, X2, X3, rk)


def L_prime(B: Bits) -> Bits:
    """L'(B), which the key expansion has in place of L.  Section 7.3."""
    return B ^ B.rol(13) ^ B.rol(23)


def T_prime(A: Bits) -> Bits:
    """T'(A) = L'(τ(A)).  Section 7.3."""
    return L_prime(tau(A))


def key_expansion(MK: Words) -> Words:
    """The round keys rk_0, ..., rk_31 of a key of four words.  Section 7.3."""
    K = [MK_i ^ FK_i for MK_i, FK_i in zip(exactly(4, MK), FK, strict=True)]
    for i in range(32):
        K.append(K[i] ^ T_prime(K[i + 1] ^ K[i + 2] ^ K[i + 3] ^ CK[i]))
    return K[4:]


def rounds(X: Words, rk: Words, F: Round = F) -> Words:
    """(X_0, ..., X_35) from (X_0, X_1, X_2, X_3): 32 rounds.  Section 7.1, a)."""
    X, rk = exactly(4, X), exactly(32, rk)
    for i in range(32):
        X.append(F(X[i], X[i + 1], X[i + 2], X[i + 3], rk[i]))
    return X


def encrypt(X: Words, rk: Words, F: Round = F) -> Words:
    """(Y_0, Y_1, Y_2, Y_3) from (X_0, X_1, X_2, X_3): 32 rounds, then the reversal R.  Section 7.1."""
    X = rounds(X, rk, F)
    return [X[35], X[34], X[33], X[32]]


def decrypt(Y: Words, rk: Words, F: Round = F) -> Words:
    """The same transformation with the round keys in the order rk_31, ..., rk_0.  Section 7.2."""
    return encrypt(Y, list(reversed(rk)), F)


def sm4(X: Words, MK: Words) -> Words:
    """A block of four words encrypted under a key of four words.  Section 7."""
    return encrypt(X, key_expansion(MK))


def sm4_inverse(Y: Words, MK: Words) -> Words:
    """The inverse of `sm4` with the same key.  Section 7."""
    return decrypt(Y, key_expansion(MK))
