"""A core that runs single Advanced SIMD instructions on vectors given as integers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.bits import Bits, Prop
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory
from semantics.advanced_simd import CLASSES

ISA = InstructionSet("advanced_simd", CLASSES)


def run(cls: type[Instruction], d: int, *sources: int, **fields: int) -> int:
    """V0 after one instruction with Rd = 0, holding d, and Rn, Rm = 1, 2, holding `sources`."""
    v = [Bits(128, x) for x in (d, *sources)]
    v += [Bits(128, 0)] * (32 - len(v))
    off = Prop(False)
    m = Machine(
        x=[Bits(64, 0)] * 31,
        sp=Bits(64, 0),
        v=v,
        nzcv=NZCV.of(off, off, off, off),
        pc=Bits(64, 0),
        memory=ConcreteMemory([]),
    )
    registers = dict(zip(("Rd", "Rn", "Rm"), range(1 + len(sources)), strict=False))
    i = ISA.decode(cls.encode(**registers, **fields))
    assert type(i) is cls
    i.execute(m)
    return m.v[0].uint


@pytest.fixture
def execute() -> Callable[..., int]:
    return run


@pytest.fixture
def isa() -> InstructionSet:
    return ISA
