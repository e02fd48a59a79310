"""SHA-2 against the standard's constants, NIST's vectors and hashlib."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

import pytest
from spec_vectors import (
    fraction_of_cube_root,
    fraction_of_square_root,
    message_and_digest,
    one_bit_wrong,
    primes,
    records,
    sample,
)

from armsym.bits import Bits
from armsym.errors import WidthError
from specs import sha256, sha512

Hash = Callable[[bytes], bytes]

ALGORITHMS: dict[str, tuple[Hash, str]] = {
    "SHA224": (sha256.sha224, "sha224"),
    "SHA256": (sha256.sha256, "sha256"),
    "SHA384": (sha512.sha384, "sha384"),
    "SHA512": (sha512.sha512, "sha512"),
    "SHA512_224": (sha512.sha512_224, "sha512_224"),
    "SHA512_256": (sha512.sha512_256, "sha512_256"),
}

#: The messages of NIST's worked examples (one and two blocks of each block size).
ABC = b"abc"
TWO_BLOCKS_512 = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
TWO_BLOCKS_1024 = (
    b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
)


@pytest.mark.parametrize(
    ("name", "message", "digest"),
    [
        ("SHA224", ABC, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        ("SHA256", ABC, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "SHA256",
            TWO_BLOCKS_512,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            "SHA384",
            ABC,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            "SHA512",
            ABC,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        (
            "SHA512",
            TWO_BLOCKS_1024,
            "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
            "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
        ),
        ("SHA512_224", ABC, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
        ("SHA512_256", ABC, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
    ],
)
def test_nist_worked_examples(name: str, message: bytes, digest: str) -> None:
    assert ALGORITHMS[name][0](message).hex() == digest


@pytest.mark.parametrize("name", ALGORITHMS)
def test_cavp_short_messages(name: str) -> None:
    """All 65 or 129 messages of up to one block of NIST's ShortMsg files."""
    vectors = records(f"hashes/SHA2/{name}ShortMsg.rsp")
    assert len(vectors) in {65, 129}
    for message, digest in message_and_digest(vectors):
        assert ALGORITHMS[name][0](message) == digest


@pytest.mark.parametrize("name", ALGORITHMS)
def test_cavp_long_messages(name: str) -> None:
    """Three of the shorter half of the 64 or 128 messages of NIST's LongMsg files: up to 51 blocks."""
    vectors = records(f"hashes/SHA2/{name}LongMsg.rsp")
    for message, digest in message_and_digest(sample(vectors[: len(vectors) // 2], 3)):
        assert ALGORITHMS[name][0](message) == digest


@pytest.mark.parametrize("name", ALGORITHMS)
def test_hashlib_agrees_at_every_padding_length(name: str) -> None:
    """Random messages of every fifth length up to beyond two blocks, and all lengths where padding turns."""
    spec, theirs = ALGORITHMS[name]
    if theirs not in hashlib.algorithms_available:
        pytest.skip(f"this hashlib has no {theirs}")
    block = 64 if name in {"SHA224", "SHA256"} else 128
    length = block // 8
    turns = {block - length - 1, block - length, block - 1, block, 2 * block - length - 1, 2 * block - length}
    rng = random.Random(f"FIPS 180-4 {name}")
    for n in sorted(turns | set(range(0, 2 * block + 3, 5))):
        message = rng.randbytes(n)
        assert spec(message) == hashlib.new(theirs, message).digest(), n


def test_constants_of_sha256_are_fractions_of_roots_of_primes() -> None:
    """Sections 4.2.2 and 5.3.3."""
    assert [k.uint for k in sha256.K] == [fraction_of_cube_root(p, 32) for p in primes(64)]
    assert [h.uint for h in sha256.H0] == [fraction_of_square_root(p, 32) for p in primes(8)]


def test_constants_of_sha512_are_fractions_of_roots_of_primes() -> None:
    """Sections 4.2.3, 5.3.4 and 5.3.5."""
    assert [k.uint for k in sha512.K] == [fraction_of_cube_root(p, 64) for p in primes(80)]
    assert [h.uint for h in sha512.H0] == [fraction_of_square_root(p, 64) for p in primes(8)]
    assert [h.uint for h in sha512.H0_SHA384] == [fraction_of_square_root(p, 64) for p in primes(16)[8:]]


def test_initial_value_of_sha224_is_the_second_half_of_that_of_sha384() -> None:
    """Section 5.3.2."""
    assert [h.uint for h in sha256.H0_SHA224] == [h.uint & 0xFFFFFFFF for h in sha512.H0_SHA384]


def test_generated_initial_values_are_the_published_ones() -> None:
    """Section 5.3.6: the IV generation function against the tables of 5.3.6.1 and 5.3.6.2."""
    assert [h.uint for h in sha512.sha512_t_iv(224)] == [h.uint for h in sha512.H0_SHA512_224]
    assert [h.uint for h in sha512.sha512_t_iv(256)] == [h.uint for h in sha512.H0_SHA512_256]


@pytest.mark.parametrize("t", [-1, 0, 384, 512])
def test_sha512_t_is_not_defined_for(t: int) -> None:
    with pytest.raises(ValueError, match="SHA-512/t is defined for"):
        sha512.sha512_t_iv(t)


def test_message_schedules_have_one_word_for_each_step() -> None:
    assert len(sha256.schedule([Bits(32, 1)] * 16)) == len(sha256.K) == 64
    assert len(sha512.schedule([Bits(64, 1)] * 16)) == len(sha512.K) == 80


def test_words_of_the_wrong_width_are_refused() -> None:
    H, M = [Bits(32, 0)] * 8, [Bits(32, 0)] * 16
    with pytest.raises(WidthError):
        sha512.compress(H, M)
    with pytest.raises(WidthError):
        sha256.compress(H, [*M[:15], Bits(64, 0)])
    with pytest.raises(WidthError):
        sha256.compress([*H[:7], Bits(31, 0)], M)


@pytest.mark.parametrize("count", [0, 15, 17, 80])
def test_blocks_of_the_wrong_length_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"^{count} words given where 16 are needed"):
        sha256.compress(sha256.H0, [Bits(32, 0)] * count)
    with pytest.raises(ValueError, match=f"^{count} words given where 16 are needed"):
        sha512.compress(sha512.H0, [Bits(64, 0)] * count)


@pytest.mark.parametrize("t", range(64))
def test_each_wrong_constant_of_sha256_is_caught(t: int) -> None:
    with one_bit_wrong(sha256.K, t, 31 - t % 32):
        assert sha256.sha256(ABC).hex() != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        with pytest.raises(AssertionError):
            test_cavp_short_messages("SHA256")


@pytest.mark.parametrize("t", range(0, 80, 5))
def test_a_wrong_constant_of_sha512_is_caught(t: int) -> None:
    with one_bit_wrong(sha512.K, t, t % 64):
        with pytest.raises(AssertionError):
            test_cavp_short_messages("SHA512")
        with pytest.raises(AssertionError):
            test_constants_of_sha512_are_fractions_of_roots_of_primes()


@pytest.mark.parametrize("k", range(8))
@pytest.mark.parametrize(
    ("table", "name"),
    [
        (sha256.H0_SHA224, "SHA224"),
        (sha256.H0, "SHA256"),
        (sha512.H0_SHA384, "SHA384"),
        (sha512.H0, "SHA512"),
        (sha512.H0_SHA512_224, "SHA512_224"),
        (sha512.H0_SHA512_256, "SHA512_256"),
    ],
)
def test_each_wrong_initial_word_is_caught(table: list[Bits], name: str, k: int) -> None:
    with one_bit_wrong(table, k, 4 * k), pytest.raises(AssertionError):
        test_cavp_short_messages(name)
