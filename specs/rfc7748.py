"""The function X25519 and the Montgomery ladder: RFC 7748 (January 2016), sections 4.1 and 5.

The ladder step runs on anything with +, - and * (`specs.rings`): on ints it gives least representatives modulo p.
"""

from __future__ import annotations

from typing import TypeVar

from specs.rings import Ring, bytes_exactly, mod

__all__ = [
    "A24",
    "U_BASE",
    "X25519",
    "A",
    "P",
    "decodeLittleEndian",
    "decodeScalar25519",
    "decodeUCoordinate",
    "encodeUCoordinate",
    "ladder",
    "ladder_step",
]

#: The prime 2^255 - 19, the coefficient A of v^2 = u^3 + A u^2 + u, and u of the base point.  Section 4.1.
P, A, U_BASE = 2**255 - 19, 486662, 9

#: a24 = (A - 2) / 4.  Section 5.
A24 = 121665

R = TypeVar("R", bound=Ring)


def decodeLittleEndian(b: bytes) -> int:
    """The number whose least significant byte comes first.  Section 5."""
    return sum(byte << (8 * i) for i, byte in enumerate(b))


def decodeUCoordinate(u: bytes) -> int:
    """The u-coordinate in 32 bytes, the most significant bit ignored; not reduced modulo p.  Section 5."""
    return decodeLittleEndian(bytes_exactly(32, u)) & (2**255 - 1)


def encodeUCoordinate(u: int) -> bytes:
    """The 32 bytes of u mod p, least significant first.  Section 5."""
    u = u % P
    return bytes(u >> (8 * i) & 0xFF for i in range(32))


def decodeScalar25519(k: bytes) -> int:
    """The scalar in 32 bytes: the three lowest bits and the highest cleared, bit 254 set.  Section 5."""
    k_list = list(bytes_exactly(32, k))
    k_list[0] &= 248
    k_list[31] &= 127
    k_list[31] |= 64
    return decodeLittleEndian(bytes(k_list))


def ladder_step(x_1: R, x_2: R, z_2: R, x_3: R, z_3: R) -> tuple[R, R, R, R]:
    """One iteration between the swaps: (x_2, z_2) is doubled, (x_3, z_3) becomes the sum of both.  Section 5."""
    A = x_2 + z_2
    AA = mod(A * A, P)
    B = x_2 - z_2
    BB = mod(B * B, P)
    E = AA - BB
    C = x_3 + z_3
    D = x_3 - z_3
    DA = mod(D * A, P)
    CB = mod(C * B, P)
    x_3 = mod((DA + CB) * (DA + CB), P)
    z_3 = mod(x_1 * mod((DA - CB) * (DA - CB), P), P)
    x_2 = mod(AA * BB, P)
    z_2 = mod(E * (AA + E * A24), P)
    return x_2, z_2, x_3, z_3


def ladder(k: int, u: int) -> int:
    """u of k times a point with coordinate u, modulo p, for a decoded scalar k.  Section 5.

    Where the result is the point at infinity, it is 0.
    """
    x_1 = u
    x_2, z_2, x_3, z_3 = 1, 0, u, 1
    swap = 0
    for t in range(254, -1, -1):
        k_t = k >> t & 1
        swap ^= k_t
        if swap:
            x_2, x_3, z_2, z_3 = x_3, x_2, z_3, z_2
        swap = k_t
        x_2, z_2, x_3, z_3 = ladder_step(x_1, x_2, z_2, x_3, z_3)
    if swap:
        x_2, x_3, z_2, z_3 = x_3, x_2, z_3, z_2
    return x_2 * pow(z_2, P - 2, P) % P


def X25519(k: bytes, u: bytes) -> bytes:
    """X25519 on 32 bytes each: scalar and u-coordinate.  Section 5."""
    return encodeUCoordinate(ladder(decodeScalar25519(k), decodeUCoordinate(u)))
