"""Words, strings and padding: what they make and what they refuse."""

from __future__ import annotations

import pytest

from armsym.bits import Bits
from specs import strings, words


def test_tables_are_words_of_one_width() -> None:
    assert [w.uint for w in words.words_from_hex(16, "0001 fffe\n 8000")] == [1, 0xFFFE, 0x8000]
    for table in ("123", "12345", "1234 12"):
        with pytest.raises(ValueError, match="is not a word of 16 bits"):
            words.words_from_hex(16, table)
    for table in ("123g", "0x12", "1_23", "-123"):
        with pytest.raises(ValueError, match="non-hexadecimal"):
            words.words_from_hex(16, table)


def test_words_from_and_to_bytes() -> None:
    data = bytes(range(8))
    assert [w.uint for w in words.words_from_bytes(32, data, "big")] == [0x00010203, 0x04050607]
    assert [w.uint for w in words.words_from_bytes(32, data, "little")] == [0x03020100, 0x07060504]
    for order in ("big", "little"):
        assert words.bytes_from_words(words.words_from_bytes(16, data, order), order) == data
    with pytest.raises(ValueError, match="7 bytes are not whole words of 32 bits"):
        words.words_from_bytes(32, data[:7], "big")


def test_split_starts_at_the_left() -> None:
    assert [x.uint for x in words.split(4, 8, Bits(32, 0x01020304))] == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="32 bits given where 3 times 8"):
        words.split(3, 8, Bits(32, 0))


@pytest.mark.parametrize(("block", "length"), [(64, 8), (128, 16)])
def test_padding(block: int, length: int) -> None:
    """The fewest whole blocks that hold the message, one bit and the length; the message can be read back."""
    for n in range(300):
        message = bytes([0x80]) * n
        padded = words.pad_with_length(message, block=block, length=length, order="big")
        assert len(padded) % block == 0
        assert len(padded) - block < n + 1 + length <= len(padded)
        assert padded[:n] == message
        assert padded[n] == 0x80
        assert not any(padded[n + 1 : -length])
        assert int.from_bytes(padded[-length:], "big") == 8 * n
        little = words.pad_with_length(message, block=block, length=length, order="little")
        assert little == padded[:-length] + padded[: -length - 1 : -1]


def test_a_length_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        words.pad_with_length(bytes(32), block=4, length=1, order="big")


def test_blocks() -> None:
    blocks = words.blocks_of(2, [Bits(8, k) for k in range(4)])
    assert [[w.uint for w in block] for block in blocks] == [[0, 1], [2, 3]]
    with pytest.raises(ValueError, match="3 words are not whole blocks of 2"):
        words.blocks_of(2, [Bits(8, 0)] * 3)


def test_strings() -> None:
    X = strings.string_from_bytes(bytes(range(20)))
    assert [block.width for block in X] == [128, 32]
    assert X[1].uint == 0x10111213
    assert strings.length(X) == 160
    assert strings.bytes_from_string(X) == bytes(range(20))
    padded = strings.zero_padded(X)
    assert strings.bytes_from_string(padded) == bytes(range(20)) + bytes(12)
    assert strings.zero_padded([]) == []
    assert strings.length([]) == 0
    assert strings.msb(12, Bits(16, 0xABCD)).uint == 0xABC
