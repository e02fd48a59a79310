"""Small routines that are wrong in one way each (broken.s): which obligation refuses them.

Twice each: as a user would see it, where a concrete run gives a counterexample first, and with the
runs' verdicts held back, so that the symbolic proof has to see it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from assembling import assemble_file, contents
from refusing import refute, run, symbolically

import armsym.proof.trials
from armsym.dsl import Bits, Claims, Proof, State, Words
from armsym.elf import load
from armsym.proof.result import Status
from crypto_examples.own_memcmp.proof import difference

HERE = Path(__file__).parent

broken = load(str(HERE / "broken.o"))

#: Routine -> the kind of obligation that refuses it.
UNALLOCATED = "executes_an_unallocated_word"

REFUSED_BY = {
    "clobbers_x19": "abi",
    "clobbers_x29": "abi",
    "clobbers_d8": "abi",
    "clobbers_upper_half_of_d15": "abi",
    "forgets_sp": "abi",
    "forgets_to_reload": "abi",
    "restores_in_the_wrong_order": "abi",
    "stores_below_sp": "memory",
    "stores_below_sp_by_another_register": "memory",
    "loads_below_sp": "memory",
    "loads_what_it_popped": "memory",
    "stores_to_the_callers_frame": "memory",
    "needs_more_stack_than_declared": "memory",
    "reads_one_byte_past": "memory",
    "reads_one_byte_before": "memory",
    "stores_one_byte_past": "memory",
    "stores_to_the_input": "memory",
    "stores_to_a_constant": "memory",
    "stores_to_code": "memory",
    "loads_from_a_number": "memory",
    "reaches_one_buffer_from_the_other": "memory",
    "swaps_words": "ensures",
    "stores_half": "ensures",
    "takes_a_register_never_set": "ensures",
    "takes_stale_stack": "ensures",
    "branches_on_a_secret": "constant-time",
    "branches_on_flags_of_the_caller": "constant-time",
    "branches_on_a_secret_it_stored": "constant-time",
    "loads_from_a_secret_address": "constant-time",
    "stores_to_a_secret_address": "constant-time",
    "divides_a_secret": "constant-time",
    "divides_a_secret_signed": "constant-time",
    "loops_forever": "termination",
    "stops_at_a_breakpoint": "decode",
    "calls_the_system": "decode",
    "executes_an_undefined_word": "decode",
    "executes_an_unallocated_word": "decode",
    "returns_past_the_caller": "abi",
    "returns_to_a_secret": "abi",
    "branches_to_data": "decode",
    "misaligns_sp": "decode",
}
#: The file does not say what happens: nobody knows what a writable global holds, or what another file's code does.
OPEN = {"reads_an_undeclared_global": "memory", "calls_another_file": "decode"}
#: The same where one input among 2**32 or 2**64 shows it: only the symbolic proof sees these.
RARE = {
    "wrong_for_one_secret": "ensures",
    "wrong_for_one_public_number": "ensures",
    "stops_at_a_breakpoint_for_one_public_number": "decode",
    "loops_too_often_for_one_public_number": "termination",  # it ends, after 2**64 rounds: that refutes nothing
}
#: What the symbolic proof refuses besides.
ALSO = {"returns_to_a_secret": {"constant-time"}}
RIGHT = {"right_copy", "right_copy_with_frame"}
OTHER_CONTRACTS = {"takes_the_upper_half_of_a_word", "compares_until_the_first_difference"}


def copies(p: Proof) -> None:
    """16 secret bytes are copied from x1 to x0; x2 is any public number."""
    n = p.nat("n", high=2**40)
    target = p.region("target", 16, access="rw")
    source = p.region("source", 16, access="r")
    p.call(x0=target, x1=source, x2=n)
    p.assume_timing("fmov")  # one routine moves a secret through a register so
    p.modifies(target, p.stack(32))
    p.ensures(lambda s: {"copied": target.words(width=64, at=s) == source.words(width=64)})


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armsym.proof.trials, "MAX_STEPS", 2_000)


def test_object_is_that_of_the_source(tmp_path: Path) -> None:
    assemble_file(HERE / "broken.s", tmp_path / "broken.o")
    assert contents(tmp_path / "broken.o") == contents(HERE / "broken.o")


def test_every_routine_is_tried() -> None:
    assert {s.name for s in broken.functions()} == {*REFUSED_BY, *OPEN, *RARE, *RIGHT, *OTHER_CONTRACTS}


@pytest.mark.parametrize("symbol", sorted(RIGHT))
def test_right_routine_is_proved(symbol: str) -> None:
    assert run(copies, broken, symbol).status is Status.PROVED


@pytest.mark.parametrize("symbol", [s for s in REFUSED_BY if s != UNALLOCATED])
def test_counterexample(symbol: str) -> None:
    assert refute(copies, broken, symbol)[0] == REFUSED_BY[symbol]


def test_unallocated_word_is_an_error() -> None:
    # No model says what the word does: that refutes nothing, and proves nothing.
    r = run(copies, broken, UNALLOCATED)
    assert r.status is Status.ERROR
    assert r.counterexample is None
    assert [o.kind for o in r.obligations if o.status is Status.ERROR] == ["decode"]


@pytest.mark.parametrize("symbol", OPEN)
def test_what_the_file_does_not_say_refutes_nothing(symbol: str) -> None:
    r = run(copies, broken, symbol)
    assert r.status is Status.UNDECIDED
    assert r.counterexample is None
    assert [o.kind for o in r.obligations if o.status is not Status.PROVED and o.detail != "not reached"] == [
        OPEN[symbol]
    ]


@pytest.mark.parametrize("symbol", [*REFUSED_BY, *OPEN, *RARE])
def test_symbolic_proof_refuses(symbol: str) -> None:
    kind = (REFUSED_BY | OPEN | RARE)[symbol]
    assert set(symbolically(copies, broken, symbol)) == {kind} | ALSO.get(symbol, set())


@pytest.mark.parametrize("symbol", RARE)
def test_rare_failure_is_no_proof(symbol: str) -> None:
    r = run(copies, broken, symbol)
    assert r.status is not Status.PROVED
    assert RARE[symbol] in {o.kind for o in r.obligations if o.status is not Status.PROVED}


def test_the_one_secret_is_found() -> None:
    r = run(copies, broken, "wrong_for_one_secret")
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert int(r.counterexample.expected, 16) == 0xDEF0_9ABC_5678_1234
    assert r.counterexample.inputs["source"].startswith("34127856bc9af0de")


def test_upper_half_of_a_word_argument_is_unknown() -> None:
    def adds(p: Proof) -> None:
        a, b = p.word("a"), p.word("b", 32)
        p.call(x0=a, w1=b)
        p.ensures(lambda s: {"sum": s.x0 == a + b.zero_extend(64)})

    symbol = "takes_the_upper_half_of_a_word"
    assert refute(adds, broken, symbol) == ("ensures", "sum")
    assert symbolically(adds, broken, symbol) == {"ensures": ["sum"]}


def early_exit(p: Proof) -> None:
    """Of a comparison that stops at the first difference: all that is said here holds, but for the time."""
    n = p.nat("len", high=2**50)
    a = p.region("a", n, access="r", cell=1)
    b = p.region("b", n, access="r", cell=1)
    p.call(x0=a, x1=b, x2=n)
    D = p.fold(difference, start=[Bits(8, 0)], over=lambda i: Words([a.byte(i), b.byte(i)]), name="D")

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"equal so far": D(i)[0] == 0}

    p.ensures(lambda s: {"0 or 1": s.w0 <= 1})


def test_early_exit_is_not_constant_time() -> None:
    symbol = "compares_until_the_first_difference"
    assert symbolically(early_exit, broken, symbol).keys() == {"constant-time"}
    r = run(early_exit, broken, symbol)
    assert "constant-time" in {o.kind for o in r.obligations if o.status is not Status.PROVED}
