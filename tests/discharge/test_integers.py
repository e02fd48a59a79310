"""Linear arithmetic over the integers: what it proves is so for every value, and what it is for it proves."""

from __future__ import annotations

import random
from itertools import product
from unittest import mock

import pytest

from armsym.bits import Bits, Prop, concat, ite
from armsym.discharge import integers
from armsym.discharge.integers import Integers
from armsym.discharge.z3_bridge import Outcome
from armsym.symbolic_memory import variable
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Value, Var

MS = 5000


def _n(name: str, high: int) -> tuple[Bits, list[Value]]:
    n = variable(name, 64, secret=False, possible=(1 << high.bit_length()) - 1)
    return n, [(n <= high).bit.value]


def _ask(facts: list[Value], claim: Prop) -> Outcome:
    s = Integers()
    for f in facts:
        s.add(f)
    return s.implies(claim.bit.value, MS)


def test_interleaved_counters_that_bit_vectors_do_not_decide() -> None:
    """Five blocks at a time, then three, then one: how many are left."""
    n, facts = _n("n", 2**50)
    i, more = _n("i", 2**50)
    j, rest = _n("j", 2**50)
    facts += [*more, *rest, (5 * i + 3 * j <= n).bit.value, (n - 5 * i >= 3 * j + 3).bit.value]
    left = n - 5 * i - 3 * j
    assert _ask(facts, left >= 3).holds
    assert _ask(facts, left - 3 <= n).holds
    assert _ask([*facts, (left == 9).bit.value], 5 * (i + 1) + 3 * j <= n).holds
    assert _ask([*facts, (left == 9).bit.value], n == 5 * i + 3 * (j + 3)).holds
    assert _ask(facts, left >= 4).holds is False


def test_a_countermodel_is_one() -> None:
    n, facts = _n("n", 100)
    out = _ask(facts, n * 16 < 1000)
    assert out.holds is False
    assert out.model is not None
    assert isinstance(n.value, Var)
    assert 63 <= out.model.variables[n.value.id] <= 100


def test_wrapping_is_not_forgotten() -> None:
    """For integers x + 1 > x; for vectors of 64 bits not."""
    x = variable("x", 64, secret=False)
    y = variable("y", 64, secret=False)
    assert _ask([], x + 1 > x).holds is False
    assert _ask([(x < y).bit.value], x + 1 > x).holds
    assert _ask([(x + y >= x).bit.value], x + y >= y).holds


def test_bits_of_counters() -> None:
    n, facts = _n("n", 2**50)
    blocks, tail = n >> 6, n & 63
    assert _ask(facts, blocks * 64 + tail == n).holds
    assert _ask([*facts, (tail != 0).bit.value], blocks * 64 < n).holds
    assert _ask([*facts, (n < 64).bit.value], blocks == 0).holds
    assert _ask([*facts, (n[5:4] == 3).bit.value], tail >= 48).holds
    assert _ask([*facts, (n[5:4] == 3).bit.value], tail >= 49).holds is False


def test_signed_comparison() -> None:
    n, facts = _n("n", 2**50)
    assert _ask([*facts, (n >= 5).bit.value], ~(n - 5).slt(0)).holds
    assert _ask([*facts, (n < 5).bit.value], (n - 5).slt(0)).holds
    assert _ask(facts, (n - 5).slt(0)).holds is False


def test_what_is_not_linear_is_not_guessed() -> None:
    x, y = variable("x", 64, secret=False), variable("y", 64, secret=False)
    assert _ask([], (x * y == 6).implies(x != 4)).holds is None


# -- against all values -------------------------------------------------------------------------

W = 4


def _term(rng: random.Random, leaves: list[Bits], depth: int) -> Bits:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(leaves) if rng.random() < 0.8 else Bits(W, rng.randrange(1 << W))
    a = _term(rng, leaves, depth - 1)
    b = _term(rng, leaves, depth - 1)
    k = rng.randrange(1 << W)
    n = rng.randrange(W)
    return rng.choice(
        (
            lambda: a + b,
            lambda: a - b,
            lambda: a + k,
            lambda: a * k,
            lambda: a << n,
            lambda: a >> n,
            lambda: ~a,
            lambda: a & k,
            lambda: a ^ k,
            lambda: a ^ b,
            lambda: a & b,
            lambda: concat(a[1:0], b[3:2]),
            lambda: a[n:0].zero_extend(W),
            lambda: a[n:0].sign_extend(W),
            lambda: ite(_condition(rng, leaves, 1), a, b),
            lambda: a.udiv(Bits(W, k)),
            lambda: (a.zero_extend(2 * W) + b.zero_extend(2 * W))[W : W - 3],
        )
    )()


def _condition(rng: random.Random, leaves: list[Bits], depth: int) -> Prop:
    a, b = _term(rng, leaves, depth), _term(rng, leaves, depth)
    base = rng.choice((lambda: a < b, lambda: a <= b, lambda: a == b, lambda: a.slt(b), lambda: a[W - 1] == 1))()
    if rng.random() < 0.3:
        other = _condition(rng, leaves, depth - 1) if depth > 1 else a != b
        base = rng.choice((lambda: base & other, lambda: base | other, lambda: base ^ other))()
    return ~base if rng.random() < 0.3 else base


def _wrong(seed: int) -> str | None:
    """A random question answered falsely, if it is."""
    rng = random.Random(seed)
    possible = rng.choice((0b1111, 0b1100, 0b101))
    leaves = [variable("x", W, secret=False), variable("y", W, secret=False, possible=possible)]
    facts = [_condition(rng, leaves, 2).bit.value for _ in range(rng.randrange(3))]
    claim = _condition(rng, leaves, 2)
    out = _ask(facts, claim)
    if out.holds is None:
        return None
    x, y = (v.value for v in leaves)
    assert isinstance(x, Var)
    assert isinstance(y, Var)
    counter = None
    for p, q in product(range(1 << W), repeat=2):
        if q & ~y.pb:
            continue
        e = Evaluator({x: p, y: q})
        if all(e(f) == 1 for f in facts) and e(claim.bit.value) == 0:
            counter = (p, q)
    if out.holds is (counter is None):
        return None
    return f"seed {seed}: {facts} imply {claim}: {out.holds}, but x, y = {counter}"


def test_answers_hold_for_all_values() -> None:
    decided = 0
    for seed in range(600):
        assert _wrong(seed) is None
    for seed in range(100):
        rng = random.Random(seed)
        leaves = [variable("x", W, secret=False), variable("y", W, secret=False)]
        decided += _ask([], _condition(rng, leaves, 2)).holds is not None
    assert decided > 60, "most questions should be answered"


def test_the_only_value() -> None:
    n, facts = _n("n", 2**50)
    i, more = _n("i", 2**50)
    left = n - 5 * i
    s = Integers()
    for f in [*facts, *more, (5 * i <= n).bit.value, (left < 5).bit.value, (left > 3).bit.value]:
        s.add(f)
    assert s.constant((left - 9).value, 64, MS) == 2**64 - 5
    assert s.constant(n.value, 64, MS) is None
    assert s.constant(7, 64, MS) == 7
    s.add((n == 3).bit.value)
    assert s.constant(left.value, 64, MS) is None, "nothing meets these facts"


def test_the_only_value_is_the_only_one() -> None:
    """At a width where all values can be tried."""
    found = 0
    for seed in range(400):
        rng = random.Random(seed)
        x, y = variable("x", W, secret=False), variable("y", W, secret=False)
        facts = [_condition(rng, [x, y], 2).bit.value for _ in range(2)]
        term = _term(rng, [x, y], 2)
        s = Integers()
        for f in facts:
            s.add(f)
        c = s.constant(term.value, W, MS)
        if c is None:
            continue
        found += 1
        assert isinstance(x.value, Var)
        assert isinstance(y.value, Var)
        for p, q in product(range(1 << W), repeat=2):
            e = Evaluator({x.value: p, y.value: q})
            assert e(term.value) == c or any(e(f) == 0 for f in facts)
    assert found > 20


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("_reduced", lambda self, x, modulus: x),  # sums do not wrap
        ("_signed", lambda self, x, v, w: x),  # signed is unsigned
        ("_divided", lambda self, x, by: integers._Int(x.e / by + 1, x.low // by, x.high // by + 1)),
        ("_bits", lambda self, base, lo, hi: self._quotient(base, max(lo, 0))),  # higher bits are not cut off
    ],
)
def test_planted_defects_are_found(name: str, broken: object) -> None:
    with mock.patch.object(integers._Translation, name, broken):
        assert any(_wrong(seed) for seed in range(1200))


# -- products -------------------------------------------------------------------------------------


def test_rows_of_a_table() -> None:
    """Row i of h rows of w words: where it begins, where the next does, and that it ends before the table."""
    h, facts = _n("h", 2**30 - 1)
    w, more = _n("w", 2**30 - 1)
    i, k = (variable(name, 64, secret=False, possible=(1 << 30) - 1) for name in "ik")
    facts += [*more, (i < h).bit.value, (k < w).bit.value]
    assert _ask(facts, (i + 1) * w == i * w + w).holds
    assert _ask(facts, i * w + w <= h * w).holds
    assert _ask(facts, (i * w + k) * 8 + 8 <= h * w * 8).holds
    assert _ask([*facts, (i == 0).bit.value], i * w == 0).holds
    assert _ask([*facts, (h == 1).bit.value], h * w == w).holds
    assert _ask([*facts, (i + 1 == h).bit.value], i * w + w == h * w).holds
    for false in (i * w + k + 1 < h * w, i * w + w + 1 <= h * w, (i + 1) * w <= i * w + k, h * w >= 1 + i * w + w):
        assert _ask(facts, false).holds is not True
    assert _ask([*more, (i <= h).bit.value], i * w + w <= h * w).holds is not True


@pytest.mark.parametrize(
    ("bits", "other", "exact"), [(32, 32, True), (33, 31, True), (33, 32, False), (32, 33, False), (64, 64, False)]
)
def test_products_that_wrap(bits: int, other: int, exact: bool) -> None:
    """Numbers of 32 bits have a product of 64; of one bit more it may wrap, and is then in no order."""
    a, b, c = (
        variable(n, 64, secret=False, possible=(1 << w) - 1) for n, w in zip("abc", (bits, bits, other), strict=True)
    )
    facts = [(a < b).bit.value]
    assert (_ask(facts, a * c <= b * c).holds is True) == exact


@pytest.mark.parametrize("seed", range(30))
def test_what_is_shown_of_products_is_so(seed: int) -> None:
    """Random facts and claims of products of eight bits, some of which wrap, on all values."""
    rng = random.Random(seed)
    names = [variable(n, 8, secret=False, possible=(1 << w) - 1) for n, w in zip("abc", (3, 2, 4), strict=True)]
    a, b, c = names
    atoms = [a, b, c, a * b, a * c, b * c, (a + 1) * c, (b + 1) * c, a * a, c * c, Bits(8, rng.randrange(6))]

    def some() -> Prop:
        x, y = (rng.choice(atoms) + rng.choice([*atoms, Bits(8, 0), Bits(8, 0)]) for _ in range(2))
        return rng.choice([x < y, x <= y, x == y])

    shown = 0
    for _ in range(12):
        facts, claim = [some() for _ in range(rng.randrange(3))], some()
        if not _ask([f.bit.value for f in facts], claim).holds:
            continue
        shown += 1
        for values in product(range(8), range(4), range(16)):
            known = {v.value.id: n for v, n in zip(names, values, strict=True) if isinstance(v.value, Var)}
            evaluate = Evaluator(lambda t, known=known: known[t.id], lambda *_: 0)  # type: ignore[misc]
            if all(evaluate(f.bit.value) == 1 for f in facts):
                assert evaluate(claim.bit.value) == 1, (values, claim)


def test_a_product_that_is_said_not_to_wrap() -> None:
    """Rows and words of any number, of which the product, as 128 bits, is small: the product as 64 bits is that."""
    h, w, i = (variable(name, 64, secret=False, possible=(1 << 60) - 1) for name in "hwi")
    small = (h.zero_extend(128) * w.zero_extend(128) < 1 << 60).bit.value
    facts = [small, (i < h).bit.value]
    assert _ask(facts, i * w + w <= h * w).holds
    assert _ask(facts, h * w < 1 << 60).holds
    assert _ask(facts, (i + 1) * w == i * w + w).holds
    assert _ask(facts[1:], i * w + w <= h * w).holds is not True
    assert _ask([*facts[1:], (h * w < 1 << 60).bit.value], i * w + w <= h * w).holds is not True, "it may have wrapped"
    assert _ask(facts, i * w + w < h * w).holds is not True
    less = (h.zero_extend(128) * w.zero_extend(128) < 1 << 66).bit.value
    assert _ask([less, facts[1]], i * w + w <= h * w).holds is not True
