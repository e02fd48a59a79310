"""Sums of narrow words under a ring's product, as one word: for some value of it all is as it was."""

from __future__ import annotations

import random
import sys
from itertools import product
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from algebra_cases import RINGS, Expression, realise

from armsym.bits import Bits, concat
from armsym.discharge.algebra import equal
from armsym.discharge.gathering import gathered
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import App, Term, Value, Var
from armsym.terms.ops import apply
from armsym.terms.walk import below, children

NAME, W = "algebra_gf256", 8


def word(name: str, width: int) -> Bits:
    return Bits(width, Var(name, width))


def nibbles(name: str) -> list[Bits]:
    """Two functions of an unknown: 4 bits each, as an S-box's values are of what is under them."""
    x = word(name, 4)
    return [Bits(4, apply(f"f{k}", 4, [(4, x.value)])) for k in range(2)]


def sums() -> tuple[Bits, Bits, Bits]:
    """Two sums of nibbles side by side and others, which have one nibble in common; and what is no such sum."""
    (a0, a1), (b0, b1), (k, _) = nibbles("a"), nibbles("b"), nibbles("k")
    wide = word("p", W)
    return concat(a1, a0) ^ concat(k, k) ^ wide, concat(b0 ^ k, b1), concat(a1, Bits(4, 0)) ^ wide


def _instance(before: Value, after: Value, rng: random.Random) -> None:
    """For some values of the unknowns, and W what the sum is: both values are the same."""
    numbers: dict[int, int] = {}
    cells: dict[tuple[str, tuple[int, ...]], int] = {}

    def variable(t: Var) -> int:
        return numbers.setdefault(t.id, rng.getrandbits(t.width) & t.pb)

    def function(name: str, width: int, _: tuple[int, ...], at: tuple[int, ...]) -> int:
        if name == NAME:
            return RINGS[NAME].definition(*(Bits(W, v) for v in at)).uint
        return cells.setdefault((name, at), rng.getrandbits(width))

    want = Evaluator(variable, function)(before)
    unknown = [t for t in below(after) if isinstance(t, Var) and t.name == "W"]
    # Some value of the new words gives what was there: they stand for sums.
    found = False
    for values in product(range(1 << W), repeat=len(unknown)):
        tried = dict(numbers) | {t.id: v for t, v in zip(unknown, values, strict=True)}
        if Evaluator(lambda t, tried=tried: tried[t.id], function)(after) == want:  # type: ignore[misc]
            found = True
            break
    assert found


def test_a_sum_is_one_word() -> None:
    first, second, _ = sums()
    times = RINGS[NAME]
    H = word("H", W)
    value = times(first, H) ^ times(second, H) ^ first
    (after,) = gathered(NAME, W, [value.value])
    operands = [t.args for t in below(after) if isinstance(t, App) and t.name == NAME]
    assert len(operands) == 2
    for a, b in operands:
        inside = {t.name for v in (a, b) if not isinstance(v, int) for t in below(v) if isinstance(t, (Var, App))}
        assert inside <= {"W", "H", "p"}
    rng = random.Random(1)
    for _ in range(5):
        _instance(value.value, after, rng)


def test_what_is_no_sum_of_tiles_stays() -> None:
    _, _, other = sums()
    value = RINGS[NAME](other, word("H", W)).value
    assert gathered(NAME, W, [value]) == [value]
    (a0, a1), H = nibbles("a"), word("H", W)
    for x in (concat(a0, a0), concat(a1, a0) ^ concat(Bits(4, 0), a1), concat(a1, a0) ^ (concat(a1, a0) << 1)):
        value = RINGS[NAME](x, H).value
        assert gathered(NAME, W, [value]) == [value]


def test_what_is_not_looked_into_stays_and_is_told_apart() -> None:
    """A function of a tile, and of what it is of: no form looks into it, so nothing is put there."""
    first, second, _ = sums()
    H, times = word("H", W), RINGS[NAME]
    (a0, a1), (b0, _) = nibbles("a"), nibbles("b")

    def other(x: Bits) -> Bits:
        return Bits(W, apply("g", W, [(x.width, x.value)]))

    def looked_into(t: Term) -> list[Value]:
        return [] if isinstance(t, App) and t.name == "g" else children(t)

    value = times(first, H) ^ other(a0) ^ other(a1)
    (after,) = gathered(NAME, W, [value.value], looked_into)
    assert after is not value.value
    kept = {t.id for t in below(after) if isinstance(t, App) and t.name == "g"}
    assert kept == {t.id for t in below(value.value) if isinstance(t, App) and t.name == "g"}
    assert len(kept) == 2
    rng = random.Random(2)
    for _ in range(5):
        _instance(value.value, after, rng)
    for one in (a0, a1, first):
        claimed = times(first ^ second, H) ^ other(one)
        assert equal(W, claimed.value, (times(H, second) ^ other(one) ^ times(first, H)).value)[0]
        for wrong in (b0, a1 if one is a0 else a0, second):
            assert not equal(W, claimed.value, (times(H, second) ^ other(wrong) ^ times(first, H)).value)[0]


@pytest.mark.parametrize("seed", range(30))
def test_a_hash_of_sums(seed: int) -> None:
    """((Y + A) H + B) H, step by step and with H^2 as code has it; and what differs in one summand."""
    rng = random.Random(seed)
    first, second, _ = sums()
    variables = [word("Y", W), first, second, word("H", W)]
    Y, A, B, H = (Expression(k) for k in range(4))
    steps = _times(_plus(_times(_plus(Y, A), H), B), H)
    powers = _plus(_times(_plus(Y, A), _times(H, H)), _times(B, H))
    a, b = realise(steps, NAME, variables, None), realise(powers, NAME, variables, rng)
    assert equal(W, a.value, b.value)[0]
    for wrong in (first[3:0].zero_extend(W), Bits(W, 1), second, RINGS[NAME](first, second)):
        assert not equal(W, a.value, (b ^ wrong).value)[0]


def _plus(a: Expression, b: Expression) -> Expression:
    return Expression("xor", (a, b))


def _times(a: Expression, b: Expression) -> Expression:
    return Expression("times", (a, b))
