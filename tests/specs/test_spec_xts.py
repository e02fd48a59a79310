"""XTS against IEEE 1619's vectors, GB/T 17964's, NIST's known answers and OpenSSL through pyca/cryptography."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS
from spec_vectors import as_words, records, sample

from armsym.bits import Bits, concat
from specs import aes, sm4
from specs.strings import BlockCipher, byte_block_cipher, bytes_from_string, string_from_bytes
from specs.words import split
from specs.xts import Multiply, multiply_by_alpha, multiply_by_alpha_reflected, xts_decrypt, xts_encrypt

Ciphers = tuple[BlockCipher, BlockCipher, BlockCipher]


def ciphers(key: bytes) -> Ciphers:
    """CIPH and its inverse by the first half of the key, CIPH by the second."""
    first, second = (as_words(8, half) for half in (key[: len(key) // 2], key[len(key) // 2 :]))
    forward = byte_block_cipher(lambda block: aes.aes(block, first))
    inverse = byte_block_cipher(lambda block: aes.aes_inverse(block, first))
    return forward, inverse, byte_block_cipher(lambda block: aes.aes(block, second))


def bit_string(text: str, bits: int) -> list[Bits]:
    """The leftmost bits of the bytes that the text prints."""
    whole = Bits.from_bytes(bytes.fromhex(text), "big")
    X = whole[whole.width - 1 : whole.width - bits]
    return [X[bits - 1 - k : max(bits - k - 128, 0)] for k in range(0, bits, 128)]


def numbers(X: list[Bits]) -> list[tuple[int, int]]:
    return [(x.width, x.uint) for x in X]


# Vectors 1 and 2.
@pytest.mark.parametrize(
    ("key", "i", "P", "C"),
    [
        ("00" * 32, "00" * 16, "00" * 32, "917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e"),
        (
            "11" * 16 + "22" * 16,
            "3333333333" + "00" * 11,
            "44" * 32,
            "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0",
        ),
    ],
)
def test_annex_b(key: str, i: str, P: str, C: str) -> None:
    forward, inverse, tweak = ciphers(bytes.fromhex(key))
    value = Bits(128, int(i, 16))
    assert bytes_from_string(xts_encrypt(forward, tweak, value, string_from_bytes(bytes.fromhex(P)))).hex() == C
    assert bytes_from_string(xts_decrypt(inverse, tweak, value, string_from_bytes(bytes.fromhex(C)))).hex() == P


@pytest.mark.parametrize("bits", [128, 256])
def test_known_answers(bits: int) -> None:
    """Of each length of data unit, 130 and 140 bits among them, three encryptions and three decryptions."""
    found = records(f"ciphers/AES/XTS/tweak-128hexstr/XTSGenAES{bits}.rsp")
    for size in sorted({v["DATAUNITLEN"] for v in found}):
        for mode in ("ENCRYPT", "DECRYPT"):
            for v in sample([v for v in found if (v["DATAUNITLEN"], v["MODE"]) == (size, mode)], 3):
                forward, inverse, tweak = ciphers(bytes.fromhex(v["KEY"]))
                P, C = (bit_string(v[name], int(size)) for name in ("PT", "CT"))
                value = Bits(128, int(v["I"], 16))
                if mode == "ENCRYPT":
                    assert numbers(xts_encrypt(forward, tweak, value, P)) == numbers(C)
                else:
                    assert numbers(xts_decrypt(inverse, tweak, value, C)) == numbers(P)


@pytest.mark.parametrize("bits", [128, 256])
@pytest.mark.parametrize("size", [16, 17, 31, 32, 33, 47, 80, 95, 129])
def test_against_openssl(bits: int, size: int) -> None:
    rng = random.Random(size + bits)
    key, i, P = rng.randbytes(bits // 4), rng.randbytes(16), rng.randbytes(size)
    C = Cipher(AES(key), XTS(i)).encryptor().update(P)
    forward, inverse, tweak = ciphers(key)
    value = Bits.from_bytes(i, "big")
    assert bytes_from_string(xts_encrypt(forward, tweak, value, string_from_bytes(P))) == C
    assert bytes_from_string(xts_decrypt(inverse, tweak, value, string_from_bytes(C))) == P


def test_alpha() -> None:
    """Section 5.2: the carry of one byte goes into the next, that of the last comes back as 135."""
    one, top = Bits(128, 1 << 120), Bits(128, 0x80)
    assert multiply_by_alpha(one).to_bytes("big") == bytes([2, *[0] * 15])
    assert multiply_by_alpha(Bits(128, 0x80 << 120)).to_bytes("big") == bytes([0, 1, *[0] * 14])
    assert multiply_by_alpha(top).to_bytes("big") == bytes([135, *[0] * 15])


def sm4_ciphers(key: bytes) -> Ciphers:
    """As `ciphers`, with SM4."""
    first, second = (sm4.key_expansion(as_words(32, half)) for half in (key[:16], key[16:]))

    def block(transform: Callable[..., list[Bits]], rk: list[Bits]) -> BlockCipher:
        return lambda X: concat(*transform(split(4, 32, X), rk))

    return block(sm4.encrypt, first), block(sm4.decrypt, first), block(sm4.encrypt, second)


SM4_KEY = "2b7e151628aed2a6abf7158809cf4f3c000102030405060708090a0b0c0d0e0f"
SM4_TWEAK = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
SM4_P = (
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17"
)


# GB/T 17964-2021's vector and its twin by IEEE 1619, both as OpenSSL's tests have them: 56 bytes, so with stealing.
# The first block is the same: its tweak is not multiplied.
@pytest.mark.parametrize(
    ("multiply", "C"),
    [
        (
            multiply_by_alpha_reflected,
            "e9538251c71d7b80bbe4483fef497bd12c5c581bd6242fc51e08964fb4f60fdb"
            "0ba42f63499279213d318d2c11f6886e903be7f93a1b3479",
        ),
        (
            multiply_by_alpha,
            "e9538251c71d7b80bbe4483fef497bd1b3db1a3e60408c575d63ff7db39f8326"
            "0869f9e2585fec9f0b863bf8fd784b8627d16c0db6d2cfc7",
        ),
    ],
)
def test_sm4(multiply: Multiply, C: str) -> None:
    forward, inverse, tweak = sm4_ciphers(bytes.fromhex(SM4_KEY))
    i, P = Bits(128, int(SM4_TWEAK, 16)), string_from_bytes(bytes.fromhex(SM4_P))
    assert bytes_from_string(xts_encrypt(forward, tweak, i, P, multiply)).hex() == C
    back = xts_decrypt(inverse, tweak, i, string_from_bytes(bytes.fromhex(C)), multiply)
    assert bytes_from_string(back).hex() == SM4_P


def test_alpha_reflected() -> None:
    """The bit of the highest power is the rightmost: it comes back as 11100001 on the left.  Reversed, it is alpha."""
    assert multiply_by_alpha_reflected(Bits(128, 1)).to_bytes("big") == bytes([0b11100001, *[0] * 15])
    assert multiply_by_alpha_reflected(Bits(128, 1 << 127)).to_bytes("big") == bytes([0x40, *[0] * 15])
    assert multiply_by_alpha_reflected(Bits(128, 1 << 120)).to_bytes("big") == bytes([0, 0x80, *[0] * 14])

    def in_ieee_order(T: Bits) -> Bits:
        """Each byte's bits the other way round."""
        return Bits.from_elems([Bits.from_elems(b.elems(1)[::-1]) for b in T.elems(8)])

    for T in (Bits(128, random.Random(7).getrandbits(128)), Bits(128, 2**128 - 1), Bits(128, 0)):
        assert in_ieee_order(multiply_by_alpha_reflected(T)).uint == multiply_by_alpha(in_ieee_order(T)).uint


def test_less_than_a_block_is_refused() -> None:
    forward, _, tweak = ciphers(bytes(32))
    with pytest.raises(ValueError, match="at least 128 bits"):
        xts_encrypt(forward, tweak, Bits(128, 0), [Bits(127, 0)])
