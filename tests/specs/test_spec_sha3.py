"""SHA-3 and SHAKE against FIPS 202's tables, NIST's vectors and hashlib."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

import pytest
from spec_vectors import message_and_digest, one_bit_wrong, records, sample

from armsym.bits import Bits
from armsym.errors import WidthError
from specs import sha3

Hash = Callable[[bytes], bytes]

SHA3: dict[int, Hash] = {224: sha3.sha3_224, 256: sha3.sha3_256, 384: sha3.sha3_384, 512: sha3.sha3_512}
SHAKE = {128: sha3.shake128, 256: sha3.shake256}

#: FIPS 202, table 2, "offsets of rho": (x, y) -> offset, before reduction modulo w.
OFFSETS = {
    2: {3: 153, 4: 231, 0: 3, 1: 10, 2: 171},
    1: {3: 55, 4: 276, 0: 36, 1: 300, 2: 6},
    0: {3: 28, 4: 91, 0: 0, 1: 1, 2: 190},
    4: {3: 120, 4: 78, 0: 210, 1: 66, 2: 253},
    3: {3: 21, 4: 136, 0: 105, 1: 45, 2: 15},
}


@pytest.mark.parametrize("d", SHA3)
def test_cavp_short_messages(d: int) -> None:
    """50 of the 73 to 145 messages of up to one block of the ShortMsg files."""
    vectors = sample(records(f"hashes/SHA3/SHA3_{d}ShortMsg.rsp"), 50)
    assert len(vectors) == 50
    for message, digest in message_and_digest(vectors):
        assert SHA3[d](message) == digest


@pytest.mark.parametrize("d", SHA3)
def test_cavp_long_messages(d: int) -> None:
    """Three of the 40 shortest of the 100 messages of the LongMsg files: up to 42 blocks."""
    vectors = sample(records(f"hashes/SHA3/SHA3_{d}LongMsg.rsp")[:40], 3)
    for message, digest in message_and_digest(vectors):
        assert SHA3[d](message) == digest


@pytest.mark.parametrize("strength", SHAKE)
def test_cavp_shake_short_messages(strength: int) -> None:
    """50 of the 273 or 337 messages of up to two blocks."""
    vectors = sample(records(f"hashes/SHAKE/SHAKE{strength}ShortMsg.rsp"), 50)
    for message, output in message_and_digest(vectors):
        assert SHAKE[strength](message, 8 * len(output)) == output


@pytest.mark.parametrize("strength", SHAKE)
def test_cavp_shake_long_messages(strength: int) -> None:
    """Three of the 40 shortest of the 100 messages of the LongMsg files: up to 42 blocks."""
    vectors = sample(records(f"hashes/SHAKE/SHAKE{strength}LongMsg.rsp")[:40], 3)
    for message, output in message_and_digest(vectors):
        assert SHAKE[strength](message, 8 * len(output)) == output


@pytest.mark.parametrize("strength", SHAKE)
def test_cavp_shake_variable_output(strength: int) -> None:
    """40 of the more than 1,000 output lengths."""
    for v in sample(records(f"hashes/SHAKE/SHAKE{strength}VariableOut.rsp"), 40):
        output = bytes.fromhex(v["OUTPUT"])
        assert 8 * len(output) == int(v["OUTPUTLEN"])
        assert SHAKE[strength](bytes.fromhex(v["MSG"]), 8 * len(output)) == output


@pytest.mark.parametrize("d", SHA3)
def test_hashlib_agrees_around_the_rate(d: int) -> None:
    rate = (1600 - 2 * d) // 8
    rng = random.Random(d)
    for n in [*range(9), *range(rate - 2, rate + 3), *range(2 * rate - 2, 2 * rate + 3)]:
        message = rng.randbytes(n)
        assert SHA3[d](message) == hashlib.new(f"sha3_{d}", message).digest(), n


def test_hashlib_agrees_on_long_outputs() -> None:
    """Squeezing more than one block, at and around the end of each."""
    for rate, spec, theirs in ((168, sha3.shake128, hashlib.shake_128), (136, sha3.shake256, hashlib.shake_256)):
        for n in (0, 1, rate - 1, rate, rate + 1, 2 * rate, 3 * rate + 5):
            assert spec(b"squeeze", 8 * n) == theirs(b"squeeze").digest(n)


def test_offsets_of_rho_are_those_of_table_2() -> None:
    ones = [[Bits(64, 1)] * 5 for _ in range(5)]
    rotated = sha3.rho(ones)
    for y, row in OFFSETS.items():
        for x, offset in row.items():
            assert rotated[x][y].uint == 1 << (offset % 64), (x, y)


def test_step_mappings_bit_by_bit() -> None:
    """The step mappings of section 3.2 as the document writes them: on single bits A[x, y, z]."""
    rng = random.Random(202)
    A = [[Bits(64, rng.getrandbits(64)) for _ in range(5)] for _ in range(5)]
    a = {(x, y, z): A[x][y].uint >> z & 1 for x in range(5) for y in range(5) for z in range(64)}
    column = {(x, z): sum(a[x, y, z] for y in range(5)) % 2 for x in range(5) for z in range(64)}
    theta, pi, chi = sha3.theta(A), sha3.pi(A), sha3.chi(A)
    for (x, y, z), bit in a.items():
        d = column[(x - 1) % 5, z] ^ column[(x + 1) % 5, (z - 1) % 64]
        assert theta[x][y].uint >> z & 1 == bit ^ d
        assert pi[x][y].uint >> z & 1 == a[(x + 3 * y) % 5, x, z]
        assert chi[x][y].uint >> z & 1 == bit ^ ((a[(x + 1) % 5, y, z] ^ 1) & a[(x + 2) % 5, y, z])


def test_round_constants() -> None:
    """As the Keccak reference prints them."""
    table = """
        0000000000000001 0000000000008082 800000000000808a 8000000080008000 000000000000808b 0000000080000001
        8000000080008081 8000000000008009 000000000000008a 0000000000000088 0000000080008009 000000008000000a
        000000008000808b 800000000000008b 8000000000008089 8000000000008003 8000000000008002 8000000000000080
        000000000000800a 800000008000000a 8000000080008081 8000000000008080 0000000080000001 8000000080008008
    """
    assert [constant.uint for constant in sha3.RC] == [int(word, 16) for word in table.split()]


def test_state_arrays_and_strings_are_inverse() -> None:
    string = [Bits(64, k) for k in range(25)]
    A = sha3.state_of(string)
    assert A[3][2].uint == 5 * 2 + 3
    assert [word.uint for word in sha3.lanes_of(A)] == list(range(25))


@pytest.mark.parametrize("ir", range(24))
def test_each_wrong_round_constant_is_caught(ir: int) -> None:
    with one_bit_wrong(sha3.RC, ir, 63):
        with pytest.raises(AssertionError):
            test_cavp_short_messages(256)
        with pytest.raises(AssertionError):
            test_round_constants()


def test_what_is_refused() -> None:
    with pytest.raises(WidthError):
        sha3.absorb([Bits(64, 0)] * 25, [Bits(32, 0)] * 17)
    with pytest.raises(WidthError):
        sha3.iota([[Bits(32, 0)] * 5] * 5, 0)
    with pytest.raises(ValueError, match="no capacity"):
        sha3.absorb([Bits(64, 0)] * 25, [Bits(64, 0)] * 25)
    with pytest.raises(ValueError, match="24 words given where 25"):
        sha3.state_of([Bits(64, 0)] * 24)
    with pytest.raises(ValueError, match="output length 9"):
        sha3.shake128(b"", 9)
