"""Galois/Counter Mode (GCM) and GMAC: NIST SP 800-38D (November 2007).

Blocks are `Bits` of 128 bits, the leftmost bit x_0 most significant; strings are lists of blocks, see
`specs.strings`.
"""

from __future__ import annotations

from armsym.bits import Bits, Prop, concat, opaque
from specs.strings import BlockCipher, String, bytes_from_string, length, msb, string_from_bytes, zero_padded
from specs.words import split

__all__ = [
    "GCM_AD",
    "GCM_AE",
    "GCTR",
    "GHASH",
    "J0",
    "GHASH_step",
    "R",
    "gcm_decrypt",
    "gcm_encrypt",
    "inc",
    "multiply",
]

#: R = 11100001 || 0^120.  Section 6.3.
R = Bits(128, 0b11100001 << 120)


def inc(s: int, X: Bits) -> Bits:
    """inc_s(X): add 1 modulo 2^s to the s rightmost bits, leave the others.  Section 6.2."""
    if s == X.width:
        return X + 1
    return concat(X[X.width - 1 : s], X[s - 1 : 0] + 1)


def _if_one(bit: Bits, X: Bits) -> Bits:
    """X if the bit is 1, else 0: the choices in step 3 of Algorithm 1."""
    return bit.sign_extend(X.width) & X


@opaque("gf128_multiply", 128)
def multiply(X: Bits, Y: Bits) -> Bits:
    """X • Y in GF(2^128).  Section 6.3, Algorithm 1."""
    # 1. x_0 x_1 ... x_127 are the bits of X.
    x = split(128, 1, X)
    # 2. Z_0 = 0^128 and V_0 = Y.
    Z, V = Bits(128, 0), Y
    # 3. For i = 0 to 127:
    for i in range(128):
        Z = Z ^ _if_one(x[i], V)
        V = (V >> 1) ^ _if_one(V[0], R)
    # 4. Return Z_128.
    return Z


def GHASH_step(H: Bits, Y: Bits, X_i: Bits) -> Bits:
    """Y_i = (Y_(i-1) xor X_i) • H.  Section 6.4, Algorithm 2, step 3."""
    return multiply(Y ^ X_i, H)


def GHASH(H: Bits, X: String) -> Bits:
    """GHASH_H(X) of complete blocks X_1, ..., X_m.  Section 6.4, Algorithm 2."""
    # 2. Y_0 = 0^128.
    Y = Bits(128, 0)
    for X_i in X:
        Y = GHASH_step(H, Y, X_i)
    return Y


def GCTR(CIPH: BlockCipher, ICB: Bits, X: String) -> String:
    """GCTR_K(ICB, X).  Section 6.5, Algorithm 3.

    Raises `ValueError` if a block of X other than the last is not complete.
    """
    length(X)
    Y: String = []
    CB = ICB
    for X_i in X:
        Y.append(X_i ^ msb(X_i.width, CIPH(CB)))
        CB = inc(32, CB)
    return Y


def J0(H: Bits, IV: String) -> Bits:
    """The pre-counter block J_0 for a nonempty IV.  Section 7.1, Algorithm 4, step 2.

    Raises `ValueError` for the empty IV, which the standard does not permit (section 5.2.1.1).
    """
    len_IV = length(IV)
    if len_IV == 0:
        raise ValueError("the IV of GCM has at least one bit")
    if len_IV == 96:
        return concat(IV[0], Bits(32, 1))
    return GHASH(H, [*zero_padded(IV), Bits(128, len_IV)])


def _S(H: Bits, A: String, C: String) -> Bits:
    """S = GHASH_H(A || 0^v || C || 0^u || [len(A)]_64 || [len(C)]_64).  Algorithm 4, steps 4 and 5."""
    lengths = concat(Bits(64, length(A)), Bits(64, length(C)))
    return GHASH(H, [*zero_padded(A), *zero_padded(C), lengths])


def GCM_AE(CIPH: BlockCipher, IV: String, P: String, A: String, t: int = 128) -> tuple[String, Bits]:
    """GCM-AE_K(IV, P, A): the ciphertext C and the tag T of t bits.  Section 7.1, Algorithm 4."""
    H = CIPH(Bits(128, 0))
    J_0 = J0(H, IV)
    C = GCTR(CIPH, inc(32, J_0), P)
    T = msb(t, GCTR(CIPH, J_0, [_S(H, A, C)])[0])
    return C, T


def GCM_AD(CIPH: BlockCipher, IV: String, C: String, A: String, T: Bits) -> tuple[String, Prop]:
    """GCM-AD_K(IV, C, A, T): the plaintext P, and whether it is authentic.  Section 7.2, Algorithm 5.

    Where the condition does not hold the standard's result is FAIL, and P must not be used.
    """
    H = CIPH(Bits(128, 0))
    J_0 = J0(H, IV)
    P = GCTR(CIPH, inc(32, J_0), C)
    T_prime = msb(T.width, GCTR(CIPH, J_0, [_S(H, A, C)])[0])
    return P, T_prime == T


def gcm_encrypt(CIPH: BlockCipher, iv: bytes, plaintext: bytes, aad: bytes, t: int = 128) -> tuple[bytes, bytes]:
    """`GCM_AE` on bytes: ciphertext and tag."""
    C, T = GCM_AE(CIPH, string_from_bytes(iv), string_from_bytes(plaintext), string_from_bytes(aad), t)
    return bytes_from_string(C), T.to_bytes("big")


def gcm_decrypt(CIPH: BlockCipher, iv: bytes, ciphertext: bytes, aad: bytes, tag: bytes) -> bytes | None:
    """`GCM_AD` on bytes: the plaintext, or None for FAIL."""
    P, authentic = GCM_AD(
        CIPH,
        string_from_bytes(iv),
        string_from_bytes(ciphertext),
        string_from_bytes(aad),
        Bits.from_bytes(tag, "big"),
    )
    return bytes_from_string(P) if authentic else None
