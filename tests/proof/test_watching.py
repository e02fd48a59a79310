"""Who looks on changes nothing, and what is recorded is what the run did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cli_data import DATA
from rooms import image, number

from armsym.bits import Bits
from armsym.cli.work import image_of
from armsym.dsl import Proof
from armsym.elf import Image
from armsym.proof.handles import Claims
from armsym.proof.registry import discover
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from armsym.proof.state import State, Words
from armsym.terms.node import Var
from armsym.view.recording import CaseRecord, Recorder
from semantics import A64

EXAMPLES = Path(__file__).resolve().parents[2] / "crypto_examples"


def run(fn: Callable[[Proof], None], what: Image, symbol: str, watch: Recorder | None = None) -> ProofResult:
    return prove(fn, name="f", image=what, symbol=symbol, isa=A64, watch=watch)


def told(r: ProofResult) -> list[object]:
    """All that an answer says, without times."""
    return [r.status, r.message, r.assumptions, r.instructions, [replace(o, seconds=0.0) for o in r.obligations]]


def recorded(code: str, fn: Callable[[Proof], None], status: Status = Status.PROVED) -> CaseRecord:
    """The one case of a proof of this code."""
    seen = Recorder()
    assert run(fn, image(code), "f", seen).status is status
    (case,) = seen.cases
    return case


@pytest.mark.parametrize("name", ["adds", "subtracts", "sums", "takes_a_root"])
def test_the_answer_is_the_same_whether_or_not_anybody_looks_on(name: str) -> None:
    d = next(d for d in discover(DATA / "adding.py") if d.name == name)
    plain = run(d, image_of(d.object_spec()), d.symbol)
    seen = Recorder()
    assert told(run(d, image_of(d.object_spec()), d.symbol, seen)) == told(plain)
    assert seen.cases[0].segments


def test_a_proof_of_a_hash_and_what_was_recorded_of_it() -> None:
    (d,) = discover(EXAMPLES / "own_sha512")
    seen = Recorder()
    result = run(d, image_of(d.object_spec()), d.symbol, seen)
    assert result.status is Status.PROVED
    assert told(run(d, image_of(d.object_spec()), d.symbol)) == told(result)
    (case,) = seen.cases
    ends = [s.end for s in case.segments]
    assert {"enters", "back edge", "returns"} <= set(ends)
    assert "stopped" not in ends
    # Each instance that was recorded belongs to an obligation, and each obligation was recorded somewhere.
    everywhere = [*case.first, *case.whole]
    for s in case.segments:
        everywhere += [*s.ends, *(o for step in s.steps for o in step.shown)]
    assert {(o.kind, o.name) for o in everywhere} == {
        (o.kind, o.name) for o in result.obligations if o.kind != "non-vacuous"
    }
    # Every path is one whole, from the entry on.
    for s in case.segments:
        assert case.lineage(s.number)[0].how == "entry"
        assert len(list(s.states())) == len(s.steps) + 1


def test_the_states_that_were_recorded_are_those_of_a_run_on_numbers() -> None:
    code = "add x2, x0, x1, lsl #3\nsubs x3, x2, #5\nstr x3, [x4, #8]\nldr x5, [x4, #8]\neor x0, x5, x1\nret"

    def fn(p: Proof) -> None:
        a, b, buffer = p.word("a"), p.word("b"), p.region("buffer", 16, access="rw")
        p.call(x0=a, x1=b, x4=buffer)
        p.modifies(buffer)
        p.ensures(lambda s: {"x": s.x0 == (a + b * 8 - 5) ^ b})

    (s,) = recorded(code, fn).segments
    assert [step.at - s.at for step in s.steps] == [0, 4, 8, 12, 16, 20]
    assert [sorted(step.changed) for step in s.steps] == [["x2"], ["C", "N", "V", "Z", "x3"], [], ["x5"], ["x0"], []]
    free = {v: v for state in s.states() for v in state.values() if isinstance(v, Var)}
    for a, b in ((0, 0), (5, 0), (1 << 63, 7), ((1 << 64) - 1, (1 << 64) - 1)):
        values = {v: {"a": a, "b": b}.get(v.name, 0) for v in free}
        last = list(s.states())[-1]
        two = a + 8 * b & (1 << 64) - 1
        three = two - 5 & (1 << 64) - 1
        assert number(last["x2"], values) == two
        assert number(last["x3"], values) == number(last["x5"], values) == three
        assert number(last["x0"], values) == three ^ b
        assert number(last["Z"], values) == (three == 0)
        assert number(last["C"], values) == (two >= 5)
    (store,) = s.steps[2].stores
    assert (store.region.name, store.symbolic, store.constant) == ("buffer", None, 8)
    assert store.value.value is last["x5"]


def test_a_loop_that_was_explored_anew_is_recorded_once() -> None:
    # X4 counts in steps that no run on numbers shows to be the same: the guess about it is withdrawn.
    code = "mov x2, xzr\n1: ldr x3, [x0], #8\nadd x2, x2, x3\nand x4, x3, #1\nsubs x1, x1, #1\nb.ne 1b\nmov x0, x2\nret"

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2**20)
        data = p.region("data", 8 * n, access="r")
        p.call(x0=data, x1=n)

        def add(total: Words, block: Words) -> list[Bits]:
            return [total[0] + block[0]]

        total = p.fold(add, start=[Bits(64, 0)], over=data.blocks(words=1, width=64))

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"so far": s.x2 == total(i)[0]}

        p.ensures(lambda s: {"sum": s.x0 == total(n)[0]})

    case = recorded(code, fn)
    assert [s.end for s in case.segments].count("back edge") == 1
    assert [s.end for s in case.segments].count("returns") == 1
    entered = next(s for s in case.segments if s.end == "enters")
    (iteration,) = case.children(entered.number)
    assert iteration.how == "iteration"
    assert iteration.loops[0][1] == iteration.at
    # Of what the loop changes the claim is known at its head.
    assert str(iteration.start["x2"]) == "H.0(i)"
    names = {o.name for s in case.segments for o in s.ends}
    assert any("on entry: so far" in name for name in names)
    assert any("step: so far" in name for name in names)


def test_a_path_that_stops_says_at_which_instruction() -> None:
    def fn(p: Proof) -> None:
        p.ensures(lambda s: {"x": s.x1 == 1})

    case = recorded("mov x1, #1\nfsqrt d0, d0\nret", fn, Status.ERROR)
    (s,) = case.segments
    assert s.end == "stopped"
    assert [step.done for step in s.steps] == [True, False]
    assert any(o.status is Status.ERROR for o in s.steps[-1].shown + s.ends)


def test_a_proof_that_is_refuted_by_numbers_is_recorded_too_and_stays_refuted() -> None:
    def fn(p: Proof) -> None:
        p.ensures(lambda s: {"x": s.x0 == p.entry.x0 + 2})

    case = recorded("add x0, x0, #1\nret", fn, Status.REFUTED)
    assert [o.status for s in case.segments for o in s.ends if o.kind == "ensures"] == [Status.UNDECIDED]


def test_what_the_run_on_symbols_raises_is_no_answer_of_a_refuted_proof() -> None:
    def fn(p: Proof) -> None:
        if not p.entry.x0.is_concrete:
            raise RuntimeError("not on symbols")
        p.ensures(lambda s: {"x": s.x0 == p.entry.x0 + 2})

    assert run(fn, image("add x0, x0, #1\nret"), "f").status is Status.REFUTED
    assert run(fn, image("add x0, x0, #1\nret"), "f", Recorder()).status is Status.REFUTED
