"""A run that does not return in time refutes nothing: only a state that comes again never ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import run
from test_contracts import SUCCESSOR, files

import armsym.proof.trials
from armsym.dsl import Bits, Claims, Proof, State
from armsym.proof.result import Status

#: Counts x1 down to 0, and x0 up.
COUNT = "nop\n1: add x0,x0,#3\n subs x1,x1,#1\n b.ne 1b\n ret"


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armsym.proof.trials, "MAX_STEPS", 2_000)
    monkeypatch.setattr(armsym.proof.trials, "REPEAT_STEPS", 400)


def counting(low: int) -> Callable[[Proof], None]:
    def fn(p: Proof) -> None:
        a, n = p.word("a"), p.nat("n", low=low, high=2**41)
        p.call(x0=a, x1=n)

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"sum": s.x0 == a + 3 * i, "left": s.x1 == n - i}

        p.ensures(lambda s: {"x0": s.x0 == a + 3 * n})

    return fn


@pytest.mark.parametrize(("low", "status"), [(1, Status.PROVED), (1000, Status.UNDECIDED), (2**40, Status.UNDECIDED)])
def test_a_loop_that_ends_late_is_not_refuted(tmp_path: Path, low: int, status: Status) -> None:
    """Without a run that returns there is no witness, which is all that is missing."""
    r = run(counting(low), files(tmp_path, COUNT, SUCCESSOR), "f")
    assert r.status is status
    missing = {o.kind for o in r.obligations if o.status is not Status.PROVED}
    assert missing == ({"non-vacuous"} if status is Status.UNDECIDED else set())


ENDLESS = [
    ("1: b 1b", True),
    ("1: add x9,x9,#1\n sub x9,x9,#1\n b 1b", True),
    ("1: eor x9,x9,#1\n str x9,[x0]\n eor v0.16b,v0.16b,v1.16b\n b 1b", True),  # comes again after two rounds
    ("1: add x9,x9,#1\n b 1b", False),  # after 2^64: nobody saw it
    ("1: ldr x9,[x0]\n add x9,x9,#1\n str x9,[x0]\n mov x9,#0\n b 1b", False),  # it is memory that changes
    ("1: add v0.2d,v0.2d,v1.2d\n b 1b", False),
]


@pytest.mark.parametrize(("code", "seen"), ENDLESS)
def test_a_state_that_comes_again_refutes(tmp_path: Path, code: str, seen: bool) -> None:
    def fn(p: Proof) -> None:
        a = p.region("a", 8, access="rw")
        p.call(x0=a)
        p.modifies(a)
        p.ensures(lambda s: {"x0": s.x0 == a.base})

    r = run(fn, files(tmp_path, code, SUCCESSOR), "f")
    assert r.status is (Status.REFUTED if seen else Status.UNDECIDED)
    assert (r.counterexample is not None) == seen
    if r.counterexample is not None:
        assert (r.counterexample.kind, r.counterexample.claim) == ("termination", "the routine returns")
