"""Paths parted in an audit, by the sign of a word and the few multiples that it can be: claims true and false."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest
from lying import RET, Lie, straight

from armsym.audit.bundle import Ensured
from armsym.audit.evaluate import evaluate
from armsym.audit.facts import Facts
from armsym.audit.raw import Program, ones
from armsym.audit.remainders import MOST_MULTIPLES, multiples
from armsym.audit.words import Words
from armsym.certify.inequalities import chained
from armsym.certify.multipliers import Search
from armsym.terms import ops, var
from armsym.terms.node import Term, Value, intern

NE, GE, LT, GT = 1, 10, 11, 12
TST_63, TST_31 = 0x7200143F, 0x7200103F  # TST W1, #63; #31
ONE, NONE = (0xD2800020, RET), (0xD2800000, RET)  # MOV X0, #1; MOV X0, #0


def _compare(number: int) -> int:
    """CMP W1, #number."""
    return 0x7100003F | number << 10


def _branch(condition: int, words: int) -> int:
    """B.cond, so many words on."""
    return 0x54000000 | words << 5 | condition


def _of_bits(words: Sequence[int]) -> tuple[Lie, Words, int]:
    """W1 is any word of 32 bits, and 0 is said to be returned."""
    lie = straight(*words)
    lie.case.words["bits"] = ones(32), False
    w = Words(lie.case.table)
    bits = lie.case.arguments["w1"] = w.program.var("word.bits", ones(32))
    lie.case.ensures.append(Ensured("told", w.program.var("x0_out", ones(64)), w.zero))
    return lie, w, bits


def _checked(values: Sequence[int], least: int = 128, most: int = 256, test: int = TST_63) -> Lie:
    """1 is returned for multiples of 64 (of 32) from the least to the most; the contract excludes these values."""
    back = [_compare(least), _branch(LT, 7), _compare(most), _branch(GT, 5), test, _branch(NE, 3)]
    lie, w, bits = _of_bits([*back, *ONE, *NONE])
    lie.case.requires += [("another", w.inverted(w.is_zero(32, w.xor(bits, w.const(value))))) for value in values]
    return lie


@pytest.mark.parametrize(("least", "most"), [(128, 256), (65, 319), (127, 257), (129, 255)])
def test_a_path_that_no_value_takes_is_left_out(least: int, most: int, tmp_path: Path) -> None:
    verdict = _checked((128, 192, 256), least, most).verdict(tmp_path)
    assert verdict.audited, verdict.refused
    assert verdict.counts["paths that no run takes"] > 0


@pytest.mark.parametrize(
    ("values", "least", "most", "test"),
    [
        # one value more is let in: the first, one between, the last; beyond the bounds; or by the mask
        ((192, 256), 128, 256, TST_63),
        ((128, 256), 128, 256, TST_63),
        ((128, 192), 128, 256, TST_63),
        ((128, 192, 256), 64, 256, TST_63),
        ((128, 192, 256), 128, 320, TST_63),
        ((128, 192, 256), 128, 256, TST_31),
        ((128, 129, 256), 128, 256, TST_63),
    ],
)
def test_a_path_that_one_value_takes_is_followed(
    values: tuple[int, ...], least: int, most: int, test: int, tmp_path: Path
) -> None:
    verdict = _checked(values, least, most, test).verdict(tmp_path)
    assert any("not shown equal" in r for r in verdict.refused), verdict.refused


@pytest.mark.parametrize(
    ("condition", "number", "least", "most", "true"),
    [
        # 1 is returned unless W1 < number (W1 >= number): of the words that the contract lets in
        (LT, 0, 1 << 31, ones(32), True),
        (LT, 0, (1 << 31) - 1, ones(32), False),
        (LT, 1, 1 << 31, ones(32), True),
        (LT, 1, 0, 0, True),
        (LT, 1, 0, 1, False),
        (GE, 0, 0, (1 << 31) - 1, True),
        (GE, 0, 0, 1 << 31, False),
        (GE, 1, 0, (1 << 31) - 1, False),
        (GE, 1, 1, (1 << 31) - 1, True),
        (LT, 4095, 0, 4094, True),
        (LT, 4095, 0, 4095, False),
    ],
)
def test_words_compared_as_signed_numbers(
    condition: int, number: int, least: int, most: int, true: bool, tmp_path: Path
) -> None:
    lie, w, bits = _of_bits([_compare(number), _branch(condition, 3), *ONE, *NONE])
    for value in ((bits, least), (ones(32) - most, None)):
        a, b = (bits, w.const(least)) if value[1] is not None else (w.const(most), bits)
        total = w.add(33, a, w.not_(32, b), w.const(1))
        lie.case.requires.append(("within", w.shr(total, 32)))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited == true, verdict.refused


def test_preconditions_that_exclude_all_are_refused(tmp_path: Path) -> None:
    """A number that is a multiple of 64 below 64, and not 0."""
    lie, w, bits = _of_bits([*ONE])
    total = w.add(33, w.const(63), w.not_(32, bits), w.const(1))
    lie.case.requires += [("small", w.shr(total, 32)), ("not 0", w.inverted(w.is_zero(32, bits)))]
    lie.case.requires.append(("a multiple", w.is_zero(32, w.mask(bits, 63))))
    verdict = lie.verdict(tmp_path)
    assert any("contradict each other" in r for r in verdict.refused), verdict.refused


def test_multiples_within_bounds() -> None:
    """For all bounds of words of six bits: those that there are."""
    for mask, low, high in product((1, 3, 7), range(0, 24), range(0, 24)):
        found = multiples(5, mask, 63, [(-low, {5: 1}), (2 * high + 1, {5: -2}), (0, {5: 1, 6: -1}), (-40, {6: 1})])
        expected = [n for n in range(64) if low <= n <= high and not n & mask]
        assert found == (expected if len(expected) <= MOST_MULTIPLES else None)
    assert multiples(5, 7, 63, []) == list(range(0, 64, 8))
    assert multiples(5, 7, 64, []) is None
    assert multiples(5, 7, 64, [(64, {5: -3})]) == [0, 8, 16]


@pytest.mark.parametrize("mask", [0, 2, 5, 6])
def test_only_a_mask_of_low_bits_tells_a_multiple(mask: int) -> None:
    w = Words(Program())
    a = w.program.var("a", 7)
    facts = Facts(w, Search())
    assert facts.multiples(w.program.mask(a, mask)) is None
    assert facts.multiples(w.mask(a, 1)) == [0, 2, 4, 6]
    assert facts.multiples(a) is None


def test_what_a_path_decided_is_impossible_where_it_is_shown_to_be_otherwise() -> None:
    w = Words(Program())
    a = w.program.var("a", 7)
    three = w.is_zero(3, w.xor(a, w.const(3)))
    for value, decided in product(range(8), (False, True)):
        facts = Facts(w, Search())
        facts.assume(w.inverted(three), not decided)
        assert not facts.impossible
        facts.add((-value, {a: 1}))
        facts.add((value, {a: -1}))
        if decided:  # (its facts contradict each other without that)
            assert value != 3 or not facts.impossible
        else:
            assert facts.impossible == (value == 3)


def test_conditions_are_chained_as_they_were() -> None:
    """Of three conditions all 256 functions: each node is what the condition is, whichever form it has."""
    inputs = [var(f"c{k}", 1, secret=False) for k in range(3)]
    w = Words(Program())
    names = {intern(t).id: w.program.var(f"c{k}", 1) for k, t in enumerate(inputs)}
    alone = 0
    for table in range(1, 255):
        condition: Value = 0
        for k in (k for k in range(8) if table >> k & 1):
            case: Value = 1
            for n, c in enumerate(inputs):
                case = (
                    ops.and_(1, c if k >> n & 1 else ops.xor(1, c, 1), case)
                    if case != 1
                    else (c if k >> n & 1 else ops.xor(1, c, 1))
                )
            condition = case if condition == 0 else ops.xor(1, condition, case)

        def plain(v: Value) -> int:
            nonlocal alone
            if isinstance(v, Term) and intern(v).id in names:
                return names[intern(v).id]
            alone += 1
            return w.zero

        before = alone
        found = chained(w, condition, plain)
        if alone == before:
            for k in range(8):
                values = evaluate(w.program, {f"c{n}": k >> n & 1 for n in range(3)})
                assert values[found] == table >> k & 1, (table, k)
    # Two conditions' XOR is none, nor what has one in it.
    assert alone == sum(not _is_chain(table, 3) for table in range(1, 255))


def _is_chain(table: int, count: int) -> bool:
    """By its values: some condition alone makes it 0 or 1, or leaves one of which that is so."""
    size = 1 << count
    if table in (0, ones(size)):
        return True
    for n in range(count):
        halves = []
        for bit in (0, 1):
            rows = [k for k in range(size) if k >> n & 1 == bit]
            halves.append(sum((table >> k & 1) << place for place, k in enumerate(rows)))
        for one, other in (halves, halves[::-1]):
            if one in (0, ones(size // 2)) and _is_chain(other, count - 1):
                return True
    return False
