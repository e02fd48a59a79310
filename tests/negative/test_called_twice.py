"""A routine whose loop has an invariant, inlined and called more than once: each call enters the loop anew.

`g` adds 3 to x0, x1 times; it leaves x4 alone, in which its callers here keep what x0 was.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import refute, run, symbolically
from test_contracts import files

from armsym.dsl import Bits, Claims, Proof, State
from armsym.proof.calls import Calls
from armsym.proof.engine import Budget, Engine, loop_rule
from armsym.proof.loops import Routine
from armsym.proof.result import Status
from armsym.proof.symbolic import SymbolicProof
from semantics import A64

MOST = 2**40
G = "1: add x0,x0,#3\n subs x1,x1,#1\n b.ne 1b\n ret"
IN = " stp x29,x30,[sp,#-16]!\n mov x9,x0\n mov x10,x1\n"
OUT = " ldp x29,x30,[sp],#16\n ret"
CALL = " mov x1,x10\n mov x4,x0\n bl g\n"
#: x0 = x0 + 3 n + 1 + 3 n.
TWICE = IN + CALL + " add x0,x0,#1\n" + CALL + OUT
#: Five calls, by a loop of its own that has no invariant.
FIVE = IN + " mov x11,#5\n3:\n" + CALL + " subs x11,x11,#1\n b.ne 3b\n" + OUT
#: x0 = x0 + 2 * 3 n, x2 times.
OUTER = IN + "2:\n" + CALL + CALL + " subs x2,x2,#1\n b.ne 2b\n" + OUT
#: Without end.
FOREVER = IN + "3:\n" + CALL + " b 3b"
#: As TWICE, but the second time without a call: LR is made by hand, and the head is reached by a branch.
BY_HAND = IN + CALL + " add x0,x0,#1\n mov x1,x10\n mov x4,x0\n adr x30,5f\n b g\n5:\n" + OUT

Wanted = Callable[[Bits, Bits, Bits], Bits]


def stating(result: Wanted, *, added: int = 3, outer: bool = False) -> Callable[[Proof], None]:
    """The proof that f returns `result(a, n, k)`; the invariant says that g adds `added` each time."""

    def fn(p: Proof) -> None:
        a, n, k = p.word("a"), p.nat("n", low=1, high=MOST), p.nat("k", low=1, high=MOST)
        p.call(x0=a, x1=n, x2=k)
        p.modifies(p.stack(16))

        @p.invariant(p.image.symbol("g").offset, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"sum": s.x0 == s.x4 + added * i, "left": s.x1 == n - i}

        if outer:

            @p.invariant(p.routine.back_edge(), upto=k)
            def _(s: State, i: Bits) -> Claims:
                return {"sum": s.x0 == a + i * n * 6}

        p.ensures(lambda s: {"result": s.x0 == result(a, n, k)})

    return fn


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (TWICE, lambda a, n, k: a + 6 * n + 1, lambda a, n, k: a + 6 * n),
        (TWICE, lambda a, n, k: a + 1 + n * 6, lambda a, n, k: a + 3 * n + 1),
        (BY_HAND, lambda a, n, k: a + 6 * n + 1, lambda a, n, k: a + 3 * n + 1),
        (FIVE, lambda a, n, k: a + 15 * n, lambda a, n, k: a + 12 * n),
    ],
    ids=["twice", "the other way round", "by hand", "five times"],
)
def test_each_call_begins_at_0(tmp_path: Path, text: str, right: Wanted, wrong: Wanted) -> None:
    image = files(tmp_path, text, G)
    assert run(stating(right), image, "f").status is Status.PROVED
    assert refute(stating(wrong), image, "f") == ("ensures", "result")
    assert symbolically(stating(wrong), image, "f") == {"ensures": ["result"]}


def test_what_is_false_in_the_second_call_only(tmp_path: Path) -> None:
    """Before it n is lowered by 1: the invariant counts to n all the same."""
    image = files(tmp_path, IN + CALL + " sub x10,x10,#1\n add x10,x10,x10\n" + CALL + OUT, G)
    fn = stating(lambda a, n, k: a + 6 * n)
    assert run(fn, image, "f").status is not Status.PROVED
    assert symbolically(fn, image, "f")


def test_an_invariant_that_is_false(tmp_path: Path) -> None:
    fn = stating(lambda a, n, k: a + 6 * n + 1, added=4)
    assert refute(fn, files(tmp_path, TWICE, G), "f")[0] == "invariant"


def test_twice_in_each_iteration_of_an_outer_loop(tmp_path: Path) -> None:
    image = files(tmp_path, OUTER, G)
    r = run(stating(lambda a, n, k: a + k * n * 6, outer=True), image, "f")
    # The products of two unknowns may be more than is shown; nothing is wrong.
    assert r.counterexample is None
    assert r.status in {Status.PROVED, Status.UNDECIDED}
    assert refute(stating(lambda a, n, k: a + k * n * 3, outer=True), image, "f")[0] == "ensures"


def test_calls_without_end_are_not_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_rule, "DEEP", 6)
    image = files(tmp_path, FOREVER, G)
    p = SymbolicProof(Routine(image, A64, "f"))
    stating(lambda a, n, k: a)(p)
    engine = Engine(p, {}, Budget())
    engine.run()
    (stopped,) = [o for o in engine.obligations if o.kind == "termination" and o.status is not Status.PROVED]
    assert stopped.status is Status.UNDECIDED
    assert "entered anew" in stopped.detail
    assert not any(o.name == "every loop ends" for o in engine.obligations)


def test_calls() -> None:
    """A call is over when control comes back to where it returns; in a deeper call nothing is over."""
    outside = Calls()
    first = outside.after(0x10, 0x100, links=True)
    assert first.within(outside)
    assert not outside.within(first)
    assert first.after(0x100, 0x104, links=False) == first
    back = first.after(0x108, 0x14, links=False)
    assert back == outside
    again = back.after(0x10, 0x100, links=True)  # of the same call, another time
    assert not again.within(first)
    deeper = first.after(0x104, 0x200, links=True)
    assert deeper.within(first)
    assert deeper.after(0x200, 0x14, links=False) == outside  # both are over
    assert deeper.after(0x200, 0x108, links=False) == first
    assert outside.after(0x10, 0x14, links=True) == outside  # BL to the next instruction only reads the PC
