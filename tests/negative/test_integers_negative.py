"""False claims about integers, built to slip through: each must fail; beside most stands a true one, which is proved.

The concrete runs are kept from most of these, where they would notice first: the argument has to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import run, symbolically
from test_contracts import CALLING, FRAME, contract, files
from test_engine_negative import SET, routine

from armsym.dsl import Bits, Claims, InputError, Proof, State, Words, congruent, within
from armsym.errors import ArmsymError
from armsym.integers.expression import IntegerLike
from armsym.proof.examples import below, lanes_within
from armsym.proof.result import Status

ProofFn = Callable[[Proof], None]

#: A number of two words.
M = 2**127 - 1

#: x0 = a, but 0 for one number that random runs do not meet.
RARELY_WRONG = SET + "cmp x0,x9\n b.ne 1f\n mov x0,#0\n1: ret"


def _failed(folder: Path, text: str, fn: ProofFn) -> dict[str, list[str]]:
    """What is not shown, by kind."""
    return symbolically(fn, routine(folder, text), "f")


# -- claims as values -----------------------------------------------------------------------------

#: On numbers a claim is a bool, with all that bools have; on symbols each of these once answered by identity.
COMPARED: dict[str, Callable[[object, object], object]] = {
    "equal": lambda a, b: a == b,
    "different": lambda a, b: a != b,
    "different from True": lambda a, _: a != True,  # noqa: E712
    "True differs": lambda a, _: True != a,  # noqa: E712, SIM300
    "at most": lambda a, b: a <= b,  # type: ignore[operator]
    "either": lambda a, b: a | b,  # type: ignore[operator]
    "one of them": lambda a, b: a ^ b,  # type: ignore[operator]
    "not": lambda a, _: not a,
    "inverted": lambda a, _: ~a,  # type: ignore[operator]
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "counted": lambda a, b: a + b == 1,  # type: ignore[operator]
    "among": lambda a, b: a in [b],
    "in a set": lambda a, b: len({a, b}) == 1,
    "pairs": lambda a, b: (a, 1) == (b, 1),
}


@pytest.mark.parametrize("name", COMPARED)
def test_claims_are_not_compared(tmp_path: Path, name: str) -> None:
    """Once `(A < M) == (B < M)` was False of symbols: assumed, all was proved; and claimed with !=, it was true."""

    def fn(p: Proof) -> None:
        a, b = p.word("a", public=True), p.word("b", public=True)
        p.call(x0=a, x1=b)
        p.ensures(lambda s: {"": COMPARED[name](p.integer(s.x0) == p.integer(a), p.integer(b) < 2**63)})  # type: ignore[dict-item]

    if name == "inverted":  # ~True is -2
        with pytest.raises(InputError, match=r"test_integers_negative.py:\d+: .* not int -2"):
            run(fn, routine(tmp_path, RARELY_WRONG), "f")
        return
    r = run(fn, routine(tmp_path, RARELY_WRONG), "f")
    assert r.status is not Status.PROVED
    assert any("test_integers_negative.py:" in o.detail for o in r.obligations) or r.counterexample is not None


def test_claims_are_not_compared_when_assumed(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        a, b = p.word("a", public=True), p.word("b", public=True)
        p.call(x0=a, x1=b)
        p.assume("both or neither", (p.integer(a) < 2**63) == (p.integer(b) < 2**63))
        p.ensures(lambda s: {"same": s.x0 == a})

    with pytest.raises(ArmsymError, match="joined with & only"):
        run(fn, routine(tmp_path, RARELY_WRONG), "f")


# -- assumptions ----------------------------------------------------------------------------------


def _with_assumption(assume: Callable[[IntegerLike, IntegerLike], list[object]]) -> ProofFn:
    def fn(p: Proof) -> None:
        a = p.word("a", public=True)
        r, q = p.region("r", 16, access="r"), p.region("q", 16, access="r")
        A, B = p.integer(r.words(64)), p.integer(q.words(64))
        p.call(x0=a, x1=r, x2=q)
        for k, said in enumerate(assume(A, B)):
            p.assume(f"said {k}", said)  # type: ignore[arg-type]
        # A's bounds make it false, whatever they are; without any it is false as well.
        p.ensures(
            lambda s: {"same": congruent(p.integer(s.x0) + A, p.integer(a) + A, 7), "low": A + p.integer(s.x0) < 5}
        )

    return fn


@pytest.mark.parametrize(
    "assume",
    [
        lambda A, B: [within(5, A, 5)],
        lambda A, B: [A < M, A > M],
        lambda A, B: [(A < M) & False],
        lambda A, B: [A == B, A > B],
        lambda A, B: [A + B < 0],
        lambda A, B: [congruent(A, 0, 2), congruent(A, 1, 2)],
        lambda A, B: [2 * A == 2 * B + 1],
    ],
)
def test_assumptions_that_exclude_each_other(
    tmp_path: Path, assume: Callable[[IntegerLike, IntegerLike], list[object]]
) -> None:
    """No run meets them, so nothing is proved; and nobody stumbles over it."""
    r = run(_with_assumption(assume), routine(tmp_path, "ret"), "f")
    assert r.status is Status.UNDECIDED
    assert any(o.kind == "non-vacuous" and o.status is not Status.PROVED for o in r.obligations)


def test_examples_that_no_precondition_admits(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        r = p.region("r", 16, access="r")
        p.example(r, below(5))
        p.call(x0=r)
        p.assume("large", p.integer(r.words(64)) > 10)
        p.ensures(lambda s: {"same": congruent(p.integer(s.x0), p.integer(p.entry.x0), 5)})

    assert run(fn, routine(tmp_path, "ret"), "f").status is Status.UNDECIDED


@pytest.mark.parametrize("signed", [False, True])
def test_bounds_of_a_signed_word_are_not_those_of_the_unsigned(tmp_path: Path, signed: bool) -> None:
    def fn(p: Proof) -> None:
        r = p.region("r", 4, access="rw", cell=2)
        p.call(x0=r)
        p.modifies(r)
        p.assume("small", within(-5, p.integer(r.words(16)[0], signed=True), 5))
        p.ensures(lambda s: {"small": within(-6 if signed else 0, p.integer(r.words(16, at=s)[1], signed=signed), 5)})

    # r[1] = r[0], less 1 where signed
    text = f"ldrsh w1,[x0]\n {'sub w1,w1,#1' if signed else 'nop'}\n strh w1,[x0,#2]\n ret"
    failed = _failed(tmp_path, text, fn)
    assert not failed if signed else failed == {"ensures": ["small"]}


# -- saying nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claim",
    [
        lambda x, a: congruent(x, a * a, 1),
        lambda x, a: within(0, x, 2**64),
        lambda x, a: x >= 0,
        lambda x, a: congruent(x * 6, 12 * a, 6),
        lambda x, a: within(0, x % 8, 8),
        lambda x, a: x - 8 * (x // 8) <= 7,
    ],
)
def test_a_claim_that_nothing_breaks_is_none_about_the_results(
    tmp_path: Path, claim: Callable[[IntegerLike, IntegerLike], object]
) -> None:
    def fn(p: Proof) -> None:
        a = p.word("a", public=True)
        p.call(x0=a)
        p.ensures(lambda s: {"": claim(p.integer(s.x0), p.integer(a))})  # type: ignore[dict-item]

    r = run(fn, routine(tmp_path, RARELY_WRONG), "f")
    assert r.status is Status.PROVED
    assert not r.claims_results


def test_a_claim_that_something_breaks_is_one_about_the_results(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        a = p.word("a", public=True)
        p.call(x0=a)
        p.ensures(lambda s: {"": congruent(p.integer(s.x0), p.integer(a), 2)})

    r = run(fn, routine(tmp_path, "ret"), "f")
    assert r.status is Status.PROVED
    assert r.claims_results


# -- over calls, loops and cuts -------------------------------------------------------------------


EVEN = "str xzr,[x0]\n str xzr,[x0,#8]\n ret"


@contract
def cleared(p: Proof) -> None:
    """r < M is required; r is even and small afterwards."""
    r = p.region("r", 16, access="rw")
    p.example(r, below(M))
    p.assume("r reduced", p.integer(r.words(64)) < M)
    p.call(x0=r)
    p.modifies(r)

    def claims(s: State) -> Claims:
        R = p.integer(r.words(64, at=s))
        return {"r": R < 2**100, "even": congruent(R, 0, 2)}

    p.ensures(claims)


def _calling(bound: int, claim: Callable[[Proof, IntegerLike, IntegerLike], object]) -> ProofFn:
    def fn(p: Proof) -> None:
        r = p.region("r", 16, access="rw")
        p.example(r, below(min(bound, M)))
        A = p.integer(r.words(64))
        p.assume("bounded", within(0, A, bound))
        p.call(x0=r)
        p.uses(cleared)
        p.modifies(r, p.stack(FRAME))
        p.ensures(lambda s: {"": claim(p, p.integer(r.words(64, at=s)), A)})  # type: ignore[dict-item]

    return fn


def _called(folder: Path, fn: ProofFn, body: str = "bl g") -> dict[str, list[str]]:
    return symbolically(fn, files(folder, CALLING.format(body), EVEN), "f")


def test_a_contract_over_integers(tmp_path: Path) -> None:
    assert not _called(tmp_path, _calling(M, lambda p, R, A: R < 2**100))
    # Twice: of what the first left, the second's precondition follows; both say something of the end.
    twice = "mov x19,x0\n bl g\n mov x0,x19\n bl g"
    assert not _called(tmp_path, _calling(M, lambda p, R, A: R < 2**100), twice)


@pytest.mark.parametrize(
    ("bound", "claim", "body", "failed"),
    [
        # The precondition is off by one.
        (M + 1, lambda p, R, A: R < 2**100, "bl g", {"contract": ["cleared: r reduced"]}),
        # More than was said.
        (M, lambda p, R, A: R < 2**100 - 2, "bl g", {"ensures": [""]}),  # (- 1 holds: it is even)
        (M, lambda p, R, A: congruent(R, 0, 4), "bl g", {"ensures": [""]}),
        # What was known before the call is known of what was there before it.
        (2**99, lambda p, R, A: R < 2**99, "bl g", {"ensures": [""]}),
        (M, lambda p, R, A: congruent(R, A, 3), "bl g", {"ensures": [""]}),
        # What the call left is gone.
        (M, lambda p, R, A: R < 2**100, "mov x19,x0\n bl g\n mvn x1,xzr\n str x1,[x19,#8]", {"ensures": [""]}),
        (M, lambda p, R, A: R < 2**100, "mov x19,x0\n bl g\n mov x1,#1\n str x1,[x19,#8]\n mov x0,x19\n bl g\n"
         " mov x1,#1\n lsl x1,x1,#36\n str x1,[x19,#8]", {"ensures": [""]}),
    ],
)  # fmt: skip
def test_a_contract_says_no_more_than_it_says(
    tmp_path: Path,
    bound: int,
    claim: Callable[[Proof, IntegerLike, IntegerLike], object],
    body: str,
    failed: dict[str, list[str]],
) -> None:
    assert _called(tmp_path, _calling(bound, claim), body) == failed


LOOP = "mov x1,#0\n1: add x1,x1,#3\n subs x0,x0,#1\n b.ne 1b\n ret"


def _loop(
    invariant: Callable[[IntegerLike, IntegerLike], object], on_return: Callable[[IntegerLike, IntegerLike], object]
) -> ProofFn:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=1000)
        p.call(x0=n)

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x0 == n - i, "sum": invariant(p.integer(s.x1), p.integer(i))}  # type: ignore[dict-item]

        p.ensures(lambda s: {"": on_return(p.integer(s.x1), p.integer(n))})  # type: ignore[dict-item]

    return fn


def test_an_invariant_over_integers(tmp_path: Path) -> None:
    threefold = _loop(lambda x, _: congruent(x, 0, 3), lambda x, _: congruent(x, 0, 3))
    assert not _failed(tmp_path, LOOP, threefold)


@pytest.mark.parametrize(
    ("invariant", "on_return", "kind", "name"),
    [
        (lambda x, i: congruent(x, i, 16), lambda x, n: congruent(x, n, 16), "invariant", "step: sum"),
        (lambda x, i: congruent(x, 3 * i + 1, 16), lambda x, n: congruent(x, 3 * n + 1, 16), "invariant", "entry: sum"),
        (lambda x, i: congruent(x, 3 * i, 16), lambda x, n: congruent(x, 3 * n - 3, 16), "ensures", ""),
        (lambda x, i: congruent(x, 3 * i, 16), lambda x, n: congruent(x, 3 * n + 16, 32), "ensures", ""),
        (lambda x, i: x == 0, lambda x, n: x == 0, "invariant", "step: sum"),
        (lambda x, i: x < 3, lambda x, n: x == 3, "invariant", "step: sum"),
        # One before the first: true at the head, false at the next.
        (lambda x, i: i < 1000, lambda x, n: n < 1, "ensures", ""),
    ],
)
def test_a_false_invariant(
    tmp_path: Path,
    invariant: Callable[[IntegerLike, IntegerLike], object],
    on_return: Callable[[IntegerLike, IntegerLike], object],
    kind: str,
    name: str,
) -> None:
    failed = _failed(tmp_path, LOOP, _loop(invariant, on_return))
    assert any(found.endswith(name) for found in failed[kind])


@pytest.mark.parametrize("modulus", [2, 3])
def test_a_cut_over_integers(tmp_path: Path, modulus: int) -> None:
    """x1 = 2a, then x1 + 2b: a cut's claim is proved there, and is no more than that."""

    def fn(p: Proof) -> None:
        a, b = p.word("a"), p.word("b")
        p.call(x0=a, x1=b)
        at = p.routine.entry + 4

        @p.cut(at)
        def _(s: State) -> Claims:
            return {"even": congruent(p.integer(s.x0), 0, modulus)}

        p.ensures(lambda s: {"": congruent(p.integer(s.x0), 0, modulus)})

    failed = _failed(tmp_path, "lsl x0,x0,#1\n add x0,x0,x1,lsl #1\n ret", fn)
    assert not failed if modulus == 2 else set(failed) == {"invariant", "ensures"}


@pytest.mark.parametrize("claimed", ["same", "no more", "more", "false", "kept"])
def test_a_cut_that_drops_registers(tmp_path: Path, claimed: str) -> None:
    """x1 = a + b + c0, x2 = c0, then x1 doubled: of x1 there is known what is claimed at the cut, and nothing else."""

    def fn(p: Proof) -> None:
        a, b = p.word("a", possible=0xFF), p.word("b", possible=0xFF)
        p.call(x1=a, x2=b)
        total = p.integer(a) + p.integer(b)

        @p.cut(p.routine.entry + 4, drop_x=[2] if claimed == "kept" else [1])
        def _(s: State) -> Claims:
            x = p.integer(s.x1)
            return {"": [x == total + int(claimed == "false")] if claimed in ("same", "false") else [x <= 510]}

        def ensured(s: State) -> Claims:
            x = p.integer(s.x1)
            return {"": x <= 1020 if claimed == "no more" else x == total * 2}

        p.ensures(ensured)

    failed = _failed(tmp_path, "add x1,x1,x2\n add x1,x1,x1\n ret", fn)
    assert set(failed) == {"more": {"ensures"}, "false": {"invariant", "ensures"}}.get(claimed, set())


@pytest.mark.parametrize(
    ("index", "end", "dropped", "lost"),
    [
        (0, 2, [1], set()),
        (1, 2, [1], {"invariant", "ensures"}),
        (0, 3, [1], {"ensures"}),
        (0, 1, [1], {"ensures"}),
        # Where the index is dropped as well, no more is known than that there is one.
        (0, 2, [1, 3], {"ensures"}),
    ],
)
def test_an_index_in_a_claim_of_a_cut_is_what_a_register_holds_there(
    tmp_path: Path, index: int, end: int, dropped: list[int], lost: set[str]
) -> None:
    """x1 = a + b where x3 is 1, then x3 is changed, and x1 = a + 2 b: F(k) = a + k b."""

    def fn(p: Proof) -> None:
        a, b = p.word("a", possible=0xFF), p.word("b", possible=0xFF)
        p.call(x1=a, x2=b)
        F = p.fold(lambda f, w: [f[0] + w[0]], start=[a], over=lambda _: Words([b]), name="F")

        @p.cut(p.routine.entry + 8, drop_x=dropped)
        def _(s: State) -> Claims:
            return {"F": p.integer(s.x1) == p.integer(F(s.x3 + index)[0]), "small": p.integer(s.x1) <= 510}

        p.ensures(lambda s: {"F": p.integer(s.x1) == p.integer(F(end)[0])})

    failed = _failed(tmp_path, "mov x3,#1\n add x1,x1,x2\n add x3,x3,#6\n add x1,x1,x2\n ret", fn)
    assert set(failed) == lost


@pytest.mark.parametrize("claims", ["all", "one"])
@pytest.mark.parametrize("alone", [True, False])
def test_of_a_cut_alone_only_its_claims_stay_known(tmp_path: Path, alone: bool, claims: str) -> None:
    """x1 = a + b and x2 = a + b at one cut, at the next of x1 only, or of both once more."""

    def fn(p: Proof) -> None:
        a, b = p.word("a", possible=0xFF), p.word("b", possible=0xFF)
        p.call(x1=a, x2=b)
        total = p.integer(a) + p.integer(b)

        def both(s: State) -> Claims:
            return {f"x{n}": p.integer(s.x[n]) == total for n in (1, 2)}

        def one(s: State) -> Claims:
            return {"x1": p.integer(s.x1) == total}

        p.cut(p.routine.entry + 8, drop_x=[1, 2])(both)
        p.cut(p.routine.entry + 12, drop_x=[1], alone=alone)(both if claims == "all" else one)
        p.ensures(both)

    failed = _failed(tmp_path, "add x1,x1,x2\n mov x2,x1\n nop\n ret", fn)
    assert set(failed) == ({"ensures"} if alone and claims == "one" else set())


def test_a_cut_alone_forgets_what_is_assumed_too(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        a, b = p.word("a", possible=0xFF), p.word("b", possible=0xFF)
        p.call(x1=a, x2=b)
        p.assume("a is b", p.integer(a) + p.integer(b) * 2 == p.integer(b) * 3)
        p.cut(p.routine.entry + 4, drop_x=[3], alone=True)(lambda s: {"x1": p.integer(s.x1) == p.integer(a)})
        p.ensures(lambda s: {"x1": p.integer(s.x1) == p.integer(b)})

    assert set(_failed(tmp_path, "mov x3,x2\n ret", fn)) == {"ensures"}


#: x0 = n a, each time by way of d0.
ROUND_BY_ROUND = """mov x4,#0
 1: dup v0.2d,x1
 add x5,x4,x1
 umov x6,v0.d[0]
 add x4,x4,x6
 subs x0,x0,#1
 b.ne 1b
 mov x0,x4
 ret"""


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("vector", "total", "lost", "false"),
    [
        ("d0", "i", False, False),
        ("integer", "i", False, False),
        ("", "i", True, False),
        ("s0", "i", True, False),
        ("wrong", "i", True, True),
        ("d0", "", "alone", False),
        ("d0", "i + 1", "alone", True),
    ],
)
def test_of_a_cut_alone_within_a_loop_only_its_claims_stay_known(
    tmp_path: Path, vector: str, total: str, lost: bool | str, false: bool, alone: bool
) -> None:
    """What it says of a vector register, in part or not at all, and of the sum so far, or does not say again."""

    def fn(p: Proof) -> None:
        I = p.integer  # noqa: E741
        n, a = p.nat("n", low=1, high=1000), p.word("a", possible=0xFF)
        p.call(x0=n, x1=a)
        loop = p.routine.back_edge()

        def summed(s: State, i: Bits) -> Claims:
            return {"x4": I(s.x4) == I(i) * I(a)}

        @p.cut_within(loop, p.routine.entry + 12, drop_x=[5], drop_v=[0], alone=alone)
        def _(s: State, i: Bits) -> Claims:
            of_vector = {"d0": s.d0 == a, "integer": I(s.d0) == I(a), "s0": s.s0 == a[31:0], "wrong": s.d0 == a + 1}
            said: Claims = {"vector": of_vector[vector]} if vector else {}
            return {**said, **(summed(s, i if total == "i" else i + 1) if total else {})}

        p.invariant(loop, upto=n)(summed)
        p.ensures(lambda s: {"x0": I(s.x0) == I(n) * I(a)})

    failed = _failed(tmp_path, ROUND_BY_ROUND, fn)
    broken = alone if lost == "alone" else lost
    assert set(failed) == ({"invariant"} if false or broken else set()) | ({"ensures"} if broken else set())
    assert any("cut" in name for name in failed.get("invariant", ())) == false


def test_a_cut_alone_drops_something(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        a = p.word("a")
        p.call(x0=a)
        with pytest.raises(InputError, match="alone"):
            p.cut(p.routine.entry, alone=True)(lambda s: {"": s.x0 == a})
        p.ensures(lambda s: {"": s.x0 == a})

    assert not _failed(tmp_path, "ret", fn)


def test_a_cut_drops_registers_or_forgets(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        a = p.word("a")
        p.call(x0=a)
        A = p.fold(lambda h, _: h, start=Words([a]), over=lambda i: Words([i]))
        p.cut(p.routine.entry, forget=[(A, 1)], drop_x=[1])(lambda s: {"": s.x0 == a})
        p.ensures(lambda s: {"": s.x0 == a})

    with pytest.raises(InputError, match="drop_x"):
        _failed(tmp_path, "ret", fn)


@pytest.mark.parametrize("first", [False, True])
def test_a_fold_from_the_last_word(tmp_path: Path, first: bool) -> None:
    """The last word that the loop reads is word n - 1 - i of the region for n - i = 1: the first, and no other."""

    def fn(p: Proof) -> None:
        n = p.nat("n", high=1000)
        r = p.region("r", n * 8, access="r", cell=8)
        p.call(x0=r, x1=n)
        word = r.blocks(1, 64)
        H = p.fold_mod(
            lambda h, w: h * 0 + w, modulus=7, start=0, over=lambda i: p.integer(word(i if first else n - 1 - i))
        )

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x1 == n - i, "read": congruent(p.integer(s.x2), H(i), 7)}

        p.ensures(lambda s: {"": congruent(p.integer(s.x2), H(n), 7)})

    text = "mov x2,#0\n cbz x1,2f\n 1: sub x1,x1,#1\n ldr x2,[x0,x1,lsl #3]\n cbnz x1,1b\n 2: ret"
    assert set(_failed(tmp_path, text, fn)) == ({"invariant", "ensures"} if first else set())


@pytest.mark.parametrize("last", [0, 1])
def test_a_claim_reads_within_its_region(tmp_path: Path, last: int) -> None:
    """Beyond a region another may lie, of which nothing is known to be as it was."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=64)
        r = p.region("r", n * 8, access="r", cell=8)
        word = r.blocks(1, 64)
        p.call(x0=r, x1=n)
        p.ensures(lambda s: {"": congruent(p.integer(s.x2) + 7 * p.integer(r.blocks(1, 64, at=s)(n - 1 + last)[0]),
                                           p.integer(p.entry.x2) + 7 * p.integer(word(n - 1)[0]), 7)})  # fmt: skip

    if last:
        with pytest.raises(InputError, match="past its"):
            _failed(tmp_path, "ret", fn)
    else:
        assert not _failed(tmp_path, "ret", fn)


# -- mistakes -------------------------------------------------------------------------------------


def _nested(x: IntegerLike) -> IntegerLike:
    for _ in range(61):
        x = x // 2 + 1
    return x


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        (lambda x, s: _nested(x) >= 0, "more than 60 quotients"),
        (lambda x, s: x**65 >= 0, "powers up to 64"),
        (lambda x, s: congruent(x, 0, 0), "from 1 up, not 0"),
        (lambda x, s: congruent(x, 0, -5), "from 1 up, not -5"),
        (lambda x, s: congruent(x, s.x0, 5), "only integers go with integers"),
        (lambda x, s: within(0, s.x0, 5), "only integers go with integers"),
        (lambda x, s: 0 <= x < 5, "no truth value"),
        (lambda x, s: (x >= 0) & (s.x0 >= 0), "give them as a list"),
        (lambda x, s: (s.x0 >= 0) & (x >= 0), "combined with a condition"),
        (lambda x, s: x != 5, "compare the words"),
        (lambda x, s: x / 2 == 1, "no fractions"),
        (lambda x, s: x // 0 == 1, "from 1 up, not 0|ZeroDivision"),
        (lambda x, s: x == s.x0, "compared with an integer|cannot compare"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, claim: Callable[[IntegerLike, State], object], says: str
) -> None:
    """No traceback, and no answer."""

    def fn(p: Proof) -> None:
        p.call(x0=p.word("a"))
        p.ensures(lambda s: {"": claim(p.integer(s.x0), s)})  # type: ignore[dict-item]

    try:
        r = run(fn, routine(tmp_path, "ret"), "f")
    except ArmsymError as e:
        assert re.search(says, str(e))  # noqa: PT017
        return
    assert r.status in (Status.ERROR, Status.REFUTED)
    if r.status is Status.ERROR:
        (told,) = (o.detail for o in r.obligations if o.status is Status.ERROR)
        assert re.search(rf"test_integers_negative.py:\d+: .*({says})", told)


@pytest.mark.parametrize(
    ("lo", "hi", "width"), [(0, 5, 12), (0, 5, 72), (5, 5, 16), (-(2**15) - 1, 5, 16), (0, 2**16 + 1, 16)]
)
def test_examples_of_lanes_that_are_none(lo: int, hi: int, width: int) -> None:
    with pytest.raises(InputError, match="lanes_within"):
        lanes_within(lo, hi, width)
