"""The functions that the audit knows, against what their standards print or another way of computing them."""

from __future__ import annotations

import random

import pytest

from armsym.audit.columns import submasks
from armsym.audit.functions import clmul, definition, entries


def test_the_s_box_is_what_the_standard_prints() -> None:
    # FIPS 197-upd1, table 4: the first and last rows, and 5.1.1's example; table 6: the first.
    sbox, inverse = entries("aes.sbox"), entries("aes.inv_sbox")
    assert sbox is not None
    assert inverse is not None
    assert sbox[:16].hex() == "637c777bf26b6fc53001672bfed7ab76"
    assert sbox[-16:].hex() == "8ca1890dbfe6426841992d0fb054bb16"
    assert sbox[0x53] == 0xED
    assert inverse[:8].hex() == "52096ad53036a538"
    assert all(inverse[sbox[x]] == x for x in range(256))


def test_the_product_is_the_sum_of_the_shifted() -> None:
    rnd = random.Random(5)
    for _ in range(50):
        x, y = rnd.getrandbits(64), rnd.getrandbits(rnd.choice([1, 64]))
        expected = 0
        for k in range(64):
            expected ^= (x << k) * (y >> k & 1)
        assert clmul(x, y) == expected == clmul(y, x)
    # NIST SP 800-38D has no example of a bare product; (X + 1)^2 = X^2 + 1.
    assert clmul(3, 3) == 5
    assert clmul(7, 0) == clmul(0, 7) == 0


@pytest.mark.parametrize(("name", "arguments", "value"), [
    ("zero", (0,), 1), ("zero", (1,), 0), ("zero", (1 << 64,), 0), ("clmul", (2, 1 << 63), 1 << 64),
    ("bytes:0a0b", (0,), 0x0A), ("bytes:0a0b", (1,), 0x0B), ("bytes:0a0b", (2,), 0), ("bytes:0a0b", (1 << 64,), 0),
    ("aes.sbox", (255,), 0x16), ("aes.sbox", (256,), 0), ("aes.inv_sbox", (256,), 0),
])  # fmt: skip
def test_known_functions(name: str, arguments: tuple[int, ...], value: int) -> None:
    known = definition(name)
    assert known is not None
    assert known[0] == len(arguments)
    assert known[1](*arguments) == value


@pytest.mark.parametrize("name", ["f", "zero ", "Zero", "aes", "H.3", "msg[]"])
def test_all_else_is_opaque(name: str) -> None:
    assert definition(name) is None


@pytest.mark.parametrize("name", ["bytes:", "bytes:0", "bytes:0A", "bytes:zz", "bytes:" + "00" * 4097])
def test_a_table_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no table"):
        definition(name)


def test_submasks_are_all_numbers_within_the_bits() -> None:
    for bits in (0, 1, 0b1010, 0xFF, 0x8001):
        assert submasks(bits) == [x for x in range(1 << 16) if x & ~bits == 0]
