"""Whole arguments against all values of a few small words: what is shown of them is true."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import pytest

from armsym.bits import Bits, ite
from armsym.integers.claims import Argument
from armsym.integers.expression import IntegerLike, Relation, congruent, integer, within
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Value, Var, new_table

World = dict[Term, int]


def word_value(signed: bool, width: int, v: int) -> int:
    return v - (1 << width) if signed and v >> (width - 1) else v


def true_in(r: Relation | bool, evaluate: Callable[[Value], int]) -> bool:
    """A relation's truth by Python's own numbers."""
    if isinstance(r, bool):
        return r
    for x, modulus, lo, hi in r.parts:
        v = x.map({w: word_value(w[0], w[1], evaluate(w[2])) for w in x.leaves()})
        assert isinstance(v, int)
        if (v % modulus) if modulus else ((lo is not None and v < lo) or (hi is not None and v > hi)):
            return False
    return True


def a_word(rng: random.Random, w: int, known: list[Bits]) -> Bits:
    """What a program may compute of words of w bits."""
    a, b, c = (rng.choice(known) if rng.random() < 0.9 else Bits(w, rng.randrange(1 << w)) for _ in range(3))
    carry = (a.zero_extend(w + 1) + b.zero_extend(w + 1))[w:w]
    condition = rng.choice([carry == 1, a < c, a.slt(c), a == c])
    made: dict[str, Callable[[], Bits]] = {
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "adc": lambda: a + b + carry.zero_extend(w),
        "mul": lambda: a * b,
        "high": lambda: (a.zero_extend(2 * w) * b.zero_extend(2 * w))[2 * w - 1 : w],
        "smul": lambda: (a.sign_extend(2 * w) * b.sign_extend(2 * w))[2 * w - 1 : w],
        "round": lambda: a.asr(1) + (a & 1),
        "arithmetic": lambda: a.asr(rng.randrange(w)),
        "shift": lambda: a >> rng.randrange(w),
        "left": lambda: a << rng.randrange(w),
        "mask": lambda: a & rng.randrange(1 << w),
        "xor": lambda: a ^ b if rng.random() < 0.3 else a ^ rng.randrange(1 << w),
        "ite": lambda: ite(condition, b, c),
        "next": lambda: ite(condition, a + b, a + c),
        "sign": lambda: a[w - 1 : w - 1].sign_extend(w),
        "chosen": lambda: carry.sign_extend(w) & b,
    }
    return made[rng.choice(list(made))]()


def a_number(rng: random.Random, w: int, words: list[Bits], signed: bool) -> IntegerLike:
    total: IntegerLike = rng.choice([0, 0, 1, -1, 5])
    for _ in range(rng.randint(1, 3)):
        x = integer(rng.choices(words, k=rng.choice([1, 1, 2])), signed=signed)
        if rng.random() < 0.15:
            x = x * integer(rng.choice(words), signed=rng.random() < 0.5)
        if rng.random() < 0.15:
            x = x // rng.choice([2, 3, 8, 1 << w]) if rng.random() < 0.5 else x % rng.choice([2, 3, 8, 1 << w])
        total = total + x * rng.choice([1, 1, -1, 2, 1 << w, -(1 << w), 3])
    return total


@pytest.mark.parametrize("lanes", [False, True])
@pytest.mark.parametrize("first", range(0, 24, 8))
def test_what_is_shown_is_true(first: int, lanes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of random words and claims under random assumptions: nothing false is shown, and much of what is true."""
    w = 3
    # Short searches: each is as likely to be wrong as a long one.
    monkeypatch.setattr("armsym.integers.goals.MOST_WORK", 20_000)
    monkeypatch.setattr("armsym.integers.goals.MOST_CASES", 12)
    monkeypatch.setattr("armsym.integers.farkas.MOST_STEPS", 20_000)
    if lanes:
        monkeypatch.setattr("armsym.integers.claims.LANES", frozenset({w}))
    shown = 0
    for seed in range(first, first + 8):
        shown += _one(random.Random(seed), w, lanes)
    assert shown > 3


@pytest.mark.parametrize("lanes", [False, True])
def test_what_is_shown_of_lanes_of_a_vector_is_true(lanes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of a register of two lanes, and of bits across them, against all values of the register."""
    w = 3
    monkeypatch.setattr("armsym.integers.goals.MOST_WORK", 20_000)
    monkeypatch.setattr("armsym.integers.goals.MOST_CASES", 12)
    monkeypatch.setattr("armsym.integers.farkas.MOST_STEPS", 20_000)
    monkeypatch.setattr("armsym.integers.translate.VECTOR", 2 * w)
    monkeypatch.setattr("armsym.integers.translate.LANE", w)
    if lanes:
        monkeypatch.setattr("armsym.integers.claims.LANES", frozenset({w}))
    assert sum(_one(random.Random(seed), w, lanes, vector=True) for seed in range(10)) > 10


def _inputs(rng: random.Random, w: int, vector: bool) -> tuple[list[Var], list[Bits]]:
    """The variables of a question and the words that are made of them: each itself, or the slices of a register."""
    if not vector:
        variables = [Var(n, w) for n in "ab"] + ([Var("c", w, pb=rng.choice([1, 6]))] if rng.random() < 0.4 else [])
        return variables, [Bits(w, v) for v in variables]
    v, a = Var("v", 2 * w, pb=rng.choice([63, 63, 55, 47, 62, 31])), Var("a", w)
    return [v, a], [*(Bits(2 * w, v)[k + w - 1 : k] for k in (0, w, w - 1)), Bits(w, a)]


def _one(rng: random.Random, w: int, lanes: bool, *, vector: bool = False) -> int:
    new_table()
    variables, inputs = _inputs(rng, w, vector)
    words = [*inputs]
    for _ in range(rng.randint(2, 7)):
        words.append(a_word(rng, w, words))
    worlds = [dict(zip(variables, vs, strict=True)) for vs in product(*(range(1 << v.width) for v in variables))]
    worlds = [world for world in worlds if all(not v & ~t.pb for t, v in world.items())]
    evaluators = [Evaluator(dict(world)) for world in worlds]
    signed = lanes or rng.random() < 0.3
    known: list[Relation] = []
    for _ in range(rng.choice([0, 1, 1, 2])):
        x = a_number(rng, w, inputs if rng.random() < 0.7 else words, signed)
        lo = rng.randint(-9, 9)
        if vector and rng.random() < 0.7:
            x, lo = integer(rng.choice(inputs), signed=signed), rng.randint(-3, 2)
        if isinstance(x, int):
            continue
        r = rng.choice([within(lo, x, lo + rng.randint(1, 12)), x <= lo + 4, x >= lo, congruent(x, lo, 3)])
        if isinstance(r, Relation):
            known.append(r)
    left = [e for e in evaluators if all(true_in(r, e) for r in known)]
    if not left:
        return 0
    asked: list[Relation] = []
    for _ in range(6):
        x = a_number(rng, w, inputs if vector and rng.random() < 0.5 else words[-2:], signed)
        if isinstance(x, int):
            continue
        values = [x.map({k: word_value(k[0], k[1], e(k[2])) for k in x.leaves()}) for e in left]
        numbers = [v for v in values if isinstance(v, int)]
        assert len(numbers) == len(values)
        lo, hi = min(numbers), max(numbers)
        m, v, wrong = rng.choice([2, 3, 4, 5, 7, 8, 16]), values[0], rng.choice([0, 0, 1])
        claims = [
            within(lo + wrong, x, hi + 1),
            within(lo, x, hi + 1 - wrong),
            x <= hi - wrong,
            x >= lo + wrong,
            congruent(x, v, m),
            x == v,
        ]
        asked += [r for r in claims if isinstance(r, Relation)]
    if not asked:
        return 0
    count = 0
    argument = Argument(known, asked, name_factors=rng.random() < 0.3)
    for k, r in enumerate(asked):
        if argument.show(k).holds:
            count += 1
            assert all(true_in(r, e) for e in left), f"{r.parts} is shown under {[q.parts for q in known]}"
    return count


def _shown(known: list[object], asked: object) -> bool:
    assert isinstance(asked, Relation)
    return Argument([r for r in known if isinstance(r, Relation)], [asked]).show(0).holds


@pytest.mark.parametrize("possible", [0xFF, 0x06, 0x80, 0xF0])
def test_bounds_of_a_word_with_known_zeros(possible: int) -> None:
    """What is known of the word is said of the word, not of what is left without its low zeros."""
    new_table()
    x = integer(Bits(8, Var("x", 8, pb=possible)))
    low = possible & -possible
    assert not isinstance(x, int)
    assert _shown([], x <= possible)
    assert not _shown([], x <= possible - 1)
    assert _shown([], congruent(x, 0, low))
    assert not _shown([], congruent(x, 0, 2 * low))
    assert not _shown([within(low, x, possible)], x >= low + 1)
    assert not _shown([within(low, x, possible)], x <= possible - low - 1)


def test_bounds_are_those_of_the_reading() -> None:
    """One word read with a sign and without: bounds of the one are none of the other; both readings are consistent."""
    new_table()
    v = Bits(8, Var("v", 8))
    unsigned, signed = integer(v), integer(v, signed=True)
    assert not isinstance(unsigned, int)
    assert not isinstance(signed, int)
    assert not _shown([within(-3, signed, 4)], unsigned <= 254)
    assert not _shown([within(-3, signed, 4)], unsigned <= 3)
    assert _shown([within(-3, signed, 4)], congruent(unsigned, signed, 256))
    assert not _shown([unsigned <= 130], signed <= 126)
    assert not _shown([unsigned <= 130], signed >= 0)
    assert not _shown([2 * unsigned <= 20, -signed <= 5], unsigned <= 9)
    assert _shown([], signed <= 127)
    assert not _shown([], signed <= 126)
    assert _shown([], signed >= -128)
    assert not _shown([], signed >= -127)
    # A bound modulo a number is no bound.
    assert not _shown([congruent(unsigned, 1, 256)], unsigned <= 254)


def test_a_floor_of_a_word_bounds_the_floor() -> None:
    new_table()
    x = integer(Bits(8, Var("x", 8)))
    assert not isinstance(x, int)
    half = x // 2
    assert not _shown([half <= 3], x <= 6)
    assert not _shown([], half <= 126)
    assert _shown([], half <= 127)
    assert not _shown([3 * x <= 9], x <= 2)
    assert not _shown([3 * x >= 9], x >= 4)
