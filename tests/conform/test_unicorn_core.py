"""The harness in the guest: what it runs is the word, and nothing else."""

from __future__ import annotations

import struct

import pytest

from armsym.conform.states import NZCV_AT, SLOTS, SP_AT, V_AT, random_state
from armsym.conform.unicorn_oracle import LITERAL_BASE, WORD_PC, UnicornCore

NOP, ADD, SUB = 0xD503201F, 0x91000420, 0xD1000420  # add x0, x1, #1; sub x0, x1, #1
STATES = [random_state(0, "core", 0, k, WORD_PC) for k in range(SLOTS)]


@pytest.fixture(scope="module")
def core() -> UnicornCore:
    return UnicornCore()


def test_nop_changes_nothing(core: UnicornCore) -> None:
    core.patch(NOP)
    assert core.run(STATES) == [s.block for s in STATES]
    for s in STATES[:4]:
        outcome = core.step(s)
        assert (outcome.block, outcome.pc, outcome.fault) == (s.block, WORD_PC + 4, None)


def test_one_register_changes(core: UnicornCore) -> None:
    core.patch(ADD)
    after = core.run(STATES)
    assert after is not None
    for s, block in zip(STATES, after, strict=True):
        assert block == s.with_register(0, (s.x[1] + 1) % 2**64).block


def test_words_follow_each_other_without_stale_translations(core: UnicornCore) -> None:
    s = STATES[1:2]
    for n in range(100):
        core.patch(SUB if n % 2 else ADD)
        (block,) = core.run(s) or [b""]
        assert struct.unpack_from("<Q", block)[0] == (s[0].x[1] + (-1 if n % 2 else 1)) % 2**64


@pytest.mark.parametrize(
    ("word", "at", "size", "value"),
    [
        (0x9100003F, SP_AT, 8, lambda s: s.x[1]),  # mov sp, x1
        (0xD51B4201, NZCV_AT, 4, lambda s: s.x[1] & 0xF0000000),  # msr nzcv, x1
        (0x6E211C20, V_AT, 16, lambda s: 0),  # eor v0.16b, v1.16b, v1.16b
        (0xAA0003FE, 240, 8, lambda s: s.x[0]),  # mov x30, x0
    ],
)
def test_every_kind_of_register_comes_back(core: UnicornCore, word: int, at: int, size: int, value: object) -> None:
    assert callable(value)
    core.patch(word)
    for s, block in zip(STATES, core.run(STATES) or [], strict=True):
        assert int.from_bytes(block[at : at + size], "little") == value(s)
        assert block[:at] == s.block[:at]
        assert block[at + size :] == s.block[at + size :]


@pytest.mark.parametrize(
    ("word", "target"),
    [
        (0x14000000, WORD_PC),  # b .
        (0x14000002, WORD_PC + 8),  # b .+8
        (0x17FFFFFF, WORD_PC - 4),  # b .-4
        (0x16000000, WORD_PC - (1 << 27)),  # b .-128M
        (0xD61F0020, None),  # br x1
        (0xB4000000, None),  # cbz x0, .
    ],
)
def test_branches_end_where_they_go(core: UnicornCore, word: int, target: int | None) -> None:
    core.patch(word)
    for k in (0, 1, 2):
        s = STATES[k].with_register(0, 0 if k else 5)
        outcome = core.step(s)
        expected = {0xD61F0020: s.x[1], 0xB4000000: WORD_PC if k else WORD_PC + 4}.get(word, target)
        assert (outcome.pc, outcome.fault) == (expected, None)
        assert outcome.block == s.block


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        (0x00000000, "UDF"),
        (0xD4000021, "SVC"),
        (0xD4200000, "BRK"),
        (0xF9400020, "data abort"),  # ldr x0, [x1]
        (0xF9000020, "data abort"),  # str x0, [x1]
    ],
)
def test_exceptions_are_told_apart(core: UnicornCore, word: int, fault: str) -> None:
    core.patch(word)
    outcome = core.step(STATES[1].with_register(1, 0xDEAD_BEEF_0000))
    assert outcome.fault == fault
    assert core.run([STATES[1].with_register(1, 0xDEAD_BEEF_0000)]) is None
    core.patch(NOP)
    assert core.step(STATES[2]).block == STATES[2].block, "the core goes on after an exception"


def test_accesses_reach_the_window_and_the_literals(core: UnicornCore) -> None:
    core.patch(0xF9000020)  # str x0, [x1]
    s = STATES[3].with_register(1, STATES[3].window_base + 8)
    (block,) = core.run([s]) or [b""]
    assert block[-256:] == s.window[:8] + struct.pack("<Q", s.x[0]) + s.window[16:]
    core.patch(0x58008000)  # ldr x0, .+4096
    (block,) = core.run([s]) or [b""]
    at = WORD_PC + 4096 - LITERAL_BASE
    assert block[:8] == bytes(core.literals[at : at + 8])
