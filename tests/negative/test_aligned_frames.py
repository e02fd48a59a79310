"""Frames that a routine aligns to more than 16 bytes: how far SP goes down depends on where it was.

Each false statement is false for one place of SP on entry only; each stands beside a true twin.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import run
from test_contracts import contract, files

from armsym.dsl import Claims, Proof, State
from armsym.elf import Image
from armsym.errors import InputError
from armsym.proof.result import ProofResult, Status

#: Saves X29 and X30, takes a frame of 64 bytes or more that begins at a multiple of 64, and works in it.
ALIGNED = """stp x29,x30,[sp,#-16]!
 mov x29,sp
 sub x9,sp,#64
 and sp,x9,#~63
 {body}
 mov sp,x29
 ldp x29,x30,[sp],#16
 ret"""

#: 16 bytes of saved registers, 64 of frame, and as many as 48 that are lost.
DEEPEST = 16 + 64 + 48


def aligned(body: str, folder: Path) -> Image:
    return files(folder, ALIGNED.format(body=body), "ret")


def kept(depth: int, align: int) -> Callable[[Proof], None]:
    """That X0 is returned."""

    def fn(p: Proof) -> None:
        a = p.word("a")
        p.call(x0=a)
        p.modifies(p.stack(depth, align=align))

        @p.ensures
        def _(s: State) -> Claims:
            return {"x0 is kept": s.x0 == a}

    return fn


def answer(fn: Callable[[Proof], None], image: Image) -> ProofResult:
    return run(fn, image, "f")


KEEPS = "str x0,[sp,#8]\n mov x0,#0\n ldr x0,[sp,#8]"
LAST = "str x0,[sp,#56]\n mov x0,#0\n ldr x0,[sp,#56]"


@pytest.mark.parametrize("body", [KEEPS, LAST], ids=["first", "last"])
def test_a_frame_aligned_to_64_is_proved_for_each_place_of_sp(body: str, tmp_path: Path) -> None:
    r = answer(kept(DEEPEST, 64), aligned(body, tmp_path))
    assert r.status is Status.PROVED
    assert not any("mod" in a for a in r.assumptions), "nothing is assumed of where SP lies"


def test_a_larger_alignment_than_the_code_takes_is_proved_too(tmp_path: Path) -> None:
    assert answer(kept(DEEPEST, 128), aligned(KEEPS, tmp_path)).status is Status.PROVED


@pytest.mark.parametrize("align", [16, 32])
def test_a_smaller_alignment_than_the_code_takes_is_undecided(align: int, tmp_path: Path) -> None:
    r = answer(kept(DEEPEST, align), aligned(KEEPS, tmp_path))
    assert r.status is Status.UNDECIDED
    assert any("p.stack(..., align=)" in o.detail for o in r.obligations)


def test_a_depth_that_one_place_of_sp_exceeds_is_refused(tmp_path: Path) -> None:
    r = answer(kept(DEEPEST - 16, 64), aligned(KEEPS, tmp_path))
    assert r.status is not Status.PROVED


@pytest.mark.parametrize("slot", [64, 80, 96, 112])
def test_a_store_past_the_frame_meets_the_saved_registers_for_one_place_of_sp(slot: int, tmp_path: Path) -> None:
    r = answer(kept(DEEPEST, 64), aligned(f"str x0,[sp,#{slot}]", tmp_path))
    assert r.status is Status.REFUTED


def test_a_claim_about_the_rest_of_sp_is_refuted_where_it_is_another(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        p.call()
        p.modifies(p.stack(DEEPEST, align=64))
        p.ensures(lambda s: {"a multiple of 64": s.x0 == 0})

    body = "add x0,x29,#16\n and x0,x0,#63"
    r = answer(fn, aligned(body, tmp_path))
    assert r.status is Status.REFUTED


def test_the_rest_of_sp_is_a_multiple_of_16(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        p.call()
        p.modifies(p.stack(DEEPEST, align=64))
        p.ensures(lambda s: {"a multiple of 16": s.x0 == 0})

    assert answer(fn, aligned("add x0,x29,#16\n and x0,x0,#15", tmp_path)).status is Status.PROVED


def test_an_alignment_that_depends_on_a_choice_is_an_error(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        n = p.choice("n", [0, 1])
        p.call()
        p.modifies(p.stack(DEEPEST, align=64 if n else 16))
        p.ensures(lambda s: {"x18": s.x18 == p.entry.x18})

    with pytest.raises(InputError, match="aligns to 64 here and to 16"):
        answer(fn, aligned(KEEPS, tmp_path))


@pytest.mark.parametrize("align", [0, 8, 24, 48, 8192])
def test_an_alignment_is_a_power_of_two_from_16_to_4096(align: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="align is a power of two"):
        answer(kept(DEEPEST, align), aligned(KEEPS, tmp_path))


CALLER = """stp x29,x30,[sp,#-16]!
 bl g
 add x0,x0,#{add}
 ldp x29,x30,[sp],#16
 ret"""


@pytest.mark.parametrize(
    ("add", "depth", "proved"), [(1, 16 + DEEPEST, True), (2, 16 + DEEPEST, False), (1, DEEPEST, False)]
)
def test_a_routine_with_an_aligned_frame_as_a_contract(add: int, depth: int, proved: bool, tmp_path: Path) -> None:
    image = files(tmp_path, CALLER.format(add=add), ALIGNED.format(body=KEEPS))
    g = contract(kept(DEEPEST, 64))

    def fn(p: Proof) -> None:
        a = p.word("a")
        p.call(x0=a)
        p.uses(g)
        p.modifies(p.stack(depth))
        p.ensures(lambda s: {"one more": s.x0 == a + 1})

    assert (answer(fn, image).status is Status.PROVED) == proved
