"""What is shown of one claim is taken to be shown of those that are the same but for names; of no others."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import pytest

from armsym.bits import Bits
from armsym.integers import alike
from armsym.integers.alike import LEAST, MOST_TERMS, Alike
from armsym.integers.expression import Relation, congruent, integer, within
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Var, new_table

#: A claim about some words, and what is known of them.
Question = tuple[list[Relation], Relation]


def relation(of: object) -> Relation:
    assert isinstance(of, Relation)
    return of


def words(count: int, width: int = 8, *, pb: int | None = None) -> list[Bits]:
    return [Bits(width, Var(f"x{k}", width, pb=pb)) for k in range(count)]


def forms(questions: Sequence[Question]) -> list[int]:
    """Which of the claims have one form, as numbers."""
    known = [r for of, _ in questions for r in of]
    a = Alike(known, [r for _, r in questions], lambda *_: True)
    a.shows(0)
    assert a._forms is not None
    seen: dict[object, int] = {}
    return [-1 if f is None else seen.setdefault(f[0], len(seen)) for f in a._forms]


def lane(x: Bits, y: Bits) -> Question:
    claimed = congruent(integer(x + y.zero_extend(8) * 3) * 5, integer(x, signed=True) // 2, 7)
    return [relation(within(2, integer(x), 9))], relation(claimed)


def test_what_one_search_shows_is_shown_of_all_lanes() -> None:
    new_table()
    x, y = words(6), words(6)
    questions = [lane(a, b) for a, b in zip(x, y, strict=True)]
    asked: list[tuple[Sequence[Relation], Relation]] = []

    def follows(known: Sequence[Relation], r: Relation) -> bool:
        asked.append((known, r))
        return True

    a = Alike([r for of, _ in questions for r in of], [r for _, r in questions], follows)
    assert all(a.shows(k) for k in range(6))
    ((known, r),) = asked
    assert r is questions[0][1]
    assert [part for of in known for part in of.parts] == list(questions[0][0][0].parts)


def test_what_one_search_does_not_show_is_not_shown() -> None:
    new_table()
    questions = [lane(a, b) for a, b in zip(words(6), words(6), strict=True)]
    a = Alike([], [r for _, r in questions], lambda *_: False)
    assert not any(a.shows(k) for k in range(6))


#: Claims that differ from `base` below in something that matters.
OTHERS: dict[str, Callable[[Bits, Bits], Question]] = {
    "a number in a sum": lambda x, y: ([], relation(integer(x + 2) <= integer(y))),
    "a coefficient in a sum": lambda x, y: ([], relation(integer(x + x + 1) <= integer(y))),
    "a bound": lambda x, y: ([], relation(integer(x + 1) <= integer(y) + 1)),
    "the other way round": lambda x, y: ([], relation(integer(y) <= integer(x + 1))),
    "another unknown": lambda x, y: ([], relation(integer(y + 1) <= integer(y))),
    "a sign": lambda x, y: ([], relation(integer(x + 1, signed=True) <= integer(y))),
    "a sign of the other": lambda x, y: ([], relation(integer(x + 1) <= integer(y, signed=True))),
    "a coefficient": lambda x, y: ([], relation(integer(x + 1) * 2 <= integer(y))),
    "a quotient": lambda x, y: ([], relation(integer(x + 1) // 2 <= integer(y))),
    "a shift": lambda x, y: ([], relation(integer((x + 1) >> 1) <= integer(y))),
    "a mask": lambda x, y: ([], relation(integer((x + 1) & 0x7F) <= integer(y))),
    "a modulus": lambda x, y: ([], relation(congruent(integer(x + 1), integer(y), 2))),
    "an exact claim": lambda x, y: ([], relation(integer(x + 1) == integer(y))),
    "more is known": lambda x, y: ([relation(integer(x) <= 9)], relation(integer(x + 1) <= integer(y))),
    "that is known of the other": lambda x, y: ([relation(integer(y) <= 9)], relation(integer(x + 1) <= integer(y))),
    "another bound is known": lambda x, y: ([relation(integer(x) <= 8)], relation(integer(x + 1) <= integer(y))),
    "a product": lambda x, y: ([], relation(integer(x + 1) * integer(y) <= integer(y))),
}


def test_claims_that_differ_in_anything_else_have_forms_of_their_own() -> None:
    new_table()

    def base(x: Bits, y: Bits) -> Question:
        return [], relation(integer(x + 1) <= integer(y))

    x, y = words(60), words(60)
    makers = [base, base, *(of for of in OTHERS.values() for _ in range(2))]
    questions = [make(a, b) for make, a, b in zip(makers, x, y, strict=False)]
    # Unknowns of which other bits are possible, and narrower ones.
    for low, narrow in ((words(2, pb=0x7F), words(2)), (words(2), words(2, 7))):
        questions += [base(a, b) for a, b in zip(low, narrow, strict=True)]
    assert forms(questions) == [k // 2 for k in range(len(questions))]


def test_kinds_and_arguments_of_operations_are_told_apart() -> None:
    new_table()
    makers: list[Callable[[Bits, Bits], Bits]] = [
        lambda x, y: (x < y).bit,
        lambda x, y: (y < x).bit,
        lambda x, y: x.slt(y).bit,
        lambda x, y: (x == y).bit,
        lambda x, y: (x < 5).bit,
        lambda x, y: (x < 6).bit,
        lambda x, y: x * y,
        lambda x, y: x & y,
        lambda x, y: x ^ y,
        lambda x, y: x ^ (y << 1),
        lambda x, y: x ^ (y >> 1),
    ]
    questions: list[Question] = [
        ([], relation(integer(make(x, y)) + integer(x) * 300 + integer(y) * 90000 <= 7))
        for make in makers
        for x, y in (words(2), words(2))
    ]
    assert forms(questions) == [k // 2 for k in range(len(questions))]


def test_what_is_known_of_more_unknowns_is_left_out() -> None:
    new_table()
    x, (shared,) = words(6), words(1)
    known = [relation(integer(a) + integer(shared) <= 9) for a in x]
    asked = [relation(integer(a) <= 9) for a in x]
    got: list[Sequence[Relation]] = []

    def follows(of: Sequence[Relation], _: Relation) -> bool:
        got.append(of)
        return False

    assert not Alike(known, asked, follows).shows(0)
    assert [list(of) for of in got] == [[]]


def test_few_claims_are_left_alone() -> None:
    new_table()
    questions = [lane(a, b) for a, b in zip(words(LEAST - 1), words(LEAST - 1), strict=True)]
    assert not Alike([], [r for _, r in questions], lambda *_: True).shows(0)
    odd = [relation(integer(x + k) <= 9) for k, x in enumerate(words(9), 1)]
    assert not any(Alike([], odd, lambda *_: True).shows(k) for k in range(9))


def test_large_claims_have_no_form_however_deep_they_are() -> None:
    new_table()

    def chain(x: Bits, n: int) -> Bits:
        for k in range(n):
            x = (x * x) ^ (k % 250 + 1)
        return x

    asked = [relation(integer(chain(x, 20_000)) <= 9) for x in words(LEAST)]
    assert not Alike(asked, asked, lambda *_: True).shows(0)
    shorter = [relation(integer(chain(x, MOST_TERMS // 8)) <= 9) for x in words(LEAST)]
    assert Alike(asked, shorter, lambda *_: True).shows(0)


# -- against all values -----------------------------------------------------------------------------


def a_question(rng: random.Random) -> tuple[list[Var], Question]:
    """Of few shapes and numbers, so that many are alike, and many nearly so."""
    v = [Var("v", 2, pb=rng.choice([3, 3, 3, 1])) for _ in range(2)]
    x, y = (Bits(2, t) for t in v)
    p, q = rng.choice([(x, y), (x, y), (y, x), (x, x)])
    bits = [b.bit.zero_extend(2) for b in (p < q, p.slt(q), p == q)]
    made = rng.choice([p + q, p + q * 2, p + 1, p ^ q, p * q, p & (q >> 1), *bits])
    signed = rng.random() < 0.3
    known = [relation(integer(rng.choice([p, q])) <= rng.choice([1, 2])) for _ in range(rng.choice([0, 1]))]
    of = integer(made, signed=signed)
    if isinstance(of, int):
        return a_question(rng)
    claimed = rng.choice([of <= 2, of >= 1, of - integer(p) <= 0, congruent(of, integer(q), 2), of * 2 // 3 <= 1])
    return (v, (known, claimed)) if isinstance(claimed, Relation) else a_question(rng)


def is_true(v: list[Var], question: Question) -> bool:
    """Whether the claim holds of all values of which what is known is so."""
    known, claimed = question

    def holds(r: Relation, e: Evaluator) -> bool:
        said = r.map(lambda b: Bits(b.width, e(b.value)))
        assert isinstance(said, bool)
        return said

    for values in product(range(4), repeat=2):
        if any(n & ~t.pb for n, t in zip(values, v, strict=True)):
            continue
        e = Evaluator(dict(zip(v, values, strict=True)))
        if all(holds(r, e) for r in known) and not holds(claimed, e):
            return False
    return True


def untrue(seed: int) -> tuple[int, int]:
    """How many claims are taken to be shown, and how many of those do not hold.

    Only of what holds it is found that it follows.
    """
    new_table()
    rng = random.Random(seed)
    met = [a_question(rng) for _ in range(600)]
    truth = {id(q[1]): is_true(v, q) for v, q in met}
    a = Alike([r for _, (of, _) in met for r in of], [r for _, (_, r) in met], lambda _, r: truth[id(r)])
    shown = [a.shows(k) for k in range(len(met))]
    return sum(shown), sum(is_shown and not truth[id(r)] for is_shown, (_, (_, r)) in zip(shown, met, strict=True))


@pytest.fixture
def _two_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "LEAST", 2)


@pytest.mark.usefixtures("_two_are_enough")
@pytest.mark.parametrize("seed", range(3))
def test_claims_of_one_form_hold_together(seed: int) -> None:
    shown, wrong = untrue(seed)
    assert shown > 40
    assert not wrong


def _without_possible_bits(read: Callable[[Any, Term], Any]) -> Callable[[Any, Term], Any]:
    def worse(self: Any, t: Term) -> Any:
        found = read(self, t)
        return found[:2] if found[0] == "unknown" else found

    return worse


def _without_numbers(read: Callable[[Any, Term], Any]) -> Callable[[Any, Term], Any]:
    def worse(self: Any, t: Term) -> Any:
        found = read(self, t)
        return found[:3] if found[0] == "sum" else found

    return worse


@pytest.mark.usefixtures("_two_are_enough")
@pytest.mark.parametrize("worse", [_without_possible_bits, _without_numbers])
def test_forms_that_say_less_are_caught(worse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike._Walk, "_read", worse(alike._Walk._read))
    assert sum(untrue(seed)[1] for seed in range(3))


@pytest.mark.usefixtures("_two_are_enough")
def test_forms_without_what_is_known_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = alike.Alike._form

    def worse(self: Alike, r: Relation) -> Any:
        found = whole(self, r)
        return None if found is None else ((found[0][1],), found[1])

    monkeypatch.setattr(alike.Alike, "_form", worse)
    assert sum(untrue(seed)[1] for seed in range(3))


@pytest.mark.usefixtures("_two_are_enough")
def test_leaves_that_say_less_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike._Walk, "_integer", lambda self, x: tuple((len(m), c) for m, c in x.terms.items()))
    assert sum(untrue(seed)[1] for seed in range(3))
