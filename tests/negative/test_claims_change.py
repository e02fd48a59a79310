"""What a function of the proof file claims is shown at one time and taken for true at another.

So it makes as many claims of the same names each time, or is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from assembling import assembled
from refusing import run
from test_holes import explored

from armsym.dsl import Bits, Claims, Proof, State
from armsym.elf import Image, load_bytes
from armsym.errors import InputError
from armsym.proof.result import Status

#: x0 becomes its exclusive or with n, n - 1, ..., 1, for n of 1 or more: nothing that is inferred of a loop.
CODE = "1: eor x0,x0,x1\n subs x1,x1,#1\n b.ne 1b\n ret"

InvariantOf = Callable[[State, Bits, Bits], Claims]


@pytest.fixture(scope="module")
def image() -> Image:
    return load_bytes(assembled(f".text\n.globl f\n.type f,%function\nf: {CODE}\n.size f,.-f\n"), "f.o")


def ends(claims: InvariantOf, x0: int | None = None) -> Callable[[Proof], None]:
    """That x1 is 0 on return, or that x0 is a number, which is false."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2**40)
        p.call(x0=p.word("a"), x1=n)
        p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: claims(s, i, n))
        p.ensures(lambda s: {"end": s.x1 == 0 if x0 is None else s.x0 == x0})

    return fn


def left(s: State, i: Bits, n: Bits) -> Claims:
    return {"left": s.x1 == n - i}


def used_up() -> InvariantOf:
    """Two claims at the first call, one later: an iterator is used up."""
    more: Iterator[str] = iter(["more"])

    def claims(s: State, i: Bits, n: Bits) -> Claims:
        return left(s, i, n) | dict.fromkeys(more, s.x1 <= n)

    return claims


def counted(lie: int) -> InvariantOf:
    """What is left, and at the call of that number what x0 is, which is false."""
    calls = count()

    def claims(s: State, i: Bits, n: Bits) -> Claims:
        return left(s, i, n) | ({"so far": s.x0 == 7} if next(calls) == lie else {})

    return claims


def counted_parts(lie: int) -> InvariantOf:
    """The same, in the list that one claim is."""
    calls = count()

    def claims(s: State, i: Bits, n: Bits) -> Claims:
        return {"left": [s.x1 == n - i, *([s.x0 == 7] if next(calls) == lie else [])]}

    return claims


def test_the_same_each_time_is_proved(image: Image) -> None:
    assert run(ends(left), image, "f").status is Status.PROVED
    assert run(ends(left, x0=6), image, "f").status is Status.REFUTED


def test_an_iterator_that_is_used_up_is_refused(image: Image) -> None:
    told = "'more' is not there when the function is called again, and was 1 x condition"
    with pytest.raises(InputError, match=told):
        run(ends(used_up()), image, "f")


@pytest.mark.parametrize("lies", [counted, counted_parts])
def test_a_claim_more_at_one_call_is_refused_whichever_it_is(image: Image, lies: Callable[[int], InvariantOf]) -> None:
    """Without concrete runs, so that each call is one of the symbolic proof: one of them is believed."""
    open_ = [explored(ends(lies(lie), x0=6), image) for lie in range(1, 8)]
    assert all(open_), "proved"
    refused = [o for o in open_ if o.get("decode") == ["the proof can be evaluated"]]
    assert len(refused) >= 2
    assert all("ensures" in o for o in open_ if o not in refused)  # a call that is never made


#: x3 = 0 where x1 is 1, and else -1.
TOLD_APART = "cmp x1,#1\n csetm x3,ne\n nop\n ret"


def told_apart(lie: int = 0, *, asks: bool = False) -> Callable[[Proof], None]:
    """A cut that claims more where n is 2 than where it is 1; at the call of that number what x0 is, which is false."""
    calls = count(1)

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2)
        p.call(x0=p.word("a"), x1=n)
        p.each(p.routine.entry, lambda s: s.x1, (1, 2))

        @p.cut(p.routine.entry + 8)
        def _(s: State) -> Claims:
            k = p.known(n)
            claims: Claims = {"x3": [s.x3 == 1 - k, *([s.x3 + 1 == 0] if k == 2 else [])]}
            if k == 2:
                claims["n"] = s.x1 == 2
            if next(calls) == lie and (not asks or p.known(n)):
                claims["lie"] = s.x0 == 7
            return claims

        p.ensures(lambda s: {"": s.x3 + s.x1 == 1, **({"lie": s.x0 == 7} if lie else {})})

    return fn


@pytest.fixture(scope="module")
def apart() -> Image:
    return load_bytes(assembled(f".text\n.globl f\n.type f,%function\nf: {TOLD_APART}\n.size f,.-f\n"), "f.o")


def test_more_may_be_claimed_where_another_number_is_known(apart: Image) -> None:
    r = run(told_apart(), apart, "f")
    assert r.status is Status.PROVED, [(o.name, o.detail) for o in r.obligations if o.status is not Status.PROVED]


@pytest.mark.parametrize("asks", [False, True])
def test_no_more_is_claimed_where_the_same_number_is_known(apart: Image, asks: bool) -> None:
    """Also where the call that claims more asks for more."""
    open_ = [explored(told_apart(lie, asks=asks), apart) for lie in range(1, 7)]
    assert all(open_), "proved"
    assert len([o for o in open_ if o.get("decode") == ["the proof can be evaluated"]]) >= 4
