"""GCM against NIST's vectors and the test cases its authors submitted."""

from __future__ import annotations

import random

import pytest
from spec_vectors import as_words, records, sample

from armsym.bits import Bits, concat
from armsym.errors import WidthError
from specs import aes, gcm, sm4
from specs.strings import BlockCipher, byte_block_cipher, string_from_bytes
from specs.words import split


def ciph(key: str) -> BlockCipher:
    key_bytes = as_words(8, key)
    Nr, w = aes.rounds(len(key_bytes) // 4), aes.KeyExpansion(key_bytes)
    return byte_block_cipher(lambda block: aes.Cipher(block, Nr, w))


def test_second_test_case_of_the_submission() -> None:
    """McGrew and Viega, "The Galois/Counter Mode of Operation", test case 2, with its intermediate values."""
    CIPH = ciph("00" * 16)
    H = CIPH(Bits(128, 0))
    assert H.uint == 0x66E94BD4EF8A2C3B884CFA59CA342B2E
    C, T = gcm.GCM_AE(CIPH, [Bits(96, 0)], [Bits(128, 0)], [])
    assert C[0].uint == 0x0388DACE60B6A392F328C2B971B2FE78
    assert gcm.multiply(C[0], H).uint == 0x5E2EC746917062882C85B0685353DEB7
    assert gcm.GHASH(H, [C[0], Bits(128, 128)]).uint == 0xF38CBB1AD69223DCC3457AE5B6B0F885
    assert T.uint == 0xAB6E47D42CEC13BDF53A67B21257BDDF


def product_of_polynomials(X: int, Y: int) -> int:
    """X • Y by the definition: bits reversed into polynomials, multiplied, reduced by division."""

    def reversed_bits(v: int) -> int:
        return int(f"{v:0128b}"[::-1], 2)

    x, y = reversed_bits(X), reversed_bits(Y)
    product = 0
    for k in range(128):
        if y >> k & 1:
            product ^= x << k
    for k in range(254, 127, -1):
        if product >> k & 1:
            product ^= (1 << 128 | 0b10000111) << (k - 128)  # 1 + u + u^2 + u^7 + u^128
    return reversed_bits(product)


def test_multiplication_is_that_of_the_field() -> None:
    """Section 6.3: modulo 1 + u + u^2 + u^7 + u^128, with x_0 the coefficient of u^0."""
    rng = random.Random("SP 800-38D")
    cases = [(1 << 127, rng.getrandbits(128)), (1, 1), (0, 5), (2**128 - 1, 2**128 - 1)]
    cases += [(rng.getrandbits(128), rng.getrandbits(128)) for _ in range(30)]
    for X, Y in cases:
        expected = product_of_polynomials(X, Y)
        assert gcm.multiply(Bits(128, X), Bits(128, Y)).uint == expected
        assert gcm.multiply(Bits(128, Y), Bits(128, X)).uint == expected
    assert gcm.multiply(Bits(128, 1 << 127), Bits(128, 99)).uint == 99


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_nist_encryption(bits: int) -> None:
    """15 of the 7,875 vectors of each key length: IVs of 8 to 1024 bits, tags of 32 to 128."""
    vectors = sample(records(f"ciphers/AES/GCM/gcmEncryptExtIV{bits}.rsp"), 15)
    assert {v["IVLEN"] for v in vectors} >= {"96", "8", "1024"}
    for v in vectors:
        iv, plaintext, aad = (bytes.fromhex(v[name]) for name in ("IV", "PT", "AAD"))
        C, T = gcm.gcm_encrypt(ciph(v["KEY"]), iv, plaintext, aad, int(v["TAGLEN"]))
        assert (C.hex(), T.hex()) == (v["CT"], v["TAG"])


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_nist_decryption(bits: int) -> None:
    """15 of the 7,875 vectors of each key length; about half must answer FAIL."""
    vectors = sample(records(f"ciphers/AES/GCM/gcmDecrypt{bits}.rsp"), 15)
    assert 3 <= sum("FAIL" in v for v in vectors) <= 12
    for v in vectors:
        iv, ciphertext, aad, tag = (bytes.fromhex(v[name]) for name in ("IV", "CT", "AAD", "TAG"))
        P = gcm.gcm_decrypt(ciph(v["KEY"]), iv, ciphertext, aad, tag)
        if "FAIL" in v:
            assert P is None
        else:
            assert bytes.fromhex(v["PT"]) == P


def test_sm4_gcm_of_rfc_8998() -> None:
    (v,) = records("ciphers/SM4/rfc8998.txt")[:1]
    rk = sm4.key_expansion(as_words(32, v["KEY"]))

    def CIPH(X: Bits) -> Bits:
        words = sm4.encrypt(split(4, 32, X), rk)
        return concat(*words)

    iv, plaintext, aad = (bytes.fromhex(v[name]) for name in ("IV", "PLAINTEXT", "AAD"))
    C, T = gcm.gcm_encrypt(CIPH, iv, plaintext, aad)
    assert (C.hex(), T.hex()) == (v["CIPHERTEXT"], v["TAG"])


def test_a_wrong_polynomial_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcm, "R", Bits(128, 0b11100101 << 120))
    with pytest.raises(AssertionError):
        test_second_test_case_of_the_submission()
    with pytest.raises(AssertionError):
        test_nist_encryption(128)


def test_what_is_refused() -> None:
    H = Bits(128, 3)
    with pytest.raises(WidthError):
        gcm.GHASH(H, [Bits(120, 0)])
    with pytest.raises(WidthError):
        gcm.multiply(H, Bits(64, 0))
    with pytest.raises(ValueError, match="256 bits given where 128 times 1"):
        gcm.multiply(Bits(256, 0), H)
    with pytest.raises(ValueError, match="at least one bit"):
        gcm.J0(H, [])
    with pytest.raises(ValueError, match="stands inside a string"):
        gcm.J0(H, [Bits(64, 0), Bits(32, 0)])
    with pytest.raises(ValueError, match="at most 128"):
        gcm.J0(H, [Bits(129, 0)])
    assert string_from_bytes(b"") == []
