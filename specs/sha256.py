"""SHA-256 and SHA-224: FIPS 180-4 (August 2015), sections 4.1.2, 4.2.2, 5.3.2, 5.3.3, 6.2 and 6.3."""

from __future__ import annotations

from armsym.bits import Bits
from specs.fips180 import ROTR, SHR, Ch, Maj, hash_message, pad_message, parse_message
from specs.words import Words, exactly, words_from_hex

__all__ = [
    "H0",
    "H0_SHA224",
    "Ch",
    "K",
    "Maj",
    "Sigma0",
    "Sigma1",
    "compress",
    "pad",
    "parse",
    "schedule",
    "sha224",
    "sha256",
    "sigma0",
    "sigma1",
]

#: K_0^{256}, ..., K_63^{256}: section 4.2.2.
K = words_from_hex(
    32,
    """
    428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5
    d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174
    e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da
    983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967
    27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85
    a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070
    19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3
    748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2
    """,
)

#: H^(0) of SHA-256: section 5.3.3.
H0 = words_from_hex(32, "6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19")

#: H^(0) of SHA-224: section 5.3.2.
H0_SHA224 = words_from_hex(32, "c1059ed8 367cd507 3070dd17 f70e5939 ffc00b31 68581511 64f98fa7 befa4fa4")


def Sigma0(x: Bits) -> Bits:
    """Σ_0^{256}(x).  Equation (4.4)."""
    return ROTR(2, x) ^ ROTR(13, x) ^ ROTR(22, x)


def Sigma1(x: Bits) -> Bits:
    """Σ_1^{256}(x).  Equation (4.5)."""
    return ROTR(6, x) ^ ROTR(11, x) ^ ROTR(25, x)


def sigma0(x: Bits) -> Bits:
    """σ_0^{256}(x).  Equation (4.6)."""
    return ROTR(7, x) ^ ROTR(18, x) ^ SHR(3, x)


def sigma1(x: Bits) -> Bits:
    """σ_1^{256}(x).  Equation (4.7)."""
    return ROTR(17, x) ^ ROTR(19, x) ^ SHR(10, x)


def schedule(M: Words) -> Words:
    """The message schedule W_0, ..., W_63 of a block of sixteen words.  Section 6.2.2, step 1."""
    W = exactly(16, M)
    for t in range(16, 64):
        W.append(sigma1(W[t - 2]) + W[t - 7] + sigma0(W[t - 15]) + W[t - 16])
    return W


def compress(H: Words, M: Words) -> Words:
    """H^(i) from H^(i-1) (eight words) and the message block M^(i) (sixteen words).  Section 6.2.2."""
    # 1. Prepare the message schedule.
    W = schedule(M)
    # 2. Initialize the eight working variables.
    a, b, c, d, e, f, g, h = exactly(8, H)
    # 3. For t = 0 to 63:
    for t in range(64):
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
    """The padded message, a multiple of 512 bits.  Section 5.1.1."""
    return pad_message(message, 32)


def parse(padded: bytes) -> list[Words]:
    """The blocks M^(1), ..., M^(N) of a padded message.  Section 5.2.1."""
    return parse_message(padded, 32)


def sha256(message: bytes) -> bytes:
    """The 256-bit message digest.  Section 6.2."""
    return hash_message(H0, compress, parse(pad(message)))


def sha224(message: bytes) -> bytes:
    """The 224-bit message digest: the left-most 224 bits of H^(N).  Section 6.3."""
    return hash_message(H0_SHA224, compress, parse(pad(message)))[:28]
