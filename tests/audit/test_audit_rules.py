"""Each rule at the edge of its conditions: what is just inside is accepted, and true; what is just outside is refused,
and would be false: the same step with the conditions left out gives a form that is not the value in some run."""

from __future__ import annotations

import pytest
from audit_cases import (
    ADD8,
    BIT,
    FX,
    INSIDE_CASES,
    JOINED,
    OPAQUE,
    OUTSIDE_CASES,
    XY,
    Case,
    X,
    Y,
    Z,
    atoms,
    label,
    p,
    sums,
)
from raw_programs import false_forms, values

from armsym.audit import products, rules
from armsym.audit.hints import SHAPES, Hint
from armsym.audit.raw import ones
from armsym.audit.rules import Checker, RefusedError

SIZE = len(p)
RUNS = [values(p.instructions, seed) for seed in range(150)]


def runs(given: dict[int, int]) -> list[list[int]]:
    """Runs that have the facts."""
    return [run for run in RUNS if all(run[i] == v for i, v in given.items())]


def started(case: Case) -> Checker:
    checker = Checker(p, case[0])
    for hint in case[1]:
        checker.step(hint)
    assert all(not false_forms(checker, run) for run in runs(case[0]))
    return checker


@pytest.mark.parametrize("case", INSIDE_CASES, ids=label)
def test_a_step_inside_its_conditions_gives_a_true_form(case: Case) -> None:
    checker = started(case)
    before = dict(checker.poly), dict(checker.sum)
    checker.step(case[2])
    assert (checker.poly, checker.sum) != before or case[2][0] in ("narrow", "same")
    assert len(runs(case[0])) > 10
    assert all(not false_forms(checker, run) for run in runs(case[0]))


@pytest.mark.parametrize("case", OUTSIDE_CASES, ids=label)
def test_a_step_outside_its_conditions_is_refused_and_would_be_false(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    checker = started(case)
    before = dict(checker.poly), dict(checker.sum)
    with pytest.raises(RefusedError, match=f"'{case[2][0]}'"):
        checker.step(case[2])
    assert (checker.poly, checker.sum) == before
    for module in (rules, products):
        monkeypatch.setattr(module, "need", lambda condition, why: None)
    monkeypatch.setattr(Checker, "whole_terms", careless_terms)
    try:
        checker.step(case[2])
    except (RefusedError, AssertionError):
        return  # it is refused by more than one condition
    assert any(false_forms(checker, run) for run in runs(case[0]))


def careless_terms(checker: Checker, i: int, width: int) -> dict[int, int]:
    """`whole_terms` without its conditions."""
    return {mono[0][0]: 1 << max(0, -mono[0][1]) for mono in checker.poly[i][1]}


def test_every_rule_is_looked_at_from_both_sides() -> None:
    # "polyatom", "given" have no condition but that there are bits, and a fact.
    assert {c[2][0] for c in INSIDE_CASES} == set(SHAPES) - {"poly"}
    assert {c[2][0] for c in OUTSIDE_CASES} == set(SHAPES) - {"poly", "polyatom", "given"}


@pytest.mark.parametrize(
    "hint",
    [("polyatom", XY), ("poly", X), ("poly", ADD8), ("sum", X, 8), ("sum", JOINED, 16), ("given", X), ("given", BIT)],
    ids=str,
)
def test_what_has_no_such_form_is_refused(hint: Hint) -> None:
    checker = Checker(p, {OPAQUE: 1})
    for step in atoms(X, Y) + sums((X, 8), (Y, 8)):
        checker.step(step)
    with pytest.raises(RefusedError):
        checker.step(hint)


def test_an_evaluation_is_of_16_free_bits_at_most() -> None:
    checker = Checker(p)
    for step in atoms(Z, BIT):
        checker.step(step)
    same = p.mask(Z, ones(16))
    checker.step(("evaluate", same, Z, (Z,), (same,)))
    with pytest.raises(RefusedError, match="17 free bits"):
        checker.step(("evaluate", same, Z, (Z, BIT), (same,)))
    with pytest.raises(RefusedError, match="no such form"):
        checker.step(("evaluate", same, Z, (BIT,), (same,)))
    with pytest.raises(RefusedError, match="no such form"):
        checker.step(("evaluate", FX, FX, (X,), (FX,)))


BAD_FIELDS: list[tuple[object, ...]] = [
    (),
    ("polyatoms", X),
    ("polyatom",),
    ("polyatom", X, X),
    ("polyatom", 0),
    ("polyatom", -1),
    ("polyatom", 10**6),
    ("polyatom", True),
    ("polyatom", "1"),
    ("sumatom", X, -1),
    ("sumatom", X, 1 << 17),
    ("sumatom", X, 8.0),
    ("inline", X, X, -1, 0),
    ("evaluate", X, X, [X], ()),
    ("evaluate", X, X, (0,), ()),
    (["polyatom"], X),
]


@pytest.mark.parametrize("hint", BAD_FIELDS, ids=str)
def test_what_is_no_hint_is_refused(hint: tuple[object, ...]) -> None:
    with pytest.raises(RefusedError):
        Checker(p).step(hint)
