"""A claim that fails for some values is not shown, whatever rule would take it for true."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from refusing import symbolically
from test_contracts import SUCCESSOR, files

import armsym.proof.ledger
from armsym.discharge import algebra
from armsym.dsl import Bits, Claims, Proof, State, congruent, integer, opaque
from armsym.elf import Image
from armsym.integers.claims import Shown
from armsym.proof.known import Question


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return files(tmp_path, "eor x0,x0,x1\n ret", SUCCESSOR)


def fn(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"x0": s.x0 == a + b})


def product(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"x0": s.x0 == a.clmul(b)[63:0]})


def test_truth_tables_that_show_everything(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armsym.proof.ledger, "always", lambda _: True)
    assert symbolically(fn, image, "f") == {"ensures": ["x0"]}
    monkeypatch.setattr(armsym.proof.ledger, "fails_somewhere", lambda _: False)
    assert not symbolically(fn, image, "f"), "nothing else stood against it"


def test_algebra_that_shows_everything(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra, "equal", lambda *_: (True, None))
    assert symbolically(product, image, "f") == {"ensures": ["x0"]}
    monkeypatch.setattr(armsym.proof.ledger, "fails_somewhere", lambda _: False)
    assert not symbolically(product, image, "f"), "nothing else stood against it"


def test_what_fails_nowhere_is_shown_by_the_rules_alone(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """No claim is shown because it holds for the values that were tried."""
    monkeypatch.setattr(armsym.proof.ledger, "fails_somewhere", lambda _: False)
    assert symbolically(fn, image, "f") == {"ensures": ["x0"]}
    assert symbolically(product, image, "f") == {"ensures": ["x0"]}


# -- integers -----------------------------------------------------------------------------------


def sums(p: Proof, *, possible: int | None = None, more: int = 0, rarely: bool = False, signed: bool = False) -> None:
    a, b = p.word("a", possible=possible), p.word("b")
    p.call(x0=a, x1=b)

    @p.ensures
    def _(s: State) -> Claims:
        want = integer(a) + integer(b) + more + (integer(a) // ((1 << 64) - 1) if rarely else 0)
        return {"x0": congruent(p.integer([s.x0], signed=signed), want, 1 << 64)}


@pytest.fixture
def added(tmp_path: Path) -> Image:
    return files(tmp_path, "add x0,x0,x1\n ret", SUCCESSOR)


LIES = [(1, None), (1 << 63, None), (1, 0xFFFF), (-1, 1 << 63), (1, 1)]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("more", "possible"), LIES)
def test_integers_that_show_everything(
    added: Image, monkeypatch: pytest.MonkeyPatch, more: int, possible: int | None, signed: bool
) -> None:
    lie = partial(sums, more=more, possible=possible, signed=signed)
    monkeypatch.setattr(Question, "show", lambda *_, **__: Shown(True))
    assert symbolically(lie, added, "f") == {"ensures": ["x0"]}
    assert not symbolically(partial(sums, possible=possible, signed=signed), added, "f")
    monkeypatch.setattr(Question, "fails", lambda *_: False)
    assert not symbolically(lie, added, "f"), "nothing else stood against it"


def test_what_fails_rarely_is_left_to_the_rules(added: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is wrong for one number nothing is seen, and it is not shown either."""
    assert symbolically(partial(sums, rarely=True), added, "f") == {"ensures": ["x0"]}
    monkeypatch.setattr(Question, "show", lambda *_, **__: Shown(True))
    assert not symbolically(partial(sums, rarely=True), added, "f")


@pytest.mark.parametrize("most", [1000, 1022])
def test_what_holds_where_it_is_claimed(added: Image, most: int) -> None:
    """Where what is assumed does not hold, nothing is said by a claim that does not either."""

    def fn(p: Proof) -> None:
        a, b = p.word("a", possible=0x1FF), p.word("b", possible=0x1FF)
        p.assume("few", integer(a) + integer(b) <= most)
        p.call(x0=a, x1=b)
        p.ensures(lambda s: {"x0": integer(s.x0) == integer(a) + integer(b), "few": integer(s.x0) <= most})

    assert not symbolically(fn, added, "f")


# -- functions that have no value of some numbers -----------------------------------------------


@opaque("few", 64)
def few(n: Bits) -> Bits:
    """For numbers that runs take; of others it raises `IndexError`."""
    return Bits(64, [3 * n.uint][n.uint >> 32])


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("integers", [False, True])
def test_what_is_not_defined_everywhere(added: Image, integers: bool, more: int) -> None:
    """It is evaluated of numbers that it is not meant for: that says nothing, and stops nothing."""

    def fn(p: Proof) -> None:
        n, b = p.nat("n", high=2**60), p.word("b")
        p.call(x0=n, x1=b)

        @p.ensures
        def _(s: State) -> Claims:
            f = few(n)
            if integers:
                want = integer(f) * (integer(n) + integer(b)) + more
                return {"x0": congruent(integer(f) * integer(s.x0), want, 1 << 64)}
            x, f = s.x0[15:0], f[15:0]
            return {"x0": (x & f) + (x | f) == (n + b)[15:0] + f + more}

    assert symbolically(fn, added, "f") == ({"ensures": ["x0"]} if more else {})


@pytest.mark.parametrize("more", [0, 1])
def test_facts_that_are_not_defined_everywhere(added: Image, more: int) -> None:
    def fn(p: Proof) -> None:
        n, b = p.nat("n", high=2**60), p.word("b")
        p.assume("three of each", few(n) == n * 3)
        p.call(x0=n, x1=b)
        p.ensures(lambda s: {"x0": congruent(integer(s.x0), integer(n) + integer(b) + more, 1 << 64)})

    assert symbolically(fn, added, "f") == ({"ensures": ["x0"]} if more else {})
