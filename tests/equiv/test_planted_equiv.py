"""Checks of the comparison, taken out one by one: each time a pair that differs is called equivalent.

So each check is needed, and the pairs here would show it if it were lost.
"""

from __future__ import annotations

import pytest
from test_true_twins import SUM_END
from twins import Declare, buffer, image, numbers, two_buffers

from armsym.equiv import Verdict, compare, equivalent, instep, product, runs
from armsym.equiv.product import Limits
from armsym.installed import load_isa


def _answer(f: str, g: str, declare: Declare | None, results: str = "x0") -> Verdict:
    both = image(f, g)
    limits = Limits(steps=20_000, seconds=30.0)
    return equivalent((both, "f"), (both, "g"), load_isa(), declared=declare, results=results, limits=limits).verdict


#: x3 counts bytes 0x5a in a row, and the fifth of them changes the sum, but not in the last round.
IN_A_ROW = SUM_END.replace(
    "    subs x5, x5, #1",
    "    cmp w6, #0x5a\n    csinc x3, xzr, x3, ne\n    cmp x5, #1\n    ccmp x3, #5, #0, ne\n"
    "    cinc x4, x4, eq\n    subs x5, x5, #1",
).replace("    mov x4, #0", "    mov x4, #0\n    mov x3, #0", 1)
#: A word of the stack counts them, and eight change the sum.
ON_THE_STACK = (
    SUM_END.replace(
        "    subs x5, x5, #1",
        "    cmp w6, #0x5a\n    cset x8, eq\n    ldr x9, [sp]\n    add x9, x9, x8\n"
        "    str x9, [sp]\n    subs x5, x5, #1",
    )
    .replace("    mov x4, #0", "    mov x4, #0\n    str xzr, [sp, #-16]!", 1)
    .replace("2:  mov x0, x4", "2:  ldr x9, [sp], #16\n    lsr x9, x9, #3\n    add x0, x4, x9")
)
COPY = "    cbz x2, 2f\n1:  ldrb w3, [x1], #1\n    {}\n    strb w3, [x0], #1\n    subs x2, x2, #1\n    b.ne 1b\n2:  ret"
ONE_CHANGED = COPY.format("cmp w3, #0x5a\n    cinc w3, w3, eq")
ONE = "    mov x0, #1\n    {}\n    ret"

PRODUCT: dict[str, tuple[str, str, str, Declare, str]] = {
    "groups": ("_check_groups", SUM_END, IN_A_ROW, buffer("r"), "x0"),
    "content": ("_same_content", COPY.format("nop"), ONE_CHANGED, two_buffers, "none"),
    "stores": ("_note_stores", SUM_END, ON_THE_STACK, buffer("r"), "x0"),
    "results": ("_returned", ONE.format("nop"), ONE.format("cmp x1, #77\n    cinc x0, x0, eq"), numbers, "x0"),
}


@pytest.mark.parametrize("name", PRODUCT)
def test_a_check_of_the_paths_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    method, f, g, declare, results = PRODUCT[name]
    # Runs on numbers find some of them: here they are to be found by the paths.
    monkeypatch.setattr(runs, "_difference", lambda *_: None)
    assert _answer(f, g, declare, results) is Verdict.UNDECIDED
    monkeypatch.setattr(product.Product, method, lambda *_: None)
    assert _answer(f, g, declare, results) is Verdict.EQUIVALENT


SLOT = (
    "    sub sp, sp, #32\n    adr x4, 1f\n    str x4, [sp, #8]\n    {}\n    ldr x5, [sp, #8]\n    ldr w0, [x5]\n"
    "    add sp, sp, #32\n    ret\n1:  .word 7\n"
)
ALIAS = SLOT.format("str x1, [sp, x2]")
TABLE = "    adr x3, 1f\n    and x0, x0, #7\n    ldrb w0, [x3, x0]\n    ret\n1:\n    .byte 1, 2, 3, 4, 5, 6, 7, {}\n"


def _no_slots(*_: object) -> list[instep.Slot]:
    return []


def test_a_store_that_may_meet_a_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    f, g = ALIAS, "    nop\n" + ALIAS
    assert _answer(f, g, None) is Verdict.UNDECIDED
    monkeypatch.setattr(instep.InStep, "_aliased", _no_slots)
    assert _answer(f, g, None) is Verdict.EQUIVALENT


def test_a_value_that_may_be_an_address_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = SLOT.format("mov x6, sp\n    eor x6, x6, x7\n    eor x6, x6, x7\n    str x1, [x6, x2]")
    f, g = hidden, "    nop\n" + hidden
    assert _answer(f, g, None) is Verdict.UNDECIDED
    monkeypatch.setattr(instep.InStep, "_of_stack", lambda *_: False)
    assert _answer(f, g, None) is Verdict.EQUIVALENT


def test_all_that_an_index_may_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    f, g = TABLE.format(8), TABLE.format(9)
    assert _answer(f, g, None) is Verdict.UNDECIDED
    real = instep._same
    monkeypatch.setattr(instep, "_same", lambda a, b: real(a, b) or (a, b) in ((8, 9), (9, 8)))
    assert _answer(f, g, None) is Verdict.EQUIVALENT


def test_a_witness_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no run meets what is declared, every statement about all paths is true."""
    monkeypatch.setattr(compare, "SEARCH", ())
    f, g = "    cmp x0, x1\n    b.lo 1f\n    mov x0, x1\n1:  ret", "    cmp x0, x1\n    csel x0, x0, x1, lo\n    ret"
    assert _answer(f, g, numbers) is Verdict.UNDECIDED


def test_accesses_are_shown_to_lie_in_what_is_declared() -> None:
    """Both read one byte beyond the buffer, in the last round."""
    beyond = SUM_END.replace("    mov x5, x1", "    add x5, x1, #1")
    other = beyond.replace("x6", "x8").replace("w6", "w8")
    assert _answer(beyond, other, buffer("r")) is Verdict.UNDECIDED
    assert _answer(SUM_END, SUM_END.replace("x6", "x8").replace("w6", "w8"), buffer("r")) is Verdict.EQUIVALENT
