"""Claims taken as assumptions: what was solved, with what was kept, says exactly what the claims say.

Decided by all values of the variables, of a few bits each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import product

import pytest
from rooms import number, secret, var

from armsym.bits import Bits, Prop, concat, ite
from armsym.proof.assume import Assumptions
from armsym.terms.node import Term, Var, ones

W = 3


def _assumed(unknowns: Sequence[Bits], claims: Sequence[Prop]) -> tuple[Assumptions, list[bool]]:
    a = Assumptions({var(u).id for u in unknowns})
    return a, [a.add(c) for c in claims]


def _same_meaning(variables: Sequence[Bits], a: Assumptions, claims: Sequence[Prop]) -> None:
    """Wherever the claims hold, and only there, the unknowns are their values and the facts are 1.

    What remains of an unknown, under its new name, has the value that the unknown has.
    """
    facts = a.finish()
    for given in product(*(range(1 << v.width) for v in variables)):
        values = dict(zip(map(var, variables), given, strict=True))
        for new, old in a.renamed.items():
            assert isinstance(new, Var)
            assert isinstance(old, Var)
            values[new] = values[old]
        claimed = all(number(c.bit, values) for c in claims)
        assumed = all(number(f, values) for f in facts) and all(
            number(t, values) == number(v, values) for t, v in a.values.items()
        )
        assert assumed == claimed, (given, a.values, facts)


def _solved_apart(a: Assumptions) -> None:
    """No value speaks of an unknown that has a value itself."""
    from armsym.terms.evaluate import free_terms

    for v in a.values.values():
        assert not {t.id for t in free_terms(v)} & {t.id for t in a.values}


x, y, z, k = (secret(n, W) for n in "xyzk")

Case = tuple[str, Callable[[], list[Prop]], list[bool]]

CASES: list[Case] = [
    ("a register is a number", lambda: [x == 0], [True]),
    ("all ones", lambda: [x == ones(W)], [True]),
    ("a register is a value", lambda: [x == k + 1], [True]),
    ("the other way round", lambda: [k * 3 == x], [True]),
    ("complemented", lambda: [~x == k], [False]),
    ("a sum is not solved", lambda: [x + 1 == k], [False]),
    ("of itself", lambda: [x == x + k], [False]),
    ("of itself, never", lambda: [x == ~x], [False]),
    ("the lowest bit", lambda: [x[0:0] == k[2:2]], [True]),
    ("the highest bit", lambda: [x[2:2] == k[0:0]], [True]),
    ("two pieces, one after the other", lambda: [x[1:0] == k[2:1], x[2:2] == 1], [True, True]),
    ("a piece twice, differently", lambda: [x[1:0] == k[2:1], x[1:0] == k[1:0]], [True, False]),
    ("pieces of two", lambda: [concat(x[0:0], y[2:1]) == k], [True]),
    ("one register turned", lambda: [x.ror(1) == k], [True]),
    ("one bit in two places", lambda: [concat(x[0:0], x[0:0]) == k[1:0]], [False]),
    ("a register twice", lambda: [concat(x, x) == concat(k, y)], [False]),
    ("overlapping pieces", lambda: [concat(x[1:0], x[2:1]) == concat(k, y[0:0])], [False]),
    ("less than all bits of an equation", lambda: [(x & 3) == k], [False]),
    ("zero-extended", lambda: [x.zero_extend(W + 1) == concat(k, y[0:0])], [False]),
    ("a chain", lambda: [x == y + 1, y == z ^ k], [True, True]),
    ("a chain backwards", lambda: [y == z + 3, x == y * 2, z == k], [True, True, True]),
    ("a circle", lambda: [x == y + 1, y == x + 1], [True, False]),
    ("a circle that closes", lambda: [x == y + 1, y == x - 1], [True, False]),
    ("a swap of two", lambda: [x == y, y == x], [True, False]),
    ("a bound", lambda: [x < k], [False]),
    ("a bound on what is solved later", lambda: [x <= y, x == k], [False, True]),
    ("what was solved is put into an equation", lambda: [x == 2, x + y == k], [True, False]),
    ("one that cannot hold", lambda: [x == 1, x == 2], [True, False]),
    ("no unknown", lambda: [k == 5], [False]),
    ("a truth", lambda: [Prop(True)], [True]),
    ("a falsehood", lambda: [Prop(False)], [False]),
    ("a choice", lambda: [x == ite(k[0:0] == 1, y, k)], [True]),
    ("bits that sum up", lambda: [x ^ y == k], [False]),
    ("none at all", list, []),
]


@pytest.mark.parametrize("case", CASES, ids=[c[0] for c in CASES])
def test_assumed_is_what_is_claimed(case: Case) -> None:
    _, make, solved = case
    claims = make()
    a, got = _assumed([x, y, z], claims)
    _same_meaning([x, y, z, k], a, claims)
    _solved_apart(a)
    assert got == solved


def test_bits_that_are_known_to_be_zero() -> None:
    """An unknown with possible bits 0b011 that is claimed to be k says that the highest bit of k is 0."""
    few = Bits(W, Var("few", W, pb=3))
    for claim in (few == k, k == few, few == 4):
        a = Assumptions({var(few).id})
        a.add(claim)
        facts = a.finish()
        for f, n in product(range(4), range(1 << W)):
            values = {var(few): f, var(k): n}
            assumed = all(number(t, values) for t in facts) and all(
                number(t, values) == number(v, values) for t, v in a.values.items()
            )
            assert assumed == bool(number(claim.bit, values)), (f, n)


@pytest.mark.parametrize("seed", range(30))
def test_random_claims(seed: int) -> None:
    """Equations between pieces of three unknowns and a known value, several at once."""
    rng = random.Random(seed)
    atoms = [x, y, z, k, k + 1, x ^ k, y + z, Bits(W, rng.getrandbits(W))]

    def side(width: int) -> Bits:
        parts: list[Bits] = []
        while width:
            n = rng.randint(1, min(W, width))
            low = rng.randint(0, W - n)
            parts.append(rng.choice(atoms)[low + n - 1 : low])
            width -= n
        return concat(*parts)

    claims = []
    for _ in range(rng.randint(1, 4)):
        width = rng.randint(1, 2 * W)
        claims.append(side(width) == side(width))
    a, _ = _assumed([x, y, z], claims)
    _same_meaning([x, y, z, k], a, claims)
    _solved_apart(a)


def test_apply_and_finish() -> None:
    """What is solved later is put into the values and facts of before."""
    a, _ = _assumed([x, y], [x == y + 1, y < k, y == 2])
    assert a.apply(x.value) == 3
    assert a.apply((x + y).value) == 5
    assert a.apply(7) == 7
    (fact,) = a.finish()
    assert fact is (Bits(W, 2) < k).bit.value
    assert not Assumptions(set()).finish()


def test_only_unknowns_are_solved() -> None:
    """An equation of what is known is a fact, whatever stands on its sides."""
    a = Assumptions(set())
    assert not a.add(x == k)
    assert not a.values
    assert [isinstance(f, Term) for f in a.finish()] == [True]
