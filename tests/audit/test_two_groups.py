"""The rule `bilinear` on random programs: what it accepts holds for all values, and Coq's checker says the same."""

from __future__ import annotations

import random

import pytest
from proved_checkers import agreed, with_tools

from armsym.audit.columns import columns, submasks
from armsym.audit.hints import Certificate, Hint, Part
from armsym.audit.raw import Program
from armsym.audit.rules import Checker, RefusedError
from armsym.certify.cones import cone

#: The inputs' bits: all values of all of them are tried.
INPUTS = {"a": 3, "b": 0b101, "c": 3, "d": 1}


def _made(rnd: random.Random, p: Program, a: int, b: int) -> int:
    """One more instruction, of a and b."""
    match rnd.choice(("xor", "xor", "and", "clmul", "gf128.mul", "move", "mask", "bit")):
        case "xor":
            return p.xor(a, b)
        case "and":
            return p.and_(a, b)
        case "move":
            return rnd.choice((p.shl, p.shr))(a, rnd.randrange(3))
        case "mask":
            return p.mask(a, rnd.choice((1, 3, 6)))
        case "bit":
            return p.mulc(rnd.choice((2, 4)), a, rnd.randrange(16))
        case name:
            return p.app(name, (a, b), rnd.choice(((1 << 128) - 1, 6)))


def _program(rnd: random.Random) -> tuple[Program, list[int]]:
    """Inputs, and instructions made of them that are often affine in some of them; and the inputs."""
    p = Program()
    inputs = [p.var(name, bits) for name, bits in INPUTS.items()]
    nodes = [*inputs, p.const(rnd.randrange(4))]
    for _ in range(7):
        nodes.append(_made(rnd, p, rnd.choice(nodes), rnd.choice(nodes)))
    return p, inputs


def _hint(rnd: random.Random, p: Program, inputs: list[int], pair: tuple[int, int]) -> Hint:
    """A hint that this pair is equal, whose orders mostly have what the pair is made of."""
    kinds = [rnd.choice((0, 1)) if rnd.random() < 0.95 else 2 for _ in inputs]
    first, second = ([i for i, kind in zip(inputs, kinds, strict=True) if kind in own] for own in ((0,), (1, 2)))
    if rnd.random() < 0.1:
        first += rnd.sample(range(1, len(p)), 1)
    rest = [n for n in cone(p, pair) if n not in inputs and rnd.random() < 0.98]
    cut = rnd.choice((0, 0, len(rest) // 2))
    return ("bilinear", *pair, tuple(first), tuple(rest[:cut]), tuple(second), tuple(rest[cut:]))


def _cases(count: int) -> list[tuple[Program, Hint, bool, bool]]:
    """Programs with a hint, whether the hint is accepted, and whether what it says is so."""
    rnd = random.Random("two groups")
    out: list[tuple[Program, Hint, bool, bool]] = []
    while len(out) < count:
        p, inputs = _program(rnd)
        order = [n for n in range(1, len(p)) if n not in inputs]
        all_of = columns(p.instructions, {i: submasks(p[i][2]) for i in inputs}, order)
        pairs = [(i, j) for i in all_of for j in all_of if i < j]
        equal = [pair for pair in pairs if all_of[pair[0]] == all_of[pair[1]]]
        # Those that differ in few places are what a rule may take for equal.
        near = sorted(pairs, key=lambda q: sum(x != y for x, y in zip(all_of[q[0]], all_of[q[1]], strict=True)))
        pair = rnd.choice(equal or near) if rnd.random() < 0.4 else rnd.choice(near[len(equal) : len(equal) + 6])
        hint = _hint(rnd, p, inputs, pair)
        try:
            Checker(p).step(hint)
            accepted = True
        except RefusedError:
            accepted = False
        out.append((p, hint, accepted, all_of[pair[0]] == all_of[pair[1]]))
    return out


@pytest.fixture(scope="module")
def cases() -> list[tuple[Program, Hint, bool, bool]]:
    return _cases(1500)


def test_what_is_accepted_is_so(cases: list[tuple[Program, Hint, bool, bool]]) -> None:
    assert all(equal for _, _, accepted, equal in cases if accepted)
    assert sum(accepted for _, _, accepted, _ in cases) > 50
    assert sum(not equal for _, _, _, equal in cases) > 500


def test_the_checker_from_coq_says_the_same(cases: list[tuple[Program, Hint, bool, bool]]) -> None:
    with_tools("coqc", "ocamlfind")
    some = [case for k, case in enumerate(cases) if case[2] or k % 5 == 0]
    certificates = [Certificate(p, [Part(hints=[hint])]) for p, hint, _, _ in some]
    verdicts = agreed(certificates)
    assert [verdict is not None for verdict in verdicts] == [accepted for _, _, accepted, _ in some]
