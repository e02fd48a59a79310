"""All pieces of a value at once are what each of them is by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from armsym.bits import Bits, concat
from armsym.terms import ops
from armsym.terms.node import Term, Var, intern, new_table


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _value(rng: random.Random, width: int, depth: int) -> Bits:
    if not depth:
        return Bits(width, Var(f"x{rng.randrange(4)}_{width}", width))
    a, b = (_value(rng, width, depth - 1) for _ in range(2))
    number = Bits(width, rng.choice((0, 1, (1 << width) - 1, 1 << width - 1, rng.randrange(1 << width))))
    half = width // 2
    return rng.choice(
        (
            lambda: a ^ b,
            lambda: a & b,
            lambda: a + b,
            lambda: a - number,
            lambda: a & number,
            lambda: a ^ number,
            lambda: a.rol(rng.randrange(width)),
            lambda: a << rng.randrange(width),
            lambda: a >> rng.randrange(width),
            lambda: a[half - 1 : 0].zero_extend(width),
            lambda: a[half - 1 : 0].sign_extend(width),
            lambda: concat(a[half - 1 : 0], b[width - 1 : half]),
            lambda: concat(a[half - 1 : 0] + b[half - 1 : 0], b[width - 1 : half]),
        )
    )()


@pytest.mark.parametrize("width", [16, 32, 64, 128])
def test_elements_are_extracts(width: int) -> None:
    rng = random.Random(width)
    for _ in range(150):
        a = _value(rng, width, rng.randrange(4)).value
        if not isinstance(a, Term):
            continue
        for n in (1, 4, 8, 16, width // 2, width):
            one = [ops.extract(width, a, lo, n) for lo in range(0, width, n)]
            found = ops.elements(width, a, n)
            assert [intern(v) if isinstance(v, Term) else v for v in found] == [
                intern(v) if isinstance(v, Term) else v for v in one
            ]
