"""Lists of words: from a standard's tables, from and to strings of bytes, padded and cut into blocks."""

from __future__ import annotations

from armsym.bits import Bits

__all__ = [
    "Words",
    "blocks_of",
    "bytes_from_words",
    "exactly",
    "pad_with_length",
    "split",
    "words_from_bytes",
    "words_from_hex",
]

#: Words in the order of the document: a message block, a chaining value, a round key, a table.
Words = list[Bits]


def words_from_hex(width: int, table: str) -> Words:
    """Words of `width` bits from a table as the documents print it: hexadecimal, white space between.

    Raises `ValueError` if a word does not have exactly `width / 4` digits.
    """
    words = table.split()
    for word in words:
        if len(word) != width // 4:
            raise ValueError(f"{word} is not a word of {width} bits in hexadecimal")
    return [Bits.from_bytes(bytes.fromhex(word), "big") for word in words]


def words_from_bytes(width: int, data: bytes, order: str) -> Words:
    """`data` cut into words of `width` bits; `order` says which byte of a word comes first ("big", "little").

    Raises `ValueError` if `data` is not a whole number of words.
    """
    size = width // 8
    if len(data) % size:
        raise ValueError(f"{len(data)} bytes are not whole words of {width} bits")
    return [Bits.from_bytes(data[k : k + size], order) for k in range(0, len(data), size)]


def bytes_from_words(words: Words, order: str) -> bytes:
    """The concrete words one after the other, each with its most ("big") or least ("little") byte first."""
    return b"".join(word.to_bytes(order) for word in words)


def exactly(count: int, words: Words) -> Words:
    """A copy of `words`; raises `ValueError` unless there are `count` of them."""
    if len(words) != count:
        raise ValueError(f"{len(words)} words given where {count} are needed")
    return list(words)


def split(count: int, size: int, x: Bits) -> Words:
    """The `count` elements of `size` bits of x, the leftmost (most significant) first.

    Raises `ValueError` unless they are all of x.
    """
    if x.width != count * size:
        raise ValueError(f"{x.width} bits given where {count} times {size} are needed")
    return list(reversed(x.elems(size)))


def blocks_of(count: int, words: Words) -> list[Words]:
    """`words` cut into blocks of `count` words; raises `ValueError` if some are left over."""
    if len(words) % count:
        raise ValueError(f"{len(words)} words are not whole blocks of {count} words")
    return [words[k : k + count] for k in range(0, len(words), count)]


def pad_with_length(message: bytes, *, block: int, length: int, order: str) -> bytes:
    """The message, the bit 1, the fewest bits 0, and its length in bits as a number of `length` bytes.

    The result is a multiple of `block` bytes; `order` is the byte order of the length.  Raises
    `ValueError` if the length does not fit.
    """
    bits = 8 * len(message)
    if bits >> (8 * length):
        raise ValueError(f"a message of {bits} bits is too long: its length must fit {8 * length} bits")
    zeros = (-len(message) - 1 - length) % block
    return message + b"\x80" + bytes(zeros) + bits.to_bytes(length, "big" if order == "big" else "little")
