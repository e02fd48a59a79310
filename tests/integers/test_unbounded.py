"""Claims about values of folds: what is shown holds of all numbers, and what should be shown is."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import product

import pytest

from armsym.bits import Bits
from armsym.integers.claims import Argument, Shown
from armsym.integers.expression import FoldValue, Integer, IntegerLike, Multiplier, Relation, Word, congruent, integer
from armsym.integers.unbounded import Put, unbounded
from armsym.terms.node import Term, Var, intern, new_table


class Values:
    """Whole numbers of which only this is known."""

    _count = 0
    parameter: Term | None = None

    def __init__(self, name: str, least: int | None = None, bound: Values | None = None) -> None:
        self.name, self.least, self.bound = name, least, bound
        Values._count += 1
        self.number = Values._count

    def at(self, k: Bits) -> IntegerLike:
        assert isinstance(k.value, Term)
        return Integer({(FoldValue(self, k.value),): 1})

    def put(self, put: Put) -> Values:
        return self

    def after(self, i: Bits) -> None:
        pass


def relation(of: object) -> Relation:
    assert isinstance(of, Relation)
    return of


class World:
    """Numbers below a unit, one of any size and sign, two bits and a word of two bits."""

    def __init__(self) -> None:
        new_table()
        i = Bits(64, Var("i", 64))
        self.unit = Values("U", 1)
        sequences = [self.unit, Values("A", 0, self.unit), Values("B", 0, self.unit), Values("T")]
        a = Bits(2, Var("a", 2))
        # The last is no unknown: it says that the word is at least 2.
        words = [Bits(1, Var("c", 1)), Bits(1, Var("d", 1)), a, (a >= 2).bit]
        self.U, self.A, self.B, self.T = (s.at(i) for s in sequences)
        self.c, self.d, self.a, self.e = (integer(w) for w in words)
        assert isinstance(i.value, Term)
        self.index: Word = False, 64, intern(i.value)
        self.values = [FoldValue(s, i.value) for s in sequences]
        self.words: list[Word] = []
        for w in words:
            assert isinstance(w.value, Term)
            self.words.append((False, w.width, intern(w.value)))

    def models(self) -> Iterator[dict[Word | FoldValue, IntegerLike]]:
        """All numbers that these may be, as far as they are small."""
        for u in (1, 4, 16):
            near = sorted({0, 1, u // 2, u - 2, u - 1} & set(range(u)))
            for a, b, t, c, d, w in product(near, near, (-5, 0, 3, 20), (0, 1), (0, 1), range(4)):
                leaves: list[Word | FoldValue] = [*self.values, *self.words]
                numbers = zip(leaves, (u, a, b, t, c, d, w, int(w >= 2)), strict=True)
                found: dict[Word | FoldValue, IntegerLike] = {self.index: 7}
                found.update(numbers)
                yield found

    def show(self, known: Sequence[Relation], asked: Relation) -> Shown:
        words = [r for r in known if not r.values()]

        def of_words(claims: Sequence[Relation], put: Put, more: Sequence[Relation]) -> list[Shown]:
            mapped = [r for r in (r.map(put) for r in (*words, *more)) if isinstance(r, Relation)]
            argument = Argument(mapped, claims)
            return [argument.show(k) for k in range(len(claims))]

        return unbounded([r for r in known if r.values()], asked, of_words)


def holds(r: Relation, model: dict[Word | FoldValue, IntegerLike]) -> bool:
    for x, modulus, lo, hi in r.parts:
        some = [v for v in x.values() if isinstance(v.of, Multiplier)]
        if some:
            # x - K N: its value for K = 0 is a multiple of N.
            v, less = (x.map({**model, some[0]: k}) for k in (0, 1))
            assert isinstance(v, int)
            assert isinstance(less, int)
            n = v - less
            if v % n if n else v:
                return False
            continue
        v = x.map(model)
        assert isinstance(v, int)
        if modulus:
            if v % modulus:
                return False
        elif (lo is not None and v < lo) or (hi is not None and v > hi):
            return False
    return True


def _some_integer(rng: random.Random, w: World) -> IntegerLike:
    total: IntegerLike = rng.choice((0, 0, 0, -1, 1))
    for _ in range(rng.randint(1, 3)):
        coefficient: IntegerLike = rng.choice((1, 1, -1, -1, 2, -4, 4))
        if rng.random() < 0.5:
            coefficient = coefficient * rng.choice((w.c, w.d, w.a, w.e, 1 - w.c, 1 - w.e, 3 - w.a))
        total = total + coefficient * rng.choice((w.U, w.A, w.B, w.T, w.A, w.B, 1))
    return total


def _some_relation(rng: random.Random, w: World) -> Relation | bool:
    x, y = _some_integer(rng, w), _some_integer(rng, w)
    if rng.random() < 0.25:
        return congruent(x, y, rng.choice((w.U, w.A, w.T, 2 * w.A + 1, w.A - w.a)))
    if rng.random() < 0.2:
        return congruent(x, y, rng.choice((2, 4)))
    found: Relation | bool = x == y if rng.random() < 0.3 else x <= y
    return found


@pytest.mark.parametrize("seed", range(24))
def test_what_is_shown_holds_of_all_numbers(seed: int) -> None:
    """Random claims under random assumptions, against all small numbers that meet those."""
    rng = random.Random(seed)
    shown = 0
    for _ in range(60):
        w = World()
        known = [r for r in (_some_relation(rng, w) for _ in range(rng.randint(0, 3))) if isinstance(r, Relation)]
        asked = _some_relation(rng, w)
        if rng.random() < 0.3 and known:
            # Something that does follow, or nearly.
            x, _, _, _ = rng.choice(known).parts[0]
            asked = (x * rng.choice((w.c, w.a, w.e, 2)) + rng.choice((w.A, w.U, 0, w.a))) >= rng.choice((-9, -1, 0, 1))
        if not isinstance(asked, Relation) or not asked.values():
            continue
        if not w.show(known, asked).holds:
            continue
        shown += 1
        for model in w.models():
            if all(holds(r, model) for r in known):
                assert holds(asked, model), (known, asked, model)
    assert shown


def test_what_follows_is_shown() -> None:
    w = World()
    order = [relation(w.c * (w.A - w.B) >= 0), relation((1 - w.c) * (w.B - w.A - 1) >= 0)]
    A4, B4 = w.A + w.U * w.a, w.B + w.U * w.a
    assert w.show([], relation(w.A < w.U)).holds
    assert w.show([], relation(w.A + w.U * w.a <= 4 * w.U - 1)).holds, "the next number is below the next unit"
    assert w.show([], relation(w.A * w.B >= 0)).holds
    assert w.show([], relation(w.e * (w.a * w.U - w.A - w.U) >= 0)).holds
    assert w.show([], relation((1 - w.e) * (w.A + 2 * w.U - w.a * w.U - 1) >= 0)).holds
    assert w.show(order, relation(w.c * (A4 - B4) >= 0)).holds
    assert w.show([relation(w.A + w.c * w.U == w.T)], relation(w.A + 2 * w.c * w.U == 2 * w.T - w.A)).holds
    assert w.show([relation(w.T == w.A + 4 * w.U)], congruent_of(w.T, w.A, 4)).holds
    assert w.show([relation(w.T == w.A * w.B)], relation(w.T * w.B == w.A * w.B * w.B)).holds


def congruent_of(x: IntegerLike, y: IntegerLike, m: int) -> Relation:
    return relation(congruent(x, y, m))


def test_what_does_not_follow_is_not_shown() -> None:
    """At the edges: one more than the bound, a unit of 1, numbers without bounds, the other case of a bit."""
    w = World()
    order = [relation(w.c * (w.A - w.B) >= 0)]
    for known, asked in (
        ([], w.A < w.U - 1),
        ([], w.A >= 1),
        ([], w.U >= 2),
        ([], w.T >= 0),
        ([], w.T * w.T >= 0),  # true, but of signed numbers nothing is said
        ([], w.A + w.U * w.a <= 4 * w.U - 2),
        ([], w.A <= w.B),
        ([], w.a * w.A <= 2 * w.U),
        (order, w.A >= w.B),
        (order, (1 - w.c) * (w.A - w.B) >= 0),
        (order, (1 - w.c) * (w.B - w.A - 1) >= 0),
        ([relation(w.A + w.c * w.U == w.T)], w.T == w.A),
        ([relation(2 * w.T == w.A)], w.T == w.A),
        ([relation(2 * w.T == w.A)], w.T == 2 * w.A),
        ([relation(3 * w.T == w.A)], w.T == -3 * w.A),
        ([relation(2 * w.T == w.U)], w.T == 2 * w.U),
        ([], w.e * (w.a * w.U - w.A - 2 * w.U) >= 0),
        ([], (1 - w.e) * (w.a * w.U - w.A - w.U) >= 0),
        ([], w.e * (w.A + w.U - w.a * w.U) >= 0),
        ([relation(w.c * w.T == w.c * w.A)], w.T == w.A),
        ([relation(w.T == w.A + 4 * w.U)], congruent(w.T, w.A, 8)),
        ([congruent_of(w.T, w.A, 4)], w.T == w.A),
    ):
        assert not w.show(known, relation(asked)).holds, asked


def test_what_is_known_of_values_bounds_words() -> None:
    """s P + s - 1 is not negative for a value s of at least 1: then P is not."""
    w = World()
    follows = w.A + w.U * (w.a - 1) < w.U
    assert w.show([relation(follows)], relation(w.a <= 1)).holds
    assert w.show([relation(4 * w.A + 8 * w.U * (w.a - 1) < 8 * w.U)], relation(w.a <= 1)).holds
    for known, asked in (
        (follows, w.a <= 0),
        (w.A + w.U * (w.a - 1) <= w.U, w.a <= 1),  # A = 0, a = 2
        (w.T + w.U * (w.a - 1) < w.U, w.a <= 1),  # T may be negative
        (w.T * (2 - w.a) >= 1, w.a <= 1),  # a = 3 and T = -1
        (w.B * (w.a - 1) <= 0, w.a <= 1),  # B may be 0
        (8 * w.A + 8 * w.U * (w.a - 1) < 8 * w.U + 1, w.a <= 1),
    ):
        assert not w.show([relation(known)], relation(asked)).holds, (known, asked)


@pytest.mark.parametrize("seed", range(2))
def test_what_is_shown_of_words_holds_of_all_numbers(seed: int) -> None:
    rng, shown = random.Random(100 + seed), 0
    for _ in range(60):
        w = World()
        slack = rng.choice((0, 1, 2, w.A, w.B, w.T, 2 * w.A)) + rng.choice((-1, 0, 1))
        c = rng.choice((w.a, w.c + w.d, w.a + w.c, 2 * w.a - w.d)) - rng.choice((0, 1, 2))
        known = slack + rng.choice((1, 2, 4)) * rng.choice((w.U, w.U, w.B)) * c < rng.choice((1, 1, 2)) * w.U
        asked = c <= rng.choice((-1, 0, 1))
        if not isinstance(known, Relation) or not isinstance(asked, Relation) or not w.show([known], asked).holds:
            continue
        shown += 1
        for model in w.models():
            if holds(known, model):
                assert holds(asked, model), (known, asked, model)
    assert shown


def test_equations_in_a_circle_end() -> None:
    w = World()
    known = [relation(w.A * w.B == w.B * w.T), relation(w.T * w.B == w.A * w.B + 1)]
    assert not w.show(known, relation(w.A * w.B * w.T == 5)).holds


def test_an_equation_that_is_solved_for_nothing_is_subtracted() -> None:
    """Of each value it says no number but words: it is known all the same, once, with either sign, and no more."""
    w = World()
    known = [relation((w.a + 1) * w.T == (w.a + 1) * w.U * w.A + w.c)]
    true = [
        (w.a + 1) * w.T == (w.a + 1) * w.U * w.A + w.c,
        (w.a + 1) * w.U * w.A + w.c + w.d == (w.a + 1) * w.T + w.d,
    ]
    false = [
        w.T == w.U * w.A,
        w.U * w.A + w.c == w.T,
        (w.a + 1) * w.T == (w.a + 1) * w.U * w.A,
        (w.a + 1) * w.T == (w.a + 1) * w.U * w.A + w.d,
        (w.a + 1) * w.T == w.c - (w.a + 1) * w.U * w.A,
        w.a * w.T == (w.a + 1) * w.U * w.A + w.c,
        (w.a + 1) * w.T == (w.a + 1) * w.U * w.B + w.c,
    ]
    for r in true:
        assert w.show(known, relation(r)).holds
        assert not w.show([], relation(r)).holds
    for r in false:
        assert not w.show(known, relation(r)).holds


def test_what_shows_without_such_an_equation_shows_with_it() -> None:
    """What is known of a claim's own words is not lost where an equation puts others in their place."""
    w = World()
    a_is_0, other = relation(w.a == 0), relation(w.a * w.T == w.c * w.A)
    for known in ([a_is_0], [other, a_is_0], [a_is_0, other]):
        assert w.show(known, relation(w.a * w.T == 0)).holds
        assert not w.show(known, relation(w.c * w.T == 0)).holds
    # That a is 0 is known for U is at least 1, in whatever order equations come.
    of_unit, other = relation(w.a * w.U == 0), relation(w.a * w.U == w.c * w.A)
    for known in ([of_unit], [other, of_unit], [of_unit, other]):
        assert w.show(known, relation(w.a * w.T == 0)).holds
        assert not w.show(known, relation(w.c * w.T == 0)).holds


@pytest.mark.parametrize("seed", range(8))
def test_what_such_equations_show_holds_of_all_numbers(seed: int) -> None:
    """Equations whose coefficients are words, several at once, and claims made of them."""
    rng, w = random.Random(seed), World()
    models = list(w.models())
    shown = 0
    for _ in range(30):
        words = (w.a + 1, w.c + 1, w.a + 2, w.d + 1)
        sides = [
            rng.choice(words) * rng.choice((w.T, w.A, w.B))
            - rng.choice(words) * rng.choice((w.T, w.A))
            - rng.choice((0, w.c, w.d))
            for _ in range(2)
        ]
        known = [r for r in (x == 0 for x in sides) if isinstance(r, Relation)]
        asked = rng.choice((1, -1)) * rng.choice(sides) + rng.choice((0, 1, -1)) * rng.choice(sides) == rng.choice(
            (0, 0, 0, w.c, -1 * w.c, w.d, 1)
        )
        if isinstance(asked, Relation) and w.show(known, asked).holds:
            shown += 1
            for m in models:
                assert holds(asked, m) or not all(holds(r, m) for r in known)
    assert shown


def test_quotients_of_values_are_refused() -> None:
    w = World()
    assert isinstance(w.A, Integer)
    shown = w.show([], relation(w.A // 2 >= 0))
    assert not shown.holds
    assert "quotient" in shown.detail
    # What is known of one is left out, and does no harm.
    assert w.show([relation(w.A // 2 + w.B >= 0)], relation(w.B >= 0)).holds
