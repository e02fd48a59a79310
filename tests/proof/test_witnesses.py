"""Assignments that a path keeps: they say what does not follow from its facts, as counting says, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest

from armsym.bits import Bits, Prop
from armsym.discharge.z3_bridge import Model
from armsym.proof.path import Knowledge
from armsym.proof.witnesses import Witnesses
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Value, Var, new_table

W = 3


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _numbers() -> tuple[Var, Var]:
    return Var("x", W, secret=False), Var("y", W, secret=False)


def _model(x: Var, y: Var, p: int, q: int) -> Model:
    return Model({x.id: p, y.id: q}, [])


def _bit(p: Prop) -> Value:
    return p.bit.value


def _term(b: Bits) -> Term:
    assert isinstance(b.value, Term)
    return b.value


def test_a_model_is_kept_where_all_facts_hold_on_it() -> None:
    """At the edge of a comparison, and one past it; what is learnt later counts, too."""
    x, y = _numbers()
    facts: list[Value] = [_bit(Bits(W, x) < 4)]
    w = Witnesses(facts)
    w.add(_model(x, y, 4, 0))
    assert w.values(x) == set()
    w.add(_model(x, y, 3, 0))
    w.add(_model(x, y, 0, 7))
    assert (w.values(x), w.values(y)) == ({0, 3}, {0, 7})
    facts.append(_bit(Bits(W, x) + Bits(W, y) == 7))
    assert w.values(x) == {0}


def test_parts_of_a_path_learn_by_themselves() -> None:
    """What one part learns takes nothing from the other; nor does what it finds come to the other."""
    x, y = _numbers()
    facts: list[Value] = []
    w = Witnesses(facts)
    for p in (1, 2):
        w.add(_model(x, y, p, 0))
    of_other = list(facts)
    other = w.fork(of_other)
    of_other.append(_bit(Bits(W, x) == 1))
    other.add(_model(x, y, 1, 5))
    assert (other.values(x), other.values(y)) == ({1}, {0, 5})
    assert (w.values(x), w.values(y)) == ({1, 2}, {0})


def _some_facts(rng: random.Random, x: Bits, y: Bits) -> list[Value]:
    made = []
    for _ in range(rng.randrange(4)):
        a, b = rng.choice([x, y, x + y, x - y]), rng.choice([x, y, Bits(W, rng.randrange(8))])
        made.append(_bit(rng.choice([a < b, a <= b, a == b, a != b])))
    return made


def test_what_is_decided_is_what_counting_says() -> None:
    """Random facts, learnt one by one on a path and its forks, and questions in between; all numbers are tried."""
    rng, decided = random.Random(20), 0
    for _ in range(60):
        new_table()
        p, q = _numbers()
        x, y = Bits(W, p), Bits(W, q)
        paths = [Knowledge()]
        for _ in range(5):
            k = rng.choice(paths)
            if rng.random() < 0.3:
                paths.append(k.fork())
            for f in _some_facts(rng, x, y):
                k.add(f)
            cases = [Evaluator({p: a, q: b}) for a, b in product(range(1 << W), repeat=2)]
            cases = [e for e in cases if all(e(f) for f in k.facts)]
            asked = _bit(rng.choice([x + y < rng.randrange(8), x == y, x < y, x - y <= rng.randrange(8)]))
            number = rng.choice([x, x + y, x - y])
            if not cases or isinstance(asked, int) or isinstance(number.value, int):
                continue
            answers, values = {e(asked) for e in cases}, {e(number.value) for e in cases}
            assert k.decide(asked) == (answers.pop() if len(answers) == 1 else None)
            assert k.fixed(number) == (values.pop() if len(values) == 1 else None)
            decided += 1
    assert decided > 100


@pytest.mark.parametrize("lie", [{0}, {1}, {5}, {0, 1}, set()])
def test_a_wrong_assignment_proves_nothing(lie: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is said of them, what does not follow is not known, and no number is the only one that is not."""
    monkeypatch.setattr(Witnesses, "values", lambda *_: lie)
    x, y = (Bits(W, v) for v in _numbers())
    k = Knowledge([_bit(x < 4)])
    assert k.decide(_term((x < 3).bit)) is None
    assert k.fixed(x + y) is None
    assert k.decide(_term((x < 5).bit)) in (1, None)
    k.add(_bit(y == 6))
    assert k.fixed(y) in (6, None)
