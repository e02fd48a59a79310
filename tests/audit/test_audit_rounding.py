"""Numbers that the audit reads off words: a word rounded down by AND, the difference that a XOR is, on random words."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from lying import RET, straight

from armsym.audit.audit import PYTHON, ROUNDED
from armsym.audit.evaluate import evaluate
from armsym.audit.facts import Facts
from armsym.audit.farkas import Form
from armsym.audit.flags import Flags
from armsym.audit.numbers import rounded
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words
from armsym.certify.multipliers import Search

INPUTS = {"a": ones(64), "b": 15, "c": 7, "d": ones(64) & ~15, "e": ones(32)}
EDGES = (0, 1, 15, 16, 17, ones(32), 1 << 63, ones(64), ones(64) & ~15)
MASKS = (ones(64) & ~15, ones(64) & ~7, ones(64) & ~1, ones(64), 15, 0, ones(32), ones(32) & ~15, ones(65) & ~15)


def _random_words(rng: random.Random) -> Words:
    w = Words(Program())
    nodes = [*(w.program.var(name, possible) for name, possible in INPUTS.items()), w.const(rng.choice(EDGES))]
    for _ in range(10):
        a, b, kind = rng.choice(nodes), rng.choice(nodes), rng.randrange(9)
        if kind == 0:
            node = w.add(rng.choice((4, 32, 64, 64, 64, 65)), a, b)
        elif kind == 1:
            node = w.mulc(rng.choice((4, 32, 64, 65)), a, rng.choice((1, 2, 3, 8, 16, 32, ones(64))))
        elif kind == 2:
            node = w.shl(a, rng.choice((1, 3, 4, 5)))
        elif kind == 3:
            node = w.shr(a, rng.choice((1, 4)))
        elif kind == 4:
            node = w.xor(a, b)
        elif kind == 5:
            node = w.add(64, w.mulc(64, a, 16), b)
        else:
            node = w.mask(a, rng.choice(MASKS))
        nodes.append(node)
    return w


def _value(form: Form, values: list[int]) -> int:
    return form[0] + sum(k * values[n] for n, k in form[1].items())


@pytest.mark.parametrize("first", [0, 50])
def test_forms_are_the_values_of_random_words(first: int) -> None:
    rounded = differences = 0
    for seed in range(first, first + 50):
        rng = random.Random(seed)
        w = _random_words(rng)
        p, facts = w.program, Facts(w, Search())
        forms = [(n, facts.linear(n), facts.integer(n), facts._difference(n)) for n in range(1, len(p))]
        for _ in range(12):
            choices = ((name, rng.choice((rng.getrandbits(64), m, 0, 1, *EDGES)) & m) for name, m in INPUTS.items())
            values = evaluate(p, dict(choices))
            for n, linear, integer, difference in forms:
                assert (_value(linear, values) - values[n]) % (1 << 64) == 0, (seed, p[n])
                assert _value(integer, values) == values[n], (seed, p[n])
                assert (_value(difference, values) == 0) == (values[n] == 0), (seed, p[n])
        for n, linear, _, difference in forms:
            rounded += p[n][0] == "Mask" and linear[1] != {n: 1} and facts._rounded(p[n][1], p[n][2]) is not None
            differences += p[n][0] == "Xor" and difference != (0, {n: 1})
    assert rounded > 10
    assert differences > 10


@pytest.mark.parametrize(
    ("low", "mask", "rounds"),
    [
        (15, ~15, True),
        (16, ~15, False),
        (31, ~15, False),
        (7, ~7, True),
        (15, ~7, False),
        (1, ~2, False),
        (1, -1, False),
    ],
)
def test_what_is_rounded_down_at_the_edges(low: int, mask: int, rounds: bool) -> None:
    """16 a + r AND NOT 15 is 16 a for all r from 0 to 15, of no more bits."""
    w = Words(Program())
    a, r = w.program.var("a", ones(64)), w.program.var("r", low)
    node = w.add(64, w.mulc(64, a, 16), r)
    found = Facts(w, Search())._rounded(node, mask & ones(64))
    assert found == ((0, {a: 16}) if rounds else None)


LT, GT = 11, 12


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("width", [32, 64])
@pytest.mark.parametrize(
    ("least", "told"),
    [
        ("0", True),
        ("-8", True),  # below 0 and above
        ("-15", True),
        ("-16", True),
        ("lowest", True),
        ("below the lowest", False),
        ("highest", True),
        ("above the highest", False),
    ],
)
def test_signed_comparisons_of_what_may_be_negative(width: int, falling: bool, least: str, told: bool) -> None:
    """a = least + s, or least + 15 - s, for s from 0 to 15, is compared with numbers, by what each s computes."""
    half = 1 << width - 1
    names = {"lowest": -half, "below the lowest": -half - 1, "highest": half - 16, "above the highest": half - 15}
    low = names[least] if least in names else int(least)
    others = {0, 1, 15, 16, -1, -7, -8, -9, half - 1, -half, low, low + 1, low + 15, low + 16}
    for b in sorted({n & ones(width) for n in others}):
        w = Words(Program())
        s = w.program.var("s", 15)
        least_first, last_first = (w.const(n & ones(width)) for n in (low, low + 15))
        a = w.sub(width, last_first, s) if falling else w.add(width, least_first, s)
        c = w.const(b)
        flags = Flags.of_difference(w, width, a, c, w.sub(width, a, c))
        for number in (LT, GT):
            condition = flags.holds(number)
            facts = Facts(w, Search())
            if w.constant(condition) is None:
                assert facts.compares(w.different(flags.n, flags.v) if number == LT else condition) is told
            for value in (True, False):
                again = Facts(w, Search())
                again.assume(condition, value)
                found = {n for n in range(16) if all(k + terms[s] * n >= 0 for k, terms in again._facts)}
                meant = {n for n in range(16) if evaluate(w.program, {"s": n})[condition] == value}
                assert found == meant if told else found >= meant, (low, b, number, value)


@pytest.mark.parametrize(
    ("low", "high", "rest", "known"),
    [
        (17, 31, 15, {1}),
        (16, 31, 15, {1}),
        (15, 31, 15, None),  # 15 may be 16 * 0 + 15
        (16, 32, 15, None),
        (16, 16, 15, {1}),
        (0, 15, 15, {0}),
        (0, 16, 15, None),
        (32, 47, 15, {2}),
        (17, 31, 16, None),  # no multiple of 16, as all is, lies there
        (16, 31, 16, None),
        (17, 31, 31, None),
        (16, 31, 0, {1}),
    ],
)
def test_a_number_of_blocks_that_a_length_leaves_open_or_not(
    low: int, high: int, rest: int, known: set[int] | None
) -> None:
    """16 (n - i) + r lies from low to high: whether n is i and a number."""
    for index in (0, 7):
        w = Words(Program())
        n, r, i = w.program.var("n", 255), w.program.var("r", rest) if rest else 0, w.program.var("i", index)
        facts = Facts(w, Search())
        length: Form = 0, {n: 16} | ({r: 1} if rest else {}) | ({i: -16} if index else {})
        facts.add((length[0] - low, length[1]))
        facts.settle([n])
        assert not facts.values
        facts.add((high - length[0], {m: -k for m, k in length[1].items()}))
        facts.settle([n])
        if known is None:
            assert not facts.values
        else:
            assert facts.values == {n: (min(known), {i: 1} if index else {})}


@pytest.mark.parametrize(("sign", "constant", "known"), [(-1, 23, True), (-1, 24, False), (1, 0, False)])
def test_a_rest_that_may_be_more_than_the_factor_bounds_where_it_is_taken_off(
    sign: int, constant: int, known: bool
) -> None:
    """24 (i - n) +- r + a constant is at least 0, and n at least i; r is from 0 to 31."""
    w = Words(Program())
    n, r, i = (w.program.var(name, bits) for name, bits in (("n", 255), ("r", 31), ("i", 7)))
    facts = Facts(w, Search())
    for form in ((0, {n: 1, i: -1}), (constant, {i: 24, n: -24, r: sign})):
        facts.add(form)
        facts.settle([n])
    assert facts.values == ({n: (0, {i: 1})} if known else {})
    left = {
        a - b for a in range(3) for b in range(3) for c in (0, 31) if a >= b and 24 * (b - a) + sign * c >= -constant
    }
    assert (left == {0}) == known


def test_numbers_that_are_put_are_what_random_facts_leave() -> None:
    """Whatever is known of n, r and s: a value that n is given is its value wherever all facts hold."""
    given = 0
    for seed in range(400):
        rng = random.Random(seed)
        w = Words(Program())
        n, r, s = (w.program.var(name, most) for name, most in (("n", 3), ("r", 15), ("s", 3)))
        facts, forms = Facts(w, Search()), list[Form]()
        for _ in range(3):
            k = rng.choice((1, 2, 3, 16, -1, -2, -16))
            other = {r: rng.choice((0, 1, -1, 2)), s: rng.choice((0, 0, k, -k, 1))}
            form = rng.randrange(-40, 41), {n: k} | {m: f for m, f in other.items() if f}
            forms.append(form)
            facts.add(form)
            facts.settle([n])
        for node, value in facts.values.items():
            given += 1
            for at in range(4 * 16 * 4):
                values = {n: at & 3, r: at >> 2 & 15, s: at >> 6}
                if all(c + sum(f * values[m] for m, f in terms.items()) >= 0 for c, terms in forms):
                    assert values[node] == value[0] + sum(f * values[m] for m, f in value[1].items()), seed
    assert given > 10


@pytest.mark.parametrize(("word", "rests"), [(0x927CEC20, True), (0xAA0103E0, False)])
def test_what_rests_on_a_mask_that_rounds_is_no_other_checkers(word: int, rests: bool, tmp_path: Path) -> None:
    """AND X0, X1, #~15, or MOV X0, X1, where X1 is 16 n + 5: no equality is asked of the checker: Python rounds."""
    lie = straight(word, RET)
    t = lie.case.table
    lie.case.numbers["n"] = 0, 1 << 20
    whole = t.mulc(64, t.var("num.n", ones(21)), 16)
    lie.case.arguments["x1"] = t.add(64, whole, t.const(5))
    lie.returns(whole if rests else lie.case.arguments["x1"])
    assert lie.verdict(tmp_path).audited
    verdict = lie.verdict(tmp_path, replace(PYTHON, rounding=False))
    assert verdict.audited is not rests
    assert verdict.missing == ([ROUNDED] if rests else [])


@pytest.mark.parametrize(("possible", "step"), [(7, 1), (6, 2), (12, 4), (4, 4), (0, 0)])
def test_a_fact_is_rounded_by_what_divides_its_numbers(possible: int, step: int) -> None:
    """For all small facts of a word that is a multiple: it says the same of it, and no less would do."""
    for factor in (-3, -2, -1, 1, 2, 3):
        for constant in range(-40, 41):
            c, terms = rounded((constant, {1: factor}), lambda _: possible)
            assert terms == {1: factor}
            assert c == (constant if not step else constant // (step * abs(factor)) * step * abs(factor))
            values = [v for v in range(16) if not v & ~possible]
            assert [constant + factor * v >= 0 for v in values] == [c + factor * v >= 0 for v in values]
    both = rounded((-1, {1: 2, 2: -1}), lambda n: (7, 6)[n - 1])
    assert both == (-2, {1: 2, 2: -1})  # 2 * a - b - 1, of an even b
    assert rounded((-1, {1: 2, 2: -1}), lambda n: 7) == (-1, {1: 2, 2: -1})
    assert rounded((5, {}), lambda n: 7) == (5, {})


@pytest.mark.parametrize("constant", [0, 8, 15, 16, 17, 31, 32, 48])
@pytest.mark.parametrize("mask", [1, 15, 16, 17, 24, 31, 32, 48])
def test_low_bits_of_a_multiple_and_a_number(constant: int, mask: int) -> None:
    """32 * n + constant, of any n: the bits of a mask below 32 are the constant's, those above are not known."""
    w = Words(Program())
    n = w.program.var("n", 7)
    facts = Facts(w, Search())
    node = w.mask(w.add(64, w.mulc(64, n, 32), w.const(constant)), mask)
    if mask < 32:
        assert facts.linear(node) == (constant & mask, {})
        assert node in facts.beyond or not constant & mask
    else:
        assert facts.linear(node)[1]
    for value in range(8):
        (found,) = {evaluate(w.program, {"n": value})[node]}
        assert mask >= 32 or found == constant & mask
