"""What is said where beginners' proofs stop: each hint in the case that it is for, and not beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from assembling import assembled
from refusing import BUDGET, symbolically, without_search

from armsym.dsl import Bits, Proof, concat
from armsym.elf import Image, load_bytes
from armsym.errors import InputError
from armsym.proof.engine import Budget
from armsym.proof.result import Obligation, ProofResult, Status
from armsym.proof.run import prove
from armsym.report.outcome import Outcome
from armsym.report.text import outcome_lines
from semantics import A64

CODE = Path(__file__).with_name("hints.s").read_text()


@pytest.fixture(scope="module")
def code() -> Image:
    return load_bytes(assembled(CODE), "hints.o")


def _answer(code: Image, symbol: str, fn: Callable[[Proof], None], budget: Budget = BUDGET) -> ProofResult:
    return prove(fn, name=symbol, image=code, symbol=symbol, isa=A64, budget=budget)


def _text(r: ProofResult) -> str:
    """The report, on one line, since it is broken anywhere."""
    return " ".join(" ".join("".join(t for t, _ in line) for line in outcome_lines(Outcome(r))).split())


def _failed(r: ProofResult, kind: str) -> Obligation:
    (found,) = [o for o in r.obligations if o.status is not Status.PROVED and o.kind == kind and o.detail]
    return found


def _takes_a_word(p: Proof) -> None:
    p.call(x0=p.word("k", public=True))
    p.ensures(lambda s: {"x1": s.x1 == s.x1})


def _copies(p: Proof) -> None:
    out, a = p.region("out", 8, access="w"), p.region("a", 8, access="r")
    p.call(x0=out, x1=a)
    p.modifies(out)
    p.ensures(lambda s: {"copy": out.words(64, at=s) == a.words(64)})


@pytest.mark.parametrize(
    ("symbol", "bytes_"), [("pushes", 16), ("pushes_more", 48), ("below_sp", 16), ("moves_sp", 32), ("odd", 16)]
)
def test_stack_that_is_not_declared(code: Image, symbol: str, bytes_: int) -> None:
    text = _text(_answer(code, symbol, _copies))
    assert (
        f"at least {bytes_} bytes of stack below SP, and the proof declares none: p.modifies(p.stack({bytes_}))" in text
    )


def test_stack_of_which_too_little_is_declared(code: Image) -> None:
    def fn(p: Proof) -> None:
        _copies(p)
        p.modifies(p.stack(16))

    assert "at least 32 bytes of stack below SP, and the proof declares 16" in _text(_answer(code, "moves_sp", fn))


def test_arguments_on_the_stack(code: Image) -> None:
    text = _text(_answer(code, "ninth", _takes_a_word))
    assert "8 bytes above SP on entry, where arguments on the stack are: p.stack(..., above=16) lends them" in text


@pytest.mark.parametrize("symbol", ["reads_far", "reads_nothing"])
def test_another_access_that_is_not_permitted_has_no_hint(code: Image, symbol: str) -> None:
    r = _answer(code, symbol, _copies)
    assert r.counterexample is not None
    assert r.counterexample.hints == ()


def _given(width: int) -> Callable[[Proof], None]:
    def fn(p: Proof) -> None:
        a = p.region("a", 16, access="r")
        k = [p.word(f"k{j}", width) for j in range(128 // width)]
        for j, word in enumerate(k):
            p.given(a, j * width // 8, word)
        p.call(x1=a)
        p.ensures(lambda s: {"x0": s.x0 == concat(*reversed(k))[63:0]})

    return fn


@pytest.mark.parametrize(("width", "proved"), [(8, False), (32, False), (64, True), (128, True)])
def test_given_in_another_width_than_the_loads(code: Image, width: int, proved: bool) -> None:
    r = _answer(code, "loads_eight", _given(width))
    assert (r.status is Status.PROVED) == proved
    said = "p.given says what a value of the width of the loads is, here 8 bytes at a+0"
    assert (said in _text(r)) is not proved


def _two_loops(p: Proof) -> None:
    n, m = p.nat("n", low=1, high=2**20), p.nat("m", low=1, high=2**20)
    a, b = p.region("a", 8 * n, access="r"), p.region("b", 8 * m, access="r")
    p.call(x0=a, x1=n, x2=b, x5=m)
    S = p.fold(lambda s, w: [s[0] + w[0]], start=[Bits(64, 0)], over=a.blocks(words=1, width=64), name="S")
    T = p.fold(lambda s, w: [s[0] ^ w[0]], start=[Bits(64, 0)], over=b.blocks(words=1, width=64), name="T")
    first, second = p.routine.loops()
    p.invariant(first, upto=n)(lambda s, i: {"sum": s.x4 == S(i)[0]})
    p.invariant(second, upto=m)(lambda s, i: {"sum": s.x4 == S(n)[0], "xor": s.x6 == T(i)[0] ^ (s.x7 ^ s.x7)})
    p.ensures(lambda s: {"x0": s.x0 == S(n)[0] ^ T(m)[0] ^ 1})


def test_the_iterations_of_two_loops_have_two_names(code: Image) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("armsym.proof.trials._broken", lambda *_, **__: None)
        r = _answer(code, "two_loops", _two_loops)
    why = _failed(r, "ensures").why
    assert why is not None
    assert why.sides is not None
    assert why.story is not None
    assert "T.0(i2)" in why.sides.claimed
    assert [t.says for t in why.story.turns if t.kind == "loop"] == [
        "the loop is reached from outside: i1 == 0",
        "an arbitrary iteration i1 of invariant at two_loops+0x8",
        "the loop is reached from outside: i2 == 0",
        "an arbitrary iteration i2 of invariant at two_loops+0x18",
    ]
    assert set(why.story.lengths) == {"n = (i1 + 1)", "m = (i2 + 1)"}


@pytest.mark.parametrize("name", ["i", "i1", "i12"])
def test_the_names_of_iterations_are_no_names_for_inputs(code: Image, name: str) -> None:
    def takes_it(p: Proof) -> None:
        p.word(name)

    with pytest.raises(InputError, match=f"'{name}' cannot be a name here"):
        _answer(code, "loads_eight", takes_it)


def _products(p: Proof) -> None:
    n = p.nat("n", low=1, high=2**20)
    a = p.region("a", 8 * n, access="r")
    p.call(x0=a, x1=n)

    def step(s: object, w: object) -> list[Bits]:
        return [s[0] * w[0], s[1] + s[0] * w[0]]  # type: ignore[index]

    S = p.fold(step, start=[Bits(64, 1), Bits(64, 0)], over=a.blocks(words=1, width=64), name="S")
    p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"sum": s.x4 == S(i)[1]})
    p.ensures(lambda s: {"x0": s.x0 == S(n)[1]})


def test_a_loop_variable_that_no_claim_speaks_of(code: Image) -> None:
    r = _answer(code, "products", _products)
    why = _failed(r, "invariant").why
    assert why is not None
    assert why.sides is not None
    assert (why.sides.part_found, why.sides.part_claimed) == ("x3", "S.0(i)")
    (hint,) = why.hints
    assert hint.startswith("x3 is unknown at the head of invariant at products+0x8 (it is compared with S.0(i))")
    assert '{"x3": s.x3 == ...}' in hint


@pytest.mark.parametrize("symbol", ["loses_lr", "returns_by_x5"])
def test_a_lost_return_address_is_a_matter_of_the_abi(code: Image, symbol: str) -> None:
    r = _answer(code, symbol, _takes_a_word)
    assert r.counterexample is not None
    c = r.counterexample
    assert (c.kind, c.claim) == ("abi", "control returns to the caller")
    assert "ret" in c.detail
    assert "LR on entry" in c.detail
    assert int(c.expected, 16) != int(c.got, 16)


def test_a_branch_to_nowhere_is_not(code: Image) -> None:
    r = _answer(code, "jumps_away", _takes_a_word)
    assert r.counterexample is not None
    assert r.counterexample.kind == "decode"


def _flag(p: Proof) -> None:
    n = p.nat("n", low=1, high=2**20)
    p.call(x1=n)
    p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"x1": s.x1 == n - i})
    p.ensures(lambda s: {"x0": s.x0 == 0})


def test_what_is_unknown_is_not_called_a_secret(code: Image) -> None:
    detail, why = (o := _failed(_answer(code, "carries_a_flag", _flag), "constant-time")).detail, o.why
    assert "depends on what is unknown at the head of a loop: C" in detail
    assert "secret" not in detail
    assert why is not None
    assert why.hints[0].startswith("C is unknown at the head of invariant at carries_a_flag+0x8")


def _mixed(p: Proof) -> None:
    k, n = p.word("k"), p.nat("n", low=1, high=2**20)
    p.call(x0=k, x1=n)
    p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"x1": s.x1 == n - i, "x0": s.x0 == k})
    p.ensures(lambda s: {"x2": s.x2 == s.x2})


def test_a_secret_is_called_one_beside_what_is_unknown(code: Image) -> None:
    open_ = symbolically(_mixed, code, "mixes")
    assert set(open_) == {"constant-time"}
    with pytest.MonkeyPatch.context() as patch:
        without_search(patch)
        assert "depends on a secret" in _failed(_answer(code, "mixes", _mixed), "constant-time").detail


def _ensures_nothing(p: Proof) -> None:
    p.call()


def test_a_proof_that_ensures_nothing_says_so(code: Image) -> None:
    r = _answer(code, "just_returns", _ensures_nothing)
    assert r.status is Status.UNDECIDED
    assert _failed(r, "ensures").detail == "the proof has no p.ensures(...)"


def test_a_loop_that_no_invariant_speaks_of(code: Image) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2**20)
        a = p.region("a", 8 * n, access="r")
        p.call(x0=a, x1=n)
        p.ensures(lambda s: {"x0": s.x1 == 0})

    r = _answer(code, "products", fn, Budget(seconds=20, steps=4000, paths=8, claim_ms=1000))
    (o,) = [o for o in r.obligations if o.name == "within the budget"]
    assert o.why is not None
    assert "no invariant speaks of the loop at" in o.why.hints[0]
    assert "<products+0x8>" in o.why.hints[0]


def test_what_a_claim_reads_is_not_called_an_access_of_the_routine(code: Image) -> None:
    """It names the claim, and its place in the proof's file."""

    def fn(p: Proof) -> None:
        a = p.region("a", 16, access="r")
        k = p.word("k")
        p.given(a, 0, k)
        p.call(x1=a)
        p.ensures(lambda s: {"x0": s.x0 == k, "all": a.words(128)[0][63:0] == k})

    o = _failed(_answer(code, "loads_eight", fn), "memory")
    assert f"{__file__}:" in o.detail
    assert "a claim (ensures, on return) reads memory, not the routine: 16 bytes at a+0 overlap" in o.detail


def test_an_access_that_is_not_shown_in_bounds_tells_the_path(code: Image) -> None:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2**20)
        a = p.region("a", 8 * n, access="r")
        p.call(x0=a, x1=n)
        p.invariant(p.routine.back_edge(), upto=n)(lambda s, i: {"x0": s.x0 == a.base + 8 * i + (s.x6 & 8)})
        p.ensures(lambda s: {"x5": s.x5 == s.x5})

    with pytest.MonkeyPatch.context() as patch:
        without_search(patch)
        patch.setattr("armsym.proof.trials._broken", lambda *_, **__: None)
        r = _answer(code, "products", fn)
    found = [o for o in r.obligations if o.kind == "memory" and o.why is not None and o.status is not Status.PROVED]
    assert found
    assert "the load of 8 bytes at 0x" in found[0].detail
    assert found[0].why is not None
    assert found[0].why.story is not None
    assert any(t.kind == "loop" for t in found[0].why.story.turns)
