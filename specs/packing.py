"""Fields of bits packed into bytes, the first field in the lowest bits: what FIPS 203 and FIPS 204 have in common.

Both documents turn a list of integers into one string of bits, each integer least significant bit first, and cut
that into bytes, again least significant bit first.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.bits import concat
from specs.words import Words

__all__ = ["pack", "pack_ints", "unpack", "unpack_ints"]


def pack(fields: Words) -> Words:
    """The bytes, as `Bits` of width 8, of fields of any widths that together are whole bytes.

    FIPS 203, Algorithm 3 and Algorithm 5; FIPS 204, Algorithm 9 and Algorithm 12.
    Raises `WidthError` if they are not whole bytes.
    """
    return concat(*reversed(fields)).elems(8)


def unpack(data: Words, c: int) -> Words:
    """The fields of c bits in `data`, bytes as `Bits` of width 8: the inverse of `pack`.

    FIPS 203, Algorithm 4 and Algorithm 6; FIPS 204, Algorithm 10 and Algorithm 13.
    Raises `ValueError` for another width of a byte, `WidthError` if some bits are left over.
    """
    for byte in data:
        if byte.width != 8:
            raise ValueError(f"a byte has 8 bits, not {byte.width}")
    return concat(*reversed(data)).elems(c)


def pack_ints(values: Sequence[int], c: int) -> bytes:
    """`pack` on bytes, of numbers 0 <= v < 2^c; raises `ValueError` for another, or if they are not whole bytes."""
    if len(values) * c % 8:
        raise ValueError(f"{len(values)} fields of {c} bits are not whole bytes")
    total = 0
    for k, value in enumerate(values):
        if not 0 <= value < 1 << c:
            raise ValueError(f"number {k} is {value}, not in 0 to 2^{c} - 1")
        total |= value << (k * c)
    return total.to_bytes(len(values) * c // 8, "little")


def unpack_ints(data: bytes, c: int) -> list[int]:
    """`unpack` on bytes; raises `ValueError` if some bits are left over."""
    if c < 1 or 8 * len(data) % c:
        raise ValueError(f"{len(data)} bytes are not whole fields of {c} bits")
    total = int.from_bytes(data, "little")
    return [total >> k & ((1 << c) - 1) for k in range(0, 8 * len(data), c)]
