"""A claim about integers that fails on numbers says both numbers and their residues; that it fails is not changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from assembling import assembled
from refusing import BUDGET

from armsym.bits import Bits, Prop
from armsym.dsl import Proof, State, congruent, integer, when, within
from armsym.elf import Image, load_bytes
from armsym.integers.numbers import Judged, Number, telling
from armsym.proof.result import Counterexample, Status
from armsym.proof.run import prove
from semantics import A64

CODE = ".text\n.global f\n.type f,%function\nf: add x0, x0, #5\n ret\n"


@pytest.fixture(scope="module")
def code() -> Image:
    return load_bytes(assembled(CODE), "f.o")


def _refuted(code: Image, claim: Callable[[Any, Any], Any]) -> Counterexample:
    def fn(p: Proof) -> None:
        k = p.word("k", 64, possible=0xFF)
        p.call(x0=k)
        p.ensures(lambda s: {"claim": claim(integer(s.x0), integer(k))})

    r = prove(fn, name="f", image=code, symbol="f", isa=A64, budget=BUDGET)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    return r.counterexample


def _k(c: Counterexample) -> int:
    return int(c.inputs["k"], 16)


def test_equations(code: Image) -> None:
    c = _refuted(code, lambda x, k: x == k + 7)
    assert (c.expected, c.got) == (f"{_k(c) + 7:#x}", f"{_k(c) + 5:#x}, which is 2 less")


def test_bounds(code: Image) -> None:
    c = _refuted(code, lambda x, k: x <= k)
    assert (c.expected, c.got) == (f"<= {_k(c):#x}", f"{_k(c) + 5:#x}, which is 5 more")


def test_congruences(code: Image) -> None:
    c = _refuted(code, lambda x, k: congruent(2 * x, 2 * k, 7))
    x, y = 2 * (_k(c) + 5), 2 * _k(c)
    assert c.expected == f"{y:#x}, residue {y % 7} modulo 7"
    assert c.got == f"{x:#x}, residue {x % 7}; the difference has the residue 3"


def test_ranges(code: Image) -> None:
    c = _refuted(code, lambda x, k: within(0, x - k, 5))
    assert (c.expected, c.got) == ("0 <= x < 5", "5")


def test_the_part_that_fails_is_told(code: Image) -> None:
    c = _refuted(code, lambda x, k: [x == k + 5, (k <= x) & (x < k + 5)])
    assert c.claim == "claim[1]"
    assert (c.expected, c.got) == (f"< {_k(c) + 5:#x}", f"{_k(c) + 5:#x}, which is just that")


def test_under_conditions(code: Image) -> None:
    c = _refuted(code, lambda x, k: when(k >= 0, x == k))
    assert c.got == f"{_k(c) + 5:#x}, which is 5 more"


def test_what_cannot_be_told_is_not(code: Image) -> None:
    """A proof that makes a bool of the comparison."""
    c = _refuted(code, lambda x, k: bool(x == k))
    assert (c.expected, c.got) == ("true", "false")


NUMBERS = [0, 1, -1, 7, 2**64 - 1, 2**64, -(2**64), 3**80]


@pytest.mark.parametrize("a", NUMBERS)
@pytest.mark.parametrize("b", NUMBERS)
def test_numbers_that_tell_are_numbers(a: int, b: int) -> None:
    """All operators and comparisons, with the same results as of plain numbers, told or not."""
    operators: list[Callable[[Any, Any], Any]] = [
        *(lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: -x),
        *((lambda x, y: x // y, lambda x, y: x % y) if b else ()),
        *(lambda x, y: x == y, lambda x, y: x < y, lambda x, y: x <= y, lambda x, y: x > y, lambda x, y: x >= y),
        lambda x, y: pow(x, 3, abs(int(y)) + 1),
    ]
    for f in operators:
        plain = f(a, b)
        for x, y in ((Number(a), b), (a, Number(b)), (Number(a), Number(b))):
            assert type(f(x, y)) in (type(plain), Number)
            assert int(f(x, y)) == plain
            with telling():
                told = f(x, y)
            if isinstance(plain, bool):
                assert isinstance(told, Judged)
                assert told.value is plain
            else:
                assert int(told) == plain


def test_claims_joined(code: Image) -> None:
    with telling():
        x: Any = integer(Bits(8, 5))
        holds, fails = x < 6, x < 5
        for both in (holds & fails, fails & holds, True & fails, fails & True):
            assert isinstance(both, Prop)
            assert both.value is False
        assert (holds & holds).value is True
        assert (False & holds).value is False
    assert (integer(Bits(8, 5)) < 6) is True
    assert type(integer(Bits(8, 5))) is int


def test_nothing_is_told_of_a_state(code: Image) -> None:
    """Words have both sides anyway."""

    def fn(p: Proof) -> None:
        k = p.word("k", 64, possible=0xFF)
        p.call(x0=k)

        @p.ensures
        def _(s: State) -> dict[str, Any]:
            return {"word": s.x0 == k, "number": integer(s.x0) == 3}

    r = prove(fn, name="f", image=code, symbol="f", isa=A64, budget=BUDGET)
    assert r.counterexample is not None
    c = r.counterexample
    assert (int(c.expected, 16), int(c.got, 16)) == (_k(c), _k(c) + 5)
