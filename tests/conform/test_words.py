from __future__ import annotations

import itertools

import pytest

from armsym.conform.words import ClassWords, assemble
from armsym.isa import Instruction
from semantics import A64


def _cls(name: str) -> type[Instruction]:
    (found,) = (c for c in A64.classes if c.__name__ == name)
    return found


def test_small_classes_are_enumerated() -> None:
    cls = _cls("AddSubExtendedRegister")
    source = ClassWords(cls, 0)
    assert source.enumerated
    assert source.total == source.count == 2 * 2 * 2 * 8 * 8
    others = {(w >> 29, w >> 10 & 63) for w in source.words()}
    assert len(others) == source.total


@pytest.mark.parametrize("name", ["AddSubImmediate", "LogicalImmediate", "FloatImmediate"])
def test_large_classes_take_every_value_of_narrow_fields_and_the_borders_of_wide_ones(name: str) -> None:
    cls = _cls(name)
    source = ClassWords(cls, 0)
    assert not source.enumerated
    words = list(source.words())
    assert len(words) <= source.limit
    for f in source.others:
        values = {w >> f.lo & f.mask for w in words}
        if f.width <= 4:
            assert values == set(range(f.mask + 1)), f
        else:
            assert {0, 1, f.mask >> 1, (f.mask >> 1) + 1, f.mask} <= values, f
            assert len(values) >= min(48, f.mask + 1), f


def test_the_same_seed_gives_the_same_words() -> None:
    cls = _cls("AddSubImmediate")
    one, two, other = (list(ClassWords(cls, seed).words()) for seed in (3, 3, 4))
    assert one == two
    assert one != other


def test_registers_include_31_and_repetitions() -> None:
    words = list(ClassWords(_cls("AddSubShiftedRegister"), 0).words())
    registers = [(w & 31, w >> 5 & 31, w >> 16 & 31) for w in words]
    assert set(itertools.chain(*registers)) == set(range(32))
    assert sum(31 in r for r in registers) > len(words) // 5
    assert sum(len(set(r)) == 3 for r in registers) > len(words) // 2
    assert sum(len(set(r)) == 1 for r in registers) > 10


def test_instructions_visit_every_allocated_combination_and_end() -> None:
    cls = _cls("AddSubExtendedRegister")
    source = ClassWords(cls, 0)
    seen = {(i.word >> 29, i.word >> 10 & 63) for i in source.instructions(1)}
    plain = dict.fromkeys(("Rd", "Rn", "Rm"), 1)
    allocated = [
        n for n in range(source.total) if cls.from_word(assemble(cls, source.combination(n) | plain)) is not None
    ]
    assert len(seen) == len(allocated) == 2 * 2 * 2 * 8 * 5  # imm3 up to 4
