"""SHA-3 and SHAKE: FIPS 202 (August 2015), for KECCAK-f[1600], whose lanes have w = 64 bits.

A string of bits is held as words of 64 bits, the first bit of the string least significant,
so that the words are the string's bytes read in little-endian order (appendix B.1).
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits
from specs.words import Words, blocks_of, bytes_from_words, exactly, words_from_bytes

__all__ = [
    "RC",
    "Rnd",
    "State",
    "absorb",
    "chi",
    "iota",
    "keccak_f",
    "lanes_of",
    "pad10star1",
    "pi",
    "rc",
    "rho",
    "sha3_224",
    "sha3_256",
    "sha3_384",
    "sha3_512",
    "shake128",
    "shake256",
    "sponge",
    "state_of",
    "theta",
]

#: The state array as lanes: `A[x][y]` is Lane(x, y), whose bit z is A[x, y, z].  Section 3.1.
State = list[list[Bits]]


def state_of(S: Words) -> State:
    """A[x, y, z] = S[w(5y + x) + z]: the state array of a string of 25 words.  Section 3.1.2."""
    lanes = exactly(25, S)
    return [[lanes[5 * y + x] for y in range(5)] for x in range(5)]


def lanes_of(A: State) -> Words:
    """The string Plane(0) || ... || Plane(4) of a state array, as 25 words.  Section 3.1.3."""
    return [A[x][y] for y in range(5) for x in range(5)]


def theta(A: State) -> State:
    """θ(A): add to each bit the parities of two columns.  Algorithm 1."""
    C = [A[x][0] ^ A[x][1] ^ A[x][2] ^ A[x][3] ^ A[x][4] for x in range(5)]
    # D[x, z] = C[x-1, z] xor C[x+1, z-1]: the bit z - 1 arrives at z by a rotation to the left.
    D = [C[(x - 1) % 5] ^ C[(x + 1) % 5].rol(1) for x in range(5)]
    return [[A[x][y] ^ D[x] for y in range(5)] for x in range(5)]


def rho(A: State) -> State:
    """ρ(A): rotate each lane by its offset (t + 1)(t + 2)/2 modulo w.  Algorithm 2."""
    result = [list(sheet) for sheet in A]
    x, y = 1, 0
    for t in range(24):
        result[x][y] = A[x][y].rol((t + 1) * (t + 2) // 2)
        x, y = y, (2 * x + 3 * y) % 5
    return result


def pi(A: State) -> State:
    """π(A): rearrange the lanes.  Algorithm 3."""
    return [[A[(x + 3 * y) % 5][x] for y in range(5)] for x in range(5)]


def chi(A: State) -> State:
    """χ(A): xor each bit with a non-linear function of two others in its row.  Algorithm 4."""
    return [[A[x][y] ^ (~A[(x + 1) % 5][y] & A[(x + 2) % 5][y]) for y in range(5)] for x in range(5)]


def rc(t: int) -> int:
    """rc(t), one bit of a linear feedback shift register.  Algorithm 5."""
    if t % 255 == 0:
        return 1
    R = [1, 0, 0, 0, 0, 0, 0, 0]
    for _ in range(t % 255):
        R = [0, *R]
        R[0] ^= R[8]
        R[4] ^= R[8]
        R[5] ^= R[8]
        R[6] ^= R[8]
        R = R[:8]
    return R[0]


#: The round constants RC of the rounds 0 to 23: RC[2^j - 1] = rc(j + 7 i_r).  Algorithm 6, steps 2 and 3.
RC = [Bits(64, sum(rc(j + 7 * ir) << (2**j - 1) for j in range(7))) for ir in range(24)]


def iota(A: State, ir: int) -> State:
    """ι(A, i_r): xor the round constant into Lane(0, 0).  Algorithm 6."""
    result = [list(sheet) for sheet in A]
    result[0][0] = A[0][0] ^ RC[ir]
    return result


def Rnd(A: State, ir: int) -> State:
    """Rnd(A, i_r) = ι(χ(π(ρ(θ(A)))), i_r).  Section 3.3."""
    return iota(chi(pi(rho(theta(A)))), ir)


def keccak_f(A: State) -> State:
    """KECCAK-f[1600] = KECCAK-p[1600, 24].  Sections 3.3 (Algorithm 7) and 3.4."""
    for ir in range(24):
        A = Rnd(A, ir)
    return A


def _keccak_f(S: Words) -> Words:
    """KECCAK-f[1600] on 25 lanes.  Section 3.4."""
    return lanes_of(keccak_f(state_of(S)))


def absorb(S: Words, P: Words, f: Callable[[Words], Words] = _keccak_f) -> Words:
    """f(S xor (P_i || 0^c)): S has 25 words, the block P_i of r bits has r/64.  Algorithm 8, step 6.

    The construction is one of any f; here it is KECCAK-f[1600] on strings of 25 words.  Raises
    `ValueError` if the block is not shorter than the state.
    """
    if len(P) >= len(S):
        raise ValueError(f"a block of {len(P)} words leaves no capacity in a state of {len(S)} words")
    string = [s ^ p for s, p in zip(S, P, strict=False)] + S[len(P) :]
    return f(string)


def pad10star1(x: int, m: int) -> list[int]:
    """pad10*1(x, m): bits 1 0^j 1 that make a string of m bits a positive multiple of x.  Algorithm 9."""
    j = (-m - 2) % x
    return [1, *[0] * j, 1]


def sponge(r: int, message: bytes, suffix: list[int], d: int) -> bytes:
    """SPONGE[KECCAK-f[1600], pad10*1, r](message || suffix, d), for d a number of whole bytes.  Algorithm 8.

    `r` is the rate and `d` the output length, in bits; `suffix` is a few bits in the order of the
    string.  Raises `ValueError` unless the rate is whole words, the output whole bytes, and the
    suffix with its padding whole bytes.
    """
    if r % 64 or d % 8:
        raise ValueError(f"rate {r} must be a multiple of 64 bits, output length {d} of 8 bits")
    # 1. P = N || pad(r, len(N)).
    tail = suffix + pad10star1(r, 8 * len(message) + len(suffix))
    tail_bytes = sum(bit << k for k, bit in enumerate(tail)).to_bytes(len(tail) // 8, "little")
    P = words_from_bytes(64, message + tail_bytes, "little")
    # 2 to 6. Absorb the blocks P_0, ..., P_(n-1).
    S = [Bits(64, 0)] * 25
    for block in blocks_of(r // 64, P):
        S = absorb(S, block)
    # 7 to 10. Squeeze.
    Z = bytes_from_words(S[: r // 64], "little")
    while len(Z) < d // 8:
        S = _keccak_f(S)
        Z += bytes_from_words(S[: r // 64], "little")
    return Z[: d // 8]


def _sha3(message: bytes, d: int) -> bytes:
    """SHA3-d(M) = KECCAK[c = 2d](M || 01, d).  Sections 5.2 and 6.1."""
    return sponge(1600 - 2 * d, message, [0, 1], d)


def sha3_224(message: bytes) -> bytes:
    """SHA3-224.  Section 6.1."""
    return _sha3(message, 224)


def sha3_256(message: bytes) -> bytes:
    """SHA3-256.  Section 6.1."""
    return _sha3(message, 256)


def sha3_384(message: bytes) -> bytes:
    """SHA3-384.  Section 6.1."""
    return _sha3(message, 384)


def sha3_512(message: bytes) -> bytes:
    """SHA3-512.  Section 6.1."""
    return _sha3(message, 512)


def shake128(message: bytes, d: int) -> bytes:
    """SHAKE128(M, d) = KECCAK[256](M || 1111, d), for d a multiple of 8.  Section 6.2."""
    return sponge(1600 - 256, message, [1, 1, 1, 1], d)


def shake256(message: bytes, d: int) -> bytes:
    """SHAKE256(M, d) = KECCAK[512](M || 1111, d), for d a multiple of 8.  Section 6.2."""
    return sponge(1600 - 512, message, [1, 1, 1, 1], d)
