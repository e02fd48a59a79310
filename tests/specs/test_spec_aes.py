"""AES against the appendices of FIPS 197 and NIST's known-answer tests."""

from __future__ import annotations

import random

import pytest
from spec_vectors import (
    Record,
    as_bytes,
    as_words,
    gf256_inverse,
    gf256_product,
    one_bit_wrong,
    records,
    sample,
)

from armsym.bits import Bits
from armsym.errors import WidthError
from specs import aes

MODULUS = 0x11B  # m(x) = x^8 + x^4 + x^3 + x + 1, section 4.2


def cipher(key: str, plaintext: str) -> str:
    return as_bytes(aes.aes(as_words(8, plaintext), as_words(8, key))).hex()


def inverse(key: str, ciphertext: str) -> str:
    return as_bytes(aes.aes_inverse(as_words(8, ciphertext), as_words(8, key))).hex()


def equivalent_inverse(key: str, ciphertext: str) -> str:
    key_bytes = as_words(8, key)
    dw = aes.KeyExpansionEIC(key_bytes)
    return as_bytes(aes.EqInvCipher(as_words(8, ciphertext), aes.rounds(len(key_bytes) // 4), dw)).hex()


def blocks(data: str) -> list[str]:
    return [data[k : k + 32] for k in range(0, len(data), 32)]


def check(v: Record) -> None:
    """Encryption by CIPHER(); decryption by INVCIPHER() and EQINVCIPHER() in turn."""
    for k, (P, C) in enumerate(zip(blocks(v["PLAINTEXT"]), blocks(v["CIPHERTEXT"]), strict=True)):
        if v["MODE"] == "ENCRYPT":
            assert cipher(v["KEY"], P) == C
        elif (int(v["COUNT"]) + k) % 2:
            assert equivalent_inverse(v["KEY"], C) == P
        else:
            assert inverse(v["KEY"], C) == P


# -- the standard's own examples ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "ciphertext"),
    [
        ("000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a"),
        ("000102030405060708090a0b0c0d0e0f1011121314151617", "dda97ca4864cdfe06eaf70a0ec0d7191"),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "8ea2b7ca516745bfeafc49904b496089",
        ),
    ],
)
def test_appendix_c(key: str, ciphertext: str) -> None:
    assert cipher(key, "00112233445566778899aabbccddeeff") == ciphertext
    assert inverse(key, ciphertext) == "00112233445566778899aabbccddeeff"
    assert equivalent_inverse(key, ciphertext) == "00112233445566778899aabbccddeeff"


def test_appendix_b() -> None:
    key = "2b7e151628aed2a6abf7158809cf4f3c"
    assert cipher(key, "3243f6a8885a308d313198a2e0370734") == "3925841d02dc09fbdc118597196a0b32"


def state(block: str) -> aes.State:
    data = as_words(8, block)
    return [[data[r + 4 * c] for c in range(4)] for r in range(4)]


def printed(s: aes.State) -> str:
    return as_bytes([s[r][c] for c in range(4) for r in range(4)]).hex()


def test_steps_of_the_first_round_in_appendix_c_1() -> None:
    """AES-128: round[1].start, s_box, s_row, m_col and k_sch as printed."""
    s = state("00102030405060708090a0b0c0d0e0f0")
    s = aes.SubBytes(s)
    assert printed(s) == "63cab7040953d051cd60e0e7ba70e18c"
    s = aes.ShiftRows(s)
    assert printed(s) == "6353e08c0960e104cd70b751bacad0e7"
    s = aes.MixColumns(s)
    assert printed(s) == "5f72641557f5bc92f7be3b291db9f91a"
    s = aes.AddRoundKey(s, as_words(32, "d6aa74fdd2af72fadaa678f1d6ab76fe"))
    assert printed(s) == "89d810e8855ace682d1843d8cb128fe4"


def test_steps_of_the_first_inverse_round_in_appendix_c_1() -> None:
    """AES-128 inverse: round[1].istart, is_row, is_box, ik_sch and ik_add as printed."""
    s = state("7ad5fda789ef4e272bca100b3d9ff59f")
    s = aes.InvShiftRows(s)
    assert printed(s) == "7a9f102789d5f50b2beffd9f3dca4ea7"
    s = aes.InvSubBytes(s)
    assert printed(s) == "bd6e7c3df2b5779e0b61216e8b10b689"
    s = aes.AddRoundKey(s, as_words(32, "549932d1f08557681093ed9cbe2c974e"))
    assert printed(s) == "e9f74eec023020f61bf2ccf2353c21c7"
    assert printed(aes.InvMixColumns(s)) == "54d990a16ba09ab596bbf40ea111702f"


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "a0fafe17 88542cb1 23a33939 2a6c7605",
            "d014f9a8 c9ee2589 e13f0cc8 b6630ca6",
        ),
        (
            "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
            "fe0c91f7 2402f5a5 ec12068e 6c827f6b",
            "e98ba06f 448c773c 8ecc7204 01002202",
        ),
        (
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            "9ba35411 8e6925af a51a8b5f 2067fcde",
            "fe4890d1 e6188d0b 046df344 706c631e",
        ),
    ],
)
def test_key_expansion_of_appendix_a(key: str, first: str, last: str) -> None:
    """The first four words after the key, and the last four."""
    w = aes.KeyExpansion(as_words(8, key))
    Nk = len(key) // 8
    assert [f"{word.uint:08x}" for word in w[Nk : Nk + 4]] == first.split()
    assert [f"{word.uint:08x}" for word in w[-4:]] == last.split()


def test_examples_of_section_4_2() -> None:
    """{57} • {83} = {c1}, {57} • {13} = {fe}, and the chain of XTIMES() from {57}."""
    b = Bits(8, 0x57)
    assert aes.times(0x83, b).uint == 0xC1
    assert aes.times(0x13, b).uint == 0xFE
    chain = []
    for _ in range(4):
        b = aes.xTimes(b)
        chain.append(b.uint)
    assert chain == [0xAE, 0x47, 0x8E, 0x07]


# -- NIST's known answers -------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [128, 192, 256])
@pytest.mark.parametrize("kind", ["GFSbox", "KeySbox"])
def test_known_answers_of_the_s_box(kind: str, bits: int) -> None:
    """All of them, in both directions."""
    for v in records(f"ciphers/AES/ECB/ECB{kind}{bits}.rsp"):
        check(v)


@pytest.mark.parametrize("bits", [128, 192, 256])
@pytest.mark.parametrize("kind", ["VarKey", "VarTxt"])
def test_known_answers_of_single_bits(kind: str, bits: int) -> None:
    """Twelve of the 256 to 512, in both directions."""
    for v in sample(records(f"ciphers/AES/ECB/ECB{kind}{bits}.rsp"), 12):
        check(v)


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_known_answers_of_messages_of_many_blocks(bits: int) -> None:
    """Six of the twenty messages of one to ten blocks, three in each direction."""
    vectors = records(f"ciphers/AES/ECB/ECBMMT{bits}.rsp")
    for mode in ("ENCRYPT", "DECRYPT"):
        for v in sample([v for v in vectors if v["MODE"] == mode], 3):
            check(v)


# -- tables and arithmetic ------------------------------------------------------------------------


def test_s_box_is_inversion_and_an_affine_map() -> None:
    """Section 5.1.1, on plain integers; and section 5.3.2."""
    for b in range(256):
        tilde = gf256_inverse(b, MODULUS)
        expected = 0
        for i in range(8):
            places = (i, (i + 4) % 8, (i + 5) % 8, (i + 6) % 8, (i + 7) % 8)
            expected |= ((sum(tilde >> k & 1 for k in places) + (0x63 >> i & 1)) % 2) << i
        assert aes.sbox(Bits(8, b)).uint == expected
        assert aes.inv_sbox(Bits(8, expected)).uint == b


def test_multiplication_by_constants() -> None:
    for c in (0x01, 0x02, 0x03, 0x09, 0x0B, 0x0D, 0x0E):
        for b in range(256):
            assert aes.times(c, Bits(8, b)).uint == gf256_product(c, b, MODULUS)


def test_round_constants_are_powers_of_x() -> None:
    """Section 5.2: Rcon[j] = [{02}^(j-1), 00, 00, 00]."""
    power = 1
    for j in range(1, 11):
        assert aes.Rcon[j].uint == power << 24
        power = gf256_product(power, 2, MODULUS)
    assert len(aes.Rcon) == 11


def test_inverses() -> None:
    rng = random.Random(197)
    for _ in range(10):
        block = rng.randbytes(16).hex()
        assert printed(aes.InvShiftRows(aes.ShiftRows(state(block)))) == block
        assert printed(aes.InvMixColumns(aes.MixColumns(state(block)))) == block
        assert printed(aes.InvSubBytes(aes.SubBytes(state(block)))) == block
        key = rng.randbytes(rng.choice((16, 24, 32))).hex()
        ciphertext = cipher(key, block)
        assert inverse(key, ciphertext) == equivalent_inverse(key, ciphertext) == block


# -- what must be caught --------------------------------------------------------------------------


@pytest.mark.parametrize("j", range(1, 11))
def test_each_wrong_round_constant_is_caught(j: int) -> None:
    with one_bit_wrong(aes.Rcon, j, 24), pytest.raises(AssertionError):
        test_known_answers_of_the_s_box("GFSbox", 128)


def test_wrong_entries_of_the_s_boxes_are_caught() -> None:
    for table in (aes.SBOX, aes.INVSBOX):
        for b in range(0, 256, 17):
            with one_bit_wrong(table, b, b % 8), pytest.raises(AssertionError):
                test_s_box_is_inversion_and_an_affine_map()


def test_what_is_refused() -> None:
    block, key = as_words(8, bytes(16)), as_words(8, bytes(16))
    w = aes.KeyExpansion(key)
    with pytest.raises(ValueError, match="15 words given where 16"):
        aes.Cipher(block[:15], 10, w)
    with pytest.raises(ValueError, match="44 words given where 52"):
        aes.Cipher(block, 12, w)
    with pytest.raises(ValueError, match="not 160"):
        aes.KeyExpansion(as_words(8, bytes(20)))
    with pytest.raises(ValueError, match="whole number of words"):
        aes.KeyExpansion(as_words(8, bytes(17)))
    with pytest.raises(WidthError):
        aes.Cipher([Bits(16, 0)] * 16, 10, w)
    with pytest.raises(ValueError, match="64 bits given where 4 times 8"):
        aes.KeyExpansion([Bits(16, 0)] * 16)
    with pytest.raises(ValueError, match="64 bits given where 4 times 8"):
        aes.Cipher(block, 10, [Bits(64, 0)] * 44)
