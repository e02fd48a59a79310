"""Pairs that do not do the same, if only for one rare input: none is ever called equivalent."""

from __future__ import annotations

import pytest
from test_true_twins import INVERT, SUM_END, SUM_TOP
from twins import Declare, block, buffer, compared, numbers, two_buffers

from armsym.equiv import Verdict
from armsym.proof.declare import Proof

ABS = "    cmp x0, #0\n    b.ge 1f\n    neg x0, x0\n1:  ret"

#: name -> f, g, what is given, what the answer is at least: "different" where an input has to be found.
PAIRS: dict[str, tuple[str, str, Declare, str]] = {
    "only at 2^63": (
        ABS,
        "    mov x4, #0x8000000000000000\n    cmp x0, x4\n    b.eq 2f\n" + ABS + "\n2:  mov x0, #0\n    ret",
        numbers,
        "different",
    ),
    "only for one product": (
        "    mov x0, #0\n    ret",
        "    mul x4, x0, x1\n    mov x5, #0x1234\n    movk x5, #0xbeef, lsl #32\n"
        "    cmp x4, x5\n    cset x0, eq\n    ret",
        numbers,
        "different",
    ),
    "the carry": (
        "    adds x0, x0, x2\n    adc x1, x1, x3\n    mov x0, x1\n    ret",
        "    add x0, x0, x2\n    add x1, x1, x3\n    mov x0, x1\n    ret",
        numbers,
        "different",
    ),
    "the upper half": ("    add w0, w0, w1\n    ret", "    add x0, x0, x1\n    ret", numbers, "different"),
    "a register of the caller": (
        "    mov x0, #1\n    ret",
        "    mov x0, #1\n    mov x19, #1\n    ret",
        numbers,
        "different",
    ),
    "the low half of V8": ("    mov x0, #1\n    ret", "    mov x0, #1\n    fmov d8, x0\n    ret", numbers, "different"),
    "SP": ("    mov x0, #1\n    ret", "    mov x0, #1\n    add sp, sp, #16\n    ret", numbers, "different"),
    "one more store": (
        "    str x2, [x0]\n    ret",
        "    str x2, [x0]\n    strb wzr, [x0, #63]\n    ret",
        block(),
        "different",
    ),
    "the last byte of eight": (
        "    ldr x4, [x0]\n    str x4, [x0, #8]\n    ret",
        "    ldr x4, [x0]\n    str w4, [x0, #8]\n    lsr x4, x4, #32\n    strh w4, [x0, #12]\n    lsr x4, x4, #16\n"
        "    strb w4, [x0, #14]\n    ret",
        block(),
        "different",
    ),
    "the order of two stores": (
        "    strb w2, [x0, x1]\n    strb w3, [x0, #5]\n    ret",
        "    strb w3, [x0, #5]\n    strb w2, [x0, x1]\n    ret",
        block(),
        "different",
    ),
    "one round less": (
        SUM_TOP,
        "    sub x1, x1, #1\n" + SUM_TOP,
        buffer("r", low=1),
        "different",
    ),
    "the last byte of a buffer": (
        SUM_TOP,
        "    mov x3, #0\n    cbz x1, 2f\n1:  subs x1, x1, #1\n    b.eq 2f\n    ldrb w2, [x0], #1\n    add x3, x3, x2\n"
        "    b 1b\n2:  mov x0, x3\n    ret",
        buffer("r"),
        "different",
    ),
    "round 2^20": (
        SUM_TOP,
        "    mov x3, #0\n    mov x9, #0\n1:  cbz x1, 2f\n    ldrb w2, [x0], #1\n    add x3, x3, x2\n"
        "    sub x1, x1, #1\n    add x9, x9, #1\n    cmp x9, #256, lsl #12\n    cinc x3, x3, eq\n"
        "    b 1b\n2:  mov x0, x3\n    ret",
        buffer("r"),
        "",
    ),
    "a buffer longer than 2^20": (
        SUM_TOP,
        "    mov x10, #1048577\n    cmp x1, x10\n    cset x9, eq\n    mov x3, #0\n1:  cbz x1, 2f\n"
        "    ldrb w2, [x0], #1\n    add x3, x3, x2\n    sub x1, x1, #1\n    b 1b\n2:  add x0, x3, x9\n    ret".replace(
            "mov x10, #1048577", "mov x10, #1\n    movk x10, #16, lsl #16"
        ),
        buffer("r"),
        "",
    ),
    "a byte that is 0x5a five times in a row": (
        SUM_TOP,
        "    mov x3, #0\n    mov x9, #0\n1:  cbz x1, 2f\n    ldrb w2, [x0], #1\n    add x3, x3, x2\n    cmp w2, #0x5a\n"
        "    csinc x9, xzr, x9, ne\n    cmp x9, #5\n    cinc x3, x3, eq\n    sub x1, x1, #1\n    b 1b\n"
        "2:  mov x0, x3\n    ret",
        buffer("r"),
        "",
    ),
    "never ends for one input": (
        "    mov x0, #1\n    ret",
        "    mov x4, #77\n1:  cmp x0, x4\n    b.eq 1b\n    mov x0, #1\n    ret",
        numbers,
        "",
    ),
    "never ends in a loop": (
        SUM_END,
        SUM_END.replace("    subs x5, x5, #1", "    cmp w6, #0x5a\n    cset w8, ne\n    subs x5, x5, x8"),
        buffer("r"),
        "",
    ),
    "writes the input": (
        INVERT,
        INVERT.replace("    mvn w3, w3", "    mvn w3, w3\n    cmp x2, #99\n    csel w3, wzr, w3, eq"),
        two_buffers,
        "",
    ),
    "stores beyond the buffer": (
        "    str x2, [x0]\n    ret",
        "    str x2, [x0]\n    str x2, [x0, #64]\n    ret",
        block(),
        "",
    ),
    "the caller's stack": (
        "    mov x0, #1\n    ret",
        "    mov x0, #1\n    str x0, [sp]\n    ret",
        numbers,
        "",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_never_equal(name: str) -> None:
    f, g, declare, least = PAIRS[name]
    # Where no input is wanted the search may end early.
    answer = compared(f, g, declare) if least else compared(f, g, declare, seconds=6.0, states=1500)
    assert answer.verdict is not Verdict.EQUIVALENT
    if least:
        assert answer.verdict.value == least, answer.reason
        assert answer.difference is not None
        assert answer.difference.first != answer.difference.second
    assert answer.difference is not None or answer.reason
    # Without declarations nothing may be said that is false, either.
    assert compared(f, g, states=1500).verdict is Verdict.UNDECIDED


def test_the_results_are_what_is_asked_for() -> None:
    f, g = (
        "    mov x0, #1\n    mov x2, #1\n    cmp x0, x0\n    ret",
        "    mov x0, #1\n    mov x2, #2\n    cmp x0, x2\n    ret",
    )
    assert compared(f, g, numbers).verdict is Verdict.EQUIVALENT
    for results in ("x2", "x0-x3", "nzcv", "all"):
        assert compared(f, g, numbers, results=results).verdict is Verdict.DIFFERENT
        assert compared(f, g, results=results).verdict is Verdict.UNDECIDED


# -- side by side: the same words do not make the same routine ----------------------------------------------------


def test_a_table_that_differs_in_one_byte() -> None:
    code = (
        "    adr x3, 1f\n    and x0, x0, #7\n    ldr w0, [x3, x0, lsl #2]\n    ret\n1:\n    .word 1, 2, 3, 4, 5, 6, 7, "
    )
    assert compared(code + "8\n", code + "0x01000008\n").verdict is Verdict.UNDECIDED
    answer = compared(code + "8\n", code + "0x01000008\n", numbers)
    assert answer.verdict is not Verdict.EQUIVALENT


def test_a_table_behind_the_reach_of_what_was_compared() -> None:
    """One more bit of index reaches another word."""
    code = "    adr x3, 1f\n    and x0, x0, #15\n    ldr w0, [x3, x0, lsl #2]\n    ret\n"
    code += "1:\n    .word 1, 2, 3, 4, 5, 6, 7, 8\n"
    tail = "    .word 9, 10, 11, 12, 13, 14, 15, "
    assert compared(code + tail + "16\n", code + tail + "16\n").verdict is Verdict.EQUIVALENT
    assert compared(code + tail + "16\n", code + tail + "17\n").verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "forever",
    [
        "1:  b 1b",
        "    mov x4, #0\n1:  add x4, x4, #1\n    b 1b",
        "    mov x4, #0\n1:  cbz x4, 1b\n    ret",
        "    mov x4, #0\n    nop\n1:  mov x5, #1\n    cbz x4, 1b\n    ret",
    ],
)
def test_one_never_returns(forever: str) -> None:
    """Nothing is left to look at where one goes round and the other stays: that does not make them equal."""
    for other in ("    ret", "    mov x4, #0\n    ret", "    nop\n    nop\n    ret", "    str x1, [x0]\n    ret"):
        assert compared(forever, other).verdict is Verdict.UNDECIDED
        assert compared(forever, other, results="none").verdict is Verdict.UNDECIDED
    assert compared(forever, forever).verdict is Verdict.EQUIVALENT  # neither returns


def test_what_is_called_differs() -> None:
    f, g = (
        f"    str x30, [sp, #-16]!\n    bl {n}\n    ldr x30, [sp], #16\n    ret\n{n}:\n    add x0, x0, #{k}\n    ret"
        for n, k in ((".Lone", 1), (".Ltwo", 2))
    )
    assert compared(f, g).verdict is Verdict.UNDECIDED
    assert compared(f, g, numbers).verdict is Verdict.DIFFERENT


def test_an_address_of_the_file_that_gets_out() -> None:
    for code in (
        "    adr x0, 1f\n1:  ret",
        "    adr x1, 1f\n    str x1, [x0]\n1:  ret",
        "    adr x1, 1f\n    cmp x0, x1\n    cset x0, eq\n1:  ret",
    ):
        assert compared(code, "    nop\n" + code).verdict is Verdict.UNDECIDED


def test_a_saved_address_that_is_overwritten() -> None:
    """The slot holds an address of each file; a store through what may point there makes it unknown."""
    code = "    sub sp, sp, #32\n    adr x4, 1f\n    str x4, [sp, #8]\n    {}\n"
    code += "    ldr x5, [sp, #8]\n    ldr w0, [x5]\n    add sp, sp, #32\n    ret\n1:  .word 7\n"
    for store in (
        "str x1, [sp, x2]",
        "add x6, sp, x2\n    str x1, [x6]",
        "mov x6, sp\n    eor x6, x6, x7\n    eor x6, x6, x7\n    eor x6, x6, x2\n    str x1, [x6]",
        "mov x6, sp\n    str x6, [x3]\n    ldr x7, [x3]\n    str x1, [x7, x2]",
        "mov x6, sp\n    str x6, [x3]\n    ldr x7, [x2]\n    str x1, [x7]",
        "add x6, sp, x2\n    str x6, [sp]\n    ldr x7, [sp]\n    str x1, [x7]",
        "add x6, sp, x2\n    str x6, [sp]\n    strb w1, [sp]\n    ldr x7, [sp]\n    str x1, [x7]",
        "add x6, sp, x2\n    fmov d0, x6\n    fmov x7, d0\n    str x1, [x7]",
        "add x6, sp, x2\n    cmp x1, x2\n    csel x7, x6, x2, eq\n    str x1, [x7]",
    ):
        f, g = code.format(store), "    nop\n" + code.format(store)
        assert compared(f, g).verdict is Verdict.UNDECIDED, store
    # What is given does not lead below SP on entry: that is assumed.
    for store in ("str x1, [x0]", "mov x6, sp\n    str x6, [x3]\n    str x1, [x0]"):
        f, g = code.format(store), "    nop\n" + code.format(store)
        assert compared(f, g).verdict is Verdict.EQUIVALENT


def test_a_saved_address_that_is_read_in_part() -> None:
    code = (
        "    sub sp, sp, #16\n    adr x4, 1f\n    str x4, [sp, #8]\n    ldr w0, [sp, #8]\n    add sp, sp, #16\n1:  ret"
    )
    assert compared(code, "    nop\n" + code).verdict is Verdict.UNDECIDED


def test_a_variable_of_the_file_only_if_it_is_said_to_be_the_same() -> None:
    code = "    adrp x4, v\n    ldr w0, [x4, :lo12:v]\n    ret"
    more = "    .data\n    .align 3\n    .global v\n    .type v, %object\n    .size v, 4\nv:  .word 1\n"
    assert compared(code, code, more=more).verdict is Verdict.UNDECIDED
    assert compared(code, code, more=more, same_globals=("v",)).verdict is Verdict.EQUIVALENT
    wide = code.replace("ldr w0", "ldr x0")
    assert compared(wide, wide, more=more, same_globals=("v",)).verdict is Verdict.UNDECIDED


def test_preconditions_that_no_run_meets() -> None:
    """Of no state everything is true: that is no answer."""

    def nothing(p: Proof) -> None:
        numbers(p)
        p.assume("x0 != x0", p.entry.x0 != p.entry.x0)

    answer = compared("    mov x0, #1\n    ret", "    mov x0, #2\n    ret", nothing)
    assert answer.verdict is Verdict.UNDECIDED


def test_an_instruction_that_is_not_modelled() -> None:
    code = "    mrs x0, cntvct_el0\n    ret"
    assert compared(code, code).verdict is Verdict.UNDECIDED
    assert compared(code, code, numbers).verdict is Verdict.UNDECIDED


def test_code_of_another_file() -> None:
    code = "    str x30, [sp, #-16]!\n    bl elsewhere\n    ldr x30, [sp], #16\n    ret"
    assert compared(code, code).verdict is Verdict.UNDECIDED
    assert compared(code, code, numbers).verdict is Verdict.UNDECIDED


def test_what_is_known_of_one_side_only() -> None:
    """One keeps the address of its table in a register that the other does not use; each loads from its own."""
    f = "    adr x13, 1f\n    ldr x4, [x13]\n    ldr x5, [x13, #8]\n    add x0, x4, x5\n    ret\n"
    f += "    .balign 8\n1:  .quad 5, 6\n"
    g = "    ldr x4, 1f\n    ldr x5, 2f\n    add x0, x4, x5\n    ret\n    .balign 8\n2:  .quad 6\n1:  .quad {}\n"
    assert compared(f, g.format(5)).verdict is Verdict.EQUIVALENT
    assert compared(f, g.format(7)).verdict is Verdict.UNDECIDED
    assert compared(f, g.format(5), results="x13").verdict is Verdict.UNDECIDED
    # A place on the stack that only one of them knows is no place of the other.
    f = "    add x13, sp, #-16\n    ldr x4, [x1]\n    str x4, [x13]\n    ldr x0, [x13]\n    ret"
    g = "    ldr x4, [x1]\n    str x4, [x13]\n    ldr x0, [x13]\n    ret"
    assert compared(f, g).verdict is Verdict.UNDECIDED
