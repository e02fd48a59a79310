"""What is shown by induction, and folds with a parameter: false statements, and their true twins.

Each is made of the numbers of a buffer and is claimed of a routine that does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import refusing
from refusing import refute, run
from test_engine_negative import routine

from armsym.dsl import Bits, InputError, Proof, congruent
from armsym.elf import Image
from armsym.proof.concrete import ConcreteProof
from armsym.proof.result import Status

MOST = 2**40


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return routine(tmp_path_factory.mktemp("idle"), "ret")


def symbolically(fn: Callable[[Proof], None], image: Image, symbol: str) -> dict[str, list[str]]:
    """The same, but that runs on numbers say nothing of theorems, nor of values that they do not compute."""
    at = ConcreteProof._integer_at
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ConcreteProof, "_tell_of", lambda *_: None)
        patch.setattr(ConcreteProof, "_integer_at", lambda p, f, k: at(p, f, k) if k.uint < 2**20 else 0)
        return refusing.symbolically(fn, image, symbol)


class World:
    """A buffer of n words, the number A that its words make, and a fold of each parameter: sums of words x[j] k."""

    def __init__(self, p: Proof) -> None:
        self.p = p
        self.n, self.m = p.nat("n", low=1, high=MOST), p.nat("m", high=MOST)
        x = p.region("xs", self.n * 8, access="r").blocks(1, 64).upto(self.n)
        p.call(x0=x(Bits(64, 0))[0] & 0, x1=self.n, x2=self.m)
        self.x: Callable[[Bits], Any] = lambda j: p.integer(x(j))
        self.A = p.number(x, name="A")
        self.U = self.A.unit
        self.H = p.fold_ints(lambda h, v: h + v, start=0, over=lambda i, k: self.x(i) * p.integer(k), name="H")


Claimed = Callable[[World], object]


def stated(claim: Claimed, declare: Callable[[World], Callable[[], object]] | None = None) -> Callable[[Proof], None]:
    """A proof that claims this on return; `declare` declares theorems, and its answer is called with the claim."""

    def fn(p: Proof) -> None:
        w = World(p)
        told = (lambda: None) if declare is None else declare(w)

        def ensures(s: object) -> Any:
            told()
            return {"claim": claim(w)}

        p.ensures(ensures)

    return fn


def always(*_: Bits) -> Bits:
    return Bits(64, 2**61 - 1)


# -- the theorem itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "stages"),
    [
        (lambda w: lambda i, j: w.U(i + j) == w.U(i) * w.U(j), []),
        # Right at 0, and the step is not.
        (lambda w: lambda i, j: w.U(i + j) == w.U(i) * w.U(j) + w.p.integer(i), ["i + 1"]),
        # The step is right, and the start is not.
        (lambda w: lambda i, j: w.U(i + j) == w.U(i) * w.U(j) + w.U(i), ["i = 0"]),
        (lambda w: lambda i: w.A(i) >= 0, []),
        (lambda w: lambda i: w.A(i) == 0, ["i + 1"]),
        (lambda w: lambda i, j: congruent(w.A(j + i), w.A(j), w.U(j)), None),
        (lambda w: lambda i, j: congruent(w.A(j + i), w.A(j), w.U(j + 1)), ["i + 1"]),
        # Of the parameters k and k + 1 of a fold.
        (lambda w: lambda i, k: w.H(i, k + 1) == w.H(i, k) + w.H(i, Bits(64, 1)), []),
        (lambda w: lambda i, k: w.H(i, k + 1) == w.H(i, k), ["i + 1"]),
        (lambda w: lambda i, k: w.H(i, k) == w.H(i, Bits(64, 2)), ["i + 1"]),
    ],
)
def test_induction(idle: Image, claims: Callable[[World], Any], stages: list[str] | None) -> None:
    def declare(w: World) -> Callable[[], object]:
        units = w.p.induction("units", lambda i, j: {"u": w.U(i + j) == w.U(i) * w.U(j)}, upto=always)

        def by(i: Bits, *more: Bits) -> None:
            for j in more:
                units(i, j)

        of = claims(w)
        w.p.induction(
            "T",
            (lambda i, k: {"c": of(i, k)}) if of.__code__.co_argcount == 2 else lambda i: {"c": of(i)},
            upto=always,
            by=by,
        )
        return lambda: None

    open_ = symbolically(stated(lambda w: w.A(w.n) >= 0, declare), idle, "f")
    assert open_ == ({"lemma": [f"T: c, {s}" for s in stages]} if stages else {})


def test_no_further_than_it_goes(idle: Image) -> None:
    """H(i, k) = 0 for i = 0 alone: `upto` says how far, and a word beyond is told nothing."""

    def declare(upto: int, at: int) -> Callable[[World], Callable[[], object]]:
        def of(w: World) -> Callable[[], object]:
            T = w.p.induction("T", lambda i, k: {"c": w.H(i, k) == 0}, upto=lambda k: Bits(64, upto))
            return lambda: T(at, w.m)

        return of

    assert not symbolically(stated(lambda w: w.H(0, w.m) == 0, declare(0, 0)), idle, "f")
    assert symbolically(stated(lambda w: w.H(1, w.m) == 0, declare(0, 1)), idle, "f") == {"ensures": ["claim"]}
    assert "lemma" in symbolically(stated(lambda w: w.H(1, w.m) == 0, declare(1, 1)), idle, "f")


# -- of which words it is told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("high", "most", "holds"), [(7, 7, True), (7, 8, False), (5, 5, True), (5, 6, False), (5, 7, False)]
)
def test_no_larger_than_its_variables(idle: Image, high: int, most: int, holds: bool) -> None:
    """Its variables have so few bits that in them `m <= high` is seen at once: of other words it is asked."""

    def declare(w: World) -> Callable[[], object]:
        w.p.assume("m", w.m <= most)
        T = w.p.induction("T", lambda i, k: {"c": w.p.integer(k) <= high}, upto=lambda k: k * 0, high=high)
        return lambda: T(0, w.m)

    open_ = symbolically(stated(lambda w: w.p.integer(w.m) <= high, declare), idle, "f")
    assert (not open_) == holds


@pytest.mark.parametrize(("k", "holds"), [(3, True), (2, False), (4, False)])
def test_where_its_conditions_are_met(idle: Image, k: int, holds: bool) -> None:
    def fn(p: Proof) -> None:
        w = World(p)
        one = p.fold_int(lambda h, v: h + v, start=0, over=w.x, name="one")
        T = p.induction("T", lambda i, k: {"c": w.H(i, k) == 3 * one(i)}, upto=always, where=lambda k: [k == 3])

        def ensures(s: object) -> Any:
            T(w.n, Bits(64, k))
            return {"claim": w.H(w.n, k) == 3 * one(w.n)}

        p.ensures(ensures)

    assert symbolically(fn, idle, "f") == ({} if holds else {"ensures": ["claim"]})


def test_each_instance_has_a_multiple_of_its_own(idle: Image) -> None:
    """A(q + r) = A(q) modulo U(q), so for some multiple of U(q): of another r it is another one."""

    def declare(w: World) -> Callable[[], object]:
        q = w.p.nat("q", high=MOST)
        w.q = q  # type: ignore[attr-defined]
        units = w.p.induction("units", lambda i, j: {"u": w.U(i + j) == w.U(i) * w.U(j)}, upto=always)
        T = w.p.induction("T", lambda i, j: {"c": congruent(w.A(j + i), w.A(j), w.U(j))}, upto=always, by=units)

        def told() -> None:
            T(w.n, q)
            T(w.m, q)

        return told

    true = stated(lambda w: congruent(w.A(w.q + w.n), w.A(w.q + w.m), w.U(w.q)), declare)  # type: ignore[attr-defined]
    assert not symbolically(true, idle, "f")
    false = stated(lambda w: w.A(w.q + w.n) == w.A(w.q + w.m), declare)  # type: ignore[attr-defined]
    assert symbolically(false, idle, "f") == {"ensures": ["claim"]}


@pytest.mark.parametrize("how", ["itself", "a later one"])
def test_in_a_circle(idle: Image, how: str) -> None:
    """What is false follows from itself, and two that are follow from one another."""

    def declare(w: World) -> Callable[[], object]:
        known: list[Any] = []

        def by(i: Bits, k: Bits) -> None:
            known[0 if how == "itself" else 1](i + 1, k)

        known.append(w.p.induction("T", lambda i, k: {"c": w.H(i, k) == 0}, upto=always, by=by))
        known.append(w.p.induction("S", lambda i, k: {"c": w.H(i, k) == 0}, upto=always, by=known[0]))
        return lambda: known[0](w.n, w.m)

    open_ = symbolically(stated(lambda w: w.H(w.n, w.m) == 0, declare), idle, "f")
    assert "decode" in open_, "it is said to be used before it is shown"


def test_a_theorem_that_is_not_shown_is_no_help(idle: Image) -> None:
    def declare(w: World) -> Callable[[], object]:
        T = w.p.induction("T", lambda i, k: {"c": w.H(i, k) == 0}, upto=always)
        return lambda: T(w.n, w.m)

    assert symbolically(stated(lambda w: w.H(w.n, w.m) == 0, declare), idle, "f") == {"lemma": ["T: c, i + 1"]}
    with pytest.raises(InputError, match="T: c does not hold of"):
        run(stated(lambda w: w.H(w.n, w.m) == 0, declare), idle, "f")


def test_of_a_false_claim_there_is_a_run(idle: Image) -> None:
    assert refute(stated(lambda w: w.H(w.n, w.m) == 0), idle, "f") == ("ensures", "claim")


# -- folds with a parameter, and what their definition says --------------------------------------------


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (lambda w: w.H(w.n, w.m) == w.H(w.n, w.m), True),
        (lambda w: w.H(w.n, w.m) == w.H(w.n, w.n), False),
        (lambda w: w.H(w.n, w.m) == w.H(w.m, w.n), False),
        (lambda w: w.H(w.n, w.m + 1) == w.H(w.n, w.m), False),
        (lambda w: w.H(w.m + 1, w.n) == w.H(w.m, w.n) + w.x(w.m) * w.p.integer(w.n), True),
        (lambda w: w.H(w.m + 1, w.n) == w.H(w.m, w.n) + w.x(w.m) * w.p.integer(w.m), False),
        # (n is at least 1, m is not: H(m - 1) may be H(2^64 - 1).)
        (lambda w: w.H(w.n, w.m) == w.H(w.n - 1, w.m) + w.x(w.n - 1) * w.p.integer(w.m), True),
        (lambda w: w.H(w.m, w.n) == w.H(w.m - 1, w.n) + w.x(w.m - 1) * w.p.integer(w.n), False),
        # Words beyond the buffer are 0, and those before its end are not.
        (lambda w: w.x(w.n) == 0, True),
        (lambda w: w.x(w.n - 1) == 0, False),
        (lambda w: w.x(w.m) == 0, False),
        # What is a multiple of U(n) is none of U(n + 1), which is 2^64 U(n).
        (lambda w: congruent(w.A(w.n - 1) * 2**64 + w.U(w.n) * w.x(w.m), w.A(w.n - 1) * 2**64, w.U(w.n)), True),
        (lambda w: congruent(w.U(w.m) * w.x(w.m) * 2**64, 0, w.U(w.m + 1)), True),
        (lambda w: congruent(w.U(w.m) * w.x(w.m), 0, w.U(w.m + 1)), False),
        (lambda w: congruent(w.U(w.m) * (w.x(w.m) * 2**64 + 1), 0, w.U(w.m + 1)), False),
        (lambda w: congruent(w.x(w.m) * 2**64, 0, w.U(w.m + 1)), False),
    ],
)
def test_folds(idle: Image, claim: Claimed, holds: bool) -> None:
    assert symbolically(stated(claim), idle, "f") == ({} if holds else {"ensures": ["claim"]})


# -- functions of the proof file that are not what they have to be -------------------------------------


@pytest.mark.parametrize(("ends", "proved"), [((0, 2**61 - 1), False), ((2**61 - 1, 0), False), ((0,), True)])
def test_how_far_it_goes_is_asked_once(idle: Image, ends: tuple[int, ...], proved: bool) -> None:
    """H(i, k) = 0 for i = 0 alone: an `upto` that says other ends each time it is asked makes it hold no further."""
    at = max(ends)

    def declare(w: World) -> Callable[[], object]:
        asked: list[int] = []

        def upto(_: Bits) -> Bits:
            asked.append(0)
            return Bits(64, ends[(len(asked) - 1) % len(ends)])

        T = w.p.induction("T", lambda i, k: {"c": w.H(i, k) == 0}, upto=upto)
        return lambda: T(w.n if at else 0, w.m)

    open_ = symbolically(stated(lambda w: w.H(w.n if at else 0, w.m) == 0, declare), idle, "f")
    assert (not open_) == proved


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"upto": Bits(64, 5)}, "upto is a function of k"),
        ({"upto": lambda: Bits(64, 5)}, "upto is called as fn"),
        ({"where": lambda k: k < 5}, "where: conditions are given in a list"),
        ({"where": 5}, "where is a function of k"),
        ({"by": 5}, "by is a function of i, k"),
        ({"by": lambda i: None}, "by is called as fn"),
        ({"cases": lambda i: []}, "cases is called as fn"),
        ({"claims": lambda i, k: {"c": []}}, "c is an empty list"),
        ({"claims": lambda i, k: {5: True}}, "the name of a claim is a text"),
    ],
)
def test_what_it_is_made_of(idle: Image, wrong: dict[str, Any], said: str) -> None:
    def declare(w: World) -> Callable[[], object]:
        made: dict[str, Any] = {"claims": lambda i, k: {"c": w.U(i) >= 1}, "upto": always, **wrong}
        T = w.p.induction("T", made.pop("claims"), **made)
        return lambda: T(w.n, w.m)

    with pytest.raises(InputError, match=said):
        run(stated(lambda w: w.A(w.n) >= 0, declare), idle, "f")


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (lambda i, k: [i < k, True], ""),
        (lambda i, k: i < k, "cases: conditions are given in a list"),
        (lambda i, k: [i], "cases is a condition"),
        (lambda i, k: [k == q for q in range(40)], "at most 6 conditions are told apart, not 40"),
    ],
)
def test_which_cases_are_told_apart(idle: Image, cases: Callable[..., Any], said: str) -> None:
    """They are asked for on symbols alone: what is wrong with them is told as with claims, and is no defect of ours."""

    def declare(w: World) -> Callable[[], object]:
        w.p.induction("T", lambda i, k: {"c": w.U(i) >= 1}, upto=always, cases=cases)
        return lambda: None

    r = run(stated(lambda w: w.A(w.n) >= 0, declare), idle, "f")
    told = [o.detail for o in r.obligations if o.name == "the proof can be evaluated"]
    assert (r.status is Status.PROVED and not told) if not said else said in told[0]


def test_an_argument_with_a_value_is_no_parameter(idle: Image) -> None:
    """As in functions made in a loop, which keep what they are about so."""

    def declare(w: World) -> Callable[[], object]:
        T = w.p.induction("T", lambda i, k, U=w.U: {"c": U(i) >= 1}, upto=always)
        assert T.parameters == ("k",)
        return lambda: T(w.n, w.m)

    assert not symbolically(stated(lambda w: w.A(w.n) >= 0, declare), idle, "f")


def test_where_it_is_told(idle: Image) -> None:
    """Not where nothing is claimed of a state yet; what is said then is no word about its own proof."""

    def fn(p: Proof) -> None:
        w = World(p)
        T = p.induction("T", lambda i, k: {"c": w.U(i) >= 1}, upto=always)
        T(w.n, w.m)
        p.ensures(lambda s: {"claim": w.A(w.n) >= 0})

    with pytest.raises(InputError, match="T: what it says is told where claims about a state are made"):
        run(fn, idle, "f")
