"""Calling a routine with concrete buffers, by armsym's simulator and by Unicorn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from armsym.bits import Bits
from armsym.conform.routine import run_routine
from armsym.elf import Image
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.stepper import Stepper, run_concrete
from semantics import A64

IMAGE_BASE, RETURN_TO = 0x40_0000, 0x80_0000
BUFFERS, STACK, STACK_SIZE = 0x1000_0000, 0x7000_0000, 0x1000

#: An argument: a number, or a buffer with its access rights ("r" or "rw").
Argument = int | tuple[bytearray, str]


class Call(Protocol):
    """Calls a routine: returns X0, and leaves in the buffers what the routine wrote."""

    def __call__(self, image: Image, symbol: str, arguments: Sequence[Argument]) -> int: ...


def _place(arguments: Sequence[Argument], rng: random.Random) -> list[int]:
    # Each buffer in pages of its own, at any alignment.
    bases = [BUFFERS + (k << 20) + rng.randrange(64) for k in range(len(arguments))]
    return [a if isinstance(a, int) else base for a, base in zip(arguments, bases, strict=True)]


def _machine(image: Image, arguments: Sequence[Argument]) -> tuple[Machine, dict[str, bytearray]]:
    """At the routine's entry, with all that is not an argument random; and the buffers by their regions' names."""
    rng = random.Random(1)
    values = _place(arguments, rng)
    regions = [
        ConcreteRegion(s.name, IMAGE_BASE + s.offset, image.loaded(s, IMAGE_BASE), s.access) for s in image.segments
    ]
    regions.append(ConcreteRegion("stack", STACK, bytearray(STACK_SIZE), "rw"))
    buffers = {}
    for k, (a, at) in enumerate(zip(arguments, values, strict=True)):
        if not isinstance(a, int):
            buffers[f"argument {k}"] = a[0]
            regions.append(ConcreteRegion(f"argument {k}", at, bytearray(a[0]), a[1]))
    x = [Bits(64, v) for v in values] + [Bits(64, rng.getrandbits(64)) for _ in range(31 - len(values))]
    x[30] = Bits(64, RETURN_TO)
    m = Machine(
        x=x,
        sp=Bits(64, STACK + STACK_SIZE),
        v=[Bits(128, rng.getrandbits(128)) for _ in range(32)],
        nzcv=NZCV.of_bits(Bits(4, rng.getrandbits(4))),
        pc=Bits(64, 0),
        memory=ConcreteMemory(regions),
    )
    return m, buffers


def _take(m: Machine, buffers: dict[str, bytearray]) -> int:
    """Leave in the buffers what the machine has there; X0."""
    assert isinstance(m.memory, ConcreteMemory)
    for r in m.memory.regions:
        if r.name in buffers:
            buffers[r.name][:] = r.data
    return m.x[0].uint


def simulate(image: Image, symbol: str, arguments: Sequence[Argument]) -> int:
    """By armsym.stepper."""
    m, buffers = _machine(image, arguments)
    stepper = Stepper(A64, image, Bits(64, IMAGE_BASE), Bits(64, RETURN_TO))
    run_concrete(stepper, m, image.symbol(symbol).offset, max_steps=100_000)
    return _take(m, buffers)


def emulate(image: Image, symbol: str, arguments: Sequence[Argument]) -> int:
    """By Unicorn; the buffers' pages have the rights that the buffers have."""
    m, buffers = _machine(image, arguments)
    return _take(run_routine(m, IMAGE_BASE + image.symbol(symbol).offset, RETURN_TO), buffers)
