"""Every encoding class, and random words, decoded and printed as Capstone does."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from armsym.conform.capstone_exceptions import EXCEPTIONS
from armsym.conform.capstone_oracle import Capstone
from armsym.conform.decode import (
    UNPREDICTABLE,
    DecodeResult,
    check_decode_class,
    check_decode_random,
    check_decode_words,
)
from armsym.isa import Instruction
from semantics import A64
from semantics.out_of_scope import OUT_OF_SCOPE

RANDOM_WORDS = 200_000
_results: list[DecodeResult] = []


@pytest.fixture(scope="module")
def capstone() -> Capstone:
    return Capstone()


def _show(result: DecodeResult) -> str:
    return f"{result.mismatch_count} mismatches in {result.words} words\n" + "\n".join(map(str, result.mismatches[:10]))


@pytest.mark.parametrize("cls", A64.classes, ids=lambda c: c.__name__)
def test_class_decodes_as_capstone(cls: type[Instruction], capstone: Capstone) -> None:
    result = check_decode_class(A64, cls, oracle=capstone, scope=OUT_OF_SCOPE)
    _results.append(result)
    assert result.ok, _show(result)
    # At least as many words as there are combinations, and every form really met.
    assert result.words >= min(result.combinations, 1 << 13)
    assert result.accepted > 0


def test_random_words(capstone: Capstone) -> None:
    result = check_decode_random(A64, RANDOM_WORDS, seed=1, oracle=capstone, scope=OUT_OF_SCOPE)
    _results.append(result)
    assert result.ok, _show(result)
    assert result.accepted > RANDOM_WORDS // 10
    known = result.accepted + result.rejected_by_both + result.out_of_scope.total()
    # Words that an exception excuses are accepted by exactly one side; nothing is lost.
    assert known <= result.words <= known + result.excepted.total()


# One word for each declared exception, and how each side reads it by the manual.
EXCUSED = {
    "SMULH, UMULH with Ra other than 31": 0x9B5A4FB0,
    "LDTR into its own base": 0xB852AB5A,
    "ORR from ZR printed as MOV": 0x321F17F1,
    "BFXIL from ZR printed as BFC": 0xB3402BFB,
    "DSB #12 printed as DFB": 0xD5033C9F,
    UNPREDICTABLE: 0xA9F70430,
}


def test_every_exception_is_needed_and_counted(capstone: Capstone) -> None:
    assert set(EXCUSED) == {e.name for e in EXCEPTIONS} | {UNPREDICTABLE}
    for name, word in EXCUSED.items():
        result = check_decode_words(A64, [word], oracle=capstone, scope=OUT_OF_SCOPE)
        assert result.excepted == Counter({name: 1})
        assert result.ok
        if name != UNPREDICTABLE:
            strict = check_decode_words(A64, [word], oracle=capstone, scope=OUT_OF_SCOPE, exceptions=())
            assert strict.mismatch_count == 1


def test_what_is_out_of_scope_is_not_modelled(capstone: Capstone) -> None:
    # One word of several features, assembled with GNU as; each must be refused, and declared.
    words = {
        0x04200000: "SVE, SVE2",  # add z0.b, z0.b, z0.b
        0x885F7C20: "Load/store exclusive",  # ldxr w0, [x1]
        0xB8200041: "FEAT_LSE",  # ldadd w0, w1, [x2]
        0x91800000: "FEAT_MTE",  # addg x0, x0, #0, #0
        0x1E622820: "Floating point",  # fadd d0, d1, d2
        0xD65F0BFF: "FEAT_PAuth beyond hints",  # retaa
        0xD5381020: "System registers other than NZCV and DIT, and SP_EL0, which may be read",  # mrs x0, actlr_el1
        0xD69F03E0: "Exception return, debug state",  # eret
    }
    for word, feature in words.items():
        result = check_decode_words(A64, [word], oracle=capstone, scope=OUT_OF_SCOPE)
        assert result.out_of_scope == Counter({feature: 1}), f"{word:#010x}"
        assert check_decode_words(A64, [word], oracle=capstone).mismatch_count == 1


@pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="the classes run in other processes")
def test_totals(capsys: pytest.CaptureFixture[str]) -> None:
    if len(_results) <= len(A64.classes):
        pytest.skip("only a part of the classes was run")
    words = sum(r.words for r in _results)
    seconds = sum(r.seconds for r in _results)
    with capsys.disabled():
        print(f"\ndecoding: {words:,} words compared with Capstone in {seconds:.1f} s CPU")
    assert words >= 1_000_000
