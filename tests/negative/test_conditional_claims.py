"""Claims under conditions, what a run may tell of secrets, and contracts by cases: what must not be proved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from refusing import run, symbolically
from test_contracts import CALLING, FRAME, contract, files

from armsym.dsl import Bits, Claims, Proof, State, concat, congruent, integer, unless, when, within
from armsym.elf import Image
from armsym.errors import InputError
from armsym.proof.conditional import Conditional
from armsym.proof.result import Status

P = 2**127 - 1
Fn = Callable[[Proof], None]

#: x0 = x2 where x0 and x1 are 0, else x3.
CHOICE = "orr x4,x0,x1\n cmp x4,#0\n csel x0,x2,x3,eq\n ret"


def choice(claims: Callable[[State, list[Bits]], Claims]) -> Fn:
    def fn(p: Proof) -> None:
        words = [p.word(n) for n in "abcd"]
        p.call(x0=words[0], x1=words[1], x2=words[2], x3=words[3])
        p.ensures(lambda s: claims(s, words))

    return fn


def refused(fn: Fn, image: Image) -> dict[str, list[str]]:
    return symbolically(fn, image, "f")


def test_a_choice_by_a_condition_on_words(tmp_path: Path) -> None:
    image = files(tmp_path, CHOICE, "ret")

    def claims(s: State, w: list[Bits]) -> Claims:
        zero = concat(w[1], w[0]) == 0
        return {
            "zero": when(zero, s.x0 == w[2]),
            "zero, as two": when([w[0] == 0, w[1] == 0], s.x0 == w[2]),
            "else": unless(zero, s.x0 == w[3]),
            "else, by one": unless(w[0] == 0, s.x0 == w[3]),
            "within": unless(w[1] == 0, when(w[0] == 0, s.x0 == w[3])),
            "never": when([w[0] == 0, w[0] != 0], s.x0 == w[1]),
            "always": unless([w[0] == 0, w[0] != 0], s.x0 == w[1]),
        }

    r = run(choice(claims), image, "f")
    assert r.status is Status.PROVED
    assert {o.by for o in r.obligations if o.kind == "ensures"} == {("cases",)}


@pytest.mark.parametrize(
    "claim",
    [
        lambda s, w: when(concat(w[1], w[0]) == 0, s.x0 == w[3]),
        lambda s, w: when(w[0] == 0, s.x0 == w[2]),
        lambda s, w: when(w[0] != 0, s.x0 == w[2]),
        lambda s, w: unless(concat(w[1], w[0]) == 0, s.x0 == w[2]),
        lambda s, w: unless(concat(w[1], w[0]) == 1, s.x0 == w[3]),
        lambda s, w: unless(w[0] != 0, s.x0 == w[2]),
        lambda s, w: unless(w[0] == 0, when(w[1] == 0, s.x0 == w[2])),
        lambda s, w: when([w[0] == 0, w[1] == 0], [s.x0 == w[2], s.x1 == w[2]]),
        lambda s, w: when(w[2] == w[2], s.x0 == w[2]),
    ],
)
def test_a_wrong_choice(tmp_path: Path, claim: Any) -> None:
    image = files(tmp_path, CHOICE, "ret")
    assert refused(choice(lambda s, w: {"it": claim(s, w)}), image) == {"ensures": ["it"]}


# -- conditions on numbers of two words ---------------------------------------------------------------


LOADED = "ldp x2,x3,[x0,#16]\n ldp x0,x1,[x0]\n " + CHOICE


def residues(claims: Callable[[State, list[Bits]], Claims], most: int = P - 1) -> Fn:
    """a and c are numbers of two words, c below p, a at most `most`, and 3 c modulo p."""

    def make(rng: Random, size: int) -> bytes:
        c = rng.choice([0, 1, P - 1, rng.randrange(P)])
        return (c * 3 % P).to_bytes(16, "little") + c.to_bytes(16, "little")

    def fn(p: Proof) -> None:
        m = p.region("m", 32, access="r")
        p.example(m, make)
        w = list(m.words(64))
        a, c = number(w[:2]), number(w[2:])
        p.assume("a is not too large", a <= most)
        p.assume("c is below p", c < P)
        p.assume("a is 3 c", congruent(a, c * 3, P))
        p.call(x0=m)
        p.ensures(lambda s: claims(s, w))

    return fn


def number(words: list[Bits]) -> Any:
    return integer(concat(*reversed(words)))


def test_residues_decide_a_choice(tmp_path: Path) -> None:
    image = files(tmp_path, LOADED, "ret")

    def claims(s: State, w: list[Bits]) -> Claims:
        a, c = (congruent(number(x), 0, P) for x in (w[:2], w[2:]))
        return {
            "a": when(a, [s.x0 == 0, w[3] == 0]),
            "c": when(c, s.x0 == w[2]),
            "not a": unless(a, s.x0 == w[3]),
            "not c": unless(c, s.x0 == w[3]),
        }

    assert refused(residues(claims), image) == {}


@pytest.mark.parametrize(
    "claim",
    [
        lambda s, w: when(congruent(number(w[:2]), 1, P), s.x0 == w[2]),
        lambda s, w: unless(congruent(number(w[2:]), 1, P), s.x0 == w[2]),
        lambda s, w: when(congruent(number(w[:2]), 0, P - 2), s.x0 == w[2]),
        lambda s, w: unless(congruent(number(w[:2]), 0, P), s.x0 == w[2]),
        lambda s, w: when(within(0, number(w[:2]), 2), s.x0 == w[2]),
    ],
)
def test_residues_that_do_not(tmp_path: Path, claim: Any) -> None:
    image = files(tmp_path, LOADED, "ret")
    assert refused(residues(lambda s, w: {"it": claim(s, w)}), image) == {"ensures": ["it"]}


def test_p_itself_is_no_zero(tmp_path: Path) -> None:
    """With a <= p for a < p, a may be p, whose words are not 0."""
    image = files(tmp_path, LOADED, "ret")

    def said(s: State, w: list[Bits]) -> Claims:
        return {"it": when(congruent(number(w[:2]), 0, P), s.x0 == w[2])}

    assert refused(residues(said), image) == {}
    assert refused(residues(said, most=P), image) == {"ensures": ["it"]}


# -- where they may stand, and what they may be -------------------------------------------------------


def test_they_are_claimed_on_return_only(tmp_path: Path) -> None:
    image = files(tmp_path, "1: subs x0,x0,#1\n b.ne 1b\n ret", "ret")

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=9)
        p.call(x0=n)
        p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"it": [when(s.x1 == 0, s.x1 == 0)]})
        p.ensures(lambda s: {"x0": s.x0 == 0})

    r = run(fn, image, "f")
    assert r.status is Status.ERROR
    (detail,) = (o.detail for o in r.obligations if o.status is Status.ERROR)
    assert "stands under conditions (when, unless): only what p.ensures claims may" in detail


def test_conditions_are_conditions() -> None:
    x = Bits(8, 1)
    with pytest.raises(InputError, match="empty list"):
        when([], x == 1)
    with pytest.raises(InputError, match="empty list"):
        unless(x == 0, [])
    with pytest.raises(InputError, match="unless: a condition is a condition"):
        unless(7, x == 1)  # type: ignore[arg-type]
    assert when(x == 0, x == 7) is True
    assert unless(x == 1, x == 7) is True
    assert unless([x == 0, x == 2], 5) == 5
    assert not isinstance(when([x == 1, True], x == 1), Conditional)


def test_a_contract_has_none(tmp_path: Path) -> None:
    @contract
    def by_cases(p: Proof) -> None:
        w = p.word("a")
        p.call(x0=w)
        p.ensures(lambda s: {"x0": when(w == 0, s.x0 == 0)})

    def calls(p: Proof) -> None:
        w = p.word("a")
        p.call(x0=w)
        p.uses(by_cases)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": when(w == 0, s.x0 == 0)})

    (problem,) = refused(calls, files(tmp_path, CALLING.format("bl g"), "ret"))["decode"]
    assert problem == "the proof can be evaluated"


# -- what a run may tell ------------------------------------------------------------------------------

#: W0 = 7; which way it goes hangs on whether x0 and x1 are 0.
TELLS = "orr x4,x0,x1\n cbz x4,1f\n nop\n 1: mov w0,#7\n ret"


def tells(condition: Callable[[list[Bits]], Any]) -> Fn:
    def fn(p: Proof) -> None:
        w = [p.word(n) for n in "ab"]
        p.call(x0=w[0], x1=w[1])
        p.reveals("both are 0", condition(w))
        p.ensures(lambda s: {"seven": s.w0 == 7})

    return fn


@pytest.mark.parametrize("condition", [lambda w: concat(w[0], w[1]) == 0, lambda w: [w[0] == 0, w[1] == 0]])
def test_what_may_be_told(tmp_path: Path, condition: Any) -> None:
    r = run(tells(condition), files(tmp_path, TELLS, "ret"), "f")
    assert r.status is Status.PROVED
    assert "an attacker may know whether both are 0" in r.assumptions
    assert any(o.name == "whether both are 0 is all that a branch tells" for o in r.obligations)
    # The contrary is the same secret.
    other = run(tells(lambda w: ~(concat(w[0], w[1]) == 0)), files(tmp_path, TELLS, "ret"), "f")
    assert other.status is Status.PROVED


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (lambda w: w[0] == 0, TELLS),
        (lambda w: concat(w[0], w[1]) == 1, TELLS),
        (lambda w: concat(w[0], w[1]) == 0, TELLS.replace("orr x4,x0,x1", "add x4,x0,x1")),
        (lambda w: concat(w[0], w[1]) == 0, TELLS.replace("orr x4,x0,x1", "orr x4,x0,x1,lsl #1")),
        (lambda w: concat(w[0], w[1]) == 0, TELLS.replace("nop", "cbz x0,1f")),
        (lambda w: concat(w[0], w[1]) == 0, TELLS.replace("nop", "ldr x5,[sp,x0]")),
        (lambda w: w[0] == w[0] + 1, TELLS),
    ],
)
def test_more_may_not_be_told(tmp_path: Path, condition: Any, code: str) -> None:
    assert "constant-time" in refused(tells(condition), files(tmp_path, code, "ret"))


@pytest.mark.parametrize("seed", range(3))
def test_runs_are_compared_that_agree_in_what_may_be_told(tmp_path: Path, seed: int) -> None:
    """Half of all pairs of runs differ in a bit."""
    image = files(tmp_path, f"tbz w0,#{seed},1f\n nop\n 1: mov w0,#7\n ret", "ret")
    r = run(tells(lambda w: w[0] & 1 << seed == 0), image, "f")
    assert r.status is Status.PROVED
    other = run(tells(lambda w: w[0] & 2 << seed == 0), image, "f")
    assert other.status is Status.REFUTED
    assert other.counterexample is not None
    assert other.counterexample.kind == "constant-time"


def test_what_no_branch_tells_is_not_said(tmp_path: Path) -> None:
    found = refused(tells(lambda w: w[0] == 0), files(tmp_path, "mov w0,#7\n ret", "ret"))
    assert found == {"constant-time": ["whether both are 0 is all that a branch tells"]}


def test_a_contract_tells_nothing(tmp_path: Path) -> None:
    @contract
    def telling(p: Proof) -> None:
        tells(lambda w: concat(w[0], w[1]) == 0)(p)

    def calls(p: Proof) -> None:
        p.call(x0=p.word("a"), x1=p.word("b"))
        p.uses(telling)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"seven": s.w0 == 7})

    with pytest.raises(InputError, match=r"a proof that reveals something of secrets cannot be used as a contract"):
        run(calls, files(tmp_path, CALLING.format("bl g"), TELLS), "f")


# -- contracts by cases -------------------------------------------------------------------------------

#: [x0] = [x1] + 1
NEXT = "ldr x9,[x1]\n add x9,x9,#1\n str x9,[x0]\n ret"


@contract
def next_of(p: Proof) -> None:
    """The result apart from the operand, or in its place."""
    in_place = p.choice("in_place", range(2))
    r = p.region("r", 8, access="rw" if in_place else "w")
    a = r if in_place else p.region("a", 8, access="r")
    before = a.words(64)[0]
    p.call(x0=r, x1=a)
    p.modifies(r)
    p.ensures(lambda s: {"next": r.words(64, at=s)[0] == before + 1})


def twice(body: str, claim: Callable[[Bits], Bits] = lambda v: v + 2) -> tuple[Fn, str]:
    def fn(p: Proof) -> None:
        a = p.region("a", 16, access="rw")
        v = a.words(64)[0]
        p.call(x0=a)
        p.uses(next_of)
        p.modifies(a, p.stack(FRAME))
        p.ensures(lambda s: {"a": a.words(64, at=s)[0] == claim(v)})

    return fn, CALLING.format("mov x19,x0\n " + body)


APART_THEN_IN_PLACE = "add x0,x19,#8\n mov x1,x19\n bl g\n mov x0,x19\n mov x1,x19\n bl g\n"


def test_each_call_is_a_case(tmp_path: Path) -> None:
    fn, f = twice(APART_THEN_IN_PLACE, lambda v: v + 1)
    assert run(fn, files(tmp_path, f, NEXT), "f").status is Status.PROVED
    fn, f = twice("mov x1,x19\n bl g\n mov x0,x19\n mov x1,x19\n bl g")
    assert run(fn, files(tmp_path, f, NEXT), "f").status is Status.PROVED


def test_a_call_that_is_no_case(tmp_path: Path) -> None:
    """The regions overlap, but are not one."""
    fn, f = twice("add x0,x19,#4\n mov x1,x19\n bl g\n str x1,[sp]\n ")
    assert "contract" in refused(fn, files(tmp_path, f, NEXT))


def test_more_than_the_cases_say(tmp_path: Path) -> None:
    fn, f = twice("mov x1,x19\n bl g\n mov x0,x19\n mov x1,x19\n bl g", lambda v: v + 1)
    assert refused(fn, files(tmp_path, f, NEXT)) == {"ensures": ["a"]}


def test_a_case_that_does_not_hold(tmp_path: Path) -> None:
    """It stores before it has read all: right apart, wrong in place, and proved of neither."""
    early = "str xzr,[x0]\n " + NEXT
    fn, f = twice("add x0,x19,#8\n mov x1,x19\n bl g\n", lambda v: v)
    (name,) = refused(fn, files(tmp_path, f, early))["contract"]
    assert name.startswith("next_of is proved")


# -- cuts with claims about integers ------------------------------------------------------------------

#: x0 = x0 + 2 x1, with a cut before the second addition.
STEPS = "add x0,x0,x1\n add x0,x0,x1\n ret"


def cut_at(claim: Callable[[State, Bits, Bits], Any], wanted: Callable[[State, Bits, Bits], Any], **forget: Any) -> Fn:
    def fn(p: Proof) -> None:
        a, b = p.word("a", possible=0xFFFF), p.word("b", possible=0xFFFF)
        p.call(x0=a, x1=b)
        p.cut(p.routine.entry + 4, **forget)(lambda s: {"it": claim(s, a, b)})
        p.ensures(lambda s: {"sum": wanted(s, a, b)})

    return fn


def total(s: State, a: Bits, b: Bits) -> Any:
    return integer(s.x0) == integer(a) + integer(b) * 2


def test_a_claim_about_integers_stays_known_after_a_cut(tmp_path: Path) -> None:
    image = files(tmp_path, STEPS, "ret")
    half = cut_at(lambda s, a, b: integer(s.x0) == integer(a) + integer(b), total, drop_x=[0])
    assert refused(half, image) == {}
    # Of a register that is forgotten only what is claimed is known.
    rough = cut_at(lambda s, a, b: integer(s.x0) <= 0x20000, total, drop_x=[0])
    assert refused(rough, image) == {"ensures": ["sum"]}
    beside = cut_at(lambda s, a, b: integer(s.x0) == integer(a) + integer(b), total, drop_x=[0, 1])
    assert refused(beside, image) == {"ensures": ["sum"]}
    assert refused(cut_at(lambda s, a, b: integer(s.x0) <= 0x20000, total), image) == {}


def test_a_cut_that_claims_what_is_false(tmp_path: Path) -> None:
    image = files(tmp_path, STEPS, "ret")
    wrong = cut_at(lambda s, a, b: integer(s.x0) == integer(a) + integer(b) + 1, lambda s, a, b: s.x1 == b, drop_x=[0])
    assert "invariant" in refused(wrong, image)
    with pytest.raises(InputError, match="drop_x"):
        refused(cut_at(total, total, drop_x=[31]), image)


@pytest.mark.parametrize("where", ["unless", "when", "claim", "reveals"])
def test_values_of_folds_are_no_words_of_a_case(where: str, tmp_path: Path) -> None:
    """F(0) = 5 is not 0: that F(n) is not 0 does not say that the index n is not."""

    def fn(p: Proof) -> None:
        n, key = p.nat("n", high=100), p.word("key")
        p.call(x0=n, x1=key)
        F = p.fold_int(lambda a, b: a + b, start=5, over=p.integer, name="F")
        if where == "reveals":
            p.reveals("whether F(n) is 0", F(n) == 0)
        claims = {
            "unless": lambda s: unless([F(n) == 0], s.x0 != 0),
            "when": lambda s: when([F(n) == 5], s.x0 == 0),
            "claim": lambda s: unless(s.x1 == 0, F(n) == 6),
            "reveals": lambda s: s.x0 == n,
        }
        p.ensures(lambda s: {"claim": claims[where](s)})

    found = refused(fn, files(tmp_path, "cbz x1,1f\n nop\n 1: ret", "ret"))
    assert set(found) == {"constant-time"} if where == "reveals" else "ensures" in found
