"""AES, SM3 and SM4 instructions against the published examples of their standards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from semantics.cryptographic.aes import CryptoAES
from semantics.cryptographic.four_register import CryptoFourRegister
from semantics.cryptographic.three_register_imm2 import CryptoThreeRegisterImm2
from semantics.cryptographic.three_register_sha512 import CryptoThreeRegisterSHA512
from semantics.cryptographic.two_register_sha512 import CryptoTwoRegisterSHA512

Execute = Callable[..., int]
AESE, AESD, AESMC, AESIMC = 0b00100, 0b00101, 0b00110, 0b00111


def multiply(a: int, b: int) -> int:
    """FIPS 197 section 4.2: multiplication of bytes modulo x^8 + x^4 + x^3 + x + 1."""
    product = 0
    for k in range(8):
        product ^= (a << k) if b >> k & 1 else 0
    for k in range(14, 7, -1):
        product ^= (0x11B << (k - 8)) if product >> k & 1 else 0
    return product


def sbox(x: int) -> int:
    """FIPS 197 equations 5.2 to 5.4: the inverse, then the affine map."""
    inverse = next((y for y in range(256) if multiply(x, y) == 1), 0)
    rotations = [(inverse << k | inverse >> (8 - k)) & 0xFF for k in range(5)]
    return rotations[0] ^ rotations[1] ^ rotations[2] ^ rotations[3] ^ rotations[4] ^ 0x63


def test_aes_sboxes_by_definition(execute: Execute) -> None:
    for x in range(256):
        every_byte = int.from_bytes(bytes([x] * 16), "little")
        substituted = execute(CryptoAES, every_byte, 0, size=0, opcode=AESE)
        assert substituted.to_bytes(16, "little") == bytes([sbox(x)] * 16)
        assert execute(CryptoAES, substituted, 0, size=0, opcode=AESD) == every_byte


@pytest.mark.parametrize("row", range(4))
def test_aes_mix_columns_by_definition(execute: Execute, row: int) -> None:
    """One byte of each column set, to a different value in each."""
    for opcode, matrix in ((AESMC, (2, 1, 1, 3)), (AESIMC, (0xE, 9, 0xD, 0xB))):
        for x in range(256):
            column_values = [x, (x + 1) % 256, x ^ 0xFF, x ^ 0x80]
            state = sum(v << 8 * (4 * column + row) for column, v in enumerate(column_values))
            expected = [0] * 16
            for column, v in enumerate(column_values):
                for k in range(4):
                    expected[4 * column + (row + k) % 4] = multiply(matrix[k], v)
            result = execute(CryptoAES, 0, state, size=0, opcode=opcode)
            assert list(result.to_bytes(16, "little")) == expected


def expand_key(key: bytes) -> list[int]:
    """FIPS 197 section 5.2, round keys as vectors."""
    nk, rounds = len(key) // 4, len(key) // 4 + 6
    w = [key[k : k + 4] for k in range(0, len(key), 4)]
    rcon = 1
    for i in range(nk, 4 * (rounds + 1)):
        t = w[-1]
        if i % nk == 0:
            t = bytes(sbox(b) for b in t[1:] + t[:1])
            t = bytes([t[0] ^ rcon]) + t[1:]
            rcon = multiply(rcon, 2)
        elif nk > 6 and i % nk == 4:
            t = bytes(sbox(b) for b in t)
        w.append(bytes(a ^ b for a, b in zip(w[-nk], t, strict=True)))
    return [int.from_bytes(b"".join(w[k : k + 4]), "little") for k in range(0, len(w), 4)]


# FIPS 197, Appendices B and C.
AES_EXAMPLES = [
    (
        "2b7e151628aed2a6abf7158809cf4f3c",
        "3243f6a8885a308d313198a2e0370734",
        "3925841d02dc09fbdc118597196a0b32",
    ),
    (bytes(range(16)).hex(), "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"),
    (bytes(range(24)).hex(), "00112233445566778899aabbccddeeff", "dda97ca4864cdfe06eaf70a0ec0d7191"),
    (bytes(range(32)).hex(), "00112233445566778899aabbccddeeff", "8ea2b7ca516745bfeafc49904b496089"),
]


@pytest.mark.parametrize(("key", "plain", "cipher"), AES_EXAMPLES)
def test_aes_examples(execute: Execute, key: str, plain: str, cipher: str) -> None:
    keys = expand_key(bytes.fromhex(key))
    state = int.from_bytes(bytes.fromhex(plain), "little")
    for k in keys[:-2]:
        state = execute(CryptoAES, state, k, size=0, opcode=AESE)
        state = execute(CryptoAES, 0, state, size=0, opcode=AESMC)
    state = execute(CryptoAES, state, keys[-2], size=0, opcode=AESE) ^ keys[-1]
    assert state.to_bytes(16, "little").hex() == cipher

    # The equivalent inverse cipher (section 5.3.5): the middle keys go through AESIMC.
    middle = [execute(CryptoAES, 0, k, size=0, opcode=AESIMC) for k in keys[1:-1]]
    inverse = [keys[-1], *reversed(middle), keys[0]]
    for k in inverse[:-2]:
        state = execute(CryptoAES, state, k, size=0, opcode=AESD)
        state = execute(CryptoAES, 0, state, size=0, opcode=AESIMC)
    state = execute(CryptoAES, state, inverse[-2], size=0, opcode=AESD) ^ inverse[-1]
    assert state.to_bytes(16, "little").hex() == plain


def lanes(words: list[int]) -> int:
    return sum(w << (32 * k) for k, w in enumerate(words))


def words_of(vector: int) -> list[int]:
    return [vector >> (32 * k) & 0xFFFFFFFF for k in range(4)]


def test_sm4_example(execute: Execute) -> None:
    """GB/T 32907-2016, Appendix A, example 1."""
    data = [0x01234567, 0x89ABCDEF, 0xFEDCBA98, 0x76543210]
    fk = [0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC]
    ck = [sum(((4 * i + j) * 7 % 256) << (24 - 8 * j) for j in range(4)) for i in range(32)]
    key, state = lanes([a ^ b for a, b in zip(data, fk, strict=True)]), lanes(data)
    for k in range(0, 32, 4):
        key = execute(CryptoThreeRegisterSHA512, 0, key, lanes(ck[k : k + 4]), O=1, opcode=0b10)
        state = execute(CryptoTwoRegisterSHA512, state, key, opcode=0b01)
    assert words_of(state)[::-1] == [0x681EDF34, 0xD206965E, 0x86B3E94F, 0x536E4246]


def rol(x: int, n: int) -> int:
    n %= 32
    return (x << n | x >> (32 - n)) & 0xFFFFFFFF


def test_sm3_example(execute: Execute) -> None:
    """GB/T 32905-2016, Appendix A, example 1: the message "abc"."""
    iv = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    block = b"abc\x80" + bytes(52) + (24).to_bytes(8, "big")
    w = [int.from_bytes(block[k : k + 4], "big") for k in range(0, 64, 4)]
    # The state words stand in descending order in the vectors.
    abcd, efgh = lanes(iv[3::-1]), lanes(iv[:3:-1])
    for group in range(16):
        w0, w1 = w[4 * group : 4 * group + 4], w[4 * group + 4 : 4 * group + 8]
        if len(w) < 68:
            s0, s1, s2, s3 = (lanes(w[4 * (group + k) : 4 * (group + k) + 4]) for k in range(4))
            mid = execute(CryptoThreeRegisterSHA512, s1 >> 96 | s2 << 32 & 2**128 - 1, s0, s3, O=1, opcode=0b00)
            w += words_of(
                execute(
                    CryptoThreeRegisterSHA512,
                    mid,
                    s2 >> 64 | s3 << 64 & 2**128 - 1,
                    s0 >> 96 | s1 << 32 & 2**128 - 1,
                    O=1,
                    opcode=0b01,
                )
            )
        w_prime = lanes([a ^ b for a, b in zip(w0, w1, strict=True)])
        for k in range(4):
            j = 4 * group + k
            t = rol(0x79CC4519 if j < 16 else 0x7A879D8A, j)
            ss1 = execute(CryptoFourRegister, 0, abcd, t << 96, efgh, Op0=0b10)
            form = 0 if j < 16 else 1
            abcd = execute(CryptoThreeRegisterImm2, abcd, ss1, w_prime, imm2=k, opcode=0b00 + form)
            efgh = execute(CryptoThreeRegisterImm2, efgh, ss1, lanes(w0), imm2=k, opcode=0b10 + form)
    state = words_of(abcd)[::-1] + words_of(efgh)[::-1]
    digest = "".join(f"{a ^ b:08x}" for a, b in zip(state, iv, strict=True))
    assert digest == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
