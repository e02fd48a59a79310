"""What is told of an obligation that is not shown: both sides, and how the path came there."""

from __future__ import annotations

import pickle

import pytest
from assembling import assembled
from refusing import BUDGET, without_search

from armsym.dsl import Bits, Claims, Proof, State, ite
from armsym.elf import Image, load_bytes
from armsym.proof.result import Obligation, Status
from armsym.proof.run import prove
from armsym.proof.why import Sides
from semantics import A64

CODE = """
        .text
        .global chooses
        .type   chooses, %function
chooses:
        cmp     x1, #4
        b.lo    1f
        add     x0, x0, #1
        cbz     x2, 2f
        add     x0, x0, #2
2:      ret
1:      ret
        .size   chooses, .-chooses
        .global sums
        .type   sums, %function
sums:
        mov     x3, #0
        cbz     x1, 2f
1:      ldr     x4, [x0], #8
        add     x3, x3, x4
        add     x5, x5, x4
        subs    x1, x1, #1
        b.ne    1b
2:      mov     x0, x3
        ret
        .size   sums, .-sums
"""


@pytest.fixture(scope="module")
def code() -> Image:
    return load_bytes(assembled(CODE), "why.o")


def _open(fn: object, code: Image, symbol: str) -> dict[str, Obligation]:
    with pytest.MonkeyPatch.context() as patch:
        without_search(patch)
        patch.setattr("armsym.proof.trials._broken", lambda *_, **__: None)
        r = prove(fn, name=symbol, image=code, symbol=symbol, isa=A64, budget=BUDGET)  # type: ignore[arg-type]
    assert r.status is Status.UNDECIDED
    assert pickle.loads(pickle.dumps(r)) == r  # as it comes from the process of a proof
    return {o.name: o for o in r.obligations if o.status is not Status.PROVED}


def _chooses(p: Proof) -> None:
    n, m, k = p.nat("n", high=100), p.nat("m", high=100), p.word("k")
    p.call(x0=k, x1=n, x2=m)
    p.ensures(lambda s: {"x0": s.x0 == ite(n < 4, k, ite(m == 0, k + 1, k + 7))})


def test_both_sides_and_the_branches(code: Image) -> None:
    why = _open(_chooses, code, "chooses")["x0"].why
    assert why is not None
    assert why.label == "x0"
    assert why.sides is not None
    assert (why.sides.found, why.sides.claimed) == ("(k + [[3]])", "(k + [[7]])")
    story = why.story
    assert story is not None
    assert [(t.at, t.kind, t.says, t.where) for t in story.turns] == [
        (4, "branch", "n >=u 4", "chooses+0x4"),
        (12, "branch", "m != 0", "chooses+0xc"),
    ]
    assert story.turns[0].assembly.startswith("b.lo")
    assert story.where == "on return"
    # The ranges of n and m hold on entry, and what the branches say is told with them.
    assert story.facts == ()


def _sums(p: Proof) -> None:
    n = p.nat("n", high=100)
    a = p.region("a", 8 * n, access="r")
    p.call(x0=a, x1=n)
    S = p.fold(lambda s, b: [s[0] + b[0]], start=[Bits(64, 0)], over=a.blocks(words=1, width=64), name="S")

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"sum": s.x3 == S(i)[0] + (s.x5 - s.x5)}

    p.ensures(lambda s: {"sum": s.x0 == S(n)[0] + 1})


def test_a_path_through_a_loop_tells_the_iteration_and_the_length(code: Image) -> None:
    name = next(iter(_open(_sums, code, "sums")))
    assert name == "sum"
    why = _open(_sums, code, "sums")["sum"].why
    assert why is not None
    assert why.story is not None
    kinds = [t.kind for t in why.story.turns]
    assert kinds in (["branch"], ["branch", "loop", "branch"])
    assert why.story.lengths in (("n = 0",), ("n = (i + 1)",))


def test_which_bytes_may_differ() -> None:
    def sides(width: int, bits: int) -> str:
        return Sides(width, "", "", "", "", bits).where

    assert sides(64, 0xFF) == "byte 0 of 8"
    assert sides(64, 1 << 63) == "byte 7 of 8"
    assert sides(64, 0xFFFF_0000) == "bytes 2 to 3 of 8"
    assert sides(64, 0xFF00_00FF) == "bytes among 0 to 3 of 8"
    assert sides(64, 2**64 - 1) == ""
    assert sides(1, 1) == ""
    assert sides(9, 256) == "byte 1 of 2"
