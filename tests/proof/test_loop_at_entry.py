"""A routine whose first instruction is a loop's head: the state on entry is its first arrival."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from assembling import assembled
from refusing import run, symbolically

from armsym.dsl import Bits, Claims, Proof, State
from armsym.elf import Image, load_bytes
from armsym.proof.result import Status

CODE = """
        .text
        .global counts
        .type   counts, %function
counts:
1:      add     x0, x0, #3
        subs    x1, x1, #1
        b.ne    1b
        ret
"""


@pytest.fixture(scope="module")
def code() -> Image:
    return load_bytes(assembled(CODE), "counts.o")


def _counting(
    of: Callable[[Bits, Bits], Bits] = lambda k, i: k + 3 * i, *, low: int = 1, start: int = 0
) -> Callable[[Proof], None]:
    def fn(p: Proof) -> None:
        n, k = p.nat("n", low=low, high=2**40), p.word("k")
        p.call(x0=k, x1=n)

        @p.invariant(p.routine.back_edge(), upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"so far": s.x0 == of(k, i) + start, "left": s.x1 == n - i}

        p.ensures(lambda s: {"x0": s.x0 == k + 3 * n})

    return fn


def test_it_is_proved(code: Image) -> None:
    assert run(_counting(), code, "counts").status is Status.PROVED


def test_what_does_not_hold_on_entry_is_refused(code: Image) -> None:
    """Not even where the rounds keep it: the claim is one too many each time."""
    r = run(_counting(start=1), code, "counts")
    assert r.status is Status.REFUTED
    assert "on entry: so far" in " ".join(symbolically(_counting(start=1), code, "counts")["invariant"])


def test_what_the_rounds_do_not_keep_is_refused(code: Image) -> None:
    open_ = symbolically(_counting(lambda k, i: k + 4 * i), code, "counts")
    assert any("step: so far" in name for name in open_["invariant"])


def test_no_round_is_no_case_of_it(code: Image) -> None:
    """For n = 0 it goes on for 2^64 rounds: i < upto does not hold on entry."""
    assert any("on entry" in name for name in symbolically(_counting(low=0), code, "counts")["termination"])
