"""One solver for many paths: it knows the facts of the path that asks, all of them, and none of another."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise, product

import pytest
from test_integers import MS, W, _condition

from armsym.bits import Bits, Prop
from armsym.discharge import along, integers
from armsym.discharge.along import Along
from armsym.discharge.integers import Integers
from armsym.proof.path import Knowledge
from armsym.symbolic_memory import variable
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Value, Var


def _follows(solver: Along, facts: list[Value], claim: Prop) -> bool | None:
    return solver.of(facts).implies(claim.bit.value, MS).holds


def test_a_fact_of_another_path_is_not_known() -> None:
    x, solver = variable("x", 64, secret=False), Along()
    low, high = (x < 5).bit.value, (x >= 5).bit.value
    assert _follows(solver, [low], x < 9)
    assert not _follows(solver, [], x < 9)
    assert not _follows(solver, [high], x < 9)
    assert _follows(solver, [high], x > 4)
    assert not _follows(solver, [low], x > 4)
    assert _follows(solver, [low, (x != 4).bit.value], x < 4)
    assert not _follows(solver, [low], x < 4)


def test_a_path_that_is_a_part_of_another_in_the_middle_of_a_level() -> None:
    """Facts that were told together, of which the path that asks next has only the first."""
    x, solver = variable("x", 64, secret=False), Along()
    a, b, c = ((x <= n).bit.value for n in (30, 20, 10))
    assert _follows(solver, [a, b, c], x <= 10)
    assert not _follows(solver, [a, b], x <= 10)
    assert _follows(solver, [a, b], x <= 20)
    assert not _follows(solver, [a], x <= 20)
    assert not _follows(solver, [a, c][:1], x <= 10)
    assert _follows(solver, [a, c], x <= 10)


def test_what_holds_of_unknowns_is_told_again() -> None:
    """A quotient, a sum that may wrap, and products: met on one path, taken back, and met on another."""
    x, y = (variable(name, 64, secret=False, possible=(1 << 30) - 1) for name in "xy")
    z = variable("z", 64, secret=False)
    less = (x < y).bit.value
    solver = Along()
    for facts in ([less], [(y < x).bit.value], [less], [(x == 7).bit.value, less], [less]):
        path = [*facts]
        shows = _follows(solver, path, x * z.zero_extend(64) == x * z)
        assert shows
        fresh = Integers()
        for f in path:
            fresh.add(f)
        for claim in ((x >> 3) * 8 <= x, x * y + y == (x + 1) * y, z + 1 > z, x * y <= y * y):
            assert _follows(solver, path, claim) == fresh.implies(claim.bit.value, MS).holds


def _tree(seed: int, solver: Along) -> str | None:
    """Random paths that part and are taken up again: a claim that does not follow, if one is said to."""
    rng = random.Random(seed)
    leaves: list[Bits] = [variable("x", W, secret=False), variable("y", W, secret=False)]
    x, y = (v.value for v in leaves)
    assert isinstance(x, Var)
    assert isinstance(y, Var)
    paths: list[list[Value]] = [[]]
    for _ in range(8):
        path = rng.choice(paths)
        parted = _condition(rng, leaves, 2)
        paths += [[*path, parted.bit.value], [*path, (~parted).bit.value]]
        asked, claim = rng.choice(paths), _condition(rng, leaves, 2)
        if rng.random() < 0.5 and asked:
            claim = Prop._of(rng.choice([p for p in paths if p])[-1])
        if not _follows(solver, asked, claim):
            continue
        for p, q in product(range(1 << W), repeat=2):
            e = Evaluator({x: p, y: q})
            if all(e(f) == 1 for f in asked) and e(claim.bit.value) == 0:
                return f"{claim} of {asked}"
    return None


def test_what_follows_is_so_whoever_asked_before() -> None:
    solver = Along()
    assert not [found for seed in range(25) if (found := _tree(seed, solver))]


def _no_pop(self: Integers) -> None:
    """Facts stay in the solver."""
    facts = self._levels.pop()[0]
    self._solver.pop()
    for f in self._facts[facts:]:
        self._solver.add(self._condition(f))


def _first_alike(self: Along, facts: list[Value]) -> Integers:
    """What was told is taken for what was asked, as long as there is no more of it."""
    if self._integers is None:
        self._integers = Integers(self.translated)
    for f in facts[len(self._told) :]:
        self._told.append(f)
        self._integers.add(f)
    return self._integers


@pytest.mark.parametrize(("where", "name", "broken"), [(Integers, "pop", _no_pop), (along.Along, "of", _first_alike)])
def test_facts_that_are_kept_are_found(
    where: type, name: str, broken: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, broken)
    assert any(_tree(seed, Along()) for seed in range(60))


def test_a_path_of_many_terms_is_told_to_the_solver_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many terms a solver may know: more are those of the path, and it knows what others asked for long."""
    monkeypatch.setattr(along, "TRANSLATED", 30)
    monkeypatch.setattr(integers, "TRANSLATED", 30)
    xs = [variable(f"x{k}", 64, secret=False) for k in range(20)]
    facts: list[Value] = [(a + 3 * b < 5 * a).bit.value for a, b in pairwise(xs)]
    solver = Along()
    first = solver.of(facts)
    assert first.translated > 30
    for k, x in enumerate(xs):
        asked = (x < k + 1).bit.value
        assert solver.of([*facts, asked][: len(facts) + k % 2]) is first
        assert _follows(solver, [*facts, asked], x < k + 2)
    for k in range(2 * first.translated):
        _follows(solver, facts, xs[0] + k < xs[1])
    assert solver.of(facts) is not first
    assert solver.of(facts).translated < first.translated
    assert _follows(solver, facts, xs[0] * 1 + 3 * xs[1] < 5 * xs[0])


@pytest.mark.parametrize("where", ["push", "pop", "add"])
@pytest.mark.parametrize("first", [False, True])
def test_nobody_goes_on_with_a_solver_that_was_broken_off(
    where: str, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in a session of the simulator: what was told by then, nobody knows."""
    x, solver = variable("x", 64, secret=False), Along()
    low, high, other = (x < 5).bit.value, (x >= 5).bit.value, (x != 7).bit.value
    assert _follows(solver, [other, low], x < 9)
    assert _follows(solver, [other, low, (x != 4).bit.value], x < 4)
    before = getattr(Integers, where)

    def broken(self: Integers, *args: Value) -> None:
        if not first:
            before(self, *args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Integers, where, broken)
        with pytest.raises(KeyboardInterrupt):
            solver.of([other, high])
    assert not _follows(solver, [other], x < 9)
    assert not _follows(solver, [], x != 7)
    assert _follows(solver, [other, high], x > 4)
    assert _follows(solver, [high], x > 4)
    assert not _follows(solver, [high], x > 5)


def test_forks_share_a_solver_and_no_facts() -> None:
    x = variable("x", 64, secret=False)
    first = Knowledge([(x < 100).bit.value])
    other = first.fork()
    first.add((x < 10).bit.value)
    other.add((x >= 10).bit.value)
    claim = (x < 50).bit.value
    assert first._along is other._along
    assert first.decide(claim) == 1
    assert other.decide(claim) is None
    assert first.decide((x < 5).bit.value) is None
    assert other.decide((x < 10).bit.value) == 0
    assert first.fixed(x) is None
    third = other.fork()
    third.add((x <= 10).bit.value)
    assert third.fixed(x) == 10
    assert other.fixed(x) is None
    assert first.with_facts([]).decide(claim) is None
