"""XTS-AES against vectors of IEEE 1619-2007 (annex B), and the cryptography package."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from spec_vectors import as_words

from armsym.bits import Bits
from specs import aes
from specs.strings import BlockCipher, byte_block_cipher, bytes_from_string, string_from_bytes
from specs.xts import multiply_by_alpha, xts_decrypt


def ciphers(key: bytes) -> tuple[BlockCipher, BlockCipher]:
    """CIPH^-1 under the first half of the key, CIPH under the second."""
    halves = [as_words(8, half.hex()) for half in (key[: len(key) // 2], key[len(key) // 2 :])]
    Nr = aes.rounds(len(halves[0]) // 4)
    first, second = (aes.KeyExpansion(half) for half in halves)
    return (
        byte_block_cipher(lambda block: aes.InvCipher(block, Nr, first)),
        byte_block_cipher(lambda block: aes.Cipher(block, Nr, second)),
    )


def decrypted(key: bytes, tweak: bytes, ciphertext: bytes) -> bytes:
    P = xts_decrypt(*ciphers(key), Bits.from_bytes(tweak, "big"), string_from_bytes(ciphertext))
    return bytes_from_string(P)


@pytest.mark.parametrize(
    ("key1", "key2", "tweak", "plaintext", "ciphertext"),
    [
        (
            "00" * 16,
            "00" * 16,
            "00" * 16,
            "00" * 32,
            "917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e",
        ),
        (
            "11" * 16,
            "22" * 16,
            "33" * 5 + "00" * 11,
            "44" * 32,
            "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0",
        ),
    ],
    ids=["vector 1", "vector 2"],
)
def test_vectors_of_annex_b(key1: str, key2: str, tweak: str, plaintext: str, ciphertext: str) -> None:
    assert decrypted(*(bytes.fromhex(t) for t in (key1 + key2, tweak, ciphertext))).hex() == plaintext


@pytest.mark.parametrize("bits", [128, 256])
def test_is_that_of_the_cryptography_package(bits: int) -> None:
    rng = random.Random(bits)
    for blocks in (1, 2, 9):
        key, tweak, plaintext = rng.randbytes(bits // 4), rng.randbytes(16), rng.randbytes(16 * blocks)
        other = Cipher(algorithms.AES(key), modes.XTS(tweak)).encryptor()
        assert decrypted(key, tweak, other.update(plaintext) + other.finalize()) == plaintext


def test_multiplication_at_its_edges() -> None:
    """Section 5.2 on bytes, written anew: a carry goes to the next byte, and from the last as 135 to the first."""
    rng = random.Random(7)
    edges = [bytes(16), b"\xff" * 16, bytes(15) + b"\x80", b"\x80" + bytes(15), bytes(15) + b"\x7f"]
    for a in (*edges, *(rng.randbytes(16) for _ in range(50))):
        b = [2 * (a[k] % 128) + (a[k - 1] // 128 if k else 0) for k in range(16)]
        b[0] ^= 135 * (a[15] // 128)
        assert multiply_by_alpha(Bits.from_bytes(a, "big")).to_bytes("big") == bytes(b)
