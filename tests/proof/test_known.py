"""What facts of a path say of integers: each says so much of every number that meets it, and no more."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import pytest

from armsym.bits import Bits, Prop
from armsym.integers.expression import FoldValue, IntegerLike, Relation, Word
from armsym.proof.known import _bitwise, _distance, _said
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator, Substitution, free_terms
from armsym.terms.node import Term, Var, intern, new_table

WIDTH = 3


def _holds(r: Relation, values: dict[int, int]) -> bool:
    evaluate = Evaluator(_read(values), lambda *_: 0)
    known: dict[Word | FoldValue, IntegerLike] = {}
    for leaf in r.leaves():
        signed, width, t = leaf
        assert not signed
        assert t.width == width
        known[leaf] = evaluate(t)
    for x, modulus, lo, hi in r.parts:
        v = x.map(known)
        assert isinstance(v, int)
        assert not modulus
        if (lo is not None and v < lo) or (hi is not None and v > hi):
            return False
    return True


FACTS: dict[str, Callable[[Bits, Bits], Prop]] = {
    "equal": lambda a, b: a == b,
    "a difference is 0": lambda a, b: a - b == 0,
    "a sum is a number": lambda a, b: a + b == 5,
    "not 0": lambda a, b: ~(a - b == 0),
    "different": lambda a, b: ~(a == b),
    "less": lambda a, b: a < b,
    "at most": lambda a, b: a <= b,
    "not less": lambda a, b: ~(a < b),
    "less than a number": lambda a, b: a < 5,
    "more than a number": lambda a, b: a > 5,
    "a sum that wraps": lambda a, b: a + b < a,
    "signed": lambda a, b: a.slt(b),
    "both": lambda a, b: (a < b) & (a > 1),
    "either": lambda a, b: (a < b) | (a > 5),
    "a bit": lambda a, b: a[0:0] == 1,
    "no bit": lambda a, b: a[0:0] == 0,
    "bits": lambda a, b: a[1:0] == b[2:1],
}

#: Of these the same numbers meet what is said.
EXACT = {"equal", "a difference is 0", "a sum is a number", "not 0", "less", "at most", "not less"}


def _read(values: dict[int, int]) -> Callable[[Var], int]:
    return lambda t: values[t.id]


@pytest.mark.parametrize("name", FACTS)
def test_facts(name: str) -> None:
    new_table()
    a, b = Var("a", WIDTH), Var("b", WIDTH)
    fact = FACTS[name](Bits(WIDTH, a), Bits(WIDTH, b)).bit.value
    assert isinstance(fact, Term)
    said = _said(fact)
    assert said is not None or name not in EXACT
    if said is None:
        return
    for x, y in product(range(1 << WIDTH), repeat=2):
        values = {intern(a).id: x, intern(b).id: y}
        true = Evaluator(_read(values), lambda *_: 0)(fact) == 1
        if true:
            assert _holds(said, values), (x, y)
        elif name in EXACT:
            assert not _holds(said, values), (x, y)


@pytest.mark.parametrize("seed", range(60))
def test_what_an_equation_says_a_variable_is(seed: int) -> None:
    """Put in its place, the equation holds of all values; and no other does where its coefficient is 1 or -1."""
    rng = random.Random(seed)
    new_table()
    variables = [Bits(64, Var(name, 64, secret=name == "d")) for name in "abcd"]
    numbers = (0, 1, 2, -1, -2, 63, 65, 2**63, 2**64 - 1)
    total = Bits.wrap(64, rng.choice(numbers))
    for v in variables[: rng.choice((2, 3, 4))]:
        total = total + v * Bits.wrap(64, rng.choice((1, -1, 1, -1, 0, 2, 2**63)))
    mixed = Bits.wrap(64, rng.choice(numbers))
    for v in variables[: rng.choice((2, 3, 4))]:
        mixed = mixed ^ rng.choice((v, v << 1, v >> 1, v & 0xFF, v + 1))
    for found, of in ((_distance(total.value), total.value), (_bitwise(mixed.value), mixed.value)):
        if found is not None:
            a, value = found
            assert Substitution({a: value})(of) == 0
            assert not a.secret
            assert isinstance(value, int) or (a not in free_terms(value) and not ops.is_secret(value))


def test_of_two_variables_the_later_is_put_as_more() -> None:
    """So that the steps of folds are seen: H(b + 1) is made of H(b), H(a - 1) is not."""
    new_table()
    a, b = Var("a", 64, secret=False), Var("b", 64, secret=False)
    plus = (Bits(64, b) + 3).value
    for of in (Bits(64, a) - Bits(64, b) - 3, Bits(64, b) - Bits(64, a) + 3):
        found = _distance(of.value)
        assert found is not None
        assert found[0] is a
        assert ops.xor(64, found[1], plus) == 0
    assert _distance((Bits(64, a) - Bits(64, b) - 65).value) is None
    assert _distance((Bits(64, a) * 2 - Bits(64, b) * 3).value) is None
