from __future__ import annotations

import pytest

from armsym.bits import Bits
from armsym.conform.states import EDGES, SLOTS, STRIDE, MachineState, random_state
from armsym.memory import ConcreteMemory


def _state(k: int = 0) -> MachineState:
    return random_state(7, "SomeClass", 0x91000420, k, 0x1000)


def test_a_state_is_a_function_of_its_names() -> None:
    assert _state().block == _state().block
    others = [
        random_state(8, "SomeClass", 0x91000420, 0, 0x1000),
        random_state(7, "OtherClass", 0x91000420, 0, 0x1000),
        random_state(7, "SomeClass", 0x91000421, 0, 0x1000),
        _state(1),
    ]
    assert all(s.block != _state().block for s in others)
    assert len(_state().block) == STRIDE


def test_boundary_values_are_mixed_in() -> None:
    values = [v for k in range(64) for v in _state(k).x]
    edges = sum(v in EDGES for v in values) / len(values)
    assert 0.25 < edges < 0.55
    assert {0, 1, 2**64 - 1, 1 << 63, (1 << 63) - 1} <= set(values)
    flags = {random_state(7, "SomeClass", word, k, 0).nzcv for word in range(8) for k in range(SLOTS)}
    assert flags == set(range(16))


def test_sp_is_aligned_in_three_states_of_four() -> None:
    assert all(_state(k).sp % 16 == 0 for k in range(SLOTS) if k % 4 != 1)
    assert any(_state(k).sp % 16 for k in range(1, SLOTS, 4))


def test_the_machine_shows_the_state() -> None:
    s = _state(2)
    m = s.machine(ConcreteMemory([]))
    assert [r.uint for r in m.x] == list(s.x)
    assert [r.uint for r in m.v] == s.v
    assert (m.sp.uint, m.nzcv.bits.uint, m.pc.uint) == (s.sp, s.nzcv, 0x1000)
    assert m.x[3:5][1].uint == s.x[4]
    m.write_x(5, Bits(64, 1))
    assert m.x[5].uint == 1
    assert s.machine(ConcreteMemory([])).x[5].uint == s.x[5]


@pytest.mark.parametrize("n", [0, 17, 30, 31])
def test_replacing_a_register(n: int) -> None:
    s = _state().with_register(n, 0x1122)
    assert (s.sp if n == 31 else s.x[n]) == 0x1122
    assert s.v == _state().v
    assert s.window == _state().window
