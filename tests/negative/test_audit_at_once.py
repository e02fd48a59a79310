"""Sixteen bytes compared at once, as CRYPTO_memcmp does: claims about each byte, true and false."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import pytest
from lying import RET, Lie, straight

from armsym.audit.bundle import Ensured, Region
from armsym.audit.raw import ones
from armsym.audit.words import Words

#: LDP X8, X9, [X0]; LDP X10, X11, [X1]; EOR X8, X8, X10; EOR X9, X9, X11; ORR X8, X8, X9; MOV X0, #1;
#: CMP X8, #0; CSEL X0, XZR, X0, EQ; RET
CODE = (0xA9402408, 0xA9402C2A, 0xCA0A0108, 0xCA0B0129, 0xAA090108, 0xD2800020, 0xF100011F, 0x9A8003E0, RET)


def _compared(pairs: Sequence[tuple[int, int]], changed: dict[int, int] | None = None) -> Lie:
    """0 is returned where, for all these pairs, byte k of the one region is byte j of the other, and else 1."""
    lie = straight(*((changed or {}).get(at, word) for at, word in enumerate(CODE)))
    w = Words(lie.case.table)
    for n, name in enumerate("ab"):
        lie.case.regions[name] = Region(name, "r", 1, "little", True, 1, 16, ())
        lie.case.arguments[f"x{n}"] = w.program.var(f"base.{name}", ones(64))
    a, b = ([w.program.app(f"mem.{name}", (w.const(k),), 255) for k in range(16)] for name in "ab")
    equal = reduce(w.and_, (w.is_zero(8, w.xor(a[k], b[j])) for k, j in pairs))
    lie.case.ensures.append(Ensured("told", w.program.var("x0_out", ones(64)), w.xor(equal, w.const(1))))
    return lie


EACH = [(k, k) for k in range(16)]


def test_all_bytes_are_compared(tmp_path: Path) -> None:
    verdict = _compared(EACH).verdict(tmp_path)
    assert verdict.audited, verdict.refused
    assert _compared(EACH[::-1]).verdict(tmp_path).audited


@pytest.mark.parametrize("pairs", [EACH[1:], EACH[:-1], EACH[:7] + EACH[8:], [*EACH[:-1], (15, 14)], [*EACH, (0, 1)]])
def test_other_bytes_are_not_what_is_compared(pairs: list[tuple[int, int]], tmp_path: Path) -> None:
    verdict = _compared(pairs).verdict(tmp_path)
    assert any("not shown equal" in r for r in verdict.refused), verdict.refused


@pytest.mark.parametrize(
    ("at", "word"),
    [
        (1, 0xA9400C2A),  # LDP X10, X3: X11 is anything
        (3, 0xCA0A0129),  # EOR X9, X9, X10
        (3, 0x8A0B0129),  # AND X9, X9, X11
        (4, 0xCA090108),  # EOR X8, X8, X9
        (4, 0x8A090108),  # AND X8, X8, X9
        (6, 0x7100011F),  # CMP W8, #0
        (6, 0xF100051F),  # CMP X8, #1
        (7, 0x9A8013E0),  # CSEL X0, XZR, X0, NE
    ],
)
def test_other_code_does_not_compare_all_bytes(at: int, word: int, tmp_path: Path) -> None:
    verdict = _compared(EACH, {at: word}).verdict(tmp_path)
    assert any("not shown equal" in r for r in verdict.refused), verdict.refused
