"""Stack of a size not known, numbers that buffers hold, residues modulo a fold's value: what is false is not shown.

The concrete runs are kept from most of these, where they would notice first: the symbolic argument has to refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import run, symbolically
from test_engine_negative import routine

from armsym.dsl import Bits, Claims, InputError, Proof, State, congruent
from armsym.proof.result import Status

#: Copies n words to a buffer on the stack, and from there, which it clears, to x0.
THROUGH = """
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    add x9, x2, #1
    lsr x9, x9, #1
    sub x10, sp, x9, lsl #4
    mov sp, x10
    mov x3, xzr
1:  ldr x4, [x1, x3, lsl #3]
    str x4, [x10, x3, lsl #3]
    add x3, x3, #1
    cmp x3, x2
    b.ne 1b
    mov x3, xzr
2:  ldr x4, [x10, x3, lsl #3]
    str xzr, [x10, x3, lsl #3]
    str x4, [x0, x3, lsl #3]
    add x3, x3, #1
    cmp x3, x2
    b.ne 2b
    mov sp, x29
    ldp x29, x30, [sp], #16
    ret
"""


def copies(
    *,
    size: Callable[[Bits], Bits] = lambda n: ((n + 1) >> 1) << 4,
    more: int = 0,
    beyond: int = 0,
    factor: int = 1,
    kept: bool = False,
) -> Callable[[Proof], None]:
    """That r holds a's number plus `more`, and a residue of `factor` times it."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2**40)
        r, a, b = (p.region(name, n * 8, access="w" if name == "r" else "r") for name in "rab")
        p.call(x0=r, x1=a, x2=n)
        p.modifies(r, p.stack(16))
        t = p.dynamic_stack("t", size(n))
        A, B = (p.number(region.blocks(1, 64), name=f"of_{region.name}") for region in (a, b))
        p.assume("b is not 0", B(n) >= 1)
        there, back = sorted(p.routine.loops(), key=lambda loop: loop.head)

        @p.invariant(there, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"so far": t.number(i + beyond, at=s) == A(i)}

        @p.invariant(back, upto=n)
        def _(s: State, i: Bits) -> Claims:
            left = t.number(n, at=s) - t.number(i, at=s)
            return {"all": r.number(i, at=s) + left == A(n)}

        @p.ensures
        def _(s: State) -> Claims:
            held = t.number(n, at=s) if kept else r.number(n, at=s)
            return {
                "number": held == A(n) + more,
                "residue": congruent(factor * r.number(n, at=s) + A(n) * B(n), A(n) - B(n), B(n)),
            }

    return fn


def test_what_is_so_is_proved(tmp_path: Path) -> None:
    assert run(copies(), routine(tmp_path, THROUGH), "f").status is Status.PROVED


@pytest.mark.parametrize(
    ("fn", "kind"),
    [
        pytest.param(copies(more=1), "ensures", id="one more"),
        pytest.param(copies(kept=True), "ensures", id="what is lost when SP goes back"),
        pytest.param(copies(size=lambda n: ((n + 3) >> 1) << 4), "memory", id="SP elsewhere than said"),
    ],
)
def test_what_is_not_so_is_not_shown(tmp_path: Path, fn: Callable[[Proof], None], kind: str) -> None:
    assert kind in symbolically(fn, routine(tmp_path, THROUGH), "f", visits=6)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        pytest.param("str x4, [x10, x3", "str w4, [x10, x3", "memory", id="half a word"),
        pytest.param("    mov sp, x29\n", "    mov sp, x29\n    ldr x9, [x10]\n", "memory", id="a load below SP"),
        pytest.param("mov sp, x10", "add sp, x10, #16", "memory", id="SP above the buffer"),
        pytest.param("mov sp, x10", "nop", "memory", id="SP not moved at all"),
    ],
)
def test_wrong_code(tmp_path: Path, old: str, new: str, kind: str) -> None:
    assert old in THROUGH
    code = THROUGH.replace(old, new).replace("str w4, [x10, x3, lsl #3]", "str w4, [x10, x3, lsl #2]")
    assert kind in symbolically(copies(), routine(tmp_path, code), "f", visits=6)


def test_a_residue_modulo_a_value_is_no_equality(tmp_path: Path) -> None:
    """Twice the number is not the number modulo another."""
    assert "residue" in symbolically(copies(factor=2), routine(tmp_path, THROUGH), "f", visits=6)["ensures"]


def test_more_words_than_the_area_has(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the first \d+ bytes of t, which has"):
        symbolically(copies(beyond=3), routine(tmp_path, THROUGH), "f", visits=6)


def test_sizes_that_are_no_multiple_of_16(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a multiple of 16"):
        run(copies(size=lambda n: n * 8), routine(tmp_path, THROUGH), "f")
