"""The rules by which facts about integers are made, against all values of a few small atoms."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest
from worlds import atom_values, value_of

from armsym.integers.floors import Floor, Floors, is_floor
from armsym.integers.kernel import Fact, Kernel, Spent, Summand, Unsound
from armsym.integers.polynomial import ONE, Polynomial, add, const, scale
from armsym.integers.ranges import Ranges


def worlds(kernel: Kernel) -> Iterator[list[int]]:
    """All values of the atoms."""
    free = [a for a, x in kernel.atoms.items() if x.E is None]
    for values in product(*(range(kernel.atoms[a].lo, kernel.atoms[a].hi + 1) for a in free)):
        yield atom_values(kernel, dict(zip(free, values, strict=True)))


def holds(f: Fact, world: list[int]) -> bool:
    """Whether a fact is true in one world: some supposition is not met there, or its bounds are."""
    for s in f.under:
        v = value_of(dict(s.key), world)
        if (s.lo is not None and v < s.lo) or (s.hi is not None and v > s.hi):
            return True
    return f.lo <= value_of(f.P, world) <= f.hi


def random_polynomial(rng: random.Random, atoms: list[int], big: int) -> Polynomial:
    out = const(rng.choice([0, 0, rng.randint(-big, big)]))
    for _ in range(rng.randint(1, 4)):
        m = tuple(sorted(rng.choices(atoms, k=rng.choice([1, 1, 1, 2]))))
        out = add(out, {m: 1}, rng.choice([1, -1, 2, 4, -4, 8, rng.randint(-big, big)]))
    return out


def squares_put_right(kernel: Kernel, P: Polynomial) -> Polynomial:
    """The polynomial in the kernel's form: no square of a bit."""
    return kernel.mul(P, const(1)) if not P else _multiplied(kernel, P)


def _multiplied(kernel: Kernel, P: Polynomial) -> Polynomial:
    out: Polynomial = {}
    for m, c in P.items():
        part: Polynomial = {ONE: c}
        for a in m:
            part = kernel.mul(part, {(a,): 1})
        out = add(out, part)
    return out


@pytest.mark.parametrize("seed", range(150))
@pytest.mark.parametrize("balanced", [False, True])
def test_quotients_and_bounds_hold_for_all_values(seed: int, balanced: bool) -> None:
    """What is found of random towers of quotients is true of every value of the unknowns."""
    rng = random.Random(seed)
    kernel = Kernel()
    ranges = Ranges(kernel)
    floors = Floors(kernel, ranges, balanced=balanced)
    for k in range(rng.randint(1, 3)):
        lo = rng.choice([0, 0, -4, -1])
        kernel.unknown(f"u{k}", lo, lo + rng.choice([0, 1, 2, 5, 7]))
    asked: list[tuple[Polynomial, int, Floor]] = []
    for _ in range(rng.randint(2, 8)):
        E = squares_put_right(kernel, random_polynomial(rng, list(range(len(kernel.atoms))), 20))
        m = rng.choice([1, 2, 3, 4, 8, 8, 16, 64, 7])
        asked.append((E, m, floors.floor(E, m)))
    P = squares_put_right(kernel, random_polynomial(rng, list(range(len(kernel.atoms))), 9))
    bound = ranges.bound(P)
    for world in worlds(kernel):
        for E, m, found in asked:
            assert value_of(E, world) // m == value_of(found.F, world)
        assert holds(bound, world)


@pytest.mark.parametrize("seed", range(100))
def test_derived_facts_hold_for_all_values(seed: int) -> None:
    """Whatever multipliers and divisors are proposed, what comes of them is true."""
    rng = random.Random(1000 + seed)
    kernel = Kernel()
    for k in range(2):
        kernel.unknown(f"u{k}", -2, rng.choice([-2, 0, 3]))
    for _ in range(3):
        E = random_polynomial(rng, list(range(len(kernel.atoms))), 6)
        kernel.quotient("q", kernel.derive(squares_put_right(kernel, E)), rng.choice([1, 2, 3, 5]))
    quotients = [a for a, x in kernel.atoms.items() if x.E is not None]
    facts: list[Fact] = []
    for _ in range(12):
        P = squares_put_right(kernel, random_polynomial(rng, list(range(len(kernel.atoms))), 5))
        if rng.random() < 0.3:
            facts.append(kernel.suppose(P, *rng.choice([(None, -1), (0, None), (1, 1)])))
        known: list[Fact | int] = [*facts, *quotients]
        terms: list[Summand] = [(rng.randint(-3, 3), rng.choice(known)) for _ in range(rng.randint(0, 3))]
        zeros = [f for f in facts if f.equation]
        cofactors = [(random_polynomial(rng, [0, 1], 3), rng.choice(zeros))] if zeros else []
        facts.append(kernel.derive(P, terms, cofactors, divisor=rng.choice([1, 1, 2, 3])))
    for world in worlds(kernel):
        for f in facts:
            assert holds(f, world)


def test_cases_must_cover_every_value() -> None:
    kernel = Kernel()
    x = kernel.unknown("x", 0, 3)
    P: Polynomial = {(x,): 1}
    low, high = kernel.suppose(P, None, 1), kernel.suppose(P, 2, None)
    on = [next(iter(s.under)) for s in (low, high)]
    f = kernel.cases(P, [low, high], on)
    assert (f.lo, f.hi, f.under) == (0, 3, frozenset())
    gap = kernel.suppose(P, 3, None)
    with pytest.raises(Unsound, match="no case for the value 2"):
        kernel.cases(P, [low, gap], [on[0], next(iter(gap.under))])
    short = kernel.suppose(P, 2, 2)
    with pytest.raises(Unsound, match="no case for the value 3"):
        kernel.cases(P, [low, short], [on[0], next(iter(short.under))])
    late = kernel.suppose(P, 1, 1), kernel.suppose(P, 2, 3)
    with pytest.raises(Unsound, match="no case for the value 0"):
        kernel.cases(P, late, [next(iter(s.under)) for s in late])
    other = kernel.suppose({(x,): 2}, 2, None)
    with pytest.raises(Unsound):
        kernel.cases(P, [low, other], [on[0], next(iter(other.under))])


def test_a_case_that_cannot_be_says_nothing() -> None:
    kernel = Kernel()
    x = kernel.unknown("x", 0, 3)
    P: Polynomial = {(x,): 1}
    below, rest = kernel.suppose(P, None, -1), kernel.suppose(P, 0, None)
    assert below.impossible
    Q: Polynomial = {(x,): 5}
    anything = kernel.derive(Q, [(1, below)])
    assert anything.impossible  # and not an interval that only looks like one
    f = kernel.cases(Q, [anything, kernel.derive(Q, [(5, rest)])], [next(iter(s.under)) for s in (below, rest)])
    assert (f.lo, f.hi) == (0, 15)


def test_what_is_not_an_equation_has_no_cofactor() -> None:
    kernel = Kernel()
    x, y = kernel.unknown("x", 0, 1), kernel.unknown("y", 0, 9)
    f = kernel.derive({(x,): 1})
    with pytest.raises(Unsound, match="no equation"):
        kernel.derive({(x, y): 1}, (), [({(y,): 1}, f)])
    with pytest.raises(Unsound):
        kernel.multiple({(x, y): 1}, 2, [({(y,): 1}, f)])
    with pytest.raises(Unsound, match="has no definition"):
        kernel.derive({(x,): 1}, [(1, x)])
    with pytest.raises(Unsound, match="divided by 0"):
        kernel.derive({(x,): 1}, divisor=0)


def test_a_fact_cannot_be_made_up() -> None:
    kernel = Kernel()
    x = kernel.unknown("x", 0, 9)
    with pytest.raises(Unsound, match="by the kernel only"):
        Fact(kernel, {(x,): 1}, 0, 0, frozenset(), object())
    with pytest.raises(Unsound, match="another argument"):
        Kernel().derive({}, [(1, kernel.derive({(x,): 1}))])
    under = kernel.suppose({(x,): 1}, 0, 1)
    with pytest.raises(Unsound):
        kernel.quotient("q", under, 2)
    with pytest.raises(Unsound):
        kernel.quotient("q", kernel.derive({(x,): 1}), 0)
    with pytest.raises(Unsound):
        kernel.unknown("y", 1, 0)
    with pytest.raises(Unsound, match="not shown to be the quotient"):
        is_floor({(x,): 1}, 4, Floor({}, kernel.derive({(x,): 1})))


def test_multiples() -> None:
    kernel = Kernel()
    x, y = kernel.unknown("x", 0, 9), kernel.unknown("y", 0, 9)
    assert kernel.multiple({(x,): 6, (y,): -3, ONE: 9}, 3) is not None
    assert kernel.multiple({(x,): 6, ONE: 1}, 3) is None
    zero = kernel.given({(x,): 1, (y,): -1}, 0, 0)
    # 5x + y = 6y + 5 * (x - y)
    f = kernel.multiple({(x,): 5, (y,): 1}, 6, [(const(5), zero)])
    assert f is not None
    assert not f.under
    named = kernel.quotient("n", kernel.derive({(x,): 4, (y,): 7}), 1)
    assert kernel.congruent({(named,): 1}, {(x,): 1, (y,): 1}, 3) is not None
    assert kernel.congruent({(named,): 1}, {(x,): 1}, 3) is None
    halved = kernel.quotient("h", kernel.derive({(x,): 4, (y,): 7}), 2)
    assert kernel.congruent({(halved,): 2}, {(x,): 4, (y,): 7}, 1) is not None
    assert kernel.congruent({(halved,): 2}, {(x,): 4, (y,): 7}, 2) is None  # the name of a quotient is no equation
    with pytest.raises(Unsound):
        kernel.transfer(f, {(x,): 5, (y,): 2}, [])


def test_squares_of_bits() -> None:
    kernel = Kernel()
    bit, sign, two = kernel.unknown("b", 0, 1), kernel.unknown("s", -1, 0), kernel.unknown("t", 0, 2)
    assert kernel.mul({(bit,): 1}, {(bit,): 3}) == {(bit,): 3}
    assert kernel.mul({(sign,): 1}, {(sign,): 3}) == {(sign,): -3}
    assert kernel.mul({(two,): 1}, {(two,): 3}) == {(two, two): 3}


def test_work_is_limited() -> None:
    kernel = Kernel()
    x = kernel.unknown("x", 0, 9)
    kernel.most_work = 10
    kernel.worked(10)
    with pytest.raises(Spent):
        kernel.derive({(x,): 1})


def test_scaling_keeps_no_zero() -> None:
    assert scale({(0,): 3}, 0) == {}
    assert add({(0,): 3}, {(0,): 1}, -3) == {}
