"""What a path knows: facts, what follows from them, and that parted paths know nothing of each other."""

from __future__ import annotations

from itertools import product

import pytest
from rooms import EDGES, machine, number, path, public, region, secret, var

import armsym.proof.path as room
from armsym.bits import Bits, Prop
from armsym.discharge.integers import Integers
from armsym.discharge.z3_bridge import Outcome, Solver
from armsym.machine import NZCV
from armsym.proof.path import Knowledge, NeedSplit, Path, memory_of
from armsym.terms import ops
from armsym.terms.evaluate import Occurrences, free_terms
from armsym.terms.node import Term, Var, intern, ones

TOP = 1 << 63


def _term(p: Prop) -> Term:
    assert isinstance(p.value, Term)
    return intern(p.value)


def _knows(*facts: Prop) -> Knowledge:
    return Knowledge([f.bit.value for f in facts])


# -- facts and what follows ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (0, 1), (1, 1), (7, 8), (TOP - 1, TOP), (0, ones(64)), (ones(64),) * 2]
)
@pytest.mark.parametrize("bound", EDGES)
def test_bounds_decide_exactly_what_follows(low: int, high: int, bound: int) -> None:
    """low <= n <= high decides n < bound, true or false, only where all such n agree."""
    n = public("n")
    k = _knows(n >= low, n <= high)
    got = k.decide((n < bound).bit.value)
    want = 1 if high < bound else 0 if low >= bound else None
    assert got == want
    assert (k.prove((n < bound).bit.value, 2000).holds is True) == (want == 1)


@pytest.mark.parametrize("value", EDGES)
@pytest.mark.parametrize(("c", "d"), [(1, 0), (-1, 0), (3, 5), (-8, ones(64))])
def test_an_equation_says_what_its_summands_add_up_to(
    monkeypatch: pytest.MonkeyPatch, value: int, c: int, d: int
) -> None:
    """Without a solver, of the same summands or all of them negated, whatever is added; modulo 2**64."""
    monkeypatch.setattr(Integers, "constant_or_not", lambda *_, **__: pytest.fail("a solver is asked"))
    n, i = public("n"), public("i")
    k = _knows(n < 1000, n * c - i + d == value)
    for q in (0, 1, TOP, ones(64)):
        assert k.fixed(n * c - i + q) == (value - d + q) & ones(64)
        assert k.fixed(i - n * c + q) == (d - value + q) & ones(64)


def test_an_equation_of_other_summands_says_nothing() -> None:
    """One more, one less, another factor, one of two negated, twice as many; another width; no equation."""
    n, i, j = public("n"), public("i"), public("j")
    k = _knows(n - i == 5, 2 * j == 6)
    for v in (n, i, n + i, n - 2 * i, 2 * n - i, 2 * n - 2 * i + j, n - i + j, n - j, j):
        assert k._equated(_whole(v)) is None
    assert k._equated(_whole(2 * j + 1)) == 7
    assert k._equated(_whole(n - i)) == 5
    assert k._equated(_whole((n - i)[31:0])) is None
    assert _knows(n - i != 5, n - i < 6, (n - i == 5).implies(n < 9))._equated(_whole(n - i)) is None


def _whole(v: Bits) -> Term:
    assert isinstance(v.value, Term)
    return intern(v.value)


def test_a_fact_and_its_contrary() -> None:
    """Both are known without a solver; an opposite fact is not what was asked."""
    n, s = public("n"), secret("s")
    for v in (n, s):
        k = _knows(v == 5)
        k._solver = k._integers = None
        assert k.decide((v == 5).bit.value) == 1
        assert k.decide((v != 5).bit.value) == 0
        assert k.prove((v == 5).bit.value, 2000).holds is True
        assert k.prove((v != 5).bit.value, 2000).holds is not True
        assert k.decide((v == 6).bit.value) == 0


def test_numbers_are_as_they_are() -> None:
    """0 and 1 need no facts; the fact 1 says nothing; the fact 0 says everything, so nothing is asked there."""
    k = _knows()
    assert (k.decide(0), k.decide(1)) == (0, 1)
    assert (k.prove(0, 1).holds, k.prove(1, 1).holds) == (False, True)
    k.add(1)
    assert not k.facts
    assert k.decide((public("n") == 0).bit.value) is None
    k.add(0)
    assert k.facts == [0]
    assert k.decide((public("n") == 0).bit.value) == 1


def test_ignorance_is_asked_again_and_conclusions_stay() -> None:
    n = public("n")
    k, small = _knows(n <= 9), (n < 8).bit.value
    assert k.decide(small) is None
    assert k.decide(small) is None
    k.add((n != 8).bit.value)
    assert k.decide(small) is None, "9 is left"
    k.add((n != 9).bit.value)
    assert k.decide(small) == 1
    k.add((n != 0).bit.value)
    assert k.decide(small) == 1


def test_a_fork_learns_by_itself() -> None:
    """Neither side sees a later fact of the other, nor what followed from it; both keep what was known before."""
    n = public("n")
    k = _knows(n <= 9)
    asked = (n < 8).bit.value
    assert k.decide(asked) is None
    assert k.fixed(n) is None
    assert k.decide((n < 10).bit.value) == 1
    other = k.fork()
    k.add((n < 3).bit.value)
    other.add((n == 9).bit.value)
    assert (k.decide(asked), other.decide(asked)) == (1, 0)
    assert (k.fixed(n), other.fixed(n)) == (None, 9)
    assert (k.decide((n < 10).bit.value), other.decide((n < 10).bit.value)) == (1, 1)
    third = k.fork()
    assert third.decide(asked) == 1
    assert third.fixed(n) is None
    assert len(k.facts) == len(third.facts) == 2


def test_a_solver_that_gives_up_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    n = public("n")
    k = _knows(n < 3)
    asked = (n < 8).bit.value
    monkeypatch.setattr(Integers, "implies", lambda *_: Outcome(None))
    monkeypatch.setattr(Solver, "implies", lambda *_: Outcome(None))
    assert k.decide(asked) is None
    assert k.prove(asked, 2000).holds is None
    monkeypatch.undo()
    assert k.prove(asked, 2000).holds is True


def test_long_conditions_on_secrets_are_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by linear arithmetic nor by bit vectors; a public one of the same size is."""
    asked = 0

    def implies(*_: object) -> Outcome:
        nonlocal asked
        asked += 1
        return Outcome(True)

    monkeypatch.setattr(Solver, "implies", implies)
    monkeypatch.setattr(Integers, "implies", implies)
    monkeypatch.setattr(room, "SECRET_LIMIT", 2)
    for make, want in ((secret, 0), (public, 1)):
        asked = 0
        a, b = make("a"), make("b")
        decided = _knows().decide((a * b < b).bit.value)
        assert (decided, asked) == ((1 if want else None), want)


@pytest.mark.parametrize("at", EDGES)
def test_fixed(at: int) -> None:
    """One value left, for each kind of number; two values are none; a secret never is fixed."""
    n, s = public("n"), secret("s")
    k = _knows(n >= at, n <= at, s == at)
    assert k.fixed(n) == at
    assert k.fixed(n + 1) == at + 1 & ones(64)
    assert k.fixed(n - at - 1) == ones(64)
    assert k.fixed(Bits(64, at)) == at
    assert k.fixed(s) is None
    assert k.fixed(n + s) is None
    near = _knows(n - at <= 1)
    assert near.fixed(n) is None
    near.add((n != at).bit.value)
    assert near.fixed(n) == at + 1 & ones(64), "what was not fixed is asked again"


def test_constant_adds_up_what_facts_say() -> None:
    a, b, c = public("a"), public("b"), public("c")
    k = _knows(a == ones(64), b == 5, c < 7)
    for value, want in ((a, ones(64)), (a + b, 4), (3 * b - a + 1, 17), (a + c, None), (c, None)):
        assert isinstance(value.value, Term)
        assert k.constant(value.value) == want
    both = _knows(a + c == 3)
    assert isinstance((a + c).value, Term)
    assert both.constant(_as_term(a + c)) == 3
    assert both.constant(_as_term(a)) is None


def _as_term(b: Bits) -> Term:
    assert isinstance(b.value, Term)
    return b.value


def test_mentions() -> None:
    """Also of facts that come later; only variables that occur."""
    a, b = public("a"), public("b")
    k = _knows(a < 5)
    assert k.mentions(var(a))
    assert not k.mentions(var(b))
    k.add((b + a == 3).bit.value)
    assert k.mentions(var(b))
    assert not k.mentions(var(public("a"))), "another variable of that name"


# -- a path -------------------------------------------------------------------------------------


def test_known_or_split() -> None:
    n, s = public("n"), secret("s")
    p = path(machine(), n < 3)
    yes, no, open_, hidden = (_term(c) for c in (n < 8, n == 9, n == 2, s == 2))
    assert (p.known_or_split(yes), p.known_or_split(no)) == (1, 0)
    assert (p.known(yes), p.known(no), p.known(open_)) == (1, 0, None)
    with pytest.raises(NeedSplit) as split:
        p.known_or_split(open_)
    assert split.value.cond is open_
    assert p.known_or_split(hidden) is None
    assert p.known(hidden) is None


def test_a_secret_is_never_known() -> None:
    """Not even where a fact says it: a claim would not depend on it any more, and a leak of it not be seen."""
    s = secret("s")
    p = path(machine(), s == 2)
    assert p.known_or_split(_term(s == 2)) is None
    assert p.decide(s == 2) is None
    assert p.decide(Prop(True)) is True
    assert p.decide(Prop(False)) is False


def test_decide_says_bool() -> None:
    n = public("n")
    p = path(machine(), n < 3)
    assert [p.decide(c) for c in (n < 8, n == 9, n == 2)] == [True, False, None]


SIZES = (0, 1, 2, 8, 1 << 63, ones(64))


def test_apart_of_numbers() -> None:
    """Ranges on the circle of 2^64 offsets: apart only if no byte is in both; and so found, if both have bytes."""
    for first, second in product(EDGES, repeat=2):
        for size, other in product(SIZES, repeat=2):
            p = path(machine())
            d = second - first & ones(64)
            meet = bool(size and other) and (d < size or -d & ones(64) < other)
            got = p.apart(Bits(64, first), Bits(64, size), Bits(64, second), Bits(64, other))
            assert not (got and meet), (first, size, second, other)
            if size and other:
                assert got != meet, (first, size, second, other)


@pytest.mark.parametrize("gap", range(-5, 6))
def test_apart_where_the_facts_say_so(gap: int) -> None:
    """4 bytes at i and 2 at i + gap; and at j with i + gap <= j <= 100: all of the j must be apart."""
    i, j = public("i"), public("j")
    p = path(machine(), i <= 50, j >= i + 10 + gap, j <= 100)
    assert p.apart(i, Bits(64, 4), i + gap, Bits(64, 2)) == (gap >= 4 or gap <= -2)
    assert p.apart(i + 10, Bits(64, 4), j, Bits(64, 2)) == (gap >= 4)
    assert p.apart(j, Bits(64, 2), i + 10, Bits(64, 4)) == (gap >= 4)
    assert not path(machine()).apart(i, Bits(64, 1), j, Bits(64, 1))


@pytest.mark.parametrize("gap", [1, 2, 3, 4])
def test_disjoint_takes_ends_and_signed_constants(gap: int) -> None:
    """[i - 2, i + 2) and [i + gap - 1, i + gap): the end is not part of it."""
    i = public("i")
    p = path(machine())
    assert p.disjoint(_as_term(i), -2, 2, _as_term(i), gap - 1, gap) == (gap - 1 >= 2)
    assert p.disjoint(None, -2, 2, None, gap - 1, gap) == (gap - 1 >= 2)
    assert not p.disjoint(None, 0, 1, _as_term(i), 0, 1)


def test_fork_parts_everything() -> None:
    r = region("r", 64)
    n = public("n")
    p = path(machine(r), n <= 9, at=8)
    p.steps, p.arrivals = 3, {4: 1}
    q = p.fork()
    assert (q.at, q.steps, q.arrivals, q.stepwise) == (8, 3, {4: 1}, set())
    q.knowledge.add((n == 9).bit.value)
    q.machine.x[0] = Bits(64, 1)
    q.memory.store(r.address, Bits(64, 1))
    q.arrivals[4] = 2
    q.steps, q.at = 4, 12
    assert (p.at, p.steps, p.arrivals) == (8, 3, {4: 1})
    assert not p.machine.x[0].is_concrete
    assert not p.memory.log
    assert not p.memory.load(r.address, 8).is_concrete
    # The memory of each asks its own path.
    for one, want in ((p, None), (q, True)):
        assert one.memory.decide(n == 9) is want
        assert one.memory.fixed(n) == (9 if want else None)
        assert one.memory.disjoint is not None
        assert one.memory.disjoint(_as_term(n), 0, 1, None, 0, 9) is bool(want)
    assert memory_of(q.machine) is q.memory


def test_put_changes_every_place_and_no_other_path() -> None:
    """Registers, SP, flags, values and offsets in memory; where n is 3 everything is worth what it was."""
    r = region("r", 4096)
    n, s = public("n", possible=0xFF), secret("s")
    m = machine(r)
    m.x[0], m.x[30], m.v[0], m.sp = n + 1, n ^ s, n.zero_extend(128), m.sp - 16 * n
    m.nzcv = NZCV.of(*(Prop._of(ops.eq(64, n.value, k)) for k in range(2, 6)))
    p = path(m, n == 3)
    p.memory.store(r.address + 8, Bits(64, 5))
    p.memory.disjoint = lambda *_: True
    p.memory.store(r.address + 16 * n, n * s)
    other = p.fork()
    before = [*m.x, *m.v, m.sp, m.nzcv.bits]
    p.put(var(n), 3, Occurrences(var(n)))
    after = [*m.x, *m.v, m.sp, m.nzcv.bits]
    for b, a in zip(before, after, strict=True):
        values = {v: 99 for v in free_terms(b.value) if isinstance(v, Var)} | {var(n): 3, var(s): 1234}
        assert number(b, values) == number(a, values)
    assert m.x[0].uint == 4
    assert m.v[0].uint == 3
    assert m.nzcv.bits.uint == 0b0100
    assert not Occurrences(var(n))(_as_term(m.x[30]))
    assert (p.memory.load(r.address + 48, 8) == 3 * s).value is True
    assert p.memory.load(r.address + 8, 8).uint == 5
    assert (other.machine.x[0] == n + 1).value is True
    assert (other.memory.load(r.address + 16 * n, 8) == n * s).value is True
    assert other.knowledge is not p.knowledge
    assert isinstance(other, Path)
