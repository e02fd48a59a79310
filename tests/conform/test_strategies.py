from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armsym.conform.states import MachineState
from armsym.conform.strategies import instructions, states, values, words
from armsym.errors import InputError
from armsym.isa import Instruction
from armsym.memory import ConcreteMemory
from semantics import A64
from semantics.data_processing_immediate.add_sub_immediate import AddSubImmediate


@settings(max_examples=150, deadline=None)
@given(instructions(A64))
def test_instructions_decode_to_themselves(i: Instruction) -> None:
    assert type(i) in A64.classes
    assert repr(A64.decode(i.word)) == repr(i)


@settings(max_examples=30, deadline=None)
@given(instructions(A64, AddSubImmediate))
def test_instructions_of_one_class(i: Instruction) -> None:
    assert type(i) is AddSubImmediate


def test_a_class_of_another_set_is_refused() -> None:
    class Other(AddSubImmediate):
        pass

    with pytest.raises(InputError, match="not a class of A64"):
        instructions(A64, Other)


@settings(max_examples=50, deadline=None)
@given(words(A64), words(), values(128))
def test_words_and_values_fit(word: int, other: int, value: int) -> None:
    assert 0 <= word < 1 << 32
    assert 0 <= other < 1 << 32
    assert 0 <= value < 1 << 128


def test_values_come_in_multiples_of_64_bits() -> None:
    with pytest.raises(InputError):
        values(32)


@settings(max_examples=20, deadline=None)
@given(states(), st.integers(0, 30))
def test_states_are_machines(state: MachineState, n: int) -> None:
    m = state.machine(ConcreteMemory([]))
    assert m.x[n].uint == state.x[n]
    assert state.sp % 16 == 0
