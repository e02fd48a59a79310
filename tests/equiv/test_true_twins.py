"""Pairs that do the same: each is shown to."""

from __future__ import annotations

import pytest
from twins import Declare, block, buffer, compared, numbers, two_buffers

from armsym.equiv import Verdict

SUM_TOP = """
    mov x3, #0
1:  cbz x1, 2f
    ldrb w2, [x0], #1
    add x3, x3, x2
    sub x1, x1, #1
    b 1b
2:  mov x0, x3
    ret"""
SUM_END = """
    mov x4, #0
    mov x5, x1
    mov x7, x0
    cbz x5, 2f
1:  ldrb w6, [x7], #1
    subs x5, x5, #1
    add x4, x6, x4
    b.ne 1b
2:  mov x0, x4
    ret"""
SUM_INDEX = """
    mov x4, #0
    mov x5, #0
    cbz x1, 2f
1:  ldrb w6, [x0, x5]
    add x5, x5, #1
    add x4, x4, x6
    cmp x5, x1
    b.ne 1b
2:  mov x0, x4
    ret"""
SUM_STACK = """
    sub sp, sp, #16
    str xzr, [sp, #8]
    add x1, x0, x1
1:  cmp x0, x1
    b.eq 2f
    ldrb w2, [x0], #1
    ldr x3, [sp, #8]
    add x3, x3, x2
    str x3, [sp, #8]
    b 1b
2:  ldr x0, [sp, #8]
    add sp, sp, #16
    ret"""
INVERT = """
    cbz x2, 2f
1:  ldrb w3, [x1], #1
    mvn w3, w3
    strb w3, [x0], #1
    subs x2, x2, #1
    b.ne 1b
2:  ret"""
INVERT_INDEX = """
    mov x9, #0
    mov w10, #255
1:  cmp x9, x2
    b.eq 2f
    ldrb w11, [x1, x9]
    eor w11, w11, w10
    strb w11, [x0, x9]
    add x9, x9, #1
    b 1b
2:  ret"""

PAIRS: dict[str, tuple[str, str, Declare]] = {
    "another order": (
        "    add x4, x0, x1\n    eor x5, x2, x3\n    mul x0, x4, x5\n    ret",
        "    eor x6, x3, x2\n    add x0, x1, x0\n    mul x0, x6, x0\n    ret",
        numbers,
    ),
    "spilled": (
        "    add x0, x0, x1\n    eor x0, x0, x2\n    ret",
        "    sub sp, sp, #32\n    add x4, x0, x1\n    str x4, [sp, #8]\n    mov x4, #1\n    ldr x4, [sp, #8]\n"
        "    eor x0, x4, x2\n    add sp, sp, #32\n    ret",
        numbers,
    ),
    "a branch or a choice": (
        "    cmp x0, x1\n    b.lo 1f\n    mov x0, x1\n1:  ret",
        "    cmp x0, x1\n    csel x0, x0, x1, lo\n    ret",
        numbers,
    ),
    "rolled and unrolled": (
        "    mov x4, #4\n1:  add x0, x0, x1\n    eor x1, x1, x0\n    subs x4, x4, #1\n    b.ne 1b\n    ret",
        "    .rept 4\n    add x0, x0, x1\n    eor x1, x1, x0\n    .endr\n    ret",
        numbers,
    ),
    "saved register": (
        "    str x19, [sp, #-16]!\n    mov x19, x0\n    add x0, x19, x1\n    ldr x19, [sp], #16\n    ret",
        "    add x0, x0, x1\n    ret",
        numbers,
    ),
    "words and bytes": (
        "    ldr w4, [x0]\n    str w4, [x0, #4]\n    ret",
        "    .irp k, 0, 1, 2, 3\n    ldrb w5, [x0, #\\k]\n    strb w5, [x0, #4+\\k]\n    .endr\n    ret",
        block(),
    ),
    "sum, tested at the end": (SUM_TOP, SUM_END, buffer("r")),
    "sum, by index": (SUM_TOP, SUM_INDEX, buffer("r")),
    "sum, rotated and by index": (SUM_END, SUM_INDEX, buffer("r")),
    "sum, on the stack": (SUM_TOP, SUM_STACK, buffer("r")),
    "inverted": (INVERT, INVERT_INDEX, two_buffers),
}


@pytest.mark.parametrize("name", PAIRS)
def test_shown_equal(name: str) -> None:
    f, g, declare = PAIRS[name]
    answer = compared(f, g, declare, results="none" if name == "inverted" else "x0")
    assert answer.verdict is Verdict.EQUIVALENT, answer.reason


def test_side_by_side_other_words_between_accesses() -> None:
    f = "    add x4, x1, x2\n    lsl x4, x4, #1\n    str x4, [x0]\n    ret"
    g = "    mov x3, x3\n    add x4, x2, x1\n    add x4, x4, x4\n    str x4, [x0]\n    ret"
    assert compared(f, g).verdict is Verdict.EQUIVALENT
    # What stands in another register while memory is accessed is not followed.
    f = "    add x4, x1, x2\n    ldr x6, [x0]\n    str x4, [x0, x6]\n    ret"
    g = "    add x5, x1, x2\n    ldr x6, [x0]\n    str x5, [x0, x6]\n    ret"
    assert compared(f, g).verdict is Verdict.UNDECIDED


def test_what_instructions_take_for_granted_is_told() -> None:
    """A routine that signs its return address is one that does not, where the core does not sign."""
    plain = "    str x30, [sp, #-16]!\n    add x0, x0, x1\n    ldr x30, [sp], #16\n    ret"
    signed = f"    paciasp\n{plain.removesuffix('    ret')}    autiasp\n    ret".replace(
        "add x0, x0, x1", "add x0, x1, x0"
    )
    for declare in (None, numbers):
        for f, g in ((plain, signed), (signed, signed)):
            answer = compared(f, g, declare)
            assert answer.verdict is Verdict.EQUIVALENT, answer.reason
            assert any("FEAT_PAuth" in a for a in answer.assumptions)


def test_a_table_at_another_place_is_the_same_table() -> None:
    table = "1:\n    .word 1, 2, 3, 4, 5, 6, 7, 8\n"
    code = "    adr x3, 1f\n    and x0, x0, #7\n    ldr w0, [x3, x0, lsl #2]\n    ret\n"
    answer = compared(code + table, code + "    nop\n    .word 0\n" + table)
    assert answer.verdict is Verdict.EQUIVALENT, answer.reason
    assert not answer.identical


def test_the_same_words_are_identical() -> None:
    answer = compared(SUM_TOP, SUM_TOP)
    assert answer.verdict is Verdict.EQUIVALENT
    assert answer.identical
    assert answer.words == 7 + 1  # b and ret among them
