"""XTS-AES for data units of whole blocks: IEEE Std 1619-2007, which NIST SP 800-38E approves.

Blocks are `Bits` of 128 bits, the first byte leftmost, see `specs.strings`.  A data unit whose last block is not
complete (ciphertext stealing) is not here.
"""

from __future__ import annotations

from armsym.bits import Bits
from specs.strings import BlockCipher, String

__all__ = ["decrypt_block", "multiply_by_alpha", "xts_decrypt"]


def multiply_by_alpha(T: Bits) -> Bits:
    """T times the primitive element alpha of GF(2^128).  Section 5.2.

    The bytes a_0 to a_15 of T, from the left, are the digits of a number to the base 256, the least significant first:
    twice that number, and 135 added (exclusive or) to its first byte if bit 7 of a_15 was 1.
    """
    number = T.reverse_bytes()
    return ((number << 1) ^ (number[127].sign_extend(128) & 135)).reverse_bytes()


def decrypt_block(CIPH_inverse: BlockCipher, T: Bits, C_j: Bits) -> Bits:
    """P_j = CIPH^-1_Key1(C_j xor T) xor T, where T = CIPH_Key2(i) times alpha^j.  Section 5.4.1."""
    return CIPH_inverse(C_j ^ T) ^ T


def xts_decrypt(CIPH_inverse: BlockCipher, CIPH_tweak: BlockCipher, i: Bits, C: String) -> String:
    """The plaintext of a data unit of whole blocks, whose tweak value is i.  Section 5.4.2."""
    P: String = []
    T = CIPH_tweak(i)
    for C_j in C:
        P.append(decrypt_block(CIPH_inverse, T, C_j))
        T = multiply_by_alpha(T)
    return P
