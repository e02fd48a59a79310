"""What facts of a path say of integers: each says so much of every number that meets it, and no more."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from armsym.bits import Bits, Prop
from armsym.integers.expression import FoldValue, IntegerLike, Relation, Word
from armsym.proof.known import _said
from armsym.terms.evaluate import Evaluator
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
