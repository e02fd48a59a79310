"""Proving things that are false, with and without the concrete runs that come first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.dsl import Proof
from armsym.elf import Image
from armsym.errors import ArmsymError
from armsym.proof.concrete import ConcreteProof, Trial, concrete_stepper, run_trial
from armsym.proof.engine import Budget, Engine
from armsym.proof.havoc import guess_loops
from armsym.proof.loops import Loop, Routine
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from armsym.proof.symbolic import SymbolicProof
from armsym.terms import new_table
from semantics import A64

__all__ = ["change", "fix_loops", "refute", "run", "symbolically"]

ProofFn = Callable[[Proof], None]

#: Small: what is not closed within it is refused.
BUDGET = Budget(seconds=5, steps=4000, paths=32)


def run(fn: ProofFn, image: Image, symbol: str) -> ProofResult:
    """The whole of a proof, as a user runs it."""
    return prove(fn, name=symbol, image=image, symbol=symbol, isa=A64, budget=BUDGET)


def refute(fn: ProofFn, image: Image, symbol: str) -> tuple[str, str]:
    """Kind and name of the claim that a counterexample breaks; the proof must be refuted."""
    r = run(fn, image, symbol)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert [o.kind for o in r.obligations if o.status is Status.REFUTED] == [r.counterexample.kind]
    return r.counterexample.kind, r.counterexample.claim


def symbolically(fn: ProofFn, image: Image, symbol: str, *, runs_of: Image | None = None) -> dict[str, list[str]]:
    """The obligations that the symbolic proof alone does not show: kind -> names.

    What the loops change is guessed from runs of the image `runs_of` (a right one), if given.
    """
    trials: list[Trial] = []
    if runs_of is not None:
        for hint in (2, 3):
            p = ConcreteProof(Routine(runs_of, A64, symbol), hint, hint, hint)
            fn(p)
            trials.append(run_trial(p, concrete_stepper, claims=False))
    new_table()
    s = SymbolicProof(Routine(image, A64, symbol))
    fn(s)
    engine = Engine(s, guess_loops(t.heads for t in trials), BUDGET)
    engine.run()
    open_: dict[str, list[str]] = {}
    for o in engine.obligations:
        if o.status is not Status.PROVED:
            open_.setdefault(o.kind, []).append(o.name)
    return open_


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
