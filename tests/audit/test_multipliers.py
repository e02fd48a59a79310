"""What the exporter finds of multipliers: what follows over the rationals, and what rounding up adds to it."""

from __future__ import annotations

import random

import pytest

from armsym.audit.farkas import Form, follows, plus
from armsym.certify.multipliers import Search

X, Y, Z = 1, 2, 3
BIG = 2**64 - 1

#: Facts, a goal, and the line that a bundle has of it: "-" where it does not follow.
CASES: list[tuple[list[Form], Form, str]] = [
    ([], (0, {}), "1"),
    ([], (0, {X: 1}), "-"),
    ([(0, {X: 1})], (0, {X: 1}), "1 0:1"),
    ([(0, {X: 1})], (-1, {X: 1}), "-"),
    ([(0, {X: 1})], (1, {X: 1}), "1 0:1"),
    ([(0, {X: 1})], (0, {X: -1}), "-"),
    # 2 x >= 1: x, an integer, is at least 1, and not 2
    ([(-1, {X: 2})], (-1, {X: 1}), "2 0:1"),
    ([(-1, {X: 2})], (-2, {X: 1}), "-"),
    ([(BIG, {X: -BIG})], (1, {X: -1}), f"{BIG} 0:1"),
    ([(BIG - 1, {X: -BIG})], (0, {X: -1}), f"{BIG} 0:1"),
    ([(BIG, {X: -BIG})], (0, {X: -1}), "-"),
    # x >= y, y >= z and z >= 7
    ([(0, {X: 1, Y: -1}), (0, {Y: 1, Z: -1}), (-7, {Z: 1})], (-7, {X: 1}), "1 0:1 1:1 2:1"),
    ([(0, {X: 1, Y: -1}), (0, {Y: 1, Z: -1}), (-7, {Z: 1})], (-8, {X: 1}), "-"),
    # The tighter one of two bounds.
    ([(9, {X: -1}), (5, {X: -1}), (7, {X: -1})], (5, {X: -1}), "1 1:1"),
    # One equation is twice the other: there is nothing to solve it for.
    ([(0, {X: 1, Y: 2}), (3, {X: -1, Y: -2})], (3, {X: -1, Y: -2}), "1 1:1"),
    ([(0, {X: 1, Y: 2}), (3, {X: -1, Y: -2})], (3, {X: -1, Y: -1}), "-"),
]


@pytest.mark.parametrize(("facts", "goal", "line"), CASES)
def test_multipliers(facts: list[Form], goal: Form, line: str) -> None:
    search = Search()
    found = search.multipliers(goal, facts)
    assert search.steps == [line]
    assert (found is None) is (line == "-")
    assert found is None or follows(goal, facts, *found)


@pytest.mark.parametrize("seed", range(60))
def test_what_follows_is_found_and_what_fails_somewhere_is_not(seed: int) -> None:
    rng = random.Random(seed)
    nodes = range(1, rng.randint(2, 6))
    point = {n: rng.choice([0, 1, BIG, rng.randrange(2**20)]) for n in nodes}

    def value(form: Form) -> int:
        return form[0] + sum(k * point[n] for n, k in form[1].items())

    facts: list[Form] = []
    for _ in range(rng.randint(1, 12)):
        form: Form = 0, {n: k for n in nodes if (k := rng.choice([0, 0, 1, -1, 64, -64, rng.randint(-9, 9)]))}
        facts.append(plus(form, (rng.choice([0, 0, 1, rng.randrange(2**12)]) - value(form), {})))  # holds there
    goal: Form = 0, {}
    for fact in facts:
        goal = plus(goal, fact, rng.choice([0, 0, 1, 3, 2**40]))
    search = Search()
    found = search.multipliers(goal, facts)
    assert found is not None
    assert follows(goal, facts, *found)
    assert search.multipliers(plus(goal, (-value(goal) - 1, {})), facts) is None  # -1 at that point
