"""Modes of operation ECB, CBC and CTR: NIST SP 800-38A (December 2001), for blocks of b = 128 bits.

Plaintexts and ciphertexts are lists of blocks of 128 bits, see `specs.strings`; CIPH is the forward
cipher function under a key, CIPH_inverse its inverse.
"""

from __future__ import annotations

from armsym.bits import Bits, concat
from specs.strings import BlockCipher, String, length, msb

__all__ = [
    "cbc_decrypt",
    "cbc_encrypt",
    "counter_blocks",
    "ctr",
    "ecb_decrypt",
    "ecb_encrypt",
    "standard_incrementing_function",
]


def ecb_encrypt(CIPH: BlockCipher, P: String) -> String:
    """C_j = CIPH_K(P_j).  Section 6.1."""
    return [CIPH(P_j) for P_j in P]


def ecb_decrypt(CIPH_inverse: BlockCipher, C: String) -> String:
    """P_j = CIPH_K^-1(C_j).  Section 6.1."""
    return [CIPH_inverse(C_j) for C_j in C]


def cbc_encrypt(CIPH: BlockCipher, IV: Bits, P: String) -> String:
    """C_1 = CIPH_K(P_1 xor IV), C_j = CIPH_K(P_j xor C_(j-1)).  Section 6.2."""
    C: String = []
    previous = IV
    for P_j in P:
        previous = CIPH(P_j ^ previous)
        C.append(previous)
    return C


def cbc_decrypt(CIPH_inverse: BlockCipher, IV: Bits, C: String) -> String:
    """P_1 = CIPH_K^-1(C_1) xor IV, P_j = CIPH_K^-1(C_j) xor C_(j-1).  Section 6.2."""
    P: String = []
    previous = IV
    for C_j in C:
        P.append(CIPH_inverse(C_j) ^ previous)
        previous = C_j
    return P


def standard_incrementing_function(m: int, X: Bits) -> Bits:
    """[X + 1 mod 2^m] in the m rightmost bits of a counter block; the others unchanged.  Appendix B.1."""
    b = X.width
    if m == b:
        return X + 1
    return concat(X[b - 1 : m], X[m - 1 : 0] + 1)


def counter_blocks(T_1: Bits, n: int, m: int = 128) -> String:
    """T_1, ..., T_n by the standard incrementing function on m bits.  Appendix B.1."""
    T: String = []
    for _ in range(n):
        T.append(T_1)
        T_1 = standard_incrementing_function(m, T_1)
    return T


def ctr(CIPH: BlockCipher, T: String, P: String) -> String:
    """C_j = P_j xor CIPH_K(T_j), the last block xored with the leftmost bits only.  Section 6.5.

    Decryption is the same.  T has as many counter blocks as P has blocks; raises `ValueError` if not,
    or if a block other than the last is not complete.
    """
    length(P)
    if len(T) != len(P):
        raise ValueError(f"{len(T)} counter blocks given for {len(P)} blocks")
    C: String = []
    for T_j, P_j in zip(T, P, strict=True):
        O_j = CIPH(T_j)
        C.append(P_j ^ msb(P_j.width, O_j))
    return C
