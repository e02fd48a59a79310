"""A short run of `fuzz_dischargers`, and what it would find: `make fuzz` is the long one."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from planting import Bug, plant, rewritten

sys.path.insert(0, str(Path(__file__).parent))
from fuzz_dischargers import ASK, FUNCTIONS, OPAQUE, fuzz, question

from armsym.bits import Bits
from armsym.discharge import algebra, gf2, integers, ring, truth_tables, z3_bridge
from armsym.discharge.algebra import Algebra
from armsym.proof import path
from armsym.terms.node import new_table

CHUNK = 100


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


@pytest.mark.parametrize("first", range(0, 400, CHUNK))
def test_what_is_shown_is_so(first: int) -> None:
    """And each discharger is put to the test: it shows true claims, and is asked false ones."""
    failed, seen = fuzz(CHUNK, first)
    assert failed == []
    for name in ("truth tables", "algebra", "integers", "z3", "knowledge"):
        assert seen[f"{name}: True of a true claim"] > CHUNK // 10, name
        assert sum(n for said, n in seen.items() if said.startswith(name) and said.endswith("false claim")) > CHUNK // 4
    for name in ("integers", "z3"):
        assert seen[f"{name}: False of a false claim"] > CHUNK // 10, name
    assert seen["constant: True of a true claim"] > 3


def test_small_claims_are_decided_by_z3() -> None:
    """At these widths it has no reason to give up; what is free in an opaque function it may refute."""
    _, seen = fuzz(100, 5000, ["z3"])
    assert not any(n for said, n in seen.items() if ": None" in said)


def test_opaque_functions_are_their_definitions() -> None:
    """The numbers here and those that armsym runs are the same."""
    for name, (width, f) in OPAQUE.items():
        known = FUNCTIONS[name]
        widths = (4,) if name == "fuzz_sbox" else (3, 3)
        for a in range(1 << widths[0]):
            for rest in [()] if len(widths) == 1 else [(b,) for b in range(8)]:
                args = [Bits(w, v) for w, v in zip(widths, (a, *rest), strict=True)]
                assert known(*args).uint == f(a, *rest)
                assert known.width == width


def test_questions_are_of_all_kinds() -> None:
    kinds: Counter[str] = Counter()
    true = 0
    for seed in range(150):
        q = question(seed)
        true += q.implied(q.claim)
        kinds.update({n.kind for n in q.dag.nodes})
        kinds["with facts"] += bool(q.facts)
    assert 40 < true < 110
    assert kinds["with facts"] > 30
    assert {*OPAQUE, "select", "table", "clmul", "udiv", "ashr_by", "mul", "ite"} <= kinds.keys()


#: What is wrong -> the defect, and who is to be found out.
BUGS: dict[str, tuple[Bug, str]] = {
    "truth tables: carries are lost": (
        Bug(truth_tables._Group, "_sum", "carry = a & b | carry & (a ^ b)", "carry = 0"),
        "truth tables",
    ),
    "truth tables: signs": (Bug(truth_tables._Group, "_operation", "x, y = y, x", "pass"), "truth tables"),
    "truth tables: what is not constant is 0": (
        Bug(truth_tables._Group, "constant", "else None", "else 0"),
        "truth tables",
    ),
    "truth tables: impossible bits are free": (
        Bug(truth_tables._Claim, "_of_product", "not 0 <= p + s < base.width", "not 0 <= p + s < base.width - 1"),
        "truth tables",
    ),
    "integers: sums do not wrap": (
        Bug(integers._Translation, "_reduced", "if first == last:", "return x\n    if first == last:"),
        "integers",
    ),
    "integers: signed is unsigned": (
        Bug(integers._Translation, "_signed", "if x.high < half:", "if True:"),
        "integers",
    ),
    "integers: a bit more than the field": (
        Bug(integers._Translation, "_bits", "self._quotient(base, hi + 1)", "self._quotient(base, hi + 2)"),
        "integers",
    ),
    "integers: remainders as large as the divisor": (
        Bug(integers._Translation, "_divided", "- q.e * by >= 0", "- q.e * by >= 1"),
        "integers",
    ),
    "integers: the only value it found first": (
        Bug(integers.Integers, "constant_or_not", "(wanted if verdict == z3.unsat else None)", "wanted"),
        "constant",
    ),
    "integers: models are not looked at": (
        Bug(integers.Integers, "_assignment", "return None", "pass"),
        "integers",
    ),
    "algebra: products are forgotten": (Bug(gf2.Form, "is_zero", " and not self.products", ""), "algebra"),
    "algebra: constants are forgotten": (Bug(gf2.Form, "add", "self.const ^= other.const", "pass"), "algebra"),
    "algebra: any product is the ring's": (Bug(Algebra, "_recognised", "if rest:", "if rest < 0:"), "algebra"),
    "z3: shifted bits the wrong way": (Bug(z3_bridge, "_moved", "below = lo - s", "below = lo + s"), "z3"),
    "z3: known zeros are forgotten": (Bug(z3_bridge.Bridge, "_translate", "if t.pb != ones(w)", "if False"), "z3"),
    "z3: what is not refuted holds": (
        Bug(z3_bridge.Solver, "implies", "verdict == z3.unsat", "verdict != z3.unsat"),
        "z3",
    ),
    "z3: facts are assumed to be false": (Bug(z3_bridge.Solver, "add", "== 1", "== 0"), "z3"),
    "knowledge: what is not implied is implied not": (
        Bug(path.Knowledge, "decide", ".holds:", ".holds is not None:"),
        "knowledge",
    ),
}


@pytest.mark.parametrize(("bug", "name"), BUGS.values(), ids=BUGS)
def test_planted_defect_is_found(bug: Bug, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra, "_rings", {})
    # What is known of products stays out, and with this defect is no other test's.
    monkeypatch.setattr(gf2, "_convolution", lru_cache(gf2._convolution.__wrapped__))
    modules: tuple[ModuleType, ...] = (algebra, gf2, ring, integers, truth_tables, z3_bridge)
    plant(bug, monkeypatch, modules)
    # One at a time: the first wrong answer ends it.
    assert any(fuzz(1, seed, [name])[0] for seed in range(600)), "all answers are right with the defect"


def test_what_is_no_ring_is_not_taken_for_one() -> None:
    assert algebra.ring_of(FUNCTIONS["fuzz_gf8"]) is not None
    assert algebra.ring_of(FUNCTIONS["fuzz_low"]) is None
    assert algebra.ring_of(FUNCTIONS["fuzz_sbox"]) is None


def test_everything_is_asked() -> None:
    assert {"terms", "truth tables", "algebra", "integers", "z3", "knowledge"} == set(ASK)


def test_edits_are_checked() -> None:
    """A table of defects that no longer applies says so."""

    def f(x: int) -> int:
        return x

    wrong: Callable[..., Any] = f
    with pytest.raises(AssertionError, match="update the table of planted bugs"):
        rewritten(wrong, "return y", "return x")
