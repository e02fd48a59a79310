"""Proving things that are false, with and without the concrete runs that come first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import armsym.proof.run
import armsym.proof.trials
from armsym.dsl import Proof
from armsym.elf import Image
from armsym.errors import ArmsymError
from armsym.proof.concrete import ConcreteProof, Trial
from armsym.proof.engine import Budget
from armsym.proof.loops import Loop, Routine
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from armsym.proof.trials import run_trial
from armsym.stepper import Stepper
from semantics import A64

__all__ = ["change", "fix_loops", "refute", "run", "symbolically", "without_search"]

ProofFn = Callable[[Proof], None]

#: Small: what is not closed within it is refused.
BUDGET = Budget(seconds=5, steps=4000, paths=32, claim_ms=1000)


def run(fn: ProofFn, image: Image, symbol: str, budget: Budget = BUDGET) -> ProofResult:
    """The whole of a proof, as a user runs it."""
    return prove(fn, name=symbol, image=image, symbol=symbol, isa=A64, budget=budget)


def without_search(patch: pytest.MonkeyPatch) -> None:
    """Do not look for counterexamples once the symbolic proof has failed: quicker."""
    nothing = armsym.proof.run._Runs([])
    patch.setattr(armsym.proof.run, "_search", lambda *_, **__: nothing)


def refute(fn: ProofFn, image: Image, symbol: str) -> tuple[str, str]:
    """Kind and name of the claim that a counterexample breaks; the proof must be refuted."""
    r = run(fn, image, symbol)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert [o.kind for o in r.obligations if o.status is Status.REFUTED] == [r.counterexample.kind]
    return r.counterexample.kind, r.counterexample.claim


def symbolically(
    fn: ProofFn, image: Image, symbol: str, visits: int = 2, budget: Budget = BUDGET
) -> dict[str, list[str]]:
    """The obligations that the symbolic proof alone does not show: kind -> names.

    At most so many runs are made only to see loops iterate.  Concrete runs only suggest what loops change;
    whatever they break is kept from the proof.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(armsym.proof.trials, "_broken", lambda *_, **__: None)
        patch.setattr(armsym.proof.run, "run_trial", _silent)
        patch.setattr(armsym.proof.run, "VISITS", armsym.proof.run.VISITS[:visits])
        without_search(patch)
        r = run(fn, image, symbol, budget)
    assert r.counterexample is None
    assert Status.REFUTED not in {o.status for o in r.obligations}
    open_: dict[str, list[str]] = {}
    for o in r.obligations:
        if o.status is not Status.PROVED and o.detail != "not reached":
            open_.setdefault(o.kind, []).append(o.name)
    assert (r.status is Status.PROVED) == (not open_)
    return open_


def _silent(p: ConcreteProof, stepper_for: Callable[[ConcreteProof, Trial], Stepper], **_: object) -> Trial:
    t = run_trial(p, stepper_for)
    t.violation, t.trace = None, []
    return t


def assembly(image: Image, at: int) -> str:
    """The instruction at an offset, or "?" when there is none."""
    try:
        return A64.decode(image.word(at)).assembly(at)
    except ArmsymError:
        return "?"


def change(image: Image, symbol: str, old: str, new_word: int, new: str) -> Image:
    """A copy with the last instruction that reads `old` replaced by the word, which reads `new`."""
    start, size = image.function_extent(symbol)
    at = max(k for k in range(start, start + size, 4) if assembly(image, k) == old)
    copy = image.patched({at: new_word.to_bytes(4, "little")})
    assert assembly(copy, at) == new
    return copy


def fix_loops(monkeypatch: pytest.MonkeyPatch, image: Image, symbol: str) -> None:
    """Let proofs find the loop of this image, also in copies whose branches are damaged."""
    loop = Routine(image, A64, symbol).back_edge()

    def back_edge(self: Routine, within: str | None = None) -> Loop:
        return loop

    monkeypatch.setattr(Routine, "back_edge", back_edge)
