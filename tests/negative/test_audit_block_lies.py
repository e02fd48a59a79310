"""Bundles that lie about buffers block by block, about numbers told by a branch, and about what a step reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from lying import RET, Lie, blocks, straight

from armsym.audit.bundle import (
    Blocks,
    Ensured,
    Fold,
    Region,
)
from armsym.audit.raw import ones
from armsym.audit.wording import contract_lines


def _as_on_entry(lie: Lie, upto: int, name: str = "r") -> None:
    t = lie.case.table
    lie.case.holds.append(Blocks(name, upto, 1, "little", (t.app("mem.r", (t.var("block", ones(64)),), 255),), "kept"))


STRB_AT = {0: 0x3900001F, 1: 0x3900041F, 15: 0x39003C1F}  # STRB WZR, [X0, #k]


@pytest.mark.parametrize(
    ("stored", "upto", "word", "true"),
    [
        (None, 0, None, True),  # no block at all: everything is as on entry
        (0, 0, None, False),
        (0, 1, 0, True),  # block 0 is 0, the rest as on entry
        (0, 1, None, False),
        (1, 1, None, False),  # a byte after the blocks
        (15, 15, None, False),
        (15, 16, None, False),  # the last block
        (None, 16, None, True),
        (None, 17, None, False),  # a block more than the region has
        (None, 2**64 - 1, None, False),
        (0, 1, 256, False),  # the byte is 0, the word is not
        (1, 2, 0, False),
    ],
)
def test_blocks_on_return_at_the_edges(
    stored: int | None, upto: int, word: int | None, true: bool, tmp_path: Path
) -> None:
    lie = blocks((RET,) if stored is None else (STRB_AT[stored], RET))
    t = lie.case.table
    if word is None:
        _as_on_entry(lie, t.const(upto))
    else:
        lie.case.holds.append(Blocks("r", t.const(upto), 1, "little", (t.const(word),), "all"))
    assert lie.verdict(tmp_path).audited is true


@pytest.mark.parametrize(("order", "value", "true"), [("little", 5, True), ("big", 5, False), ("big", 5 << 24, True)])
def test_the_order_of_a_blocks_word(order: str, value: int, true: bool, tmp_path: Path) -> None:
    lie = blocks((0x528000A1, 0xB9000001, RET))  # MOV W1, #5; STR W1, [X0]
    t = lie.case.table
    lie.case.holds.append(Blocks("r", t.const(1), 4, order, (t.const(value),), "five"))
    assert lie.verdict(tmp_path).audited is true


@pytest.mark.parametrize(("low", "less", "true"), [(0, 0, True), (1, 1, True), (0, 1, False)])
def test_blocks_of_a_region_that_may_be_empty(low: int, less: int, true: bool, tmp_path: Path) -> None:
    """For n - 1 blocks of n bytes n may not be 0: n - 1 would be 2^64 - 1."""
    lie = blocks((RET,), 0, (low, 100))
    t = lie.case.table
    _as_on_entry(lie, t.add(64, t.var("num.n", 127), t.const(-less & ones(64))))
    assert lie.verdict(tmp_path).audited is true


def test_a_byte_of_which_it_is_open_whether_it_is_after_the_blocks(tmp_path: Path) -> None:
    """STRB WZR, [X0, X1]; X1 = n: behind n blocks, or the last of n + 1."""
    for more, word in ((0, None), (1, None), (1, 0), (2, None)):
        lie = blocks((0x3821681F, RET), 1, (0, 100))
        t = lie.case.table
        lie.case.arguments["x1"] = t.var("num.n", 127)
        upto = t.add(64, t.var("num.n", 127), t.const(more))
        if word is None:
            _as_on_entry(lie, upto)
        else:
            lie.case.holds.append(Blocks("r", upto, 1, "little", (t.const(0),), "zero"))
        assert not lie.verdict(tmp_path).audited


def test_a_claim_of_blocks_of_another_region_than_was_stored_to(tmp_path: Path) -> None:
    """The blocks of one region say nothing of another's; a secret number of blocks is a claim as any other."""
    lie = blocks((STRB_AT[0], RET))
    c, t = lie.case, lie.case.table
    c.regions["q"] = Region("q", "rw", 1, "little", True, 1, 16, ())
    c.words["w"] = (1, True)
    lie.case.holds.append(Blocks("q", t.const(1), 1, "little", (t.const(0),), "zero"))
    assert not lie.verdict(tmp_path).audited
    lie.case.holds.clear()
    _as_on_entry(lie, t.var("word.w", 1))
    assert not lie.verdict(tmp_path).audited


@pytest.mark.parametrize("where", ["ensures", "upto", "requires"])
def test_the_number_of_a_block_stands_in_blocks_only(where: str, tmp_path: Path) -> None:
    lie = blocks((RET,))
    t = lie.case.table
    block = t.var("block", ones(64))
    _as_on_entry(lie, block if where == "upto" else t.const(1))
    if where == "ensures":
        lie.case.ensures.append(Ensured("same", block, block))
    elif where == "requires":
        lie.case.requires.append(("zero", t.app("zero", (block,), 1)))
    assert any("block with the bits" in r for r in lie.verdict(tmp_path).refused)


# -- numbers that a branch tells after what they were used for, and folds that read a region -----------

LOADED = (0x38616802, 0xF1000C3F, 0x54000040, 0x39400C02, 0x2A0203E0, RET)
"""LDRB W2, [X0, X1]; CMP X1, #3; B.EQ +8; LDRB W2, [X0, #3]; MOV W0, W2; RET."""


@pytest.mark.parametrize(
    ("place", "word", "told", "true"),
    [
        (0, LOADED[0], 3, True),  # r[n], where n is 3, is r[3]
        (0, LOADED[0], 2, False),
        (0, LOADED[0], "n", False),
        (1, 0xF100083F, 3, False),  # CMP X1, #2
        (1, 0x7100083F, 3, False),  # CMP W1, #2
        (1, 0x71000C3F, 3, False),  # CMP W1, #3: n may be 2^32 + 3
        (2, 0x54000041, 3, False),  # B.NE
        (2, 0x54000042, 3, False),  # B.HS: n is at least 3
        (2, 0x54000043, 3, False),  # B.LO
        (0, 0x38616802 + (1 << 16), 3, False),  # [X0, X2], of which nothing is known
    ],
)
def test_a_byte_loaded_at_a_number_that_is_told_afterwards(
    place: int, word: int, told: int | str, true: bool, tmp_path: Path
) -> None:
    lie = blocks((*LOADED[:place], word, *LOADED[place + 1 :]), 4, (0, 1 << 33))
    t = lie.case.table
    n = lie.case.arguments["x1"] = t.var("num.n", ones(34))
    lie.returns(t.app("mem.r", (n if told == "n" else t.const(int(told)),), 255))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited is true, verdict.refused


@pytest.mark.parametrize(
    ("store", "cell", "true"),
    [
        (0xD503201F, 0, True),  # NOP
        (0xF9000001, 0, False),  # STR X1, [X0]: r[0] of the step is what it was on entry, and not what it is now
        (0xD503201F, 8, False),  # another cell
    ],
)
def test_a_step_that_reads_what_a_region_held_on_entry(store: int, cell: int, true: bool, tmp_path: Path) -> None:
    """MOV X1, #1; the store; LDR X2, [X0]; EOR X0, X1, X2; RET: H(1) is H(0) XOR r[0]."""
    lie = straight(0xD2800021, store, 0xF9400002, 0xCA020020, RET)
    lie.region()
    t = lie.case.table
    state = t.var("H.state.0", ones(64))
    read = t.app("mem.r", (t.const(cell),), ones(64))
    lie.case.folds["H"] = Fold("H", (64,), (t.const(1),), (), (t.xor(state, read),), ())
    lie.returns(t.app("H.0", (t.const(1),), ones(64)))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited is true, verdict.refused
    assert any(line.endswith("of its state, its block and r on entry") for line in contract_lines(lie.case))
