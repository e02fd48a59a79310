"""A buffer claimed block by block in words of 16 bytes: what a vector register holds, in both orders of bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from lying import RET, Lie, blocks

from armsym.audit.blocks import turned
from armsym.audit.bundle import Blocks
from armsym.audit.raw import ones
from armsym.audit.text import BundleError
from armsym.audit.words import Words

STR, STR_NEXT = 0x3D800000, 0x3D800400  # STR Q0, [X0]; STR Q0, [X0, #16]


def _stored(
    order: str, claimed: str, *, count: int = 2, word: int = 16, words: tuple[int, ...] = (STR, STR_NEXT)
) -> Lie:
    lie = blocks((*words, RET), size=32)
    w = Words(lie.case.table)
    v0 = w.program.var("v0_in", ones(128))
    node = {
        "as it is": v0,
        "turned": turned(w, v0, 16),
        "halves exchanged": w.ror(128, v0, 64),
        "another bit": w.xor(v0, w.const(1 << 127)),
        "one bit more": w.xor(v0, w.const(1 << 128)),
        "half": w.mask(v0, ones(64)),
    }[claimed]
    lie.case.holds.append(Blocks("r", w.const(count), word, order, (node,), "told"))
    return lie


@pytest.mark.parametrize(
    ("order", "claimed", "count", "true"),
    [
        ("little", "as it is", 2, True),
        ("big", "turned", 2, True),
        ("big", "as it is", 2, False),
        ("little", "turned", 2, False),
        ("little", "halves exchanged", 2, False),
        ("little", "another bit", 2, False),
        ("little", "one bit more", 2, False),
        ("little", "half", 2, False),
        ("little", "as it is", 1, False),  # what follows is said to be as on entry
        ("little", "as it is", 3, False),  # past the end
    ],
)
def test_what_a_vector_register_was_stored_to(order: str, claimed: str, count: int, true: bool, tmp_path: Path) -> None:
    verdict = _stored(order, claimed, count=count).verdict(tmp_path)
    assert verdict.audited == true, verdict.refused


def test_one_block_that_was_not_stored(tmp_path: Path) -> None:
    assert not _stored("little", "as it is", words=(STR,)).verdict(tmp_path).audited


@pytest.mark.parametrize("word", [0, 3, 12, 17, 32])
def test_words_of_other_sizes_are_none(word: int, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not words of 1, 2, 4, 8 or 16 bytes"):
        _stored("little", "as it is", word=word).verdict(tmp_path)
