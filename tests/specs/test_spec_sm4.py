"""SM4 against appendix A of GB/T 32907-2016 and the vectors of draft-ribose-cfrg-sm4."""

from __future__ import annotations

import pytest
from spec_vectors import Record, as_bytes, as_words, gf256_inverse, one_bit_wrong, records

from armsym.bits import Bits, concat
from armsym.errors import WidthError
from specs import modes, sm4
from specs.strings import BlockCipher, bytes_from_string, string_from_bytes
from specs.words import split

KEY = "0123456789abcdeffedcba9876543210"

#: x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1, the field of the S-box (Liu et al., ISPEC 2007).
MODULUS = 0x1F5


def ciph(key: str, *, decrypt: bool = False) -> BlockCipher:
    rk = sm4.key_expansion(as_words(32, key))
    transform = sm4.decrypt if decrypt else sm4.encrypt

    def CIPH(X: Bits) -> Bits:
        return concat(*transform(split(4, 32, X), rk))

    return CIPH


def test_round_keys_of_appendix_a() -> None:
    """rk_0 to rk_9 and rk_31 of the first example."""
    rk = [f"{word.uint:08x}" for word in sm4.key_expansion(as_words(32, KEY))]
    expected = "f12186f9 41662b61 5a6ab19a 7ba92077 367360f4 776a0c61 b6bb89b3 24763151 a520307c"
    assert rk[:9] == expected.split()
    assert rk[31] == "9124a012"


def test_first_rounds_of_appendix_a() -> None:
    """X_4 and X_5 of the first example: the output of the first two rounds."""
    X, rk = as_words(32, KEY), sm4.key_expansion(as_words(32, KEY))
    X.append(sm4.F(X[0], X[1], X[2], X[3], rk[0]))
    X.append(sm4.F(X[1], X[2], X[3], X[4], rk[1]))
    assert [f"{word.uint:08x}" for word in X[4:]] == ["27fad345", "a18b4cb2"]


def test_ecb_vectors() -> None:
    """All four, in both directions; the first is example 1 of the standard."""
    vectors = records("ciphers/SM4/draft-ribose-cfrg-sm4-10-ecb.txt")
    assert len(vectors) == 4
    for v in vectors:
        P, C = (string_from_bytes(bytes.fromhex(v[name])) for name in ("PLAINTEXT", "CIPHERTEXT"))
        assert bytes_from_string(modes.ecb_encrypt(ciph(v["KEY"]), P)).hex() == v["CIPHERTEXT"]
        assert bytes_from_string(modes.ecb_decrypt(ciph(v["KEY"], decrypt=True), C)).hex() == v["PLAINTEXT"]


def vectors_with_iv(mode: str) -> list[tuple[Record, Bits, list[Bits]]]:
    vectors = records(f"ciphers/SM4/draft-ribose-cfrg-sm4-10-{mode}.txt")
    assert len(vectors) == 2
    return [(v, Bits(128, int(v["IV"], 16)), string_from_bytes(bytes.fromhex(v["PLAINTEXT"]))) for v in vectors]


def test_cbc_vectors() -> None:
    for v, IV, P in vectors_with_iv("cbc"):
        C = modes.cbc_encrypt(ciph(v["KEY"]), IV, P)
        assert bytes_from_string(C).hex() == v["CIPHERTEXT"]
        back = modes.cbc_decrypt(ciph(v["KEY"], decrypt=True), IV, C)
        assert bytes_from_string(back).hex() == v["PLAINTEXT"]


def test_ctr_vectors() -> None:
    for v, IV, P in vectors_with_iv("ctr"):
        T = modes.counter_blocks(IV, len(P))
        assert bytes_from_string(modes.ctr(ciph(v["KEY"]), T, P)).hex() == v["CIPHERTEXT"]


def test_inverse() -> None:
    X, MK = as_words(32, bytes(range(16))), as_words(32, KEY)
    assert as_bytes(sm4.sm4_inverse(sm4.sm4(X, MK), MK)) == bytes(range(16))


def affine(x: int) -> int:
    """A x + C with the circulant matrix whose first row is 11010011 and C = 11010011, x_7 first."""
    result = 0
    for row in range(8):
        places = [(0xD3 >> row | 0xD3 << (8 - row)) >> k & x >> k & 1 for k in range(8)]
        result |= (sum(places) % 2) << (7 - row)
    return result ^ 0xD3


def test_s_box_is_inversion_between_affine_maps() -> None:
    """S(x) = A I(A x + C) + C: not in the standard, found by Liu et al.; checks the table's 256 entries."""
    for x in range(256):
        assert sm4.sbox(Bits(8, x)).uint == affine(gf256_inverse(affine(x), MODULUS))


def test_constants_of_the_key_expansion() -> None:
    """Section 7.3: byte j of CK_i is (4i + j) * 7 mod 256."""
    assert as_bytes(sm4.CK) == bytes((4 * i + j) * 7 % 256 for i in range(32) for j in range(4))


@pytest.mark.parametrize("i", range(32))
def test_each_wrong_constant_of_the_key_expansion_is_caught(i: int) -> None:
    with one_bit_wrong(sm4.CK, i, i), pytest.raises(AssertionError):
        test_ecb_vectors()


def test_what_is_refused() -> None:
    words = [Bits(32, 0)] * 4
    with pytest.raises(ValueError, match="3 words given where 4"):
        sm4.encrypt(words[:3], [Bits(32, 0)] * 32)
    with pytest.raises(ValueError, match="31 words given where 32"):
        sm4.encrypt(words, [Bits(32, 0)] * 31)
    with pytest.raises(ValueError, match="64 bits given where 4 times 8"):
        sm4.encrypt([Bits(64, 0)] * 4, [Bits(64, 0)] * 32)
    with pytest.raises(WidthError):
        sm4.key_expansion([Bits(64, 0)] * 4)
    with pytest.raises(WidthError):
        sm4.encrypt([Bits(8, 0)] * 4, [Bits(32, 0)] * 32)
