from __future__ import annotations

import pytest

from armsym.conform.capstone_oracle import Capstone, normalise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ADD  X0, x1,x2", "add x0, x1, x2"),
        ("and x0, x1, #0xffffffffffffff00", "and x0, x1, #-256"),
        ("ldr x0, [x1, #0x10]", "ldr x0, [ x1,16 ]"),
        ("ld1 { v0.16b, v1.16b }, [x0]", "ld1 {v0.16b,v1.16b}, [x0]"),
        ("mov w0, #-0x1", "mov w0, #-1"),
    ],
)
def test_the_same_instruction_written_differently(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("add x0, x1, #1", "add x0, x1, #-1"),
        ("add x0, x1, x2", "add x0, x2, x1"),
        ("mov v0.s[1], w2", "mov v0.s[2], w2"),
        ("ldr x0, [x1], #8", "ldr x0, [x1, #8]"),
        ("ldr x0, [x1, #8]!", "ldr x0, [x1, #8]"),
        ("add v0.2s, v1.2s, v2.2s", "add v0.4s, v1.4s, v2.4s"),
        ("mov w0, #-1", "mov w0, #0xffffffff"),
        ("ubfx x1, x2, #3, #10", "ubfx x1, x2, #3, #16"),
        ("lsl x0, x1, #2", "lsr x0, x1, #2"),
    ],
)
def test_different_instructions_stay_different(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_disassembles_and_rejects() -> None:
    cs = Capstone()
    assert cs.disassemble(0x91000420, 0) == "add x0, x1, #1"
    assert cs.disassemble(0xFFFFFFFF, 0) is None
    assert cs.disassemble(0xD503201F, 0) == "nop"


def test_many_words_keep_their_places_and_addresses() -> None:
    cs = Capstone()
    # b #0 (relative 0) three words in, after a word that is no instruction
    assert cs.disassemble_many([0xD503201F, 0xFFFFFFFF, 0x14000000], 0x1000) == ["nop", None, "b #0x1008"]
