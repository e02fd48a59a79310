"""KECCAK-f on lower halves of vectors and with rotations put off: audited as shipped, and refused with one bit more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from exporting import exported

from armsym.audit.audit import audit
from armsym.audit.bundle import Bundle
from armsym.audit.elf import Elf
from armsym.audit.text import read, write

pytestmark = pytest.mark.wheels

EXAMPLES = Path(__file__).parents[2] / "crypto_examples"


@pytest.fixture(scope="module", params=["openssl/KeccakF1600_ce", "aws_lc/sha3_keccak_f1600"])
def permutation(request: pytest.FixtureRequest) -> tuple[Bundle, Path]:
    library, name = request.param.split("/")
    return exported(EXAMPLES / library / "keccak.py", name)


def _refused(bundle: Bundle, elf: Elf) -> list[str]:
    verdict = audit(replace(bundle, file_sha256=elf.sha256), elf, elf.symbol(bundle.symbol)[0])
    assert verdict.shown == (not verdict.refused)
    return verdict.refused


def test_it_is_audited_as_shipped(permutation: tuple[Bundle, Path]) -> None:
    bundle, path = permutation
    assert _refused(read(write(bundle)), Elf.read(path)) == []


def test_one_rotation_by_a_bit_more_is_refused(permutation: tuple[Bundle, Path]) -> None:
    bundle, path = permutation
    elf = Elf.read(path)
    start, size = elf.symbol(bundle.symbol)
    # The first XAR, or EOR with a rotated operand: imm6 of either is from bit 10 on.
    at, word = next(
        (at, w)
        for at in range(start, start + size, 4)
        if (w := elf.word(at)) >> 21 == 0x674 or (w >> 21 == 0x656 and w >> 10 & 63)
    )
    segment = elf.segment(at, 4)
    offset = at - segment.address
    code = segment.data[:offset] + (word ^ 1 << 10).to_bytes(4, "little") + segment.data[offset + 4 :]
    changed = tuple(replace(s, data=code) if s is segment else s for s in elf.segments)
    wrong = replace(elf, loaded=replace(elf.loaded, segments=changed))
    assert wrong.word(at) == word ^ 1 << 10
    assert any("not shown equal" in r or "certificate" in r for r in _refused(bundle, wrong)), _refused(bundle, wrong)


def test_two_lanes_exchanged_are_refused(permutation: tuple[Bundle, Path]) -> None:
    bundle, path = permutation
    (case,) = bundle.cases
    first, second, *others = case.ensures
    ensures = [replace(first, right=second.right), replace(second, right=first.right), *others]
    lie = replace(bundle, cases=[replace(case, ensures=ensures)])
    assert _refused(read(write(lie)), Elf.read(path))
