"""ECB, CBC and CTR against appendix F of SP 800-38A, NIST's known answers and RFC 3686."""

from __future__ import annotations

import pytest
from spec_vectors import Record, as_words, records, sample

from armsym.bits import Bits
from armsym.errors import WidthError
from specs import aes, modes
from specs.strings import BlockCipher, byte_block_cipher, bytes_from_string, string_from_bytes

KEY = "2b7e151628aed2a6abf7158809cf4f3c"
PLAINTEXT = (
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


def forward(key: str) -> BlockCipher:
    key_bytes = as_words(8, key)
    Nr, w = aes.rounds(len(key_bytes) // 4), aes.KeyExpansion(key_bytes)
    return byte_block_cipher(lambda block: aes.Cipher(block, Nr, w))


def inverse(key: str) -> BlockCipher:
    key_bytes = as_words(8, key)
    Nr, w = aes.rounds(len(key_bytes) // 4), aes.KeyExpansion(key_bytes)
    return byte_block_cipher(lambda block: aes.InvCipher(block, Nr, w))


def string(text: str) -> list[Bits]:
    return string_from_bytes(bytes.fromhex(text))


def printed(X: list[Bits]) -> str:
    return bytes_from_string(X).hex()


def test_ecb_of_appendix_f_1_1() -> None:
    C = (
        "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
        "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"
    )
    assert printed(modes.ecb_encrypt(forward(KEY), string(PLAINTEXT))) == C
    assert printed(modes.ecb_decrypt(inverse(KEY), string(C))) == PLAINTEXT


def test_cbc_of_appendix_f_2_1() -> None:
    IV = Bits(128, 0x000102030405060708090A0B0C0D0E0F)
    C = (
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
        "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
    )
    assert printed(modes.cbc_encrypt(forward(KEY), IV, string(PLAINTEXT))) == C
    assert printed(modes.cbc_decrypt(inverse(KEY), IV, string(C))) == PLAINTEXT


def test_ctr_of_appendix_f_5_1() -> None:
    T = modes.counter_blocks(Bits(128, 0xF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF), 4)
    C = (
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
        "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"
    )
    assert printed(modes.ctr(forward(KEY), T, string(PLAINTEXT))) == C
    assert printed(modes.ctr(forward(KEY), T, string(C))) == PLAINTEXT


@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_a_message_goes_block_by_block(blocks: int) -> None:
    """Each block by itself, CBC with the ciphertext before it as the initial vector: so the proofs state it."""
    CIPH, back = forward(KEY), inverse(KEY)
    IV, X = Bits(128, 0x0F1E2D3C4B5A69788796A5B4C3D2E1F0), (string(PLAINTEXT) * 2)[:blocks]
    before = [IV, *modes.cbc_encrypt(CIPH, IV, X)]
    for j, P_j in enumerate(X):
        assert modes.cbc_encrypt(CIPH, before[j], [P_j])[0].uint == before[j + 1].uint
        assert modes.cbc_decrypt(back, before[j], [before[j + 1]])[0].uint == P_j.uint
        assert modes.ecb_encrypt(CIPH, [P_j])[0].uint == modes.ecb_encrypt(CIPH, X)[j].uint
        T = modes.counter_blocks(IV, blocks, 32)
        assert modes.ctr(CIPH, [T[j]], [P_j])[0].uint == modes.ctr(CIPH, T, X)[j].uint


def check_cbc(v: Record) -> None:
    IV = Bits(128, int(v["IV"], 16))
    if v["MODE"] == "ENCRYPT":
        assert printed(modes.cbc_encrypt(forward(v["KEY"]), IV, string(v["PLAINTEXT"]))) == v["CIPHERTEXT"]
    else:
        assert printed(modes.cbc_decrypt(inverse(v["KEY"]), IV, string(v["CIPHERTEXT"]))) == v["PLAINTEXT"]


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_cbc_known_answers(bits: int) -> None:
    """Of messages of one to ten blocks six of twenty, of the other files four each."""
    for v in sample(records(f"ciphers/AES/CBC/CBCMMT{bits}.rsp"), 6):
        check_cbc(v)
    for kind in ("GFSbox", "KeySbox", "VarKey", "VarTxt"):
        for v in sample(records(f"ciphers/AES/CBC/CBC{kind}{bits}.rsp"), 4):
            check_cbc(v)


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_ctr_of_rfc_3686(bits: int) -> None:
    """All nine vectors, three of them with a last block that is not complete."""
    for v in records(f"ciphers/AES/CTR/aes-{bits}-ctr.txt"):
        P = string(v["PLAINTEXT"])
        T = modes.counter_blocks(Bits(128, int(v["IV"], 16)), len(P), 32)
        assert printed(modes.ctr(forward(v["KEY"]), T, P)) == v["CIPHERTEXT"].lower()


def test_incrementing_wraps_inside_its_bits() -> None:
    """Appendix B.1: the bits to the left are not touched."""
    X = Bits(128, 0xFFFFFFFF)
    assert modes.standard_incrementing_function(32, X).uint == 0
    assert modes.standard_incrementing_function(33, X).uint == 0x100000000
    assert modes.standard_incrementing_function(128, Bits(128, 2**128 - 1)).uint == 0
    assert modes.standard_incrementing_function(8, Bits(128, 0x1FF)).uint == 0x100


def test_what_is_refused() -> None:
    half = [Bits(64, 0)]
    with pytest.raises(WidthError):
        modes.cbc_encrypt(forward(KEY), Bits(128, 0), half)
    with pytest.raises(ValueError, match="64 bits given where 16 times 8"):
        modes.ecb_encrypt(forward(KEY), half)
    with pytest.raises(ValueError, match="1 counter blocks given for 2 blocks"):
        modes.ctr(forward(KEY), [Bits(128, 0)], [Bits(128, 0), Bits(128, 0)])
    with pytest.raises(ValueError, match="stands inside a string"):
        modes.ctr(forward(KEY), [Bits(128, 0)] * 2, [*half, Bits(128, 0)])
