"""What is 0 where a counter has come to -base AND 2^k - 1: by what each value computes, one wider and one narrower."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from exporting import exported

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle
from armsym.audit.elf import Elf
from armsym.audit.evaluate import evaluate
from armsym.audit.facts import Facts
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words
from armsym.certify.multipliers import Search

ROOT = Path(__file__).resolve().parents[2]


def _facts(mask: int, sign: int, most: int) -> tuple[Words, Facts, int, int, int]:
    """t = (sign * base) AND mask, and i from 0 to t + most; base, i, t."""
    w = Words(Program())
    base, i = w.program.var("base", ones(64)), w.program.var("i", 31)
    t = w.mask(w.mulc(64, base, sign & ones(64)), mask)
    facts = Facts(w, Search())
    facts.add((most, {t: 1, i: -1}))
    return w, facts, base, i, t


def _told(mask: int, sign: int, most: int, asked: int, step: int = 1) -> bool:
    """Whether base + step * i AND `asked` is 0 by a form of i and t alone; it is then, for every value."""
    w, facts, base, i, t = _facts(mask, sign, most)
    node = w.mask(w.add(64, base, w.mulc(64, i, step & ones(64))), asked)
    form = facts._difference(node)
    for low, high, of_i in product(range(16), (0, ones(60) << 4, 1 << 63), range(32)):
        values = evaluate(w.program, {"base": low | high, "i": of_i})
        if of_i <= values[t] + most:
            assert (form[0] + sum(k * values[n] for n, k in form[1].items()) == 0) == (values[node] == 0)
    return not form[1].keys() - {i, t}


@pytest.mark.parametrize(("mask", "most"), [(1, 0), (7, 0), (15, 0), (7, 1), (7, 7), (1, 1)])
def test_a_counter_up_to_what_aligns_is_there_where_the_address_is_aligned(mask: int, most: int) -> None:
    assert _told(mask, -1, most, mask)


@pytest.mark.parametrize(
    ("mask", "sign", "most", "asked", "step"),
    [
        (7, -1, 8, 7, 1),  # i may be t + 8, which is t modulo 8
        (7, -1, 0, 15, 1),  # aligned to 16 is more than to 8
        (15, -1, 0, 7, 1),  # and to 8 less than to 16: t - 8 is such a number, too
        (7, 1, 0, 7, 1),  # base AND 7 is how far it is since, not how far it is to
        (6, -1, 0, 6, 1),  # no remainder
        (7, -1, 0, 7, 3),  # 3 i - t goes from -7 to 14
    ],
)
def test_what_leaves_another_value_is_not_told(mask: int, sign: int, most: int, asked: int, step: int) -> None:
    assert not _told(mask, sign, most, asked, step)


def test_base_less_its_remainder_is_told() -> None:
    """base - i, for i up to base AND 7, is a multiple of 8 where i is that."""
    assert _told(7, 1, 0, 7, -1)


#: Words of OPENSSL_cleanse: CMP X1, #15; TST X0, #7; B.EQ; STRB; STR, X0 + 8; SUB X1, 8; TST X1, #-8; CBNZ X1.
AT = {"cmp": 0x04, "tst": 0x20, "eq": 0x24, "strb": 0x28, "str": 0x40, "sub": 0x44, "rest": 0x48, "cbnz": 0x50}


@pytest.fixture(scope="module")
def erasing() -> tuple[Bundle, Path]:
    return exported(ROOT / "crypto_examples" / "openssl" / "memory.py", "openssl_cleanse")


def _verdict(bundle: Bundle, data: bytes) -> Verdict:
    elf = Elf.parse(data)
    return audit(bundle, elf, elf.symbol("OPENSSL_cleanse")[0])


@pytest.mark.wheels
def test_erasing_is_audited(erasing: tuple[Bundle, Path]) -> None:
    bundle, path = erasing
    verdict = _verdict(bundle, path.read_bytes())
    assert verdict.audited, verdict.refused


@pytest.mark.wheels
@pytest.mark.parametrize(
    ("at", "before", "after"),
    [
        ("cmp", 0xF1003C3F, 0xF1001C3F),  # CMP X1, #7: of 8 bytes one may be left when X0 is aligned
        ("tst", 0xF240081F, 0xF240041F),  # TST X0, #3
        ("eq", 0x540000E0, 0x540000E1),  # B.NE
        ("strb", 0x3800141F, 0x3800241F),  # STRB WZR, [X0], #2
        ("str", 0xF800841F, 0xF801041F),  # STR XZR, [X0], #16
        ("sub", 0xD1002021, 0xD1001021),  # SUB X1, X1, #4
        ("rest", 0xF27DF03F, 0xF27EF43F),  # TST X1, #-4: 4 bytes more are erased as 8
        ("cbnz", 0xB5FFFE01, 0xB4FFFE01),  # CBZ X1
    ],
)
def test_erasing_wrongly_is_refused(erasing: tuple[Bundle, Path], at: str, before: int, after: int) -> None:
    bundle, path = erasing
    data = bytearray(path.read_bytes())
    elf = Elf.parse(bytes(data))
    entry, size = elf.symbol("OPENSSL_cleanse")
    code = b"".join(elf.word(entry + k).to_bytes(4, "little") for k in range(0, size, 4))
    assert data.count(code) == 1
    place = data.index(code) + AT[at]
    assert int.from_bytes(data[place : place + 4], "little") == before
    data[place : place + 4] = after.to_bytes(4, "little")
    assert not _verdict(bundle, bytes(data)).audited


@pytest.mark.wheels
def test_erasing_needs_what_its_cuts_know(erasing: tuple[Bundle, Path]) -> None:
    """Of the claims that 9 bytes, or a word of 8, are left: one byte more, and where paths come to it it is refused."""
    bundle, path = erasing
    data, (case,) = path.read_bytes(), bundle.cases
    for left in (-9, -8):
        number, k = next((n, k) for n, c in case.cuts.items() for k, f in enumerate(c.facts) if f.constant == left)
        cut = case.cuts[number]
        more = replace(cut.facts[k], constant=left - 1)
        changed = replace(cut, facts=[*cut.facts[:k], more, *cut.facts[k + 1 :]])
        less = replace(bundle, cases=[replace(case, cuts=case.cuts | {number: changed})])
        assert not _verdict(less, data).audited, left
