"""Functions that stand for themselves are put by their definitions: one level deep, and only where that is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from armsym.bits import Bits, Prop, concat, ite, opaque
from armsym.bits.opaque import definitions_of
from armsym.discharge import truth_tables, unfolding
from armsym.discharge.truth_tables import always
from armsym.discharge.unfolding import stay_folded, unfolded
from armsym.errors import InputError, WidthError
from armsym.terms import ops
from armsym.terms.node import Term, Var, intern, new_table

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


@opaque("unfolding_round", 32, unfolds=True)
def _round(x: Bits, y: Bits, z: Bits, k: Bits) -> Bits:
    return x ^ _mixed(y ^ z ^ k)


def test_words_that_are_one_application_each() -> None:
    a, b, c, k, m = _words(5)
    x = _round(a, b, c, k)
    y = _round(b, c, x, m)
    assert _holds(x == a ^ _mixed(b ^ c ^ k))
    for _ in range(2):
        assert _holds(y == b ^ _mixed(c ^ x ^ m))
        assert not _holds(y == b ^ _mixed(c ^ x ^ k))
        assert not _holds(y == b ^ _mixed(c ^ x ^ m) ^ 1)
        assert not _holds(y == c ^ _mixed(c ^ x ^ m))
    # The newest alone is unfolded, also where it adds up the one before.
    z = _round(x, y, c, k)
    for _ in range(2):
        assert _holds(z == x ^ _mixed(y ^ c ^ k))
        assert not _holds(z == y ^ _mixed(x ^ c ^ k))
        assert not _holds(z == x ^ _mixed(x ^ c ^ k))
        assert not _holds(z == a ^ _mixed(y ^ c ^ k))
    assert unfolded(_bit(z == 0)) == _bit(x ^ _mixed(y ^ c ^ k) == 0)


def _bit(claim: Prop) -> Term:
    value = claim.bit.value
    assert isinstance(value, Term)
    return intern(value)


def test_what_stays_folded_may_be_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, c, k = _words(4)
    asked: list[Term] = []
    plain = truth_tables._defined_or_not

    def noted(claim: Term) -> bool:
        asked.append(claim)
        return plain(claim)

    monkeypatch.setattr(truth_tables, "_defined_or_not", noted)
    x = [a, b, c, k]
    for j in range(6):
        new = x[j] ^ _mixed(x[j + 1] ^ x[j + 2] ^ x[j + 3])
        x.append(_round(*x[j:]))
        assert _holds(x[-1] == new)
    # The first has nothing inside; of the others each word is one of four unknowns.
    assert len(asked) == 2
    assert not stay_folded(asked[-1])


low = opaque("unfolding_low", 8, unfolds=True)(lambda x: x & 15)
high = opaque("unfolding_high", 8, unfolds=True)(lambda x: x ^ 0xF0)
small = opaque("unfolding_small", 8, unfolds=True)(lambda x, y: x ^ box(y))


def test_what_is_so_of_one_that_stays_is_not_so_of_others() -> None:
    a, b = (Bits(8, Var(name, 8)) for name in "ab")
    for _ in range(2):
        # By its definition, which is no part of what alike claims have in common.
        assert _holds(small(low(a), b) == (low(a) & 15) ^ box(b))
        assert not _holds(small(high(a), b) == (high(a) & 15) ^ box(b))
        assert not _holds(small(a, b) == (a & 15) ^ box(b))


def test_one_that_stays_twice_and_two() -> None:
    a, b, c, k = _words(4)
    u, v = mixed(a), mixed(b)
    for x in (v, b):
        for _ in range(2):
            assert _holds(_round(u, a, c, k) == u ^ _mixed(a ^ c ^ k))
            assert not _holds(_round(u, a, c, k) == x ^ _mixed(a ^ c ^ k))
            assert not _holds(_round(x, a, c, k) == u ^ _mixed(a ^ c ^ k))
    # Equal arguments, differently said: the applications are one.
    assert _holds(_round(mixed(a ^ b), c, c, k) == mixed(b ^ a) ^ _mixed(k))


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
    monkeypatch.setattr(unfolding, "definitions_of", lambda t: [turned] if t.name == mixed.name else definitions_of(t))
    assert _holds(mixed(a) == _mixed(a ^ 1))


def test_a_definition_that_speaks_of_more_than_its_arguments() -> None:
    """An application is public where its arguments are: a definition that knows a secret would make it public."""
    (a,) = _words(1)
    n = Bits(32, Var("n", 32, secret=False))
    knows = opaque("unfolding_knows", 32, unfolds=True)(lambda x: x ^ a)
    assert not ops.is_secret(knows(n).value)
    with pytest.raises(InputError, match="speaks of its arguments alone, not of x0"):
        _holds(knows(n) == n ^ a)
    reads = opaque("unfolding_reads", 32, unfolds=True)(lambda x: x ^ Bits(32, ops.apply("msg[]", 32, [(64, 0)])))
    with pytest.raises(InputError, match="speaks of its arguments alone, not of msg"):
        _holds(reads(n) == n)
    # The twin has it for an argument, and is secret.
    told = opaque("unfolding_told", 32, unfolds=True)(lambda x, k: x ^ k)
    assert ops.is_secret(told(n, a).value)
    assert _holds(told(n, a) == n ^ a)


def test_what_one_path_knows_does_not_count_on_others() -> None:
    (a,) = _words(1)
    n = Bits(32, Var("n", 32, secret=False))
    five = opaque("unfolding_five", 32, unfolds=True)(lambda x: ite(a == 5, x, x ^ 1))
    ops.set_oracle(lambda _: 1)
    try:
        with pytest.raises(InputError, match="speaks of its arguments alone"):
            _holds(five(n) == n)
    finally:
        ops.set_oracle(None)


@pytest.mark.parametrize("width", [1, 8, 32])
def test_a_definition_that_says_other_of_terms_than_of_numbers(width: int) -> None:
    a = Bits(width, Var("a", width))
    two = opaque("unfolding_two", width, unfolds=True)(lambda x: ~x if x.is_concrete else x)
    with pytest.raises(InputError, match="says of terms what it does not say of numbers"):
        _holds(two(a) == a)
    # Of few bits, at each of their values.
    if width == 8:
        at = opaque("unfolding_at", 8, unfolds=True)(lambda x: x if not x.is_concrete or x.uint != 93 else x + 1)
        with pytest.raises(InputError, match="at 0x5d 0x5d, not 0x5e"):
            _holds(at(a) == a)
    one = opaque("unfolding_one", width, unfolds=True)(lambda x: ~~x if x.is_concrete else x)
    assert _holds(one(a) == a)


def test_a_definition_is_run_once_for_each_table() -> None:
    a, b = _words(2)
    terms = []

    @opaque("unfolding_counts", 32, unfolds=True)
    def counts(x: Bits) -> Bits:
        if not x.is_concrete:
            terms.append(x)
        return _mixed(x)

    assert _holds(counts(a) == _mixed(a))
    assert _holds(counts(a ^ b) == _mixed(a ^ b))
    assert not _holds(counts(a ^ b) == _mixed(a))
    assert len(terms) == 1
    new_table()
    a, b = _words(2)
    assert _holds(counts(a) == _mixed(a))
    assert len(terms) == 2
