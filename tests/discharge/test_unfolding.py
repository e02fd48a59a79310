"""Functions that stand for themselves are put by their definitions: one level deep, and only where that is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from armsym.bits import Bits, Prop, concat, opaque
from armsym.discharge import unfolding
from armsym.discharge.truth_tables import always
from armsym.discharge.unfolding import unfolded
from armsym.errors import WidthError
from armsym.terms.node import Term, Var, new_table

box = opaque("unfolding_box", 8)(lambda b: Bits(8, pow(b.uint + 1, 7, 257) & 0xFF))


def _mixed(a: Bits) -> Bits:
    b = concat(*(box(byte) for byte in reversed(a.elems(8))))
    return b ^ b.rol(2) ^ b.rol(24)


mixed = opaque("unfolding_mixed", 32, unfolds=True)(_mixed)
closed = opaque("unfolding_closed", 32)(_mixed)


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _words(count: int) -> list[Bits]:
    return [Bits(32, Var(f"x{k}", 32)) for k in range(count)]


def _holds(claim: Prop) -> bool:
    return always(claim.bit.value)


def test_the_newest_word_of_a_chain() -> None:
    a, b, c, k = _words(4)
    x = a ^ mixed(b ^ c)
    y = b ^ mixed(x ^ c ^ k)
    assert _holds(y == b ^ _mixed(x ^ c ^ k))
    assert not _holds(y == b ^ _mixed(x ^ c))
    assert not _holds(y == b ^ _mixed(x ^ c ^ k) ^ 1)
    assert not _holds(y == b ^ _mixed(x ^ c ^ k).rol(1))
    assert not _holds(y == a ^ _mixed(x ^ c ^ k))
    # Not what is within: of x its name counts, and a word that is spelled out is another.
    assert not _holds(y == b ^ _mixed(a ^ _mixed(b ^ k) ^ c ^ k))


def test_several_words_in_a_vector() -> None:
    a, b, c, d = _words(4)
    row = concat(mixed(a ^ b), mixed(b ^ c), mixed(c ^ d), mixed(d))
    assert _holds(row == concat(_mixed(a ^ b), _mixed(b ^ c), _mixed(c ^ d), _mixed(d)))
    assert not _holds(row == concat(_mixed(a ^ b), _mixed(b ^ c), _mixed(c ^ d), _mixed(a)))
    assert not _holds(row == concat(_mixed(b ^ c), _mixed(a ^ b), _mixed(c ^ d), _mixed(d)))


def test_edges() -> None:
    (a,) = _words(1)
    assert _holds(mixed(a) == _mixed(a))
    assert _holds(mixed(a ^ 0xFFFFFFFF) == _mixed(a ^ 0xFFFFFFFF))
    assert not _holds(mixed(a) == _mixed(a ^ 1 << 31))
    assert not _holds(mixed(a) == 0)
    assert mixed(Bits(32, 0)).uint == _mixed(Bits(32, 0)).uint
    # A part of the word, and a claim that speaks of the same function on both sides.
    assert _holds(mixed(a)[31:24] == _mixed(a)[31:24])
    assert not _holds(mixed(a) == mixed(a ^ 1))


def test_what_does_not_unfold() -> None:
    a, b = _words(2)
    assert not _holds(closed(a ^ b) == _mixed(a ^ b))
    claim = (closed(a) == b).bit.value
    assert isinstance(claim, Term)
    assert unfolded(claim) is None


def test_a_name_of_two_definitions_stays() -> None:
    a, b = _words(2)
    other = opaque("unfolding_mixed", 32, unfolds=True)(lambda x: x)
    claim = mixed(a) == _mixed(a)
    assert _holds(claim)
    # Which of them is meant is not known any more.
    assert other(b).width == 32
    assert not _holds(mixed(a) == _mixed(a))
    assert not _holds(other(a) == a)


def test_a_definition_of_another_width() -> None:
    (a,) = _words(1)
    wrong = opaque("unfolding_wrong", 32, unfolds=True)(lambda x: x[15:0])
    with pytest.raises(WidthError, match="said to give 32 bits"):
        _holds(wrong(a) == a)


def test_a_planted_defect_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unfolded at other arguments, a false claim would be shown."""
    (a,) = _words(1)
    assert not _holds(mixed(a) == _mixed(a ^ 1))
    turned = opaque("unfolding_turned", 32, unfolds=True)(lambda x: _mixed(x ^ 1))
    monkeypatch.setattr(unfolding, "definitions_of", lambda t: [turned] if t.name == mixed.name else [])
    assert _holds(mixed(a) == _mixed(a ^ 1))
