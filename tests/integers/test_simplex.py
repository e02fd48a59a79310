"""Small questions of linear arithmetic: what is said to contradict does, and what is said to hold has a solution."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest
import z3

from armsym.integers.simplex import Bounds, GaveUp, contradiction

Forms = Sequence[tuple[Mapping[str, int], Bounds]]


def range_of(v: Fraction, bounds: Bounds) -> tuple[Fraction | None, Fraction | None]:
    """The least and greatest value of so many times something."""
    lo, hi = (None if b is None else v * b for b in bounds)
    return (lo, hi) if v > 0 else (hi, lo)


def refutes(variables: Mapping[str, Bounds], forms: Forms, multipliers: Sequence[Fraction]) -> bool:
    """Whether the multiples of forms, less the same in variables, cannot be 0: by intervals alone."""
    left: dict[str, Fraction] = {}
    parts = []
    for (form, bounds), v in zip(forms, multipliers, strict=True):
        if v:
            parts.append(range_of(v, bounds))
        for name, c in form.items():
            left[name] = left.get(name, Fraction(0)) - v * c
    parts += [range_of(c, variables[name]) for name, c in left.items() if c]
    lows, highs = [lo for lo, _ in parts], [hi for _, hi in parts]
    above = all(lo is not None for lo in lows) and sum(lo for lo in lows if lo is not None) > 0
    below = all(hi is not None for hi in highs) and sum(hi for hi in highs if hi is not None) < 0
    return above or below


def has_solution(variables: Mapping[str, Bounds], forms: Forms) -> bool:
    """By Z3."""
    solver = z3.Solver()
    reals = {name: z3.Real(name) for name in variables}

    def bound(v: z3.ArithRef, bounds: Bounds) -> None:
        lo, hi = bounds
        if lo is not None:
            solver.add(v >= lo)
        if hi is not None:
            solver.add(v <= hi)

    for name, bounds in variables.items():
        bound(reals[name], bounds)
    for form, bounds in forms:
        bound(z3.Sum([z3.RealVal(0), *(c * reals[name] for name, c in form.items())]), bounds)
    return bool(solver.check() == z3.sat)


def question(rng: random.Random) -> tuple[dict[str, Bounds], list[tuple[dict[str, int], Bounds]]]:
    """Of a few variables and forms, small numbers or as large as words; some bounds are one number or missing."""
    most = rng.choice((2, 5, 2**64))

    def bounds(*, may_lack: bool) -> Bounds:
        lo, hi = sorted(rng.randrange(-most, most + 1) for _ in "lh")
        if rng.random() < 0.2:
            lo = hi
        lacking = rng.random() if may_lack else 1.0
        return (None if lacking < 0.2 else lo, None if 0.2 <= lacking < 0.4 else hi)

    variables = {f"x{k}": bounds(may_lack=True) for k in range(rng.randrange(1, 5))}
    forms = []
    for _ in range(rng.randrange(1, 5)):
        form = {name: rng.choice((0, 1, -1, 2, -most, rng.randrange(-most, most + 1))) for name in variables}
        forms.append(({name: c for name, c in form.items() if rng.random() < 0.8}, bounds(may_lack=True)))
    return variables, forms


def test_it_agrees_with_z3_and_contradicts_only_what_cannot_be() -> None:
    rng, seen = random.Random(7), {True: 0, False: 0}
    for _ in range(600):
        variables, forms = question(rng)
        found = contradiction(variables, forms, 1000)
        possible = has_solution(variables, forms)
        seen[possible] += 1
        assert (found is None) == possible, (variables, forms)
        if found is not None:
            assert refutes(variables, forms, found), (variables, forms, found)
    assert min(seen.values()) > 100


def test_what_is_checked_above_can_fail() -> None:
    variables, forms = {"x": (0, 5)}, [({"x": 1}, (6, 9))]
    found = contradiction(variables, forms, 10)
    assert found is not None
    assert refutes(variables, forms, found)
    assert not refutes(variables, [({"x": 1}, (5, 9))], found)
    assert not refutes(variables, forms, [Fraction(0)])


@pytest.mark.parametrize("least", [5, 6])
def test_at_the_edge_of_a_bound(least: int) -> None:
    """x + y >= least where both are at most what makes 5; an equation; a variable that is one number."""
    two: dict[str, Bounds] = {"x": (0, 2), "y": (3, 3)}
    assert (contradiction(two, [({"x": 1, "y": 1}, (least, None))], 20) is None) == (least == 5)
    large: dict[str, Bounds] = {"x": (0, 2**64 - 1), "y": (0, 2**64 - 1)}
    top = 2**65 - 2 + (least - 5)
    assert (contradiction(large, [({"x": 1, "y": 1}, (top, top))], 20) is None) == (least == 5)


def test_no_form_and_no_variable() -> None:
    assert contradiction({}, [], 1) is None
    assert contradiction({}, [({}, (0, 0))], 5) is None
    assert contradiction({}, [({}, (1, 2))], 5) == [Fraction(1)]
    assert contradiction({"x": (None, 3)}, [({"x": 0}, (0, 1))], 5) is None


def test_it_gives_up_and_says_so() -> None:
    with pytest.raises(GaveUp):
        contradiction({"x": (0, 9)}, [({"x": 1}, (1, 9))], 1)
    with pytest.raises(AssertionError):
        contradiction({"x": (1, 0)}, [], 1)
