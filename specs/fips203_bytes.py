"""ML-KEM's encodings and sampling: FIPS 203 (August 2024), sections 4.2.1 and 4.2.2."""

from __future__ import annotations

from collections.abc import Iterable

from armsym.bits import Bits, ite
from specs.fips203 import N, Q
from specs.packing import pack, pack_ints, unpack, unpack_ints
from specs.rings import XOF, bytes_exactly, exactly_ints, squeezed
from specs.sha3 import shake128
from specs.words import Words, exactly

__all__ = [
    "ByteDecode",
    "ByteEncode",
    "SampleNTT",
    "SamplePolyCBD",
    "accepted",
    "byte_decode",
    "byte_encode",
    "candidates",
]


def ByteEncode(d: int, F: Words) -> Words:
    """32 d bytes from 256 numbers of d bits, 1 <= d <= 12; for d = 12 they are below q.  Algorithm 5."""
    for field in exactly(N, F):
        if field.width != d:
            raise ValueError(f"a number of {field.width} bits given where {d} are needed")
    return pack(F)


def ByteDecode(d: int, B: Words) -> Words:
    """256 numbers of d bits from 32 d bytes; for d = 12 each is reduced modulo q.  Algorithm 6."""
    F = unpack(exactly(32 * d, B), d)
    if d < 12:
        return F
    # Numbers of 12 bits are below 2q: one subtraction reduces them.
    return [ite(f >= Bits(12, Q), f - Q, f) for f in F]


def byte_encode(d: int, F: list[int]) -> bytes:
    """`ByteEncode` on bytes.  Raises `ValueError` unless there are 256 numbers below 2^d, or below q for d = 12."""
    return pack_ints(exactly_ints(N, 0, (Q if d == 12 else 2**d) - 1, F), d)


def byte_decode(d: int, B: bytes) -> list[int]:
    """`ByteDecode` on bytes.  Raises `ValueError` unless there are 32 d of them."""
    return [x % Q if d == 12 else x for x in unpack_ints(bytes_exactly(32 * d, B), d)]


def candidates(C: bytes) -> tuple[int, int]:
    """d_1 and d_2, two numbers of 12 bits, from three bytes.  Algorithm 7, steps 6 and 7."""
    return C[0] + 256 * (C[1] % 16), C[1] // 16 + 16 * C[2]


def accepted(pieces: Iterable[bytes], count: int = N) -> list[int]:
    """The first `count` candidates below q, in order; fewer if the pieces of three bytes end.

    Algorithm 7, steps 4 to 16.
    """
    a_hat: list[int] = []
    for C in pieces:
        for d in candidates(C):
            if d < Q and len(a_hat) < count:
                a_hat.append(d)
        if len(a_hat) == count:
            break
    return a_hat


def SampleNTT(B: bytes, XOF: XOF = shake128) -> list[int]:
    """A pseudorandom element of T_q from 34 bytes, a seed and two indices.  Algorithm 7."""
    return accepted(squeezed(XOF, bytes_exactly(34, B), 3))


def SamplePolyCBD(eta: int, B: bytes) -> list[int]:
    """A pseudorandom polynomial with coefficients in -eta to eta, modulo q, from 64 eta bytes.  Algorithm 8."""
    b = unpack_ints(bytes_exactly(64 * eta, B), 1)
    f = []
    for i in range(N):
        x = sum(b[2 * i * eta + j] for j in range(eta))
        y = sum(b[2 * i * eta + eta + j] for j in range(eta))
        f.append((x - y) % Q)
    return f
