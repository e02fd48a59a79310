"""A short run of `fuzz_engine`, and what it would find: `make fuzz` is the long one."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path as File

import pytest
from planting import Bug, plant

sys.path.insert(0, os.fspath(File(__file__).parent))
from fuzz_engine import fuzz
from random_routines import SHAPES, random_code

from armsym.bits import Bits
from armsym.machine import Machine
from armsym.proof.engine import branch_rule, explore, loop_rule
from armsym.proof.engine.run import Origin
from armsym.proof.havoc import Havoc, LoopGuess, havoc
from armsym.proof.locations import X
from armsym.proof.path import Path
from armsym.symbolic_memory import SymbolicMemory
from armsym.terms.node import new_table

COUNT = 36


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def test_paths_say_what_concrete_runs_give() -> None:
    seen: Counter[str] = Counter()
    assert list(fuzz(COUNT, 0, seen)) == []
    # Loops of every shape were followed to the end, guesses were wrong, and much was compared.
    assert all(seen[shape] >= COUNT // len(SHAPES) // 2 for shape in SHAPES), seen
    assert seen["retries"] >= COUNT
    assert seen["paths"] >= 2 * COUNT
    assert seen["compared"] >= 10 * COUNT
    assert seen["memory"] > 10 * seen["memory not told"]


def test_a_seed_is_one_routine() -> None:
    assert random_code(7) == random_code(7)
    assert len({random_code(seed).text for seed in range(60)}) == 60
    assert [random_code(seed).shape for seed in range(6)] == list(SHAPES)


def _forgets_all_but(register: int) -> Callable[[Machine, LoopGuess, Bits], Havoc]:
    def wrong(m: Machine, guess: LoopGuess, index: Bits) -> Havoc:
        before = m.x[register]
        h = havoc(m, guess, index)
        if X(register) not in guess.strides:
            m.x[register] = before
        return h

    return wrong


def _withdraws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Havoc, "wrong_candidates", lambda *_: None)


def _forgets_too_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_rule, "havoc", _forgets_all_but(7))


def _believes_the_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_rule, "wrote_beyond", lambda *_: None)


def _planted(owner: object, name: str, old: str, new: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda m: plant(Bug(owner, name, old, new), m, (branch_rule, explore, loop_rule))  # type: ignore[arg-type]


NEGATED = "learn(run, other, ops.xor(1, cond, 1), origin, what)"
DEFECTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "wrong strides stay": _withdraws_nothing,
    "a written register is not forgotten": _forgets_too_little,
    "what a loop writes is what was guessed": _believes_the_guess,
    "both parts know the same condition": _planted(
        branch_rule, "part", NEGATED, "learn(run, other, cond, origin, what)"
    ),
    "the second part knows nothing": _planted(branch_rule, "part", NEGATED, "pass"),
    "branches are taken the other way": _planted(
        branch_rule, "branch", "fork.taken, fork.otherwise\n", "fork.otherwise, fork.taken\n"
    ),
    "the second part of a split is lost": _planted(loop_rule, "_split", "more += [s, other]", "more += [s]"),
    "a path's parts share one memory": _planted(Path, "fork", "self.machine.fork()", "self.machine"),
    "what an inner loop writes is not the outer's": _planted(
        Origin, "find", "written |= o.before | o.havoc.guess.writes", "pass"
    ),
    "a loop's stores at any offset leave what was there": _planted(SymbolicMemory, "forget", "Unknown(name)", "None"),
    "stores at unknown offsets meet nothing": _planted(
        SymbolicMemory, "_apart", "self.disjoint(symbolic, k, k + size, layer.symbolic, lo, hi)", "True"
    ),
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_it_finds_what_is_planted(
    defect: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a path that says what is not so, or an input of which none speaks: not as a crash."""
    defect(monkeypatch)
    found = (why for _, why in fuzz(COUNT, 0, Counter()) if why.startswith("Mismatch: "))
    assert next(found, None) is not None


def test_it_tells_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost path leaves inputs of which none speaks; a store that is not forgotten shows in memory or a register."""
    with monkeypatch.context() as m:
        DEFECTS["the second part of a split is lost"](m)
        _, why = next(fuzz(COUNT, 0, Counter()))
        assert why.startswith("Mismatch: no path speaks of n = [")
    DEFECTS["stores at unknown offsets meet nothing"](monkeypatch)
    _, why = next(fuzz(COUNT, 0, Counter()))
    assert why.startswith("Mismatch: n = ")
