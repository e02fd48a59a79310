"""SHA-512, SHA-384, SHA-512/t: FIPS 180-4 (August 2015), sections 4.1.3, 4.2.3, 5.3.4-5.3.6, 6.4-6.7."""

from __future__ import annotations

from armsym.bits import Bits
from specs.fips180 import ROTR, SHR, Ch, Maj, hash_message, pad_message, parse_message
from specs.words import Words, exactly, words_from_bytes, words_from_hex

__all__ = [
    "H0",
    "H0_SHA384",
    "H0_SHA512_224",
    "H0_SHA512_256",
    "Ch",
    "K",
    "Maj",
    "Sigma0",
    "Sigma1",
    "compress",
    "pad",
    "parse",
    "schedule",
    "sha384",
    "sha512",
    "sha512_224",
    "sha512_256",
    "sha512_t_iv",
    "sigma0",
    "sigma1",
]

#: K_0^{512}, ..., K_79^{512}: section 4.2.3.
K = words_from_hex(
    64,
    """
    428a2f98d728ae22 7137449123ef65cd b5c0fbcfec4d3b2f e9b5dba58189dbbc
    3956c25bf348b538 59f111f1b605d019 923f82a4af194f9b ab1c5ed5da6d8118
    d807aa98a3030242 12835b0145706fbe 243185be4ee4b28c 550c7dc3d5ffb4e2
    72be5d74f27b896f 80deb1fe3b1696b1 9bdc06a725c71235 c19bf174cf692694
    e49b69c19ef14ad2 efbe4786384f25e3 0fc19dc68b8cd5b5 240ca1cc77ac9c65
    2de92c6f592b0275 4a7484aa6ea6e483 5cb0a9dcbd41fbd4 76f988da831153b5
    983e5152ee66dfab a831c66d2db43210 b00327c898fb213f bf597fc7beef0ee4
    c6e00bf33da88fc2 d5a79147930aa725 06ca6351e003826f 142929670a0e6e70
    27b70a8546d22ffc 2e1b21385c26c926 4d2c6dfc5ac42aed 53380d139d95b3df
    650a73548baf63de 766a0abb3c77b2a8 81c2c92e47edaee6 92722c851482353b
    a2bfe8a14cf10364 a81a664bbc423001 c24b8b70d0f89791 c76c51a30654be30
    d192e819d6ef5218 d69906245565a910 f40e35855771202a 106aa07032bbd1b8
    19a4c116b8d2d0c8 1e376c085141ab53 2748774cdf8eeb99 34b0bcb5e19b48a8
    391c0cb3c5c95a63 4ed8aa4ae3418acb 5b9cca4f7763e373 682e6ff3d6b2b8a3
    748f82ee5defb2fc 78a5636f43172f60 84c87814a1f0ab72 8cc702081a6439ec
    90befffa23631e28 a4506cebde82bde9 bef9a3f7b2c67915 c67178f2e372532b
    ca273eceea26619c d186b8c721c0c207 eada7dd6cde0eb1e f57d4f7fee6ed178
    06f067aa72176fba 0a637dc5a2c898a6 113f9804bef90dae 1b710b35131c471b
    28db77f523047d84 32caab7b40c72493 3c9ebe0a15c9bebc 431d67c49c100d4c
    4cc5d4becb3e42b6 597f299cfc657e2a 5fcb6fab3ad6faec 6c44198c4a475817
    """,
)

#: H^(0) of SHA-512: section 5.3.5.
H0 = words_from_hex(
    64,
    """
    6a09e667f3bcc908 bb67ae8584caa73b 3c6ef372fe94f82b a54ff53a5f1d36f1
    510e527fade682d1 9b05688c2b3e6c1f 1f83d9abfb41bd6b 5be0cd19137e2179
    """,
)

#: H^(0) of SHA-384: section 5.3.4.
H0_SHA384 = words_from_hex(
    64,
    """
    cbbb9d5dc1059ed8 629a292a367cd507 9159015a3070dd17 152fecd8f70e5939
    67332667ffc00b31 8eb44a8768581511 db0c2e0d64f98fa7 47b5481dbefa4fa4
    """,
)

#: H^(0) of SHA-512/224: section 5.3.6.1.
H0_SHA512_224 = words_from_hex(
    64,
    """
    8c3d37c819544da2 73e1996689dcd4d6 1dfab7ae32ff9c82 679dd514582f9fcf
    0f6d2b697bd44da8 77e36f7304c48942 3f9d85a86a1d36c8 1112e6ad91d692a1
    """,
)

#: H^(0) of SHA-512/256: section 5.3.6.2.
H0_SHA512_256 = words_from_hex(
    64,
    """
    22312194fc2bf72c 9f555fa3c84c64c2 2393b86b6f53b151 963877195940eabd
    96283ee2a88effe3 be5e1e2553863992 2b0199fc2c85b8aa 0eb72ddc81c52ca2
    """,
)


def Sigma0(x: Bits) -> Bits:
    """Σ_0^{512}(x).  Equation (4.10)."""
    return ROTR(28, x) ^ ROTR(34, x) ^ ROTR(39, x)


def Sigma1(x: Bits) -> Bits:
    """Σ_1^{512}(x).  Equation (4.11)."""
    return ROTR(14, x) ^ ROTR(18, x) ^ ROTR(41, x)


def sigma0(x: Bits) -> Bits:
    """σ_0^{512}(x).  Equation (4.12)."""
    return ROTR(1, x) ^ ROTR(8, x) ^ SHR(7, x)


def sigma1(x: Bits) -> Bits:
    """σ_1^{512}(x).  Equation (4.13)."""
    return ROTR(19, x) ^ ROTR(61, x) ^ SHR(6, x)


def schedule(M: Words) -> Words:
    """The message schedule W_0, ..., W_79 of a block of sixteen words.  Section 6.4.2, step 1."""
    W = exactly(16, M)
    for t in range(16, 80):
        W.append(sigma1(W[t - 2]) + W[t - 7] + sigma0(W[t - 15]) + W[t - 16])
    return W


def compress(H: Words, M: Words) -> Words:
    """H^(i) from H^(i-1) (eight words) and the message block M^(i) (sixteen words).  Section 6.4.2."""
    # 1. Prepare the message schedule.
    W = schedule(M)
    # 2. Initialize the eight working variables.
    a, b, c, d, e, f, g, h = exactly(8, H)
    # 3. For t = 0 to 79:
    for t in range(80):
        T1 = h + Sigma1(e) + Ch(e, f, g) + K[t] + W[t]
        T2 = Sigma0(a) + Maj(a, b, c)
        h = g
        g = f
        f = e
        e = d + T1
        d = c
        c = b
        b = a
        a = T1 + T2
    # 4. Compute the i-th intermediate hash value.
    return [a + H[0], b + H[1], c + H[2], d + H[3], e + H[4], f + H[5], g + H[6], h + H[7]]


def pad(message: bytes) -> bytes:
    """The padded message, a multiple of 1024 bits.  Section 5.1.2."""
    return pad_message(message, 64)


def parse(padded: bytes) -> list[Words]:
    """The blocks M^(1), ..., M^(N) of a padded message.  Section 5.2.2."""
    return parse_message(padded, 64)


def sha512_t_iv(t: int) -> Words:
    """H^(0) of SHA-512/t, by the IV generation function.  Section 5.3.6.

    Raises `ValueError` unless 0 < t < 512 and t is not 384, as the standard demands.
    """
    if not 0 < t < 512 or t == 384:
        raise ValueError(f"SHA-512/t is defined for 0 < t < 512 other than 384, not for t = {t}")
    start = [word ^ 0xA5A5A5A5A5A5A5A5 for word in H0]
    name = f"SHA-512/{t}".encode("ascii")
    return words_from_bytes(64, hash_message(start, compress, parse(pad(name))), "big")


def sha512(message: bytes) -> bytes:
    """The 512-bit message digest.  Section 6.4."""
    return hash_message(H0, compress, parse(pad(message)))


def sha384(message: bytes) -> bytes:
    """The 384-bit message digest: the left-most 384 bits of H^(N).  Section 6.5."""
    return hash_message(H0_SHA384, compress, parse(pad(message)))[:48]


def sha512_224(message: bytes) -> bytes:
    """The 224-bit message digest: the left-most 224 bits of H^(N).  Section 6.6."""
    return hash_message(H0_SHA512_224, compress, parse(pad(message)))[:28]


def sha512_256(message: bytes) -> bytes:
    """The 256-bit message digest: the left-most 256 bits of H^(N).  Section 6.7."""
    return hash_message(H0_SHA512_256, compress, parse(pad(message)))[:32]
