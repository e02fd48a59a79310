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


def test_sums_of_other_widths() -> None:
    """The low bits of a sum are those of a wider one that agrees in what counts there, and of no other."""
    a, b = _words(2, 32)
    c, d = (Bits(8, Var(n, 8)) for n in "cd")
    e, f = (Bits(32, Var(n, 32)) for n in "ef")

    def shown(one: Bits, other: Bits) -> bool:
        return _holds(shifted_box(one ^ c ^ d) == box(other ^ c ^ d ^ 0x0F) ^ 0x63)

    wide, low = a + 3 * b + 0x1C5, a[7:0] + 3 * b[7:0]
    assert shown(wide[7:0], low + 0xC5)
    assert shown(wide[15:8], (a[15:0] + 3 * b[15:0] + 0x1C5)[15:8])
    for n in (0xC4, 0x45, 0xC6):
        assert not shown(wide[7:0], low + n)
    assert not shown(wide[7:0], a[7:0] + 2 * b[7:0] + 0xC5)
    assert not shown(wide[7:0], a[7:0] + 0x83 * b[7:0] + 0xC5)
    assert not shown(wide[7:0], a[7:0] + 3 * b[8:1] + 0xC5)
    assert not shown(wide[15:8], (a[15:0] + 3 * b[15:0] + 0xC5)[15:8])
    # Summands that differ above what counts are as many as they are.
    twice = (e & 0xFFFFFF7F) + (e & 0xFFFF007F) + f
    assert not shown(twice[6:0].zero_extend(8), ((e & 0x7F) + f)[6:0].zero_extend(8))
    assert not shown(twice.rol(3)[7:0] & 0xF8, ((e & 0x7F) + f).rol(3)[7:0] & 0xF8)
    assert shown(twice.rol(3)[7:0] & 0xF8, ((e & 0x7F) + (e & 0x1F) + f).rol(3)[7:0] & 0xF8)
    # The last bit that counts, alone.
    assert not shown((e + f)[7:0], ((e & 0xFFFFFF7F) + f)[7:0])
    assert shown((e + f)[6:0].zero_extend(8), ((e & 0xFFFFFF7F) + f)[6:0].zero_extend(8))


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
        fewer = with_fewer_bits(claim.bit.value)
        if fewer is None:
            continue
        other = fewer.claim()
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
    ("_forms", "_bit(base, p + s, sums)", "_bit(base, p, sums)"),
    ("_bit", "ones(q + 1)", "ones(q)"),
    ("_bit", "base.const & low", "0"),
    ("_bit", "Counter(", "dict.fromkeys("),
    ("_bit", "(c & low, _lowest", "(1, _lowest"),
    ("_lowest", "ones(n)", "ones(n - 1)"),
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
    test_sums_of_other_widths()
    test_against_all_values()
