"""What the arithmetic specifications share: representatives modulo q, streams of bytes, fields of bits."""

from __future__ import annotations

import hashlib
import itertools
import random
from math import ceil

import pytest
from formal import Number, Sum, product_mod_x256_plus_1

from armsym.bits import Bits
from specs import fips203, fips204, fips204_rounding
from specs.packing import pack, pack_ints, unpack, unpack_ints
from specs.rings import bytes_exactly, coefficients, exactly_ints, mod, mod_pm, negacyclic_product, squeezed


def test_mod() -> None:
    """Least representatives of ints; a formal sum is left as it is."""
    assert [mod(x, 5) for x in range(-6, 7)] == [4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    x = Sum({0: 7})
    assert mod(x, 5) is x


def test_centered_representatives_by_the_definition() -> None:
    """FIPS 204, section 2.3: the only m' of the class with -ceil(alpha/2) < m' <= floor(alpha/2)."""
    for alpha in range(1, 18):
        centered = [x for x in range(-20, 20) if -ceil(alpha / 2) < x <= alpha // 2]
        for m in range(-3 * alpha, 3 * alpha):
            (expected,) = (x for x in centered if (x - m) % alpha == 0)
            assert mod_pm(m, alpha) == expected
            assert mod_pm(Number(m), alpha).value() == expected


@pytest.mark.parametrize("q", [fips203.Q, fips204.Q])
def test_product_by_the_definition(q: int) -> None:
    """Against one product of large numbers; and X^255 X^255 = -X^254, X^128 X^128 = -1."""
    rng = random.Random(q)
    for f, g in (
        ([rng.randrange(q) for _ in range(256)], [rng.randrange(q) for _ in range(256)]),
        ([q - 1] * 256,) * 2,
    ):
        assert negacyclic_product(f, g, q) == product_mod_x256_plus_1(f, g, q)
    x_255, x_128 = ([int(k == i) for k in range(256)] for i in (255, 128))
    assert negacyclic_product(x_255, x_255, q) == [0] * 254 + [q - 1, 0]
    assert negacyclic_product(x_128, x_128, q) == [q - 1] + [0] * 255
    with pytest.raises(ValueError, match="255 coefficients given where 256"):
        negacyclic_product(x_255, x_128[1:], q)


def test_stream_is_one_long_output() -> None:
    """Across the places where more is asked of the function, for pieces that do not divide its block."""
    asked = []

    def xof(message: bytes, d: int) -> bytes:
        asked.append(d)
        return hashlib.shake_128(message).digest(d // 8)

    for size in (1, 3, 5):
        pieces = list(itertools.islice(squeezed(xof, b"seed", size), 3000))
        assert {len(piece) for piece in pieces} == {size}
        assert b"".join(pieces) == hashlib.shake_128(b"seed").digest(3000 * size)
    assert len(set(asked)) > 3


def test_fields_of_different_widths() -> None:
    """The first field lies in the lowest bits."""
    packed = pack([Bits(3, 0b101), Bits(1, 1), Bits(12, 0xABC)])
    assert [byte.uint for byte in packed] == [0xCD, 0xAB]
    assert [field.uint for field in unpack(packed, 4)] == [0xD, 0xC, 0xB, 0xA]


@pytest.mark.parametrize("c", range(1, 21))
def test_fields_on_bits_and_on_bytes(c: int) -> None:
    values = [0, 2**c - 1, 1, 2 ** (c - 1), *(k * 0x9E3779B1 % 2**c for k in range(4))]
    packed = pack_ints(values, c)
    assert int.from_bytes(packed, "little") == sum(v * 2 ** (c * k) for k, v in enumerate(values))
    assert bytes(byte.uint for byte in pack([Bits(c, v) for v in values])) == packed
    assert unpack_ints(packed, c) == values
    assert [field.uint for field in unpack([Bits(8, byte) for byte in packed], c)] == values


def test_floor_forms_compare_nothing() -> None:
    """They run on what has only +, -, * and floor quotients, with equal results."""
    for x in (*range(0, fips203.Q, 37), 832, 833, fips203.Q - 1):
        for d in range(1, 12):
            assert fips203.Compress(d, Number(x)).value() == fips203.Compress(d, x)
            assert fips203.Decompress(d, Number(x % 2**d)).value() == fips203.Decompress(d, x % 2**d)
    q = fips204.Q
    for r in (0, 1, 4096, 4097, q - 1, *range(0, q, 99991)):
        r_1, r_0 = fips204_rounding.power2round(Number(r))
        assert (r_1.value(), r_0.value()) == fips204_rounding.Power2Round(r)
        for gamma_2 in ((q - 1) // 88, (q - 1) // 32):
            high, low = (f(Number(r), gamma_2).value() for f in (fips204_rounding.high_bits, fips204_rounding.low_bits))
            assert (high, low) == fips204_rounding.Decompose(r, gamma_2)
            for h in (0, 1):
                hinted = fips204_rounding.use_hint(Number(h), Number(r), gamma_2)
                assert hinted.value() == fips204_rounding.UseHint(h, r, gamma_2)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="2 coefficients given where 3 are needed"):
        coefficients(3, [0, 0])
    with pytest.raises(ValueError, match="4 bytes given where 3 are needed"):
        bytes_exactly(3, bytes(4))
    with pytest.raises(ValueError, match="coefficient 1 is -1, not in 0 to 4"):
        exactly_ints(2, 0, 4, [0, -1])
    with pytest.raises(ValueError, match="1 coefficients given where 2 are needed"):
        exactly_ints(2, 0, 4, [0])
    assert exactly_ints(2, 0, 4, [0, 4]) == [0, 4]
    with pytest.raises(ValueError, match="a byte has 8 bits, not 4"):
        unpack([Bits(4, 0)] * 2, 4)
    for value in (-1, 8):
        with pytest.raises(ValueError, match=f"number 7 is {value}, not in 0 to 2\\^3 - 1"):
            pack_ints([0] * 7 + [value], 3)
    assert unpack_ints(b"\xa5", 4) == [5, 10]
    with pytest.raises(ValueError, match="0 bits"):
        unpack_ints(bytes(2), 0)
