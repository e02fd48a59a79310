"""The functions that the audit knows, against what their standards print or another way of computing them."""

from __future__ import annotations

import random
from itertools import product

import pytest

from armsym.audit.columns import submasks
from armsym.audit.functions import clmul, definition, entries, gf128_mul
from armsym.audit.raw import ones
from armsym.bits import Bits
from specs.gcm import multiply


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


def test_the_product_of_blocks_is_the_one_of_gcm() -> None:
    # The Galois/Counter Mode of Operation (McGrew, Viega), appendix B, test case 2: two steps of GHASH.
    h, c = 0x66E94BD4EF8A2C3B884CFA59CA342B2E, 0x0388DACE60B6A392F328C2B971B2FE78
    first = gf128_mul(c, h)
    assert first == 0x5E2EC746917062882C85B0685353DEB7
    assert gf128_mul(first ^ 0x80, h) == 0xF38CBB1AD69223DCC3457AE5B6B0F885


def test_the_product_of_blocks_is_what_the_standard_computes() -> None:
    rnd = random.Random(3)
    edges = [0, 1, 1 << 127, ones(128)]
    for x, y in [*product(edges, edges), *((rnd.getrandbits(128), rnd.getrandbits(128)) for _ in range(10))]:
        assert gf128_mul(x, y) == multiply(Bits(128, x), Bits(128, y)).uint == gf128_mul(y, x)
        assert gf128_mul(x | 1 << 128, y | 3 << 130) == gf128_mul(x, y)
    # Its unit is the block whose leftmost bit is 1.
    assert gf128_mul(1 << 127, 0x1234 << 90) == 0x1234 << 90


@pytest.mark.parametrize(("name", "arguments", "value"), [
    ("zero", (0,), 1), ("zero", (1,), 0), ("zero", (1 << 64,), 0), ("clmul", (2, 1 << 63), 1 << 64),
    ("mul", (2, 1 << 63), 1 << 64), ("mul", (3, 3), 9), ("mul", (0, 1 << 64), 0),
    ("mul", (2**64 - 1, 2**64 - 1), 2**128 - 2**65 + 1),
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
