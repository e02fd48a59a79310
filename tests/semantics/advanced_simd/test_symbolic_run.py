"""Every encoding class runs on symbols, and the terms mean what the concrete run computes.

This is what keeps `if` and `.uint` on data out of the semantics.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator

import pytest

from armsym import terms
from armsym.bits import Bits, Prop
from armsym.isa import Instruction
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory
from semantics import advanced_simd, cryptographic
from semantics.cryptographic import functions

OPAQUE = {
    "aes_sbox": functions._aes_sbox,
    "aes_inv_sbox": functions._aes_inv_sbox,
    "sm4_sbox": functions._sm4_sbox,
}
REGISTERS = ("Rd", "Rn", "Rm", "Ra")
TRIED = 24


def instructions(cls: type[Instruction]) -> list[Instruction]:
    """Allocated instructions of the class on V0 to V3, a random sample where there are many."""
    rng = random.Random(cls.__name__)
    free = [f for f in cls.fields if f.name not in REGISTERS]
    registers = {f.name: REGISTERS.index(f.name) for f in cls.fields if f.name in REGISTERS}
    combinations: Iterator[tuple[int, ...]] = itertools.product(*(range(f.mask + 1) for f in free))
    if math.prod(f.mask + 1 for f in free) > 20_000:
        combinations = (tuple(rng.randrange(f.mask + 1) for f in free) for _ in range(20_000))
    found = []
    for values in combinations:
        named = dict(zip((f.name for f in free), values, strict=True))
        i = cls.from_word(cls.encode(**registers, **named))
        if i is not None:
            found.append(i)
    return rng.sample(found, TRIED) if len(found) > TRIED else found


def machine(v: list[Bits], x: list[Bits]) -> Machine:
    off = Prop(False)
    return Machine(
        x=x + [Bits(64, 0)] * (31 - len(x)),
        sp=Bits(64, 0),
        v=v + [Bits(128, 0)] * (32 - len(v)),
        nzcv=NZCV.of(off, off, off, off),
        pc=Bits(64, 0),
        memory=ConcreteMemory([]),
    )


def table(name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
    return OPAQUE[name](*(Bits(w, a) for w, a in zip(widths, args, strict=True))).uint


@pytest.mark.parametrize("cls", [*advanced_simd.CLASSES, *cryptographic.CLASSES], ids=lambda c: str(c.__name__))
def test_terms_mean_what_the_concrete_run_computes(cls: type[Instruction]) -> None:
    rng = random.Random(1)
    tried = instructions(cls)
    assert tried
    for i in tried:
        v = [terms.var(f"v{k}", 128) for k in range(4)]
        x = [terms.var(f"x{k}", 64) for k in range(4)]
        symbolic = machine([Bits(128, t) for t in v], [Bits(64, t) for t in x])
        i.execute(symbolic)
        for _ in range(2):
            # Few small bytes and many zeros and ones, so that indices and amounts hit and miss.
            numbers = {
                t: int.from_bytes(bytes(rng.choice((0, 1, 5, 0x7F, 0x80, 0xFF, rng.randrange(256))) for _ in range(16)))
                for t in v + x
            }
            concrete = machine([Bits(128, numbers[t]) for t in v], [Bits(64, numbers[t] & (1 << 64) - 1) for t in x])
            i.execute(concrete)
            value = terms.Evaluator(numbers, table)
            assert [value(b.value) for b in symbolic.v] == [b.uint for b in concrete.v], i.assembly(0)
            assert [value(b.value) for b in symbolic.x] == [b.uint for b in concrete.x], i.assembly(0)
