"""Random raw programs, runs of them, and what a checker may accept."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

from armsym.audit.columns import run
from armsym.audit.forms import Poly, Sum
from armsym.audit.hints import Certificate
from armsym.audit.raw import Instruction, Program, ones
from armsym.audit.rules import Checker
from armsym.certify.elaborate import Elaborator

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


def values(program: Sequence[Instruction], seed: object) -> list[int]:
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
            if not conditions or rnd.random() < 0.5:
                return p.app("f", (a, b), ones(16))
            x, y = p.mask(a, 15), p.mask(b, 255)
            p.app("mul", (x, y), ones(12))
            return p.app("mul", (y, x), ones(12))
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


def poly_value(p: Poly, run: list[int]) -> int:
    """The number that the form says."""
    out, terms = p
    for mono, mask in terms.items():
        kept: int | None = None
        for atom, shift in mono:
            moved = run[atom] >> shift if shift >= 0 else run[atom] << -shift
            kept = moved & (mask if kept is None else kept)
        out ^= mask if kept is None else kept
    return out


def sum_value(s: Sum, run: list[int]) -> int:
    """The number that the form says."""
    width, constant, terms = s
    return constant + sum(k * run[a] for a, k in terms.items()) & ones(width)


def false_forms(checker: Checker, run: list[int]) -> list[int]:
    """The instructions of which the checker has a form that is not their value in this run."""
    wrong = [i for i, p in checker.poly.items() if poly_value(p, run) != run[i]]
    return wrong + [i for i, s in checker.sum.items() if sum_value(s, run) != run[i]]


def some_certificate(seed: int) -> Certificate:
    """Of a random program, with facts and claims that hold."""
    rnd = random.Random(f"three {seed}")
    program = random_program(rnd, 40)
    size = len(program)
    run = values(program.instructions, seed)
    elaborator = Elaborator(program)
    decided = [i for i in range(1, size) if program[i][0] == "App"]
    pairs = [(rnd.randrange(1, size), rnd.randrange(1, size)) for _ in range(400)]
    facts: list[dict[int, int]] = [{}, {i: run[i] for i in rnd.sample(decided, min(2, len(decided)))}]
    for given in facts:
        elaborator.close(given, [(a, b) for a, b in pairs if run[a] == run[b]])
    return Certificate(program, elaborator.parts)
