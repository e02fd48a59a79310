"""Random raw programs, runs of them, and what a checker may accept."""

from __future__ import annotations

import hashlib
import random

from armsym.audit.columns import run
from armsym.audit.raw import Instruction, Program, ones

WIDTHS = (1, 3, 8, 32, 64)


def value_of(seed: object, bits: int) -> int:
    """A number of these bits: often 0, all ones or a single bit, else anything."""
    rnd = random.Random(str(seed))
    pick = rnd.random()
    if pick < 0.2:
        return 0
    if pick < 0.4:
        return bits
    if pick < 0.5:
        return bits & -bits
    return rnd.getrandbits(bits.bit_length() + 1) & bits


def values(program: list[Instruction], seed: object) -> list[int]:
    """One run of the program, with inputs and opaque functions drawn from the seed."""

    def opaque(name: str, arguments: tuple[int, ...]) -> int:
        digest = hashlib.sha256(repr((seed, name, arguments)).encode()).digest()
        return int.from_bytes(digest * 40, "little")

    return run(program, lambda name, bits: value_of((seed, name), bits), opaque)


def constant(rnd: random.Random, width: int) -> int:
    return rnd.choice([0, 1, ones(width), 1 << width - 1, rnd.getrandbits(width), rnd.getrandbits(width)])


def _any(p: Program, rnd: random.Random, a: int, b: int, conditions: bool) -> int:
    """One more instruction, or a few that belong together, of the instructions a and b."""
    w = rnd.choice(WIDTHS)
    match rnd.randrange(14 if conditions else 12):
        case 0:
            return p.xor(a, b)
        case 1:
            return p.and_(a, b)
        case 2:
            return p.shr(a, rnd.randrange(9))
        case 3:
            return p.mask(p.shl(a, rnd.randrange(9)), ones(64))
        case 4:
            return p.mask(a, rnd.choice([ones(w), constant(rnd, w)]))
        case 5 | 6:
            return p.add(w, a, b)
        case 7:
            return p.mulc(w, a, constant(rnd, w))
        case 8:
            return p.xor(p.mask(a, ones(w)), p.const(ones(w)))
        case 9:
            return p.const(constant(rnd, w))
        case 10:
            return p.app("f", (a, b), ones(16))
        case 11:
            return p.app(AFFINE, (p.mask(a, 15),), 255)
    c = p.app("zero", (a,), 1)
    return p.xor(b, p.and_(p.mulc(64, c, ones(64)), p.xor(a, b)))


#: A table of 16 bytes that is affine.
AFFINE = "bytes:" + "".join(f"{x << 4 ^ x ^ 5:02x}" for x in range(16))


def random_program(rnd: random.Random, size: int, conditions: bool = True) -> Program:
    """A program of about `size` instructions, in which equal values come up by more than one way.

    With `conditions` it asks whether words are 0, which is nearly always a constant in runs and never one in truth.
    """
    p = Program()
    words = [p.var(f"x{k}", ones(w)) for k, w in enumerate((1, 8, 32, 64))] + [p.var("holes", 0xF0F0)]
    while len(p) < size:
        words.append(_any(p, rnd, rnd.choice(words), rnd.choice(words), conditions))
    return p
