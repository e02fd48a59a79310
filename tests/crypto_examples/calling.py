"""Calling a routine with concrete buffers, by armsym's simulator and by Unicorn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from armsym.bits import Bits
from armsym.conform.unicorn_oracle import import_unicorn
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


def simulate(image: Image, symbol: str, arguments: Sequence[Argument]) -> int:
    """By armsym.stepper; everything that is not an argument is random."""
    rng = random.Random(1)
    values = _place(arguments, rng)
    regions = [
        ConcreteRegion(s.name, IMAGE_BASE + s.offset, image.loaded(s, IMAGE_BASE), s.access) for s in image.segments
    ]
    regions.append(ConcreteRegion("stack", STACK, bytearray(STACK_SIZE), "rw"))
    buffers = {}
    for k, (a, at) in enumerate(zip(arguments, values, strict=True)):
        if not isinstance(a, int):
            buffers[k] = ConcreteRegion(f"argument {k}", at, a[0], a[1])
            regions.append(buffers[k])
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
    stepper = Stepper(A64, image, Bits(64, IMAGE_BASE), Bits(64, RETURN_TO))
    run_concrete(stepper, m, image.symbol(symbol).offset, max_steps=100_000)
    return m.x[0].uint


def emulate(image: Image, symbol: str, arguments: Sequence[Argument]) -> int:
    """By Unicorn; the buffers' pages have the rights that the buffers have."""
    unicorn, k = import_unicorn()
    rng = random.Random(1)
    values = _place(arguments, rng)
    uc = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
    uc.ctl_set_cpu_model(k.UC_CPU_ARM64_MAX)
    rights = {"r": unicorn.UC_PROT_READ, "w": unicorn.UC_PROT_WRITE, "x": unicorn.UC_PROT_EXEC}
    for s in image.segments:
        size = (s.offset + len(s.data) + 0xFFF & ~0xFFF) - (s.offset & ~0xFFF)
        uc.mem_map(IMAGE_BASE + (s.offset & ~0xFFF), size, sum(rights[c] for c in s.access))
        uc.mem_write(IMAGE_BASE + s.offset, bytes(image.loaded(s, IMAGE_BASE)))
    uc.mem_map(RETURN_TO, 0x1000, rights["r"] | rights["x"])
    uc.mem_map(STACK, STACK_SIZE, rights["r"] | rights["w"])
    for n in range(31):
        uc.reg_write(getattr(k, f"UC_ARM64_REG_X{n}"), values[n] if n < len(values) else rng.getrandbits(64))
    for n in range(32):
        uc.reg_write(getattr(k, f"UC_ARM64_REG_V{n}"), rng.getrandbits(128))
    uc.reg_write(k.UC_ARM64_REG_SP, STACK + STACK_SIZE)
    uc.reg_write(k.UC_ARM64_REG_X30, RETURN_TO)
    for a, at in zip(arguments, values, strict=True):
        if not isinstance(a, int):
            uc.mem_map(at & ~0xFFF, (len(a[0]) + 0x2000) & ~0xFFF, sum(rights[c] for c in a[1]))
            uc.mem_write(at, bytes(a[0]))
    uc.emu_start(IMAGE_BASE + image.symbol(symbol).offset, RETURN_TO, 0, 100_000)
    assert uc.reg_read(k.UC_ARM64_REG_PC) == RETURN_TO
    for a, at in zip(arguments, values, strict=True):
        if not isinstance(a, int):
            a[0][:] = uc.mem_read(at, len(a[0]))
    return int(uc.reg_read(k.UC_ARM64_REG_X0))
