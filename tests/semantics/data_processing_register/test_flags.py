"""AddWithCarry, the conditions and what reads them, against the manual's definitions in plain integers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from armsym.bits import Bits, Prop
from armsym.machine import NZCV, Machine
from armsym.terms import evaluate, var
from semantics.data_processing_register.add_sub_shifted_register import AddSubShiftedRegister
from semantics.data_processing_register.add_sub_with_carry import AddSubWithCarry
from semantics.data_processing_register.conditional_compare_immediate import ConditionalCompareImmediate
from semantics.data_processing_register.conditional_compare_register import ConditionalCompareRegister
from semantics.data_processing_register.conditional_select import ConditionalSelect
from semantics.shared import AddWithCarry, ConditionHolds

Execute = Callable[..., Machine]

WIDTH = 4  # the definition is the same for every width, and this one can be exhausted
SIGN = 1 << (WIDTH - 1)


def add_with_carry(x: int, y: int, c: int) -> tuple[int, int]:
    """The shared pseudocode: result and N:Z:C:V from the unbounded unsigned and signed sums."""
    unsigned_sum = x + y + c
    signed_sum = (x ^ SIGN) - SIGN + (y ^ SIGN) - SIGN + c
    result = unsigned_sum & (2 * SIGN - 1)
    n, z = result >> (WIDTH - 1), result == 0
    carry, overflow = result != unsigned_sum, (result ^ SIGN) - SIGN != signed_sum
    return result, n << 3 | z << 2 | carry << 1 | overflow


def test_add_with_carry_on_numbers() -> None:
    for x, y, c in product(range(2 * SIGN), range(2 * SIGN), (0, 1)):
        result, flags = AddWithCarry(Bits(WIDTH, x), Bits(WIDTH, y), Bits(1, c))
        assert (result.uint, flags.bits.uint) == add_with_carry(x, y, c)


@pytest.mark.parametrize("carry", [0, 1, None])
def test_add_with_carry_on_symbols(carry: int | None) -> None:
    x, y = var("x", WIDTH), var("y", WIDTH)
    carry_in = Bits(1, var("c", 1) if carry is None else carry)
    result, flags = AddWithCarry(Bits(WIDTH, x), Bits(WIDTH, y), carry_in)
    nzcv = flags.bits
    for xv, yv, c in product(range(2 * SIGN), range(2 * SIGN), (0, 1) if carry is None else (carry,)):
        values = {"x": xv, "y": yv, "c": c}
        assert (evaluate(result.value, values), evaluate(nzcv.value, values)) == add_with_carry(xv, yv, c)


# Arm ARM table C1-1, "Condition codes".
CONDITIONS: list[Callable[[bool, bool, bool, bool], bool]] = [
    lambda n, z, c, v: z,  # EQ
    lambda n, z, c, v: not z,  # NE
    lambda n, z, c, v: c,  # CS
    lambda n, z, c, v: not c,  # CC
    lambda n, z, c, v: n,  # MI
    lambda n, z, c, v: not n,  # PL
    lambda n, z, c, v: v,  # VS
    lambda n, z, c, v: not v,  # VC
    lambda n, z, c, v: c and not z,  # HI
    lambda n, z, c, v: not (c and not z),  # LS
    lambda n, z, c, v: n == v,  # GE
    lambda n, z, c, v: n != v,  # LT
    lambda n, z, c, v: not z and n == v,  # GT
    lambda n, z, c, v: not (not z and n == v),  # LE
    lambda n, z, c, v: True,  # AL
    lambda n, z, c, v: True,  # NV is AL too
]


def holds(cond: int, nzcv: int) -> bool:
    return CONDITIONS[cond](*(bool(nzcv >> k & 1) for k in (3, 2, 1, 0)))


def test_conditions(execute: Execute) -> None:
    fields = {"sf": 1, "op": 0, "o2": 0, "Rn": 1, "Rm": 2, "Rd": 0}
    for cond, nzcv in product(range(16), range(16)):
        m = execute(ConditionalSelect, {1: 11, 2: 22}, flags=nzcv, cond=cond, **fields)
        assert m.x[0].uint == (11 if holds(cond, nzcv) else 22)


@pytest.mark.parametrize(("op", "o2", "meant"), [(0, 1, 23), (1, 0, 2**32 - 23), (1, 1, 2**32 - 22)])
def test_select_increments_inverts_and_negates_rm(execute: Execute, op: int, o2: int, meant: int) -> None:
    x = {1: 11, 2: 0xFFFF_FFFF_0000_0016}
    assert execute(ConditionalSelect, x, sf=0, op=op, o2=o2, cond=0, Rn=1, Rm=2, Rd=0).x[0].uint == meant
    m = execute(ConditionalSelect, x, flags=0b0100, sf=0, op=op, o2=o2, cond=0, Rn=1, Rm=2, Rd=0)
    assert m.x[0].uint == 11


def test_conditions_after_a_comparison(execute: Execute) -> None:
    # However ConditionHolds gets there, after CMP the names must mean what they say, for signed and unsigned.
    corners = [0, 1, 2, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF]
    fields = {"sf": 1, "op": 1, "S": 1, "shift": 0, "imm6": 0, "Rn": 1, "Rm": 2, "Rd": 31}
    for a, b in product(corners, corners):
        m = execute(AddSubShiftedRegister, {1: a, 2: b}, **fields)
        sa, sb = a - (a >> 63 << 64), b - (b >> 63 << 64)
        meant = [a == b, a != b, a >= b, a < b, a > b, a <= b, sa >= sb, sa < sb, sa > sb, sa <= sb]
        got = [bool(ConditionHolds(k, m)) for k in (*range(4), *range(8, 14))]
        assert got == meant, (a, b)


def test_carry_goes_through_a_chain(execute: Execute) -> None:
    # 128 bits: (2**128 - 1) + 1 = 0 with a carry out, and 0 - 1 borrows all the way.
    ones = (1 << 64) - 1
    low = execute(AddSubShiftedRegister, {1: ones, 2: 1}, sf=1, op=0, S=1, shift=0, imm6=0, Rn=1, Rm=2, Rd=0)
    assert (low.x[0].uint, low.nzcv.bits.uint) == (0, 0b0110)
    high = execute(AddSubWithCarry, {1: ones}, flags=0b0110, sf=1, op=0, S=1, Rn=1, Rm=31, Rd=0)
    assert (high.x[0].uint, high.nzcv.bits.uint) == (0, 0b0110)
    for flags in (0b0100, 0b0010):  # only C is a carry
        m = execute(AddSubWithCarry, {1: 5, 2: 6}, flags=flags, sf=1, op=0, S=0, Rn=1, Rm=2, Rd=0)
        assert m.x[0].uint == 11 + (flags == 0b0010)
    borrow = execute(AddSubWithCarry, flags=0b1000, sf=1, op=1, S=1, Rn=1, Rm=31, Rd=0)
    assert (borrow.x[0].uint, borrow.nzcv.bits.uint) == (ones, 0b1000)


@pytest.mark.parametrize(("op", "imm5", "meant"), [(1, 5, 0b0110), (1, 6, 0b1000), (0, 5, 0b0000)])
def test_conditional_compare(execute: Execute, op: int, imm5: int, meant: int) -> None:
    # W1 = 5 (the upper half must not matter); EQ holds in 0100 and fails in 0000.
    fields = {"sf": 0, "op": op, "cond": 0, "Rn": 1, "nzcv": 0b1001}
    x = {1: 0xFFFF_FFFF_0000_0005, 2: imm5}
    for nzcv, after in ((0b0100, meant), (0b0000, 0b1001)):
        immediate = execute(ConditionalCompareImmediate, x, flags=nzcv, imm5=imm5, **fields)
        register = execute(ConditionalCompareRegister, x, flags=nzcv, Rm=2, **fields)
        assert immediate.nzcv.bits.uint == register.nzcv.bits.uint == after


def test_conditional_compare_under_a_symbolic_condition(execute: Execute) -> None:
    z = var("z", 1)
    m = execute(ConditionalCompareImmediate, {1: 5}, sf=1, op=1, imm5=5, cond=14, Rn=1, nzcv=0)
    off = Prop(False)
    m.nzcv = NZCV.of(off, Prop(z), off, off)
    i = ConditionalCompareImmediate.from_word(
        ConditionalCompareImmediate.encode(sf=1, op=1, imm5=5, cond=0, Rn=1, nzcv=0b1001)
    )
    assert i is not None
    i.execute(m)
    assert [evaluate(m.nzcv.bits.value, {"z": v}) for v in (0, 1)] == [0b1001, 0b0110]
