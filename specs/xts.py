"""XTS: IEEE Std 1619-2007, which NIST SP 800-38E approves for AES, with ciphertext stealing.

Plaintexts and ciphertexts are strings of at least one complete block, see `specs.strings`: the first byte of a block is
leftmost.  `T`, the tweak of block j, is CIPH under the second key of the tweak value i, times alpha^j.  `multiply` says
how T is multiplied: the XTS of GB/T 17964-2021 differs in that alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from armsym.bits import Bits, concat
from specs.gcm import R
from specs.strings import BlockCipher, String, length, msb

__all__ = [
    "Multiply",
    "decrypt_block",
    "decrypt_last_two",
    "encrypt_block",
    "encrypt_last_two",
    "multiply_by_alpha",
    "multiply_by_alpha_reflected",
    "xts_decrypt",
    "xts_encrypt",
]


#: What makes the tweak of the next block.
Multiply: TypeAlias = Callable[[Bits], Bits]


def multiply_by_alpha(T: Bits) -> Bits:
    """T times the primitive element alpha of GF(2^128).  Section 5.2.

    The bytes a_0 to a_15 of T, from the left, are the digits of a number to the base 256, the least significant first:
    twice that number, and 135 added (exclusive or) to its first byte if bit 7 of a_15 was 1.
    """
    number = T.reverse_bytes()
    return ((number << 1) ^ (number[127].sign_extend(128) & 135)).reverse_bytes()


def multiply_by_alpha_reflected(T: Bits) -> Bits:
    """T times alpha in the XTS of GB/T 17964-2021, which takes the bits of a block in the other order, as GCM does.

    The leftmost bit of T is the coefficient of 1: a shift to the right, and R of SP 800-38D, section 6.3, is added if
    the rightmost bit was 1.
    """
    return (T >> 1) ^ (T[0].sign_extend(128) & R)


def encrypt_block(CIPH: BlockCipher, T: Bits, P_j: Bits) -> Bits:
    """XTS-AES-blockEnc: C_j = CIPH_Key1(P_j xor T) xor T.  Section 5.3.1."""
    return CIPH(P_j ^ T) ^ T


def decrypt_block(CIPH_inverse: BlockCipher, T: Bits, C_j: Bits) -> Bits:
    """XTS-AES-blockDec: P_j = CIPH^-1_Key1(C_j xor T) xor T.  Section 5.4.1."""
    return CIPH_inverse(C_j ^ T) ^ T


def _stolen(block: Callable[[Bits, Bits], Bits], T_first: Bits, T_second: Bits, X: Bits, last: Bits) -> String:
    """`block` with T_first of X: its leftmost bits come last, its others complete `last` for `block` with T_second.

    Sections 5.3.2 and 5.4.2, case b > 0.
    """
    CC, b = block(T_first, X), last.width
    return [block(T_second, concat(last, CC[127 - b : 0])), msb(b, CC)]


def encrypt_last_two(
    CIPH: BlockCipher, T: Bits, P_before: Bits, P_last: Bits, multiply: Multiply = multiply_by_alpha
) -> String:
    """C_(m-1) and C_m, where P_m has 1 to 127 bits and T is the tweak of P_(m-1).  Section 5.3.2, case b > 0."""
    return _stolen(lambda T, X: encrypt_block(CIPH, T, X), T, multiply(T), P_before, P_last)


def decrypt_last_two(
    CIPH_inverse: BlockCipher, T: Bits, C_before: Bits, C_last: Bits, multiply: Multiply = multiply_by_alpha
) -> String:
    """P_(m-1) and P_m, where C_m has 1 to 127 bits and T is the tweak of C_(m-1).  Section 5.4.2, case b > 0."""
    return _stolen(lambda T, X: decrypt_block(CIPH_inverse, T, X), multiply(T), T, C_before, C_last)


def _data_unit(
    block: Callable[[Bits, Bits], Bits],
    last_two: Callable[[Bits, Bits, Bits], String],
    T: Bits,
    X: String,
    multiply: Multiply,
) -> String:
    """A data unit from its first tweak T on, by what is done to a block and to the last two.  Sections 5.3.2, 5.4.2."""
    if length(X) < 128:
        raise ValueError(f"a data unit has at least 128 bits, not {length(X)}")
    stolen = X[-1].width < 128
    Y: String = []
    for X_j in X[:-2] if stolen else X:
        Y.append(block(T, X_j))
        T = multiply(T)
    return [*Y, *last_two(T, X[-2], X[-1])] if stolen else Y


def xts_encrypt(
    CIPH: BlockCipher, CIPH_tweak: BlockCipher, i: Bits, P: String, multiply: Multiply = multiply_by_alpha
) -> String:
    """The ciphertext of a data unit whose tweak value is i.  Section 5.3.2.

    Raises `ValueError` for less than a block, or if a block other than the last is not complete.
    """
    return _data_unit(
        lambda T, P_j: encrypt_block(CIPH, T, P_j),
        lambda T, P, Q: encrypt_last_two(CIPH, T, P, Q, multiply),
        CIPH_tweak(i),
        P,
        multiply,
    )


def xts_decrypt(
    CIPH_inverse: BlockCipher, CIPH_tweak: BlockCipher, i: Bits, C: String, multiply: Multiply = multiply_by_alpha
) -> String:
    """The plaintext of a data unit whose tweak value is i.  Section 5.4.2.

    Raises `ValueError` as `xts_encrypt` does.
    """
    return _data_unit(
        lambda T, C_j: decrypt_block(CIPH_inverse, T, C_j),
        lambda T, C, D: decrypt_last_two(CIPH_inverse, T, C, D, multiply),
        CIPH_tweak(i),
        C,
        multiply,
    )
