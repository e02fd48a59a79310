"""ML-DSA's packing and sampling: FIPS 204 (August 2024), sections 7.1 to 7.3."""

from __future__ import annotations

from collections.abc import Iterable

from specs.fips204 import N, Q
from specs.packing import pack_ints, unpack_ints
from specs.rings import XOF, bytes_exactly, exactly_ints, squeezed
from specs.sha3 import shake128, shake256

__all__ = [
    "BitPack",
    "BitUnpack",
    "CoeffFromHalfByte",
    "CoeffFromThreeBytes",
    "HintBitPack",
    "HintBitUnpack",
    "RejBoundedPoly",
    "RejNTTPoly",
    "SampleInBall",
    "SimpleBitPack",
    "SimpleBitUnpack",
    "accepted",
    "accepted_half_bytes",
]


def SimpleBitPack(w: list[int], b: int) -> bytes:
    """32 bitlen(b) bytes from 256 coefficients in 0 to b.  Algorithm 16; on fields of bits: `specs.packing.pack`."""
    return pack_ints(exactly_ints(N, 0, b, w), b.bit_length())


def BitPack(w: list[int], a: int, b: int) -> bytes:
    """32 bitlen(a + b) bytes from 256 coefficients in -a to b; each is written as b - w_i.  Algorithm 17."""
    return pack_ints([b - w_i for w_i in exactly_ints(N, -a, b, w)], (a + b).bit_length())


def SimpleBitUnpack(v: bytes, b: int) -> list[int]:
    """256 coefficients in 0 to 2^bitlen(b) - 1, the inverse of `SimpleBitPack`.  Algorithm 18."""
    return unpack_ints(bytes_exactly(32 * b.bit_length(), v), b.bit_length())


def BitUnpack(v: bytes, a: int, b: int) -> list[int]:
    """256 coefficients in b - 2^c + 1 to b, for c = bitlen(a + b), the inverse of `BitPack`.  Algorithm 19.

    On `Bits`, the i-th coefficient is b less the i-th field of `specs.packing.unpack`.
    """
    c = (a + b).bit_length()
    return [b - x for x in unpack_ints(bytes_exactly(32 * c, v), c)]


def HintBitPack(h: list[list[int]], omega: int) -> bytes:
    """omega + k bytes from k polynomials with coefficients 0 and 1, at most omega of them 1.  Algorithm 20."""
    positions = [[j for j in range(N) if h_i[j] != 0] for h_i in h]
    if sum(map(len, positions)) > omega:
        raise ValueError(f"{sum(map(len, positions))} hints given where at most {omega} may be")
    y = bytearray(omega + len(h))
    index = 0
    for i, of_i in enumerate(positions):
        for j in of_i:
            y[index] = j
            index += 1
        y[omega + i] = index
    return bytes(y)


def HintBitUnpack(y: bytes, omega: int, k: int) -> list[list[int]] | None:
    """The k polynomials of `HintBitPack`; None where the document says ⊥.  Algorithm 21."""
    bytes_exactly(omega + k, y)
    h = [[0] * N for _ in range(k)]
    index = 0
    for i in range(k):
        if y[omega + i] < index or y[omega + i] > omega:
            return None
        first = index
        while index < y[omega + i]:
            if index > first and y[index - 1] >= y[index]:
                return None
            h[i][y[index]] = 1
            index += 1
    return None if any(y[index:omega]) else h


def CoeffFromThreeBytes(b_0: int, b_1: int, b_2: int) -> int | None:
    """A number below q from three bytes, the top bit left out; None where the document says ⊥.  Algorithm 14."""
    z = 2**16 * (b_2 - 128 if b_2 > 127 else b_2) + 2**8 * b_1 + b_0
    return z if z < Q else None


def CoeffFromHalfByte(b: int, eta: int) -> int | None:
    """A number in -eta to eta from 0 <= b < 16, for eta 2 or 4; None where the document says ⊥.  Algorithm 15."""
    if eta == 2 and b < 15:
        return 2 - b % 5
    if eta == 4 and b < 9:
        return 4 - b
    return None


def accepted(pieces: Iterable[bytes], count: int = N) -> list[int]:
    """The first `count` coefficients from three-byte pieces; fewer if the pieces end.  Algorithm 30, steps 4 to 8."""
    a_hat: list[int] = []
    for s in pieces:
        a = CoeffFromThreeBytes(*s)
        if a is not None and len(a_hat) < count:
            a_hat.append(a)
        if len(a_hat) == count:
            break
    return a_hat


def RejNTTPoly(rho: bytes, G: XOF = shake128) -> list[int]:
    """A pseudorandom element of T_q from 34 bytes, a seed and two indices.  Algorithm 30."""
    return accepted(squeezed(G, bytes_exactly(34, rho), 3))


def accepted_half_bytes(pieces: Iterable[bytes], eta: int, count: int = N) -> list[int]:
    """The first `count` coefficients from half bytes, the low half first; fewer if the bytes end.

    Algorithm 31, steps 4 to 16.
    """
    a: list[int] = []
    for (z,) in pieces:
        for half in (z % 16, z // 16):
            coefficient = CoeffFromHalfByte(half, eta)
            if coefficient is not None and len(a) < count:
                a.append(coefficient)
        if len(a) == count:
            break
    return a


def RejBoundedPoly(rho: bytes, eta: int, H: XOF = shake256) -> list[int]:
    """A pseudorandom polynomial with coefficients in -eta to eta from 66 bytes.  Algorithm 31."""
    if eta not in (2, 4):
        raise ValueError(f"eta is 2 or 4, not {eta}")
    return accepted_half_bytes(squeezed(H, bytes_exactly(66, rho), 1), eta)


def SampleInBall(rho: bytes, tau: int, H: XOF = shake256) -> list[int]:
    """A polynomial with tau coefficients 1 or -1, the others 0, from a seed of lambda/4 bytes.  Algorithm 29."""
    c = [0] * N
    pieces = (piece[0] for piece in squeezed(H, rho, 1))
    h = unpack_ints(bytes(next(pieces) for _ in range(8)), 1)
    for i in range(N - tau, N):
        j = next(pieces)
        while j > i:
            j = next(pieces)
        c[i] = c[j]
        c[j] = (-1) ** h[i + tau - N]
    return c
