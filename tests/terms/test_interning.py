"""Equal terms are one object, and terms that only look alike to the table are two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from armsym.bits import Bits
from armsym.terms import new_table, node_count, var
from armsym.terms.node import Poly, Sum, Term, intern


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def interned(b: Bits) -> Term:
    assert isinstance(b.value, Term)
    return intern(b.value)


def test_polynomials_of_one_digest_stay_apart() -> None:
    x, y = Bits(8, var("x", 8)), Bits(8, var("y", 8))
    # The same monomials, and masks of the same sum: only which mask stands where tells them apart.
    a, b = interned((x & 1) ^ (y & 2)), interned((x & 2) ^ (y & 1))
    assert isinstance(a, Poly)
    assert isinstance(b, Poly)
    assert set(a.entries) == set(b.entries)
    assert sum(a.entries.values()) == sum(b.entries.values())
    assert a is not b
    assert interned((y & 2) ^ (x & 1)) is a
    assert interned((y & 1) ^ (x & 2)) is b
    assert (Bits(8, a) == Bits(8, b)).value is not True


def test_sums_of_one_digest_stay_apart() -> None:
    x, y = Bits(8, var("x", 8)), Bits(8, var("y", 8))
    a, b = interned(x + y * 3), interned(x * 3 + y)
    assert isinstance(a, Sum)
    assert isinstance(b, Sum)
    assert sum(a.terms.values()) == sum(b.terms.values())
    assert a is not b
    assert interned(y * 3 + x) is a
    assert interned(y + x * 3) is b
    assert (Bits(8, a) == Bits(8, b)).value is not True


def test_each_is_counted_once_and_forgotten() -> None:
    x, y = Bits(8, var("x", 8)), Bits(8, var("y", 8))
    before = node_count()
    for _ in range(3):
        interned(x + y)
        interned(x ^ y)
        interned((x & 1) ^ (y & 2))
        interned((x & 2) ^ (y & 1))
    assert node_count() == before + 4
    old = interned(x + y)
    new_table()
    assert node_count() == 0
    assert interned(x + y) is not old
    assert intern(old) is old
