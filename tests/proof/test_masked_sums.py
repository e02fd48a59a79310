"""Sums that were shifted and masked: each is put as a sum without a mask only where no bit is lost."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest

from armsym.bits import Bits
from armsym.proof.known import Known, _masked_sums
from armsym.terms.evaluate import Evaluator, Substitution
from armsym.terms.node import Term, Var, intern, new_table

MOST = 2**10 - 1


def masked(shift: int, beside: int, more: int, mask: int = MOST) -> Term:
    """What an index, shifted and with a number beside it, is where that turns out to be another one and a number."""
    i = Var("i", 64, pb=mask, secret=False)
    t = ((Bits(64, i) << shift) ^ beside).value
    assert isinstance(t, Term)
    found = Substitution({i: (Bits(64, Var("j", 64, secret=False)) + more).value})(t)
    assert isinstance(found, Term)
    return intern(found)


def put(t: Term, says: bool | None, asked: list[Any] | None = None) -> Bits:
    """The term as it is put where the path's facts answer so each time."""

    def decide(claim: Any) -> bool | None:
        if asked is not None:
            asked.append(claim)
        return says

    known = Known.__new__(Known)
    known._path = SimpleNamespace(decide=decide)  # type: ignore[assignment]
    return Bits(64, known._unmasked(t))


def at(v: Bits, j: int) -> int:
    """The value where j is a number."""
    found = v.value if isinstance(v.value, int) else Evaluator(lambda _: j, lambda *_: 0)(v.value)
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("shift", [1, 5])
@pytest.mark.parametrize("more", [1, 3, MOST])
@pytest.mark.parametrize("beside", [0, 1, 2**63])
def test_a_sum_without_its_mask_is_the_same_as_far_as_the_facts_go(shift: int, more: int, beside: int) -> None:
    new_table()
    beside = beside & ~(MOST << shift)
    t = masked(shift, beside, more)
    unmasked = put(t, True)
    assert list(_masked_sums(t))
    assert not list(_masked_sums(intern(unmasked.value))) if isinstance(unmasked.value, Term) else True
    for j in {0, 1, MOST - more - 1, MOST - more, *(random.Random(1).randrange(MOST + 1) for _ in range(20))}:
        if 0 <= j <= MOST - more:
            assert at(unmasked, j) == at(Bits(64, t), j)
    # One past the end a bit is lost, and the two differ: so what is asked of the facts is no less than that.
    assert at(unmasked, MOST - more + 1) != at(Bits(64, t), MOST - more + 1)


@pytest.mark.parametrize("says", [None, False])
def test_it_stays_as_it_is_where_the_facts_do_not_say_so(says: bool | None) -> None:
    new_table()
    t = masked(5, 8, 3)
    assert put(t, says).value is t


def test_what_is_asked_of_the_facts_is_that_the_sum_has_no_more_bits() -> None:
    new_table()
    asked: list[Any] = []
    put(masked(5, 8, 3), None, asked)
    (claim,) = asked
    for j, holds in ((0, 1), (MOST - 3, 1), (MOST - 2, 0), (2**64 - 3, 1), (2**64 - 4, 0)):
        assert at(claim.bit, j) == holds


@pytest.mark.parametrize("mask", [MOST - 1, MOST ^ 16, MOST << 1])
def test_a_mask_with_a_gap_is_none(mask: int) -> None:
    new_table()
    assert not list(_masked_sums(masked(5, 0, 3, mask)))


def test_a_number_among_the_bits_is_not_beside_them() -> None:
    new_table()
    assert not list(_masked_sums(masked(5, 64, 3)))


def test_a_sum_of_which_high_bits_are_shifted_out_is_left() -> None:
    new_table()
    t = masked(5, 0, 3, 2**64 - 1)
    for p, _, k, most in _masked_sums(t):
        assert most << k < 2**64
        assert at(put(p, True), 7) == 320
