"""What fails on one assignment: claims that hold for all values never do, and what is opaque is its definition."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.bits import Bits, Prop
from armsym.bits.opaque import opaque
from armsym.discharge.some_values import fails_somewhere
from armsym.symbolic_memory import variable
from armsym.terms import ops
from armsym.terms.node import new_table

W = 16


def v(name: str, possible: int | None = None) -> Bits:
    return variable(name, W, secret=True, possible=possible)


def unknown(*args: Bits) -> Bits:
    return Bits(W, ops.apply("unknown", W, [(a.width, a.value) for a in args], secret=True))


@opaque("square", W)
def square(x: Bits) -> Bits:
    return x * x


@opaque("wide", 300)
def wide(x: Bits) -> Bits:
    return x.zero_extend(300) << 100


HOLD: list[Callable[[Bits, Bits], Prop]] = [
    lambda a, b: (a ^ b) + ((a & b) << 1) == a + b,
    lambda a, b: (a & 0xFF) + (b & 0xFF) < 0x200,
    lambda a, b: unknown(a, b) - unknown(a, b) + a == a,
    lambda a, b: ((unknown(a) & unknown(b)) | (unknown(a) & ~unknown(b))) == unknown(a),
    lambda a, b: v("few", 0x0F) < 0x10,
    lambda a, b: square(a) == a * a,
    lambda a, b: wide(a)[115:100] == a,
    lambda a, b: wide(a)[99:0] == 0,
]
FAIL: list[Callable[[Bits, Bits], Prop]] = [
    lambda a, b: a == b,
    lambda a, b: a + b == a ^ b,
    lambda a, b: unknown(a) == unknown(b),
    lambda a, b: unknown(a, b) == unknown(b, a),
    lambda a, b: unknown(a) == a,
    lambda a, b: v("few", 0x0F) == 0x10,
    lambda a, b: v("same name") == v("same name"),
    lambda a, b: square(a) == square(b),
    lambda a, b: square(a) == a * a + 1,
    lambda a, b: wide(a)[116:101] == a,
]


@pytest.mark.parametrize("claim", HOLD)
def test_what_holds_fails_nowhere(claim: Callable[[Bits, Bits], Prop]) -> None:
    new_table()
    for _ in range(20):
        assert not fails_somewhere(claim(v("a"), v("b")).bit.value)


@pytest.mark.parametrize("claim", FAIL)
def test_what_fails_is_found(claim: Callable[[Bits, Bits], Prop]) -> None:
    new_table()
    assert fails_somewhere(claim(v("a"), v("b")).bit.value)


def test_constants() -> None:
    assert fails_somewhere(0)
    assert not fails_somewhere(1)


def test_an_application_from_before_means_nothing() -> None:
    """Of one that is older than the table it is not known what its function was."""
    a = v("a")
    before = square(a)
    new_table()
    assert not fails_somewhere((square(a) == a * a).bit.value)
    assert fails_somewhere((before == a * a).bit.value)
