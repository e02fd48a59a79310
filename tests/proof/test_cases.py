"""Claims under conditions against all values of a few small words: what is shown of them is true."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import armsym.integers.claims
import armsym.proof.cases
from armsym.bits import Bits, Prop, concat, ite
from armsym.integers.expression import Relation, congruent, integer, within
from armsym.proof.cases import Case
from armsym.proof.conditional import Conditional, unless, when
from armsym.proof.path import Knowledge
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Value, Var, intern, new_table

sys.path.append(str(Path(__file__).parents[1] / "integers"))
from test_arguments import true_in

WORDS = 4


def true(claim: Any, evaluate: Callable[[Value], int]) -> bool:
    """A claim's truth by Python's own numbers."""
    if isinstance(claim, bool):
        return claim
    if isinstance(claim, list):
        return all(true(c, evaluate) for c in claim)
    if isinstance(claim, Relation):
        return true_in(claim, evaluate)
    if isinstance(claim, Prop):
        return bool(evaluate(claim.bit.value))
    assert isinstance(claim, Conditional)
    held = [true(c, evaluate) for c in claim.conditions]
    if claim.is_when:
        return not all(held) or true(claim.claim, evaluate)
    return any(held) or true(claim.claim, evaluate)


def world(rng: random.Random) -> tuple[list[Var], list[Bits], list[Any]]:
    """Words of two bits; what a program chooses by tests of them; and numbers of two words."""
    variables = [Var(f"w{k}", 2, secret=True) for k in range(WORDS)]
    words = [Bits(2, v) for v in variables]

    def zero() -> Prop:
        some = rng.sample(words, rng.randrange(1, 3))
        joined = some[0] | some[1] if len(some) > 1 and rng.random() < 0.5 else concat(*some)
        return joined == 0

    for _ in range(3):
        test = zero()
        mask = ite(test, Bits(2, 3), Bits(2, 0))
        words.append(ite(rng.choice([test, ~test, mask == 0]), rng.choice(words), rng.choice(words)))
    words.append(rng.choice(words[4:]))
    numbers = [integer(concat(*rng.sample(words, 2))) for _ in range(3)]
    return variables, words, numbers


def run(seed: int, rounds: int) -> tuple[int, list[Any]]:
    """How many claims were shown, and those that do not hold."""
    rng = random.Random(seed)
    shown, wrong = 0, []
    for _ in range(rounds):
        new_table()
        variables, words, numbers = world(rng)
        modulus = rng.choice([3, 5, 7, 11])

        def condition(words: list[Bits] = words, numbers: list[Any] = numbers, modulus: int = modulus) -> Any:
            a, b = rng.choices(numbers, k=2)
            made: list[Callable[[], Any]] = [
                lambda: rng.choice(words) == rng.choice([0, 0, 1]),
                lambda: ~(concat(*rng.sample(words, 2)) == 0),
                lambda: congruent(a, rng.choice([0, 0, 1]), modulus),
                lambda: congruent(a * rng.randrange(1, 4), b, modulus),
                lambda: within(0, a, rng.randrange(1, 9)),
            ]
            return rng.choice(made)()

        def claim(depth: int, words: list[Bits] = words, condition: Callable[[], Any] = condition) -> Any:
            if depth and rng.random() < 0.8:
                conditions = [condition() for _ in range(rng.randrange(1, 3))]
                return rng.choice([when, unless])(conditions, claim(depth - 1))
            return rng.choice([rng.choice(words) == rng.choice(words), condition()])

        facts = [c for _ in range(2) if isinstance(c := condition(), Prop) and isinstance(c.value, Term)]
        known = [
            congruent(numbers[0] * rng.randrange(1, 4), numbers[1], modulus),
            *(within(0, n, modulus) for n in numbers),
        ]
        relations = [r for r in known[: rng.randrange(5)] if isinstance(r, Relation)]
        if any(r is False for r in known):
            continue
        case = Case(Knowledge([intern(f.value) for f in facts if isinstance(f.value, Term)]), relations, 2000)
        for f in facts:
            case._note(f.bit.value)
        case._settle()
        asked = claim(2)
        if isinstance(asked, bool) or not case.shows(asked).holds:
            continue
        shown += 1
        for v in range(1 << 2 * WORDS):
            evaluate = Evaluator({w: v >> 2 * k & 3 for k, w in enumerate(variables)})
            if all(true(c, evaluate) for c in [*facts, *relations]) and not true(asked, evaluate):
                wrong.append((facts, relations, asked, v))
                break
    return shown, wrong


@pytest.fixture(autouse=True)
def _small_limbs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armsym.integers.claims, "WIDEST_LIMB", 2)


def test_what_is_shown_is_true() -> None:
    shown, wrong = run(1, 220)
    assert not wrong
    assert shown > 60


def negated(self: Case, test: Term) -> bool:
    return bool(self._nonzero)


def keeps(self: Case, condition: Any) -> None:
    Case.assume(self, condition)


@pytest.mark.parametrize(
    ("owner", "name", "defect"),
    [
        (Case, "_is_false", negated),
        (Case, "deny", keeps),
        (Case, "_contradicts_itself", lambda self: True),
        (Case, "_unless", lambda self, claim: Case.shows(self, True)),
    ],
)
def test_planted_defects_are_found(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, defect: Any) -> None:
    monkeypatch.setattr(owner, name, defect)
    assert any(run(seed, 120)[1] for seed in range(2, 8))


def test_the_contrary_of_what_zeros_do_not_meet_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    new_table()
    words = [Bits(2, Var(f"w{k}", 2, secret=True)) for k in range(2)]
    a = integer(concat(*words))
    case = Case(Knowledge(), [], 2000)
    other_than_0 = ~(concat(*words) == 0)
    assert case.shows(unless(congruent(a, 0, 5), other_than_0)).holds
    assert case.shows(unless(congruent(a * a, 5, 5), other_than_0)).holds
    assert case.shows(unless(within(0, a, 2), other_than_0)).holds
    for condition in (congruent(a, 1, 5), congruent(a + 4, 0, 5), within(1, a, 2), congruent((a + 3) // 2, 1, 5)):
        assert not case.shows(unless(condition, other_than_0)).holds
    monkeypatch.setattr(armsym.proof.cases, "_holds_of_zeros", lambda r: True)
    assert case.shows(unless(congruent(a, 1, 5), other_than_0)).holds


def test_what_bits_a_test_is_about() -> None:
    new_table()
    a, b = (Bits(8, Var(n, 8)) for n in "ab")
    bits = armsym.proof.cases._bits_of
    assert set(bits(concat(a, b).value).values()) == {0xFF}
    assert bits((a | b).value) == bits(concat(a, b).value)
    assert bits((a >> 3).value) == {intern(a.value).id: 0xF8}  # type: ignore[arg-type]
    assert bits((a & 0x11).value) == {intern(a.value).id: 0x11}  # type: ignore[arg-type]
    assert bits((a[3:0].zero_extend(8) << 4).value) == {intern(a.value).id: 0x0F}  # type: ignore[arg-type]
    assert bits(0) == {}
    # What is no OR is looked at as a whole.
    t = intern((a ^ b).value)  # type: ignore[arg-type]
    assert bits(t) == {t.id: 0xFF}
    assert ops.eq(8, 0, 0) == 1
