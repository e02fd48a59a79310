"""SHA-1, MD5 and SM3 against their documents' examples, published vectors and hashlib."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable

import pytest
from spec_vectors import message_and_digest, one_bit_wrong, records, sample

from armsym.bits import Bits
from armsym.errors import WidthError
from specs import md5, sha1, sm3

Hash = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        ),
    ],
)
def test_sha1_nist_worked_examples(message: bytes, digest: str) -> None:
    assert sha1.sha1(message).hex() == digest


def test_sha1_cavp_short_messages() -> None:
    """All 65 messages of up to one block."""
    vectors = records("hashes/SHA1/SHA1ShortMsg.rsp")
    assert len(vectors) == 65
    for message, digest in message_and_digest(vectors):
        assert sha1.sha1(message) == digest


def test_sha1_cavp_long_messages() -> None:
    """Six of the 64 messages of the LongMsg file."""
    for message, digest in message_and_digest(sample(records("hashes/SHA1/SHA1LongMsg.rsp"), 6)):
        assert sha1.sha1(message) == digest


def test_md5_test_suite() -> None:
    """The seven messages of RFC 1321, appendix A.5."""
    vectors = records("hashes/MD5/rfc-1321.txt")
    assert len(vectors) == 7
    for message, digest in message_and_digest(vectors):
        assert md5.md5(message) == digest


def test_sm3_published_messages() -> None:
    """The two examples of GB/T 32905-2016, appendix A, and four more."""
    vectors = records("hashes/SM3/oscca.txt")
    assert len(vectors) == 6
    for message, digest in message_and_digest(vectors):
        assert sm3.sm3(message) == digest


@pytest.mark.parametrize(("spec", "theirs"), [(sha1.sha1, "sha1"), (md5.md5, "md5"), (sm3.sm3, "sm3")])
def test_hashlib_agrees_at_every_length(spec: Hash, theirs: str) -> None:
    """Random messages of all lengths up to beyond two blocks."""
    if theirs not in hashlib.algorithms_available:
        pytest.skip(f"this hashlib has no {theirs}")
    rng = random.Random(theirs)
    for n in range(131):
        message = rng.randbytes(n)
        assert spec(message) == hashlib.new(theirs, message).digest(), n


def test_constants_of_md5_are_sines() -> None:
    """RFC 1321, section 3.4."""
    assert [t.uint for t in md5.T] == [int(4294967296 * abs(math.sin(i))) for i in range(1, 65)]


def test_constants_of_sha1_are_square_roots() -> None:
    """2^30 times the square roots of 2, 3, 5 and 10: not in FIPS 180-4, but where its constants come from."""
    assert [sha1.K[t].uint for t in (0, 20, 40, 60)] == [math.isqrt(n << 60) for n in (2, 3, 5, 10)]
    assert len(sha1.K) == 80


@pytest.mark.parametrize("t", range(0, 80, 7))
def test_a_wrong_constant_of_sha1_is_caught(t: int) -> None:
    with one_bit_wrong(sha1.K, t, t % 32), pytest.raises(AssertionError):
        test_sha1_cavp_short_messages()


@pytest.mark.parametrize("i", range(64))
def test_each_wrong_constant_of_md5_is_caught(i: int) -> None:
    with one_bit_wrong(md5.T, i, i % 32), pytest.raises(AssertionError):
        test_md5_test_suite()


@pytest.mark.parametrize("j", range(64))
def test_each_wrong_constant_of_sm3_is_caught(j: int) -> None:
    with one_bit_wrong(sm3.T, j, j % 32), pytest.raises(AssertionError):
        test_sm3_published_messages()


def test_each_wrong_initial_word_is_caught() -> None:
    for table, test in (
        (sha1.H0, test_sha1_cavp_short_messages),
        (md5.INITIAL, test_md5_test_suite),
        (sm3.IV, test_sm3_published_messages),
    ):
        for k in range(len(table)):
            with one_bit_wrong(table, k, 4 * k), pytest.raises(AssertionError):
                test()


def test_message_schedules_have_one_word_for_each_step() -> None:
    block = [Bits(32, 1)] * 16
    assert len(sha1.schedule(block)) == 80
    assert [len(part) for part in sm3.expand(block)] == [68, 64]


def test_words_of_the_wrong_width_are_refused() -> None:
    M = [Bits(64, 0)] * 16
    with pytest.raises(WidthError):
        sha1.compress(sha1.H0, M)
    with pytest.raises(WidthError):
        md5.compress(md5.INITIAL, M)
    with pytest.raises(WidthError):
        sm3.CF(sm3.IV, M)


def test_blocks_of_the_wrong_length_are_refused() -> None:
    M = [Bits(32, 0)] * 17
    with pytest.raises(ValueError, match="17 words given where 16"):
        sha1.compress(sha1.H0, M)
    with pytest.raises(ValueError, match="17 words given where 16"):
        md5.compress(md5.INITIAL, M)
    with pytest.raises(ValueError, match="17 words given where 16"):
        sm3.CF(sm3.IV, M)
    with pytest.raises(ValueError, match="5 words given where 4"):
        md5.compress(sha1.H0, M[:16])


@pytest.mark.parametrize("j", [0, 15, 16, 63])
def test_boolean_functions_of_sm3_as_printed(j: int) -> None:
    """GB/T 32905, section 4.3, has disjunctions: on all values of three bits, eight at a time."""
    X, Y, Z = Bits(8, 0xF0), Bits(8, 0xCC), Bits(8, 0xAA)
    parity = X ^ Y ^ Z
    assert sm3.FF(j, X, Y, Z) == (parity if j < 16 else (X & Y) | (X & Z) | (Y & Z))
    assert sm3.GG(j, X, Y, Z) == (parity if j < 16 else (X & Y) | (~X & Z))
