"""Our own routines: the committed objects are those of the sources, and they compute what hashlib does."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from assembling import assemble_file, contents
from calling import Call, emulate, simulate

import crypto_examples
from armsym.bits import Bits
from armsym.elf import load
from armsym.proof.registry import discover
from armsym.proof.result import KINDS, Status
from armsym.proof.run import prove
from crypto_examples.own_memcmp.proof import difference
from semantics import A64
from specs import sha256, sha512

ROOT = Path(crypto_examples.__file__).parent
NAMES = ("sha256", "sha512", "memcmp")

sha256_object = load(str(ROOT / "own_sha256/sha256.o"))
sha512_object = load(str(ROOT / "own_sha512/sha512.o"))
memcmp_object = load(str(ROOT / "own_memcmp/memcmp.o"))

#: Initial hash value, and bytes in a word.
HASHES = {
    "sha224": (sha256.H0_SHA224, 4),
    "sha256": (sha256.H0, 4),
    "sha384": (sha512.H0_SHA384, 8),
    "sha512": (sha512.H0, 8),
}

machines = pytest.mark.parametrize("call", [simulate, emulate])


@pytest.mark.parametrize("name", NAMES)
def test_object_is_that_of_the_source(name: str, tmp_path: Path) -> None:
    folder = ROOT / f"own_{name}"
    made = tmp_path / f"{name}.o"
    assemble_file(folder / f"{name}.s", made)
    assert contents(made) == contents(folder / f"{name}.o")


@pytest.mark.parametrize("name", NAMES)
def test_proof(name: str) -> None:
    (d,) = discover(ROOT / f"own_{name}" / "proof.py")
    r = prove(d, name=d.name, image=load(d.object_spec()), symbol=d.symbol, isa=A64)
    assert [o for o in r.obligations if o.status is not Status.PROVED] == []
    assert r.status is Status.PROVED
    assert {o.kind for o in r.obligations} >= set(KINDS) - {"bti", "lemma", "contract", "same-as", "second-solver"}
    assert r.counterexample is None


def pad(message: bytes, block: int) -> bytes:
    """FIPS 180-4, section 5.1, for blocks of 64 or 128 bytes."""
    zeros = -(len(message) + 1 + block // 8) % block
    return message + b"\x80" + bytes(zeros) + (8 * len(message)).to_bytes(block // 8, "big")


def sha2(call: Call, message: bytes, *, initial: list[int], word: int, cuts: list[int]) -> bytes:
    """The hash value by our routine, called once for each run of blocks that the cuts leave."""
    image = sha256_object if word == 4 else sha512_object
    symbol = "armsym_sha256_blocks" if word == 4 else "armsym_sha512_blocks"
    block = 16 * word
    state = bytearray(b"".join(h.to_bytes(word, "little") for h in initial))
    padded = pad(message, block)
    ends = sorted(min(c * block, len(padded)) for c in cuts)
    for start, end in zip([0, *ends], [*ends, len(padded)], strict=True):
        part = bytearray(padded[start:end])
        call(image, symbol, [(state, "rw"), (part, "r"), len(part) // block])
        assert part == padded[start:end]
    return b"".join(bytes(reversed(state[k : k + word])) for k in range(0, len(state), word))


@machines
@pytest.mark.parametrize("length", [0, 1, 3, 55, 56, 64, 111, 112, 119, 120, 128, 500])
@pytest.mark.parametrize("name", HASHES)
def test_hash_is_that_of_hashlib(call: Call, length: int, name: str) -> None:
    initial, word = HASHES[name]
    message = random.Random(length).randbytes(length)
    # [0]: a call with no block at all comes first.
    cuts = [[], [0], [1], [1, 2]][length % 4]
    expected = hashlib.new(name, message).digest()
    got = sha2(call, message, initial=[h.uint for h in initial], word=word, cuts=cuts)
    assert got[: len(expected)] == expected


@machines
def test_no_block_reads_nothing_and_changes_nothing(call: Call) -> None:
    for image, symbol, size in (
        (sha256_object, "armsym_sha256_blocks", 32),
        (sha512_object, "armsym_sha512_blocks", 64),
    ):
        before = random.Random(size).randbytes(size)
        state = bytearray(before)
        call(image, symbol, [(state, "rw"), 0xDEAD_0000, 0])
        assert state == before


@machines
@pytest.mark.parametrize("length", [*range(5), 17, 40])
def test_comparison_sees_every_byte(call: Call, length: int) -> None:
    a = random.Random(length).randbytes(length)
    assert compare(call, a, a) == 0
    for k in range(length):
        for flip in (1, 0x80, 0xFF):
            b = a[:k] + bytes([a[k] ^ flip]) + a[k + 1 :]
            assert compare(call, a, b) == 1


def compare(call: Call, a: bytes, b: bytes) -> int:
    """The routine's answer."""
    return call(memcmp_object, "armsym_ct_memcmp", [(bytearray(a), "r"), (bytearray(b), "r"), len(a)])


def test_specified_difference_is_zero_exactly_for_equal_strings() -> None:
    rng = random.Random(3)
    for length in range(4):
        for _ in range(200):
            a, b = ([rng.randrange(2) * 0x40 for _ in range(length)] for _ in range(2))
            d = [Bits(8, 0)]
            for pair in zip(a, b, strict=True):
                d = difference(d, [Bits(8, v) for v in pair])
            assert (d[0].uint == 0) == (a == b)
