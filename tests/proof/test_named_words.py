"""Large words of which something is known get names in claims about integers: what holds of any word holds of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rooms import image, machine, path, secret

from armsym.bits import Bits, concat
from armsym.integers.expression import Integer, Relation, congruent, integer
from armsym.proof.known import LARGE, Known
from armsym.proof.ledger import Ledger
from armsym.proof.result import Status
from armsym.terms.walk import size
from specs.poly1305 import P, add_block


def _wide(x: Bits, y: Bits, steps: int) -> Bits:
    """A word of 132 bits that takes many steps of Poly1305 to make; of a number of 124 bits and a block of 128."""
    h, r = Bits(132, 0), concat(Bits(4, 0), x)
    for k in range(steps):
        h = add_block(h, r, y ^ (k + 1), 132)
    return h


def _asked(known: Sequence[Relation], asked: Relation) -> tuple[Status, bool]:
    """What becomes of a claim, and whether it was asked of words with names, too."""
    where, ledger = path(machine()), Ledger(image("nop\nret"), 2000, models=False)
    where.relations = list(known)
    ledger.check_relations(where, [("a", "a", asked)], "invariant")
    named = Known(where, [("a", "a", asked)], lambda b: b).named([asked]) is not None
    (o,) = ledger.obligations
    return o.status, named


def _number(b: Bits) -> Integer:
    n = integer([b])
    assert isinstance(n, Integer)
    return n


def _relation(r: object) -> Relation:
    assert isinstance(r, Relation)
    return r


@pytest.mark.parametrize("steps", [3, 20])
def test_a_step_from_a_word_that_is_known(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The accumulator is congruent to H(n), so a step from it is to H(n + 1); not to another step's, nor to H(n)."""
    x, y, block = secret("x", 124), secret("y", 128), secret("block", 128)
    h, other, acc = _wide(x, y, steps), _wide(x, y, steps - 1), secret("acc", 132)
    monkeypatch.setattr("armsym.proof.known.LARGE", 20)
    assert size(h.value) >= 20
    r = concat(Bits(4, 0), x)
    known = [_relation(congruent(_number(acc), _number(h), P))]
    after = (_number(acc) + _number(block) + 2**128) * _number(r)
    true = _relation(congruent(after, _number(add_block(h, r, block, 132)), P))
    assert _asked(known, true) == (Status.PROVED, True)
    lies = [
        congruent(after, _number(add_block(other, r, block, 132)), P),
        congruent(after, _number(add_block(h, r, block ^ 1, 132)), P),
        congruent(after + 1, _number(add_block(h, r, block, 132)), P),
    ]
    for lie in lies if steps == 3 else ():
        assert _asked(known, _relation(lie))[0] is Status.UNDECIDED


def _large(x: Bits, width: int) -> Bits:
    """A large word of which only so many bits can be 1."""
    v = x
    for k in range(LARGE):
        v = (v + (v >> 7) * (2 * k + 3)) ^ (v >> 3)
    return concat(Bits(64 - width, 0), v[width - 1 : 0])


def test_a_name_has_the_bits_that_its_word_may_have() -> None:
    """No more is known of it: 2^8 - 1 is its bound, and 2^8 - 2 is not."""
    x, y = secret("x"), secret("y")
    w = _large(x, 8)
    assert size(w.value) >= LARGE
    known = [_relation(_number(y) == _number(w))]
    assert _asked(known, _relation(_number(w) <= 255)) == (Status.PROVED, True)
    assert _asked(known, _relation(_number(y) <= 255))[0] is Status.PROVED
    assert _asked(known, _relation(_number(y) + _number(w) <= 510)) == (Status.PROVED, True)
    assert _asked(known, _relation(_number(y) + _number(w) <= 509)) == (Status.UNDECIDED, True)
    assert _asked(known, _relation(_number(w) <= 254)) == (Status.UNDECIDED, True)


@pytest.mark.parametrize("nested", [False, True])
def test_two_words_of_one_width_are_two(nested: bool) -> None:
    """What is known of one is not known of the other, also where one is made of the other."""
    v = _large(secret("x"), 8)
    w = (v * 3 + 1) ^ (v >> 1) if nested else _large(secret("y"), 8)
    known = [_relation(_number(v) <= 7), _relation(_number(w) <= 22)]
    assert _asked(known, _relation(_number(v) + _number(w) <= 29)) == (Status.PROVED, True)
    for lie in (_number(v) + _number(w) <= 28, _number(w) <= 21):
        assert _asked(known, _relation(lie)) == (Status.UNDECIDED, True)


def test_what_a_word_is_made_of_counts_where_its_name_does_not_do() -> None:
    """y is x w, which is even: of any word in place of x w it is not."""
    x, y = secret("x"), secret("y")
    w = _large(x, 60)
    w = concat(w[62:0], Bits(1, 0))
    known = [_relation(_number(y) == _number(w))]
    status, named = _asked(known, _relation(congruent(_number(w), 0, 2)))
    assert (status, named) == (Status.PROVED, True)
    assert _asked(known, _relation(congruent(_number(w), 0, 4)))[0] is Status.UNDECIDED


def test_a_word_of_which_nothing_is_asked_gets_no_name() -> None:
    x, y = secret("x"), secret("y")
    known = [_relation(_number(y) == _number(_large(x, 8)))]
    assert _asked(known, _relation(_number(x) >= 0)) == (Status.PROVED, False)
