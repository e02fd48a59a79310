"""A core that runs one instruction on registers given as integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from armsym.bits import Bits
from armsym.isa import Instruction
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory
from semantics import A64


def run(
    cls: type[Instruction],
    x: Mapping[int, int] | None = None,
    *,
    sp: int = 0,
    flags: int = 0,
    pc: int = 0,
    leaks: list[tuple[str, int]] | None = None,
    **fields: int,
) -> Machine:
    """The machine after the instruction of `cls` with these fields.

    Registers not in `x` hold 0; `flags` is N:Z:C:V; `leaks` collects what was announced.
    """
    m = Machine(
        x=[Bits(64, (x or {}).get(n, 0)) for n in range(31)],
        sp=Bits(64, sp),
        v=[Bits(128, 0)] * 32,
        nzcv=NZCV.of_bits(Bits(4, flags)),
        pc=Bits(64, pc),
        memory=ConcreteMemory([]),
    )
    if leaks is not None:
        m.on_leak = lambda kind, value: leaks.append((kind, value.uint))
    i = A64.decode(cls.encode(**fields))
    assert type(i) is cls
    i.execute(m)
    return m


@pytest.fixture
def execute() -> Callable[..., Machine]:
    return run
