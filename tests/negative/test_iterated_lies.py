"""Iterated functions whose steps know more than their state: a secret would be public to who uses the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from refusing import run
from test_contracts import contract, files

from armsym.dsl import Claims, Iterated, Proof, State
from armsym.proof.result import Status

#: X0 is n ^ k ^ (k rotated by 1), in two steps.
TWO_STEPS = "eor x2,x0,x1\n nop\n eor x2,x2,x1,ror #1\n mov x0,x2\n ret"
#: Branches on it.
CALLS = "str x30,[sp,#-16]!\n bl g\n ldr x30,[sp],#16\n cbz x0,1f\n nop\n1: mov x0,#7\n ret"

told = Iterated(lambda S, j: [S[0] ^ S[1].ror(j), S[1]], times=2, name="told_the_key")


def knows_the_key(p: Proof) -> None:
    n, k = p.word("n", 64), p.word("k", 64)
    p.call(x0=n, x1=k)
    A = p.unfold(Iterated(lambda S, j: [S[0] ^ k.ror(j)], times=2, name="knows"), [n])

    @p.cut(p.routine.entry + 4)
    def _(s: State) -> Claims:
        return {"x2": s.x2 == A(1)[0]}

    p.ensures(lambda s: {"x0": s.x0 == A(2)[0]})


def is_told_the_key(p: Proof) -> None:
    n, k = p.word("n", 64), p.word("k", 64)
    p.call(x0=n, x1=k)
    A = p.unfold(told, [n, k])

    @p.cut(p.routine.entry + 4)
    def _(s: State) -> Claims:
        return {"x2": s.x2 == A(1)[0]}

    p.ensures(lambda s: {"x0": s.x0 == A(2)[0]})


def _calls(g: Callable[[Proof], None], *, public: bool) -> Callable[[Proof], None]:
    def fn(p: Proof) -> None:
        p.call(x0=p.word("n", 64, public=True), x1=p.word("k", 64, public=public))
        p.modifies(p.stack(16))
        p.uses(contract(g))
        p.ensures(lambda s: {"seven": s.x0 == 7})

    return fn


def test_a_step_that_knows_a_secret(tmp_path: Path) -> None:
    """Its contract said "a function of n", and its caller branched on that: both were proved."""
    image = files(tmp_path, CALLS, TWO_STEPS)
    r = run(knows_the_key, image, "g")
    assert r.status is not Status.PROVED
    assert any("speaks of its state alone, not of k" in o.detail for o in r.obligations)
    assert run(is_told_the_key, image, "g").status is Status.PROVED
    assert run(_calls(is_told_the_key, public=False), image, "f").status is not Status.PROVED
    assert run(_calls(is_told_the_key, public=True), image, "f").status is Status.PROVED
