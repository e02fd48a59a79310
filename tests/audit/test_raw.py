"""Raw programs: equal instructions are one, operands are earlier ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.audit.raw import Program, ones


def test_equal_instructions_are_one_and_nothing_else_is() -> None:
    p = Program()
    a, b = p.var("a", ones(8)), p.var("b", ones(8))
    assert p.xor(a, b) == p.xor(a, b)
    assert p.xor(a, b) != p.xor(b, a)
    assert p[p.xor(a, b)] == ("Xor", a, b)


@pytest.mark.parametrize("operand", [0, -1, 2, 3])
def test_an_operand_is_an_earlier_instruction(operand: int) -> None:
    p = Program()
    assert p.const(5) == 1
    with pytest.raises(ValueError, match=f"operand {operand}"):
        p.xor(1, operand)


@pytest.mark.parametrize("make", [Program.shl, Program.shr, Program.mask])
def test_numbers_are_not_negative(make: Callable[[Program, int, int], int]) -> None:
    p = Program()
    a = p.const(1)
    with pytest.raises(ValueError, match="at least 0"):
        make(p, a, -1)
    with pytest.raises(ValueError, match="at least 0"):
        p.mulc(8, a, -1)
    with pytest.raises(ValueError, match="at least 0"):
        p.const(-1)
