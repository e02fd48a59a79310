"""Strings of bits as NIST's SP 800-38 series has them: lists of blocks, the leftmost bit most significant.

A string is a list of complete blocks of 128 bits and possibly a shorter last one; the empty
string is the empty list.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits, concat
from specs.words import Words, split

__all__ = [
    "BlockCipher",
    "String",
    "byte_block_cipher",
    "bytes_from_string",
    "length",
    "msb",
    "string_from_bytes",
    "zero_padded",
]

#: A string of bits, cut into blocks of 128 bits; only the last block may be shorter.
String = list[Bits]

#: CIPH_K or its inverse: a permutation of blocks of 128 bits.
BlockCipher = Callable[[Bits], Bits]


def string_from_bytes(data: bytes) -> String:
    """The string of the bytes' bits, each byte's most significant bit first."""
    return [Bits.from_bytes(data[k : k + 16], "big") for k in range(0, len(data), 16)]


def bytes_from_string(X: String) -> bytes:
    """The bytes of a concrete string of whole bytes."""
    return b"".join(block.to_bytes("big") for block in X)


def length(X: String) -> int:
    """len(X), in bits.  Raises `ValueError` if a block other than the last is not complete."""
    for block in X[:-1]:
        if block.width != 128:
            raise ValueError(f"a block of {block.width} bits stands inside a string")
    if X and X[-1].width > 128:
        raise ValueError(f"a block of {X[-1].width} bits: blocks have at most 128")
    return sum(block.width for block in X)


def msb(s: int, X: Bits) -> Bits:
    """MSB_s(X): the s leftmost bits."""
    return X[X.width - 1 : X.width - s]


def zero_padded(X: String) -> String:
    """X followed by the fewest zero bits that complete its last block."""
    if not X or X[-1].width == 128:
        return list(X)
    return [*X[:-1], concat(X[-1], Bits(128 - X[-1].width, 0))]


def byte_block_cipher(cipher: Callable[[Words], Words]) -> BlockCipher:
    """A cipher on lists of sixteen bytes, first byte leftmost, as a `BlockCipher`."""

    def ciph(X: Bits) -> Bits:
        return concat(*cipher(split(16, 8, X)))

    return ciph
