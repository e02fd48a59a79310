"""Functions of sums over GF(2): shown by as many bits as the sums have to give, and only where the claim is true."""

from __future__ import annotations

import inspect
import random
import textwrap
from collections.abc import Iterator
from functools import reduce
from operator import xor

import pytest

from armsym.bits import Bits, Prop, concat, ite, opaque
from armsym.discharge import fewer_bits, truth_tables
from armsym.discharge.fewer_bits import with_fewer_bits
from armsym.discharge.truth_tables import LIMIT_BITS, always
from armsym.terms.node import Term, Var, new_table

box = opaque("fewer_box", 8)(lambda b: Bits(8, pow(b.uint + 1, 7, 257) & 0xFF))
shifted_box = opaque("fewer_shifted_box", 8)(lambda b: box(b ^ 0x0F) ^ 0x63)
turned_box = opaque("fewer_turned_box", 8)(lambda b: box(b.rol(3)))
linear = opaque("fewer_linear", 8)(lambda b: b ^ b.rol(1) ^ b.rol(5))
small = opaque("fewer_small", 2)(lambda b: Bits(2, (b.uint * b.uint + 1) >> 1 & 3))
small_too = opaque("fewer_small_too", 2)(lambda b: small(b ^ 1) ^ 2)


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _words(count: int, width: int = 8) -> list[Bits]:
    return [Bits(width, Var(f"x{k}", width)) for k in range(count)]


def _holds(claim: Prop) -> bool:
    return always(claim.bit.value)


def test_functions_of_a_sum_of_four_words() -> None:
    a, b, c, d = _words(4)
    x = a ^ b ^ c ^ d
    assert 4 * x.width > LIMIT_BITS
    assert _holds(shifted_box(x) == box(x ^ 0x0F) ^ 0x63)
    assert _holds(turned_box(x) == box(x.rol(3)))
    assert _holds(d ^ shifted_box(x) == box(x ^ 0x0F) ^ 0x63 ^ d)
    assert not _holds(shifted_box(x) == box(x ^ 0x0E) ^ 0x63)
    assert not _holds(shifted_box(x) == box(x ^ 0x0F) ^ 0x62)
    assert not _holds(shifted_box(x) == box(a ^ b ^ c ^ 0x0F) ^ 0x63)
    assert not _holds(turned_box(x) == box(x.rol(2)))
    assert not _holds(d ^ shifted_box(x) == box(x ^ 0x0F) ^ 0x63 ^ c)


def test_a_word_of_four_bytes() -> None:
    a, b, c = _words(3, 32)
    x = a ^ b ^ c.rol(8)
    one = concat(*(shifted_box(x[8 * k + 7 : 8 * k]) for k in (3, 2, 1, 0)))
    other = concat(*(box(x[8 * k + 7 : 8 * k] ^ 0x0F) ^ 0x63 for k in (3, 2, 1, 0)))
    assert _holds(one ^ one.rol(2) == other ^ other.rol(2))
    assert not _holds(one ^ one.rol(2) == other ^ other.rol(3))


def test_sums_that_depend_on_each_other() -> None:
    a, b, c, d = _words(4)
    assert _holds(linear(a ^ c) ^ linear(b ^ d) == linear(a ^ b ^ c ^ d))
    assert not _holds(box(a ^ c) ^ box(b ^ d) == box(a ^ b ^ c ^ d))
    assert not _holds(linear(a ^ c) ^ linear(b ^ d) == linear(a ^ b ^ c))


def test_a_function_of_another_ones_value() -> None:
    """A function within an argument's sum is any value; one that stands for itself there is looked into."""
    a, b, c = _words(3)
    x = a ^ b ^ box(c)
    assert _holds(shifted_box(x) == box(x ^ 0x0F) ^ 0x63)
    assert not _holds(shifted_box(x) == box(a ^ b ^ c ^ 0x0F) ^ 0x63)


def test_choices_by_a_sum() -> None:
    a, b, c = _words(3)
    x = a ^ b ^ c
    assert _holds(ite(x == 5, box(x), 0 * x) ^ ite(x == 5, 0 * x, box(x)) == box(x))
    assert not _holds(ite(x == 5, box(x), 0 * x) ^ ite(x == 4, 0 * x, box(x)) == box(x))


def _random_claims(rng: random.Random, count: int) -> Iterator[Prop]:
    """XORs of small functions of linear maps of three words of two bits, and of those themselves."""
    words = _words(3, 2)
    for _ in range(count):
        parts = []
        for _ in range(rng.choice((2, 2, 3, 4))):
            x = reduce(xor, (w.rol(rng.randrange(2)) for w in words if rng.random() < 0.6), Bits(2, rng.randrange(4)))
            parts.append(rng.choice((small, small_too))(x))
            if rng.random() < 0.5:  # its equal: most claims would be false
                parts.append(rng.choice((small_too(x) if rng.random() < 0.2 else small(x ^ 1) ^ 2, small_too(x))))
        yield reduce(xor, parts) == Bits(2, rng.choice((0, 0, 0, 2)))


def _shown(claim: Term) -> bool:
    """Whether a claim is shown of the bits that it has."""
    return any(truth_tables._always(claim, free) for free in (False, True))


def test_against_all_values() -> None:
    """What is shown with fewer bits holds for all values of the words."""
    shown = refused = 0
    for claim in _random_claims(random.Random(5), 1500):
        if isinstance(claim.bit.value, int):
            continue
        other = with_fewer_bits(claim.bit.value)
        if other is None:
            continue
        if other == 1 or (isinstance(other, Term) and _shown(other)):
            assert _shown(claim.bit.value), claim
            shown += 1
        else:
            refused += 1
    assert shown > 20
    assert refused > 100


DEFECTS = (
    ("_argument", "constant << p", "0"),
    ("_argument", "mask >> k & 1", "mask >> k & 1 and k < 2"),
    ("_forms", "(base.id, p + s)", "(base.id, p)"),
)


@pytest.mark.parametrize(("name", "right", "wrong"), DEFECTS)
def test_a_defect_is_found(name: str, right: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = textwrap.dedent(inspect.getsource(getattr(fewer_bits, name)))
    assert right in source
    scope = dict(vars(fewer_bits))
    exec(source.replace(right, wrong), scope)
    monkeypatch.setattr(fewer_bits, name, scope[name])
    with pytest.raises(AssertionError):
        _all_tests()


def _all_tests() -> None:
    test_functions_of_a_sum_of_four_words()
    test_a_word_of_four_bytes()
    test_against_all_values()
