"""Hypothesis strategies: instructions, words and machine states of an instruction set.

from hypothesis import given
from armsym.conform.strategies import instructions, states

@given(instructions(A64), states())
def test_something(i, state): ...
"""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from armsym.conform.states import EDGES, REGISTERS_SIZE, STATES_BASE, WINDOW_AT, WINDOW_SIZE, MachineState
from armsym.conform.words import ClassWords, assemble, is_register_field
from armsym.errors import InputError
from armsym.isa import Instruction, InstructionSet

__all__ = ["instructions", "states", "values", "words"]


_EXAMPLES: dict[type[Instruction], list[Instruction]] = {}


def _examples(cls: type[Instruction]) -> list[Instruction]:
    """Some allocated instructions of the class, every field combination of a small one."""
    if cls not in _EXAMPLES:
        _EXAMPLES[cls] = list(itertools.islice(ClassWords(cls, 0).instructions(1), 1024))
    return _EXAMPLES[cls]


@st.composite
def _of_class(draw: st.DrawFn, cls: type[Instruction]) -> Instruction:
    example = draw(st.sampled_from(_examples(cls)))
    fields: dict[str, int] = {f.name: getattr(example, f.name) for f in cls.fields}
    registers = {f.name: draw(st.integers(0, 31)) for f in cls.fields if is_register_field(f)}
    wide = {f.name: draw(st.integers(0, f.mask)) for f in cls.fields if f.width > 5}
    # What is drawn may not be allocated together; then less of it is used.
    for drawn in ({**registers, **wide}, registers):
        i = cls.from_word(assemble(cls, fields | drawn))
        if i is not None:
            return i
    return example


def instructions(isa: InstructionSet, cls: type[Instruction] | None = None) -> st.SearchStrategy[Instruction]:
    """Allocated instructions of the set, or of one class of it.

    Raises `InputError` if the class is not part of the set.
    """
    if cls is None:
        return st.one_of([_of_class(c) for c in isa.classes])
    if cls not in isa.classes:
        raise InputError(f"{cls.__name__} is not a class of {isa.name}")
    return _of_class(cls)


def words(isa: InstructionSet | None = None) -> st.SearchStrategy[int]:
    """32-bit words; given an instruction set, half of them are words of it."""
    anything = st.integers(0, 2**32 - 1)
    return anything if isa is None else st.one_of(anything, instructions(isa).map(lambda i: i.word))


def values(width: int) -> st.SearchStrategy[int]:
    """Register values of `width` bits (a multiple of 64), boundary values often."""
    half = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**64 - 1))
    count, rest = divmod(width, 64)
    if rest or not count:
        raise InputError(f"registers have a multiple of 64 bits, not {width}")
    return st.tuples(*[half] * count).map(lambda h: sum(v << 64 * k for k, v in enumerate(h)))


@st.composite
def states(draw: st.DrawFn, *, pc: int = 0x10_0000, sp_aligned: bool = True) -> MachineState:
    """Machine states; the data window holds drawn bytes."""
    x = draw(st.lists(values(64), min_size=31, max_size=31))
    v = draw(st.lists(values(128), min_size=32, max_size=32))
    sp = draw(values(64))
    nzcv = draw(st.integers(0, 15))
    window = draw(st.binary(min_size=WINDOW_SIZE, max_size=WINDOW_SIZE))
    block = b"".join(
        [
            *(r.to_bytes(8, "little") for r in x),
            (sp & ~15 if sp_aligned else sp).to_bytes(8, "little"),
            (nzcv << 28).to_bytes(8, "little"),
            bytes(8),
            *(r.to_bytes(16, "little") for r in v),
            bytes(WINDOW_AT - REGISTERS_SIZE),
            window,
        ]
    )
    return MachineState(block, STATES_BASE + WINDOW_AT, pc)
