"""What the facts of one path tell of a condition is said of that path alone; words of more multiples than any count."""

from __future__ import annotations

from pathlib import Path

import pytest
from lying import RET, blocks, straight

from armsym.audit.bundle import Blocks, Ensured
from armsym.audit.raw import ones
from armsym.audit.remainders import multiples


def _stored(where_zero: int, elsewhere: int) -> tuple[int, ...]:
    """CBZ X1, +12; MOV X2, #elsewhere; B +8; MOV X2, #where_zero; STR X2, [X0]; RET."""
    return 0xB4000061, 0xD2800002 | elsewhere << 5, 0x14000002, 0xD2800002 | where_zero << 5, 0xF9000002, RET


@pytest.mark.parametrize("told", [(a, b) for a in (0, 1) for b in (0, 1)])
def test_what_a_path_decided_is_not_told_of_blocks(told: tuple[int, int], tmp_path: Path) -> None:
    """Branches store whether X1 is 0, or something else: no path's constant may stand for it in a block."""
    lie = blocks(_stored(*told), 8)
    t = lie.case.table
    lie.case.words["w"] = ones(64), False
    w = lie.case.arguments["x1"] = t.var("word.w", ones(64))
    lie.case.holds.append(Blocks("r", t.const(1), 8, "little", (t.app("zero", (w,), 1),), "told"))
    assert not lie.verdict(tmp_path).audited
    lie = blocks((0xF9000001, RET), 8)  # STR X1, [X0]
    t = lie.case.table
    lie.case.words["w"] = ones(64), False
    w = lie.case.arguments["x1"] = t.var("word.w", ones(64))
    lie.case.holds.append(Blocks("r", t.const(1), 8, "little", (w,), "told"))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited, verdict.refused


@pytest.mark.parametrize("words", [(0xF240001F, 0x54000040), (0x36000040, 0xD503201F)])
def test_words_of_64_bits_may_have_any_lowest_bit(words: tuple[int, ...], tmp_path: Path) -> None:
    """TST X0, #1; B.EQ +8; and TBZ W0, #0, +8: 2^63 multiples of 2 are too many to be parted by, and are no error."""
    lie = straight(*words, 0xD503201F, RET)
    t = lie.case.table
    lie.case.words["w"] = ones(64), False
    lie.case.arguments["x0"] = t.var("word.w", ones(64))
    lie.case.ensures.append(Ensured("kept", t.var("x7_out", ones(64)), t.var("x7_in", ones(64))))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited, verdict.refused
    assert verdict.counts["branches followed both ways"] == 1


def test_multiples_of_the_widest_words() -> None:
    for width in (64, 65, 128):
        assert multiples(5, 1, ones(width), []) is None
        assert multiples(5, ones(width - 3), ones(width), []) == [k << width - 3 for k in range(8)]
        assert multiples(5, ones(width - 4), ones(width), []) is None
        assert multiples(5, 1, ones(width), [(14, {5: -1})]) == list(range(0, 15, 2))
        assert multiples(5, 1, ones(width), [(16, {5: -1})]) is None
        assert multiples(5, 1, ones(width), [(-9, {5: 1}), (8, {5: -1})]) == []
