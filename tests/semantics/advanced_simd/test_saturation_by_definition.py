"""Saturating, halving and rounding operations on bytes against unbounded integers.

Every byte meets every boundary value and some others; the expected result is the manual's
formula on Python integers.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.isa import Instruction
from semantics.advanced_simd.shift_by_immediate import AdvSIMDShiftByImmediate
from semantics.advanced_simd.three_same import AdvSIMDThreeSame
from semantics.advanced_simd.two_register_misc import AdvSIMDTwoRegisterMisc

Execute = Callable[..., int]

OTHERS = [
    0x00,
    0x01,
    0x02,
    0x07,
    0x08,
    0x09,
    0x3F,
    0x40,
    0x7E,
    0x7F,
    0x80,
    0x81,
    0x9A,
    0xC0,
    0xF7,
    0xF8,
    0xF9,
    0xFE,
    0xFF,
]


def signed(x: int) -> int:
    return x - 256 if x & 0x80 else x


def sat(x: int, unsigned: bool) -> int:
    low, high = (0, 255) if unsigned else (-128, 127)
    return max(low, min(high, x))


def number(x: int, unsigned: bool) -> int:
    return x if unsigned else signed(x)


def shifted(x: int, amount: int, rounding: bool) -> int:
    """The manual's (x + round_const) << shift, with a right shift for negative amounts."""
    if amount >= 0:
        return x << amount
    return (x + (1 << (-amount - 1) if rounding else 0)) >> -amount


def three_same(opcode: int) -> tuple[type[Instruction], dict[str, int]]:
    return AdvSIMDThreeSame, {"Q": 1, "size": 0, "opcode": opcode}


Formula = Callable[[int, int, bool], int]

#: Mnemonic without its letter: opcode, formula on n and m as numbers.
FORMULAS: dict[str, tuple[int, Formula]] = {
    "hadd": (0b00000, lambda n, m, u: (n + m) >> 1),
    "qadd": (0b00001, lambda n, m, u: sat(n + m, u)),
    "rhadd": (0b00010, lambda n, m, u: (n + m + 1) >> 1),
    "hsub": (0b00100, lambda n, m, u: (n - m) >> 1),
    "qsub": (0b00101, lambda n, m, u: sat(n - m, u)),
    "shl": (0b01000, lambda n, m, u: shifted(n, m, False)),
    "qshl": (0b01001, lambda n, m, u: sat(shifted(n, m, False), u)),
    "rshl": (0b01010, lambda n, m, u: shifted(n, m, True)),
    "qrshl": (0b01011, lambda n, m, u: sat(shifted(n, m, True), u)),
    "max": (0b01100, lambda n, m, u: max(n, m)),
    "min": (0b01101, lambda n, m, u: min(n, m)),
    "abd": (0b01110, lambda n, m, u: abs(n - m)),
}


@pytest.mark.parametrize("U", [0, 1])
@pytest.mark.parametrize("name", FORMULAS)
def test_three_same(execute: Execute, name: str, U: int) -> None:
    opcode, formula = FORMULAS[name]
    unsigned = bool(U)
    for start in range(0, 256, 16):
        n = bytes(range(start, start + 16))
        for other in OTHERS:
            m = bytes([other] * 16)
            result = execute(
                AdvSIMDThreeSame,
                0,
                int.from_bytes(n, "little"),
                int.from_bytes(m, "little"),
                Q=1,
                U=U,
                size=0,
                opcode=opcode,
            )
            # The amount of a shift is signed in the unsigned instructions too.
            second = signed(other) if name.endswith("shl") else number(other, unsigned)
            expected = [formula(number(x, unsigned), second, unsigned) & 0xFF for x in n]
            assert list(result.to_bytes(16, "little")) == expected


@pytest.mark.parametrize(("U", "name"), [(0, "suqadd"), (1, "usqadd")])
def test_accumulate_of_the_other_signedness(execute: Execute, U: int, name: str) -> None:
    for start in range(0, 256, 16):
        n = bytes(range(start, start + 16))
        for other in OTHERS:
            result = execute(
                AdvSIMDTwoRegisterMisc,
                int.from_bytes(bytes([other] * 16), "little"),
                int.from_bytes(n, "little"),
                Q=1,
                U=U,
                size=0,
                opcode=0b00011,
            )
            if name == "suqadd":
                expected = [sat(signed(other) + x, False) & 0xFF for x in n]
            else:
                expected = [sat(other + signed(x), True) for x in n]
            assert list(result.to_bytes(16, "little")) == expected


#: (U, opcode): rounding, whether n is unsigned, whether the result saturates as unsigned.
NARROWING = {
    (0, 0b10010): (False, False, False),  # SQSHRN
    (0, 0b10011): (True, False, False),  # SQRSHRN
    (1, 0b10000): (False, False, True),  # SQSHRUN
    (1, 0b10001): (True, False, True),  # SQRSHRUN
    (1, 0b10010): (False, True, True),  # UQSHRN
    (1, 0b10011): (True, True, True),  # UQRSHRN
}
HALFWORDS = [0, 1, 2, 127, 128, 129, 255, 256, 257, 0x7F7F, 0x7F80, 0x7FFF, 0x8000, 0x8001, 0xFF7F, 0xFFFF]


@pytest.mark.parametrize(("U", "opcode"), NARROWING)
def test_narrowing_shifts(execute: Execute, U: int, opcode: int) -> None:
    rounding, unsigned_from, unsigned_to = NARROWING[U, opcode]
    for half in (HALFWORDS[:8], HALFWORDS[8:]):
        n = sum(h << 16 * k for k, h in enumerate(half))
        for amount in range(1, 9):
            fields = {"Q": 0, "U": U, "immh": (16 - amount) >> 3, "immb": (16 - amount) & 7, "opcode": opcode}
            result = execute(AdvSIMDShiftByImmediate, 0, n, **fields)
            numbers = [h if unsigned_from or h < 0x8000 else h - 0x10000 for h in half]
            expected = [sat(shifted(x, -amount, rounding), unsigned_to) & 0xFF for x in numbers]
            assert list(result.to_bytes(8, "little")) == expected
