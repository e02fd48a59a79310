"""Directed examples: published products, permutations written out, reserved encodings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.isa import InstructionSet
from semantics.advanced_simd.extract import AdvSIMDExtract
from semantics.advanced_simd.modified_immediate import AdvSIMDModifiedImmediate
from semantics.advanced_simd.permute import AdvSIMDPermute
from semantics.advanced_simd.shift_by_immediate import AdvSIMDShiftByImmediate
from semantics.advanced_simd.table_lookup import AdvSIMDTableLookup
from semantics.advanced_simd.three_different import AdvSIMDThreeDifferent
from semantics.advanced_simd.three_same import AdvSIMDThreeSame
from semantics.advanced_simd.two_register_misc import AdvSIMDTwoRegisterMisc

Execute = Callable[..., int]

A = int.from_bytes(bytes(range(0x00, 0x10)), "little")
B = int.from_bytes(bytes(range(0x10, 0x20)), "little")


def memory(vector: int) -> str:
    """The bytes of a vector in the order of memory."""
    return vector.to_bytes(16, "little").hex()


def test_pmull_published_products(execute: Execute) -> None:
    """Intel's carry-less multiplication white paper (323640), PCLMULQDQ of both low and both high halves."""
    a, b = 0x7B5B54657374566563746F725D53475D, 0x48692853686179295B477565726F6E5D
    low = execute(AdvSIMDThreeDifferent, 0, a, b, Q=0, U=0, size=3, opcode=0b1110)
    high = execute(AdvSIMDThreeDifferent, 0, a, b, Q=1, U=0, size=3, opcode=0b1110)
    assert low == 0x1D4D84C85C3440C0929633D5D36F0451
    assert high == 0x1D1E1F2C592E7C45D66EE03E410FD4ED


@pytest.mark.parametrize(
    ("opcode", "size", "expected"),
    [
        (0b001, 0, "00020406080a0c0e10121416181a1c1e"),
        (0b101, 0, "01030507090b0d0f11131517191b1d1f"),
        (0b001, 2, "00010203" + "08090a0b" + "10111213" + "18191a1b"),
        (0b011, 1, "0001" + "1011" + "0203" + "1213" + "0405" + "1415" + "0607" + "1617"),
        (0b111, 3, "08090a0b0c0d0e0f" + "18191a1b1c1d1e1f"),
        (0b010, 3, "0001020304050607" + "1011121314151617"),
        (0b110, 1, "0203" + "1213" + "0607" + "1617" + "0a0b" + "1a1b" + "0e0f" + "1e1f"),
    ],
)
def test_permute(execute: Execute, opcode: int, size: int, expected: str) -> None:
    assert memory(execute(AdvSIMDPermute, 0, A, B, Q=1, size=size, opcode=opcode)) == expected


def test_permute_of_low_halves(execute: Execute) -> None:
    result = execute(AdvSIMDPermute, A, A, B, Q=0, size=0, opcode=0b011)
    assert memory(result) == "0010011102120313" + "00" * 8


def test_extract(execute: Execute) -> None:
    assert memory(execute(AdvSIMDExtract, 0, A, B, Q=1, op2=0, imm4=3)) == "030405060708090a0b0c0d0e0f101112"
    assert memory(execute(AdvSIMDExtract, A, A, B, Q=0, op2=0, imm4=3)) == "0304050607101112" + "00" * 8


def test_table_lookup_of_two_registers(execute: Execute) -> None:
    """The table is V1:V2, and V2 holds the indices too: those above 31 give 0 (TBL) or leave V0 (TBX)."""
    indices = int.from_bytes(bytes.fromhex("000f101f20ff03020108ff8000000000"), "little")
    expected = "000f" + "00" + "00" + "00" + "00" + "03020108" + "00" + "00" + "00000000"
    assert memory(execute(AdvSIMDTableLookup, B, A, indices, Q=1, op2=0, len=1, op=0)) == expected
    expected = "000f" + "00" + "00" + "14" + "15" + "03020108" + "1a" + "1b" + "00000000"
    assert memory(execute(AdvSIMDTableLookup, B, A, indices, Q=1, op2=0, len=1, op=1)) == expected


def test_reversals(execute: Execute) -> None:
    def rev(U: int, opcode: int, size: int) -> str:
        return memory(execute(AdvSIMDTwoRegisterMisc, 0, A, Q=1, U=U, size=size, opcode=opcode))

    assert rev(0, 0, 0) == "0706050403020100" + "0f0e0d0c0b0a0908"
    assert rev(0, 0, 2) == "0405060700010203" + "0c0d0e0f08090a0b"
    assert rev(1, 0, 0) == "03020100" + "07060504" + "0b0a0908" + "0f0e0d0c"
    assert rev(0, 1, 0) == "0100030205040706" + "09080b0a0d0c0f0e"


@pytest.mark.parametrize("amount", [1, 7, 16, 31])
def test_rotation_by_ushr_and_sli(execute: Execute, amount: int) -> None:
    words = [0x80000001, 0x12345678, 0xFFFFFFFF, 0x0F0F0F0F]
    n = sum(w << 32 * k for k, w in enumerate(words))
    right = 64 - amount
    d = execute(AdvSIMDShiftByImmediate, 0, n, Q=1, U=1, immh=right >> 3, immb=right & 7, opcode=0b00000)
    left = 32 + (32 - amount)
    d = execute(AdvSIMDShiftByImmediate, d, n, Q=1, U=1, immh=left >> 3, immb=left & 7, opcode=0b01010)
    assert d == sum((w >> amount | w << (32 - amount) & 0xFFFFFFFF) << 32 * k for k, w in enumerate(words))


@pytest.mark.parametrize(
    ("op", "cmode", "imm8", "expected"),
    [
        (0, 0b0010, 0xAB, 0x0000AB00_0000AB00),  # MOVI, LSL #8
        (1, 0b0110, 0xAB, 0x54FFFFFF_54FFFFFF),  # MVNI, LSL #24
        (0, 0b1101, 0xAB, 0x00ABFFFF_00ABFFFF),  # MOVI, MSL #16
        (0, 0b1010, 0xAB, 0xAB00AB00_AB00AB00),  # MOVI, 16 bits, LSL #8
        (0, 0b1110, 0xC2, 0xC2C2C2C2_C2C2C2C2),  # MOVI, bytes
        (1, 0b1110, 0xC2, 0xFFFF0000_0000FF00),  # MOVI, a bit for each byte
        (0, 0b1111, 0x70, 0x3F800000_3F800000),  # FMOV, 1.0f
        (1, 0b1111, 0xF0, 0xBFF00000_00000000),  # FMOV, -1.0
    ],
)
def test_modified_immediate(execute: Execute, op: int, cmode: int, imm8: int, expected: int) -> None:
    fields = {"Q": 1, "op": op, "cmode": cmode, "o2": 0, "abc": imm8 >> 5, "defgh": imm8 & 31}
    assert execute(AdvSIMDModifiedImmediate, A, **fields) == expected << 64 | expected


def test_writing_64_bits_clears_the_upper_half(execute: Execute) -> None:
    ones = (1 << 128) - 1
    assert execute(AdvSIMDThreeSame, ones, A, B, Q=0, U=0, size=2, opcode=0b10000).bit_length() <= 64


@pytest.mark.parametrize(
    "word",
    [
        0x4EE29C20,  # MUL .2D
        0x0EE28420,  # ADD .1D
        0x2EE08C20,  # CMEQ .1D
        0x2E024020,  # EXT .8B with imm4<3> = 1
        0x0EC23820,  # ZIP1 .1D
        0x0E080420,  # DUP .1D
        0x0E083C20,  # UMOV Xd with Q = 0
        0x4E043C20,  # UMOV of 32 bits with Q = 1
        0x0E001C20,  # INS with imm5 = 0000
        0x2F00F420,  # FMOV .1D (immediate)
        0x2F00FC20,  # modified immediate, o2 = 1 and op = 1
        0x0F405420,  # SHL .1D
        0x0F40A420,  # SSHLL of 64 bits
        0x0EB1B820,  # ADDV of two 32-bit elements
        0x0E62E020,  # PMULL of 16 bits
        0x4EA2E020,  # PMULL2 of 32 bits
        0x0E22D020,  # SQDMULL of bytes
        0x0F02C020,  # SQDMULH by element of bytes
        0x5E208420,  # ADD Bd
        0x0E828420,  # three-register extension, opcode 0000 with U = 0
    ],
)
def test_reserved_encodings_do_not_decode(isa: InstructionSet, word: int) -> None:
    assert isa.matches(word) == []
