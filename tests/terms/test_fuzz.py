"""A short run of `fuzz_terms`, and what it would find: `make fuzz` is the long one."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from planting import TERMS, Bug, plant

sys.path.insert(0, str(Path(__file__).parent))
from fuzz_terms import MEANING, check, fuzz, meaning, points, random_dag

from armsym.terms import choices, conditions, kinds, linear, slices
from armsym.terms.node import new_table

#: The package's function of this name hides the module.
evaluate = importlib.import_module("armsym.terms.evaluate")

CHUNK = 300
CHUNKS = 8


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_dags_mean_what_they_say(chunk: int) -> None:
    seen: Counter[str] = Counter()
    assert fuzz(CHUNK, chunk * CHUNK, seen) == []
    # Every kind of term comes up, so none goes untried.
    kinds = {"mul", "udiv", "clmul", "shl", "lshr", "ashr", "ite", "eq", "ult", "slt", "select", "table"}
    assert kinds | {"Var", "Sum", "Poly", "int"} <= seen.keys()


@pytest.mark.parametrize("seed", [254, 357, 693, 1182])
def test_what_it_found(seed: int) -> None:
    """An `ite` without end, and assertions that failed: each is right now."""
    check(random_dag(seed))


def test_every_operation_is_tried() -> None:
    kinds = {n.kind for seed in range(100) for n in random_dag(seed).nodes}
    assert kinds == {"var", "const", "concat", "table", "select", *MEANING}


def test_the_meaning_is_that_of_the_definitions() -> None:
    """Known answers, written down by hand: two wrongs must not agree."""
    known: dict[str, list[tuple[tuple[int, ...], int]]] = {
        "sub": [((8, 0, 1), 255)],
        "neg": [((8, 128), 128), ((8, 1), 255)],
        "udiv": [((8, 255, 0), 0), ((8, 255, 2), 127)],
        "clmul": [((8, 3, 3), 5), ((8, 255, 255), 0x5555)],
        "shl_by": [((8, 255, 8), 0), ((8, 255, 7), 128), ((8, 1, 255), 0)],
        "lshr_by": [((8, 255, 8), 0), ((8, 255, 7), 1)],
        "ashr_by": [((8, 128, 255), 255), ((8, 64, 255), 0), ((8, 128, 1), 192)],
        "rotr_by": [((8, 1, 9), 128), ((8, 0x12, 4), 0x21)],
        "asr": [((8, 128, 8), 255), ((8, 127, 7), 0)],
        "sext": [((4, 8, 8), 0xF8), ((4, 7, 8), 7)],
        "slt": [((8, 128, 127), 1), ((8, 0, 255), 0)],
        "ult": [((8, 128, 127), 0), ((8, 0, 255), 1)],
    }
    for kind, cases in known.items():
        width = 16 if kind == "clmul" else 8
        for args, result in cases:
            assert MEANING[kind](*args) % (1 << width) == result, (kind, args)


def test_points_keep_to_the_possible_bits() -> None:
    for seed in range(50):
        d = random_dag(seed)
        for at in points(d):
            assert not any(v & ~d.possible[n] for n, v in at.items())
            assert all(0 <= v < 1 << n.width for v, n in zip(meaning(d, at), d.nodes, strict=True))


BUGS = {
    "a summand that can only be 0 stays": Bug(linear.vanishes, "", "c * (t.pb & -t.pb) & full", "c"),
    "a product that can only be 0 stays": Bug(linear, "scale", "vanishes.apply(full, t, v) is None", "v"),
    "a low part that the constant carries into": Bug(linear.low_beside_high, "", "low_const & low_bits or ", ""),
    "a quotient of a sum that wraps": Bug(slices.exact_quotient, "", "most >> w", "most < 0"),
    "less than the most it can be": Bug(conditions.always_less, "", "a.pb < b", "a.pb <= b"),
    "not more than the most it can be": Bug(conditions.out_of_reach, "", "a >= b.pb", "a >= b.pb >> 1"),
    "a multiple of the wrong divisor": Bug(conditions.parity, "", "const & (low - 1)", "const & low"),
    "the wrong branch first": Bug(choices.negated_condition, "", "b, a, rounds)", "a, b, rounds)"),
    "no sign in ashr": Bug(kinds, "_signed", "a - (a >> w - 1 << w)", "a"),
    "a rest that keeps what is shared": Bug(choices, "_common", "ca)", "ca + 1)"),
}


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_it_finds_what_is_planted(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(bug, monkeypatch, (*TERMS, evaluate))
    assert any(fuzz(100, first) for first in range(0, 2400, 100))
