"""What a routine leaves as it was, register by register, as AAPCS64 (sections 6.1.1 and 6.1.2) and `clobbers` say."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from rooms import machine

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.machine import Machine
from armsym.proof.abi import AAPCS64, Interface

#: r19-r29 are the callee's to keep, and r18 is the platform's; r30 is not: control returns to it.
KEPT_X = range(18, 30)
#: Of v8-v15 the bottom 64 bits.
KEPT_D = range(8, 16)


def _differ(i: Interface, before: Machine, after: Machine) -> set[str]:
    return {register for _, register, b, a in i.pairs(before, after) if (a == b).value is not True}


@pytest.mark.parametrize("n", range(31))
def test_general_registers(n: int) -> None:
    before = machine()
    after = before.fork()
    assert not _differ(AAPCS64, before, after)
    after.x[n] = before.x[n] + 1
    assert _differ(AAPCS64, before, after) == ({f"x{n}"} if n in KEPT_X else set())
    assert (n in AAPCS64.changed_x) == (n not in KEPT_X)


@pytest.mark.parametrize("n", range(32))
@pytest.mark.parametrize("bit", [0, 63, 64, 127])
def test_vector_registers(n: int, bit: int) -> None:
    """Bit 63 of v8 is kept, bit 64 is not; so any of the registers may hold something else in a part."""
    before = machine()
    after = before.fork()
    after.v[n] = before.v[n] ^ (1 << bit)
    assert _differ(AAPCS64, before, after) == ({f"d{n}"} if n in KEPT_D and bit < 64 else set())
    assert n in AAPCS64.changed_v


def test_each_obligation_says_what_it_is_of() -> None:
    m = machine()
    names = [(name, register) for name, register, _, _ in AAPCS64.pairs(m, m)]
    assert names == [("x18-x29 are preserved", f"x{n}") for n in KEPT_X] + [
        ("d8-d15 are preserved", f"d{n}") for n in KEPT_D
    ]


@pytest.mark.parametrize(
    ("x", "v"), [((), ()), ((0,), (31,)), ((30,), (0, 1)), (range(31), range(32)), (range(1, 31), range(31))]
)
def test_clobbering(x: Iterable[int], v: Iterable[int]) -> None:
    """All of every register that is not named: the link register and both halves of vectors among them."""
    i = Interface.clobbering(x, v)
    assert (i.changed_x, i.changed_v) == (frozenset(x), frozenset(v))
    for n in range(31):
        before = machine()
        after = before.fork()
        after.x[n] = Bits(64, 0)
        assert _differ(i, before, after) == (set() if n in x else {f"x{n}"})
    for n in range(32):
        for bit in (0, 64, 127):
            before = machine()
            after = before.fork()
            after.v[n] = before.v[n] ^ (1 << bit)
            assert _differ(i, before, after) == (set() if n in v else {f"v{n}"})


@pytest.mark.parametrize(("x", "v"), [((31,), ()), ((-1,), ()), ((), (32,)), ((), (-1,)), ((0, 31), (0,))])
def test_registers_that_are_none(x: Iterable[int], v: Iterable[int]) -> None:
    """SP cannot be declared to change, nor what does not exist."""
    with pytest.raises(InputError, match="0 to 30 in x, 0 to 31 in v"):
        Interface.clobbering(x, v)
