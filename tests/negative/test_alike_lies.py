"""Lies that have the form of something true: truth tables, and claims about integers, are decided once where alike.

What is alike speaks of unknowns.  A value of which nothing is known, such as a byte of a region, is one of them; what
it is applied to is no part of the form, so nothing may be concluded from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from operator import and_
from pathlib import Path

import pytest
from refusing import run, symbolically
from test_contracts import files

from armsym.bits import Bits, Prop, opaque
from armsym.bits.opaque import applied
from armsym.discharge.truth_tables import always
from armsym.dsl import Claims, Proof, State, concat, ite
from armsym.integers.expression import Relation
from armsym.proof.result import Status
from armsym.terms.node import Var, new_table


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _byte(name: str) -> Bits:
    return Bits(8, Var(name, 8))


def _content(at: Bits) -> Bits:
    """A function of which nothing is known."""
    return applied("content", 8, [at])


def _holds(claim: Prop) -> bool:
    return always(claim.bit.value)


box = opaque("alike_box", 8)(lambda b: Bits(8, pow(b.uint + 1, 7, 257) & 0xFF))
mixed = opaque("alike_mixed", 8, unfolds=True)(lambda a, b: a ^ box(b))
other = opaque("alike_other", 8, unfolds=True)(lambda a: a ^ 1)


def _sums() -> tuple[Bits, Bits]:
    """One byte of a sum, by two terms."""
    a, b = Bits(32, Var("a", 32)), Bits(32, Var("b", 32))
    return ((a + b) >> 1)[7:0], (a[8:0] + b[8:0])[8:1]


def _of_equal_sums(lie: bool) -> Prop:
    m, n = _sums()
    p, q = (_byte("p"), _byte("q")) if lie else (m, n)
    return box(m) ^ box(n) ^ _content(p) ^ _content(q) == 0


def _of_a_definition(lie: bool) -> Prop:
    a, b = other(_byte("a")), _byte("b")
    p, q = (_byte("p"), _byte("q")) if lie else (mixed(a, b), a ^ box(b))
    return mixed(a, b) ^ a ^ box(b) ^ _content(p) ^ _content(q) == 0


@pytest.mark.parametrize("claim", [_of_equal_sums, _of_a_definition])
def test_what_unknowns_are_applied_to_is_not_looked_at(claim: Callable[[bool], Prop]) -> None:
    # (The first one is true, but to be shown by others: it says the same as the lie, of values that may be any.)
    for _ in range(2):
        shown = [_holds(claim(lie)) for lie in (False, True)]
        assert shown == [False, False]


def test_their_twin_has_one_unknown() -> None:
    m, n = _sums()
    assert _holds(box(m) ^ box(n) ^ _content(m) == _content(m))
    a, b = other(_byte("a")), _byte("b")
    assert _holds(mixed(a, b) ^ _content(mixed(a, b)) == a ^ box(b) ^ _content(mixed(a, b)))


def _proof(order: str) -> Callable[[Proof], None]:
    """Whether eight bytes are all ones is asked at two equal places, or (a lie) at any two."""

    def fn(p: Proof) -> None:
        a, b, c, d = (p.word(name, 64, public=True) for name in ("a", "b", "c", "d"))
        msg = p.region("msg", 512, access="r", cell=1)
        p.call(x0=a, x1=b, x2=msg, x3=c, x4=d)

        def full(at: Bits) -> Bits:
            return reduce(and_, concat(*(msg.byte(at + k) for k in range(8))).elems(1)).zero_extend(8)

        def is_five(at: Bits) -> Bits:
            return ite(at == 5, Bits(8, 1), Bits(8, 0))

        def claim(lie: bool) -> Prop:
            m, n = (a + b) >> 1 & 0xFF, (a[8:0] + b[8:0])[8:1].zero_extend(64)
            at, too = (c & 0xFF, d & 0xFF) if lie else (m, n)
            return is_five(m) ^ is_five(n) ^ full(at) ^ full(too) == 0

        @p.ensures
        def _(s: State) -> Claims:
            return {which: claim(which == "lie") for which in order.split()}

    return fn


def test_a_lie_after_a_true_claim(tmp_path: Path) -> None:
    image = files(tmp_path, "ret", "ret")
    assert run(_proof("true"), image, "f").status is Status.PROVED
    r = run(_proof("true lie"), image, "f")
    assert r.status is not Status.PROVED
    assert [o.name for o in r.obligations if o.status is not Status.PROVED] == ["lie"]


def _integers(which: str) -> Callable[[Proof], None]:
    """A byte, turned over where a bit says so, is said in two ways.

    Bytes of a region are added to it: none (`t`); those at two places, which are equal (`e`), or (a lie, `l`) are not.
    """

    def fn(p: Proof) -> None:
        words = [p.word(f"w{k}", 64, public=True) for k in range(2 * len(which))]
        msg = p.region("msg", 256, access="r", cell=1)
        p.call(x0=msg)

        def claim(k: int) -> Relation | bool:
            w, anywhere = words[2 * k : 2 * k + 2]
            b, turned = w[7:0], Bits(8, 0x35)
            chosen, masked = ite(w[8:8] == 1, b ^ turned, b), b ^ (w[8:8].sign_extend(8) & turned)
            m, n = (chosen, masked) if which[k] == "e" else (anywhere[7:0], anywhere[15:8])
            read = Bits(8, 0) if which[k] == "t" else msg.byte(m.zero_extend(64)) ^ msg.byte(n.zero_extend(64))
            return p.integer([chosen ^ read]) == p.integer([masked])

        @p.ensures
        def _(s: State) -> Claims:
            return {str(k): claim(k) for k in range(len(which))}

    return fn


@pytest.mark.parametrize("which", ["tttt", "eeel", "elll", "leee", "ttllll", "teeell"])
def test_integers_of_bytes_anywhere(which: str, tmp_path: Path) -> None:
    left_open = symbolically(_integers(which), files(tmp_path, "ret", "ret"), "f")
    # (At equal places, which are said to be two, is the same as anywhere: alike, and so not shown either.)
    assert left_open.get("ensures", []) == [str(k) for k, kind in enumerate(which) if kind != "t"]
