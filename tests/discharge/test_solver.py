"""What the solver says: yes, no with a model that is one, or that it does not know; and what is remembered of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from armsym.bits import Bits, Prop, opaque
from armsym.discharge.z3_bridge import UNITS_PER_MS, Solver, set_limit
from armsym.proof.path import Knowledge
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Value, Var, new_table, ones

mystery = opaque("solver_mystery", 8)(lambda a: a + 1)


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _word(name: str, width: int = 8, possible: int | None = None) -> Bits:
    return Bits(width, Var(name, width, pb=possible, secret=False))


def _bit(x: Prop) -> Value:
    return x.bit.value


def _id(x: Bits) -> int:
    """What models call a variable."""
    assert isinstance(x.value, Var)
    return x.value.id


def test_implied() -> None:
    """x < 5 and y = x + 1 give y < 6; the facts stay after the question."""
    x, y = _word("x"), _word("y")
    s = Solver()
    s.add(_bit(x < 5))
    s.add(_bit(y == x + 1))
    assert s.implies(_bit(y < 6), 5000).holds is True
    assert s.implies(_bit(y < 5), 5000).holds is False
    assert s.implies(_bit(y < 6), 5000).holds is True


def test_not_implied_comes_with_a_model_that_satisfies_the_facts_and_breaks_the_claim() -> None:
    """The model is evaluated, not believed."""
    x, y = _word("x"), _word("y", possible=0x3C)
    facts = [x < 200, ~(x == 7), x.udiv(y) < 9]
    claim = (x ^ y) < 100
    s = Solver()
    for f in facts:
        s.add(_bit(f))
    out = s.implies(_bit(claim), 5000)
    assert out.holds is False
    assert out.model is not None
    numbers = out.model.variables
    ev = Evaluator(lambda v: numbers[v.id])
    assert [ev(_bit(f)) for f in facts] == [1, 1, 1]
    assert ev(_bit(claim)) == 0
    assert numbers[_id(y)] & ~0x3C == 0, "bits known to be 0 are 0 in models"


def test_known_zeros_of_variables_are_facts() -> None:
    """A variable's possible bits are side conditions, wherever the variable is first met."""
    x = _word("x", possible=0x0F)
    assert Solver().implies(_bit(x * x < 226), 5000).holds is True
    assert Solver().implies(_bit(x * x < 225), 5000).holds is False


def test_functions_are_any_function() -> None:
    """Congruence holds; what the definition says is not used."""
    x, y = _word("x"), _word("y")
    s = Solver()
    s.add(_bit(x == y))
    assert s.implies(_bit(mystery(x) == mystery(y)), 5000).holds is True
    assert s.implies(_bit(mystery(x) == x + 1), 5000).holds is False


def test_a_hard_question_is_given_up_in_time() -> None:
    """Factoring a product of two primes in a millisecond: undecided, which is neither yes nor no."""
    x, y = _word("x", 64), _word("y", 64)
    s = Solver()
    s.add(_bit(x < 1 << 32))
    s.add(_bit(y < 1 << 32))
    s.add(_bit(x > 1))
    s.add(_bit(y > 1))
    out = s.implies(_bit(~(x * y == 4294967291 * 4294967279)), 1)
    assert out.holds is None
    assert out.model is None
    assert "Z3" in out.reason


def test_contradictory_facts_imply_everything() -> None:
    """Which is why every proof has a witness run."""
    x = _word("x")
    s = Solver()
    s.add(_bit(x < 3))
    s.add(_bit(x > 3))
    assert s.implies(0, 5000).holds is True


# -- what is remembered -------------------------------------------------------------------------


def test_decisions_depend_on_the_facts_of_their_own_path() -> None:
    """A fork that learns the opposite does not hear what the other was told."""
    x = _word("x")
    known = Knowledge([_bit(x < 10)])
    question = _bit(x < 5)
    assert known.decide(question) is None
    low, high = known.fork(), known.fork()
    low.add(_bit(x < 4))
    high.add(_bit(x > 6))
    assert low.decide(question) == 1
    assert high.decide(question) == 0
    assert known.decide(question) is None
    assert known.fork().decide(question) is None


def test_ignorance_is_asked_again_when_a_fact_is_added() -> None:
    """Also when the fact is the condition itself or its negation."""
    x, y = _word("x"), _word("y")
    for negated in (False, True):
        known = Knowledge()
        question = x < y
        assert known.decide(_bit(question)) is None
        known.add(_bit(~question if negated else question))
        assert known.decide(_bit(question)) == (0 if negated else 1)
        assert known.decide(_bit(~question)) == (1 if negated else 0)


def test_conclusions_stay_true_when_facts_are_added() -> None:
    """And those of a fork are inherited."""
    x = _word("x")
    known = Knowledge([_bit(x == 3)])
    assert known.decide(_bit(x * x == 9)) == 1
    later = known.fork()
    later.add(_bit(_word("z") == 1))
    assert later.decide(_bit(x * x == 9)) == 1
    assert later.decide(_bit(x * x == 10)) == 0


def test_prove_uses_no_more_than_the_facts() -> None:
    """`prove` answers with a model where `decide` says it does not know."""
    x = _word("x")
    known = Knowledge([_bit(x < 10)])
    out = known.prove(_bit(x < 9), 5000)
    assert out.holds is False
    assert out.model is not None
    assert out.model.variables[_id(x)] == 9
    assert known.prove(1, 1).holds is True
    assert known.prove(0, 1).holds is False
    assert known.prove(_bit(x < 10), 1).holds is True


def test_a_false_fact_is_kept() -> None:
    """The number 0 as a fact makes a path impossible; it is not dropped as the number 1 is."""
    known = Knowledge()
    known.add(1)
    assert known.facts == []
    known.add(0)
    assert known.decide(_bit(_word("x") < 3)) == 1
    assert ones(1) == 1


def test_the_limit_counts_work_and_not_time() -> None:
    """A question too hard ends by Z3's count of its work, whatever else the machine does; the next starts anew."""
    x, y, z = (Bits(64, Var(n, 64, secret=False)) for n in "xyz")
    hard = Bits(64, 0) == x.udiv(y) * y + x.udiv(z) * z * x.udiv(y) + 1
    s = Solver()
    s.add(_bit(y.udiv(x) == z))
    # Z3 counts for the whole process: the first question shows where the count stands.
    assert s.implies(_bit(~hard), 100).holds is None
    spent = s._solver.statistics().get_key_value("rlimit count")
    for _ in range(2):
        assert s.implies(_bit(~hard), 100).holds is None
        before, spent = spent, s._solver.statistics().get_key_value("rlimit count")
        assert 0 <= spent - before - 100 * UNITS_PER_MS < 10_000
    assert s.implies(_bit(y.udiv(x) == z), 100).holds is True


@pytest.mark.parametrize("ms", [0, 1, 10_000, 2**22, 2**32])
def test_every_limit_is_one_that_z3_takes(ms: int) -> None:
    """0 would be no limit for Z3, and more than 32 bits an error."""
    x = _word("x")
    s = Solver()
    s.add(_bit(x < 5))
    assert s.implies(_bit(x < 6), ms).holds in ((None, True) if ms < 1000 else (True,))


@pytest.mark.parametrize("ms", [0, 1, 2000, 10_000, 2**32])
def test_the_clock_is_far_behind_the_count_of_work(ms: int) -> None:
    """A machine with sixty times as much to do as it can still gives the answer of an idle one."""

    class Recorder:
        def __init__(self) -> None:
            self.told: dict[str, int] = {}

        def set(self, name: str, value: int) -> None:
            self.told[name] = value

    r = Recorder()
    set_limit(r, ms)
    assert r.told["rlimit"] == min(max(1, ms * UNITS_PER_MS), 2**32 - 1)
    assert 60_000 <= r.told["timeout"] < 2**32 - 1
    assert r.told["timeout"] >= min(60 * ms, 2**32 - 2)
