"""A table that is looked up in parts, whose results are added: as code does that has no larger look-up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from armsym.bits import Bits, Prop, look_up, opaque
from armsym.discharge.truth_tables import always
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Value, Var, new_table

square = opaque("parts_square", 8)(lambda b: Bits(8, (b.uint * b.uint >> 1 ^ b.uint) & 0xFF))
ZERO = Bits(8, 0)


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _word(name: str, width: int) -> Bits:
    return Bits(width, Var(name, width))


def _holds(claim: Prop) -> bool:
    return always(claim.bit.value)


def _parts(byte: Bits, wrong: dict[int, int] | None = None, less: int = 64) -> list[Bits]:
    """`square` by four look-ups of 64 entries, 0 where the index is beyond; some entries wrong."""
    entries = [square(Bits(8, k)) ^ (wrong or {}).get(k, 0) for k in range(256)]
    return [look_up(entries[64 * q : 64 * q + 64], byte - less * q, ZERO) for q in range(4)]


def _added(word: Bits, wrong: dict[int, int] | None = None, less: int = 64) -> Bits:
    """All bytes of a word at once: the four words of parts are added, as words."""
    rows = [_parts(b, wrong, less) for b in word.elems(8)]
    a, b, c, d = (Bits.from_elems([row[q] for row in rows]) for q in range(4))
    return (a + b) + (d + c)


def _squared(word: Bits) -> Bits:
    return Bits.from_elems([square(b) for b in word.elems(8)])


def test_parts_add_up() -> None:
    x = _word("x", 64)
    assert _holds(_added(x) == _squared(x))
    assert not _holds(_added(x) == _squared(x) ^ 1)
    assert not _holds(_added(x) == _squared(x ^ 1 << 63))


def test_parts_of_a_sum_over_gf2_add_up() -> None:
    x, y, z = (_word(n, 32) for n in "xyz")
    assert _holds(_added(x ^ y ^ z ^ 0x80402010) == _squared(x ^ y ^ z ^ 0x80402010))
    assert not _holds(_added(x ^ y ^ z) == _squared(x ^ y ^ z ^ 1))
    assert not _holds(_added(x ^ y) == _squared(x ^ z))


@pytest.mark.parametrize("wrong", [0, 63, 64, 127, 128, 255])
def test_one_wrong_entry_of_a_part(wrong: int) -> None:
    x, y = _word("x", 16), _word("y", 16)
    assert not _holds(_added(x ^ y, {wrong: 0x80}) == _squared(x ^ y))


@pytest.mark.parametrize("less", [0, 63, 65])
def test_parts_that_overlap_are_no_parts(less: int) -> None:
    """Two of the parts may be looked up at once, then: sums carry, or an entry is of another place."""
    x = _word("x", 16)
    assert not _holds(_added(x, less=less) == _squared(x))


def _number(value: Value, **values: int) -> int:
    return Evaluator(lambda v: values[v.name])(value)


def test_what_may_carry_is_not_taken_for_a_choice() -> None:
    """a + b where both may have a 1 at one place, by a bit of a table, a constant or a coefficient."""
    x = _word("x", 8)
    low = [Bits(8, 1 if k < 128 else 0) for k in range(256)]
    high = [Bits(8, 0 if k < 128 else 1) for k in range(256)]
    a, b = look_up(low, x * 3, ZERO), look_up(high, x * 3, ZERO)
    assert _holds(a + b == 1)
    both = [Bits(8, 0 if k < 127 else 1) for k in range(256)]
    c = look_up(both, x * 3, ZERO)
    for claim in (a + c == 1, a + c == a ^ c, a + b + 1 == 1, a + a + b == a ^ b, a + a + a + b == 1):
        assert not _holds(claim)
        assert any(_number(claim.bit.value, x=v) == 0 for v in range(256)), "the claim is false of some x"
    assert _holds(a + b + 1 == 2)
    assert _holds(a * 2 + b * 4 == (a << 1) ^ (b << 2))


@pytest.mark.parametrize("width", [1, 2, 6, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 63, 64, 65, 255, 256, 300])
def test_what_lies_beyond_a_table_of_numbers(width: int, count: int) -> None:
    """`look_up` is the entry, or else the other value, where that is no number."""
    table = [Bits(8, k * 7 & 0xFF) for k in range(count)]
    found = look_up(table, _word("i", width), _word("other", 8))
    for i in range(1 << width):
        for other in (0, 0x5A, 0xFF):
            want = i * 7 & 0xFF if i < count else other
            assert _number(found.value, i=i, other=other) == want
