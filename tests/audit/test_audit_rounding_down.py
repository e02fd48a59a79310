"""Quotients, and what AND rounds down, as numbers of a path; words of one sign; shifts by what facts tell."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lying import RET, Lie, straight

from armsym.audit.bundle import Ensured
from armsym.audit.evaluate import evaluate
from armsym.audit.facts import Facts
from armsym.audit.farkas import Form
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words
from armsym.certify.multipliers import Search


@pytest.mark.parametrize(
    ("possible", "factor", "constant", "by", "form"),
    [
        (ones(32), 128, 0, 3, (0, 16)),
        (ones(32), 128, 7, 3, (0, 16)),  # what is less than 2^by is lost
        (ones(32), 128, 8, 3, (1, 16)),
        (ones(32), 4, 0, 3, None),
        (ones(32), 8, 0, 3, (0, 1)),
        (ones(57), 128, 0, 3, (0, 16)),  # the most that does not wrap
        (ones(58), 128, 0, 3, None),
        (ones(57), 128, 127, 7, (0, 1)),
        (ones(57), 128, 128, 7, None),  # 128 * (2^57 - 1) + 128 is 2^64
    ],
)
def test_a_quotient_of_a_number(
    possible: int, factor: int, constant: int, by: int, form: tuple[int, int] | None
) -> None:
    w = Words(Program())
    a = w.program.var("a", possible)
    node = w.shr(w.add(64, w.mulc(64, a, factor), w.const(constant)), by)
    facts = Facts(w, Search())
    assert facts.integer(node) == ((0, {node: 1}) if form is None else (form[0], {a: form[1]}))
    assert form is None or node in facts.beyond  # no other checker has the rule
    whole = facts.linear(node)
    for value in (0, 1, possible, possible >> 1):
        found = evaluate(w.program, {"a": value})[node]
        assert not (whole[0] + sum(k * {a: value, node: found}[n] for n, k in whole[1].items()) - found) % (1 << 64)
        assert form is None or found == form[0] + form[1] * value


def test_a_quotient_of_what_may_be_negative() -> None:
    """(128 a - 8) / 8 is 16 a - 1 unless a is 0."""
    w = Words(Program())
    a = w.program.var("a", ones(32))
    node = w.shr(w.add(64, w.mulc(64, a, 128), w.const(-8 & ones(64))), 3)
    facts = Facts(w, Search())
    assert facts.integer(node) == (0, {node: 1})
    facts.add((-1, {a: 1}))
    assert facts.integer(node) == (-1, {a: 16})


@pytest.mark.parametrize("known", [True, False])
def test_what_is_rounded_down_is_bounded(known: bool) -> None:
    """(16 a - 1) AND ~63 is from 16 a - 64 to 16 a - 16, both of which it is for some a, where a is not 0."""
    w = Words(Program())
    a = w.program.var("a", ones(32))
    mask = ones(64) & ~63
    less = [w.mask(w.add(64, w.mulc(64, a, 16), w.const(-k & ones(64))), mask) for k in (1, 15, 16, 17)]
    facts = Facts(w, Search())
    if known:
        facts.add((-1, {a: 1}))
    found = [facts.integer(node) for node in less]
    assert (found[0] == found[1] == found[2]) == known
    assert found[3] == (0, {less[3]: 1})  # it may be below 0
    (node,) = found[0][1]
    assert facts.shows((-16, {a: 16, node: -1})) == known
    assert facts.shows((64, {a: -16, node: 1})) == known
    assert not facts.shows((-17, {a: 16, node: -1}))
    assert not facts.shows((63, {a: -16, node: 1}))
    for value in (1, 2, 3, 4, 5, 8, ones(32)):
        values = evaluate(w.program, {"a": value})
        assert values[node] == values[less[0]] == (16 * value - 1) // 64 * 64


@pytest.mark.parametrize("mask", [~62, ~64, ~127 | 1, 63, 0x7FFFFFFFFFFFFFC0])
def test_other_masks_round_nothing_down(mask: int) -> None:
    w = Words(Program())
    a = w.program.var("a", ones(32))
    node = w.mask(w.add(64, w.mulc(64, a, 16), w.const(48)), mask & ones(64))
    facts = Facts(w, Search())
    facts.add((0, {a: 1}))
    before = facts._facts[:]
    assert facts.integer(node) == (0, {node: 1})
    assert facts._facts == before


INPUTS = {"a": ones(64), "b": 15, "c": 7 << 4, "d": ones(64) & ~15, "e": ones(32), "f": ones(40)}
EDGES = (0, 1, 15, 16, 63, 64, 127, ones(32), ones(40), 1 << 63, ones(64), ones(64) & ~15)


def test_facts_that_rounding_adds_hold_for_all_values() -> None:
    """Of random words, where facts speak of all inputs, and say nothing of them."""
    added = replaced = 0
    for seed in range(150):
        rng = random.Random(seed)
        w = Words(Program())
        nodes = [w.program.var(name, possible) for name, possible in INPUTS.items()]
        facts = Facts(w, Search())
        for n in nodes:
            facts.add((0, {n: 1}))
        nodes.append(w.const(rng.choice(EDGES)))
        for _ in range(8):
            a, b, kind = rng.choice(nodes), rng.choice(nodes), rng.randrange(5)
            if kind == 0:
                nodes.append(w.add(64, a, b))
            elif kind == 1:
                nodes.append(w.mulc(64, a, rng.choice((2, 8, 16, 24, 128, ones(64)))))
            elif kind == 2:
                nodes.append(w.shr(a, rng.choice((1, 3, 4, 7, 63))))
            else:
                low = ones(rng.choice((1, 3, 4, 6, 7, 32)))
                nodes.append(w.mask(w.add(64, a, b), ones(64) & ~low))
        size = len(w.program)
        forms: list[tuple[int, Form, Form]] = []
        for n in range(1, size):
            forms.append((n, facts.linear(n), facts.integer(n)))
            replaced += forms[-1][2] != (0, {n: 1}) and w.program[n][0] in ("Mask", "Shr")
        added += len(facts._facts) - len(INPUTS)
        for _ in range(12):
            values = evaluate(
                w.program, {name: rng.choice((rng.getrandbits(64), m, *EDGES)) & m for name, m in INPUTS.items()}
            )
            for constant, terms in facts._facts:
                assert constant + sum(k * values[n] for n, k in terms.items()) >= 0, seed
            for n, linear, integer in forms:
                assert (linear[0] + sum(k * values[m] for m, k in linear[1].items()) - values[n]) % (1 << 64) == 0
                assert integer[0] + sum(k * values[m] for m, k in integer[1].items()) == values[n], (seed, n)
    assert added > 20
    assert replaced > 20


#: CMP X1, X2; B.LT to the last two; MOV X0, #0; RET; MOV X0, #1; RET
LESS = (0xEB02003F, 0x5400006B, 0xD2800000, RET, 0xD2800020, RET)


def _less(*, same: bool | None, at_least: bool = True, bit: int = 63) -> Lie:
    """X1 < X2, of signed numbers, is said to be false; `same`: whether it is known that both have one sign."""
    lie = straight(*LESS)
    w = Words(lie.case.table)
    for name in ("a", "b"):
        lie.case.words[name] = ones(64), False
    a, b = (w.program.var(f"word.{name}", ones(64)) for name in ("a", "b"))
    lie.case.arguments |= {"x1": a, "x2": b}
    if same is not None:
        signs = [w.mask(w.shr(n, bit), 1) for n in (a, b)]
        lie.case.requires.append(("signs", w.xor(w.xor(w.const(int(same)), signs[0]), signs[1])))
    if at_least:
        lie.case.requires.append(("at least", w.shr(w.add(65, a, w.not_(64, b), w.const(1)), 64)))
    lie.case.ensures.append(Ensured("told", w.program.var("x0_out", ones(64)), w.zero))
    return lie


@pytest.mark.parametrize(
    ("same", "at_least", "bit", "true"),
    [
        (True, True, 63, True),
        (None, True, 63, False),
        (False, True, 63, False),
        (True, False, 63, False),
        (True, True, 62, False),
        (True, True, 0, False),
    ],
)
def test_words_of_one_sign_are_compared_as_they_are(
    same: bool | None, at_least: bool, bit: int, true: bool, tmp_path: Path
) -> None:
    verdict = _less(same=same, at_least=at_least, bit=bit).verdict(tmp_path)
    assert verdict.audited == true, verdict.refused


AND_127, AND_255 = 0x92401821, 0x92401C21  # AND X1, X1, #127; #255
MVN, LSR, LSL, ROR = 0xAA3F03EE, 0x9AC125C0, 0x9AC121C0, 0x9AC12DC0  # MVN X14, XZR; LSR X0, X14, X1


@pytest.mark.parametrize(
    ("masks", "shift", "factor", "true"),
    [
        (AND_127, LSR, 128, True),
        (AND_127, LSL, 128, True),
        (AND_255, LSR, 128, True),  # 128 is a shift by 0, too
        (AND_127, LSR, 64, True),
        (AND_127, LSR, 32, False),
        (AND_127, LSL, 32, False),
        (AND_127, LSR, 1, False),
    ],
)
def test_a_shift_by_what_a_mask_leaves_of_a_number(
    masks: int, shift: int, factor: int, true: bool, tmp_path: Path
) -> None:
    lie = straight(masks, MVN, shift, RET)
    w = Words(lie.case.table)
    lie.case.words["a"] = ones(32), False
    lie.case.arguments["x1"] = w.mulc(64, w.program.var("word.a", ones(32)), factor)
    lie.case.ensures.append(Ensured("told", w.program.var("x0_out", ones(64)), w.const(ones(64))))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited == true, verdict.refused
