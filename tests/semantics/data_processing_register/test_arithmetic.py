"""Division, multiplication, CRC, counting and reversing: published values and plain integers."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable

import pytest

from armsym.machine import Machine
from semantics import A64
from semantics.data_processing_register.add_sub_extended_register import AddSubExtendedRegister
from semantics.data_processing_register.one_source import DataProcessing1Source
from semantics.data_processing_register.three_source import DataProcessing3Source
from semantics.data_processing_register.two_source import DataProcessing2Source

Execute = Callable[..., Machine]

EDGES = [0, 1, 2, 3, 5, 7, *(v for k in (31, 32, 63) for v in ((1 << k) - 1, 1 << k)), (1 << 64) - 1]


def unsigned(x: int, width: int) -> int:
    return x & (1 << width) - 1


def signed(x: int, width: int) -> int:
    x &= (1 << width) - 1
    return x - (x >> (width - 1) << width)


@pytest.mark.parametrize("width", [32, 64])
def test_division(execute: Execute, width: int) -> None:
    for a in EDGES:
        for b in EDGES:
            fields = {"sf": width == 64, "Rn": 1, "Rm": 2, "Rd": 0}
            ones = (1 << width) - 1
            ua, ub, sa, sb = a & ones, b & ones, signed(a, width), signed(b, width)
            m = execute(DataProcessing2Source, {1: a, 2: b}, opcode=0b10, **fields)
            assert m.x[0].uint == (ua // ub if ub else 0)
            m = execute(DataProcessing2Source, {1: a, 2: b}, opcode=0b11, **fields)
            quotient = abs(sa) // abs(sb) * (1 if (sa < 0) == (sb < 0) else -1) if sb else 0
            assert m.x[0].uint == quotient & ones  # the least number over -1 wraps to itself


@pytest.mark.parametrize(
    ("opcode", "by_1", "by_33"),
    [
        (0b1000, 0xFFFF_FFEC, 0xFFFF_FFEC_0000_0000),  # LSLV
        (0b1001, 0x7FFF_FFFB, 0x7FFF_FFFF),  # LSRV
        (0b1010, 0xFFFF_FFFB, 0xFFFF_FFFF_FFFF_FFFF),  # ASRV
        (0b1011, 0x7FFF_FFFB, 0xFFFF_FFFB_7FFF_FFFF),  # RORV: zeros 3 and 0 go to 34 and 31
    ],
)
def test_shift_amounts_are_taken_modulo_the_width(execute: Execute, opcode: int, by_1: int, by_33: int) -> None:
    for amount in (33, 97, 1 << 40 | 33):
        x = {1: 0xFFFF_FFFF_FFFF_FFF6, 2: amount}
        fields = {"opcode": opcode, "Rn": 1, "Rm": 2, "Rd": 0}
        assert execute(DataProcessing2Source, x, sf=0, **fields).x[0].uint == by_1
        assert execute(DataProcessing2Source, x, sf=1, **fields).x[0].uint == by_33


def test_products(execute: Execute) -> None:
    forms = [(0b000, 0), (0b000, 1), (0b001, 0), (0b001, 1), (0b010, 0), (0b101, 0), (0b101, 1), (0b110, 0)]
    for a in EDGES:
        for b in EDGES:
            for op31, o0 in forms:
                high = op31 & 0b010
                width = 32 if op31 & 0b001 else 64
                number = unsigned if op31 & 0b100 else signed
                product = number(a, width) * number(b, width)
                meant = product >> 64 if high else 77 - product if o0 else 77 + product
                fields = {"sf": 1, "op31": op31, "o0": o0, "Ra": 31 if high else 3, "Rn": 1, "Rm": 2, "Rd": 0}
                m = execute(DataProcessing3Source, {1: a, 2: b, 3: 77}, **fields)
                assert m.x[0].uint == meant % 2**64, (op31, o0, a, b)


def crc(execute: Execute, opcode: int, data: bytes, size: int) -> int:
    """The CRC of `data`, fed in pieces of `size` bytes, with the usual inversion before and after."""
    acc = 0xFFFF_FFFF
    for k in range(0, len(data), size):
        piece = int.from_bytes(data[k : k + size], "little")
        fields = {"sf": size == 8, "opcode": opcode | size.bit_length() - 1, "Rn": 1, "Rm": 2, "Rd": 0}
        acc = execute(DataProcessing2Source, {1: acc, 2: piece}, **fields).x[0].uint
    return acc ^ 0xFFFF_FFFF


def test_crc32(execute: Execute) -> None:
    # The check values of the catalogue of CRC algorithms: CRC-32/ISO-HDLC and CRC-32/ISCSI (Castagnoli).
    assert crc(execute, 0b010000, b"123456789", 1) == 0xCBF43926
    assert crc(execute, 0b010100, b"123456789", 1) == 0xE3069283
    data = bytes(range(1, 25)) * 2
    for size in (1, 2, 4, 8):
        assert crc(execute, 0b010000, data, size) == zlib.crc32(data)
        assert crc(execute, 0b010100, data, size) == crc(execute, 0b010100, data, 1)


@pytest.mark.parametrize("width", [32, 64])
def test_counting_and_reversing(execute: Execute, width: int) -> None:
    rng = random.Random(width)
    values = [0, 1, (1 << width) - 1, 1 << (width - 1), (1 << (width - 1)) - 1]
    values += [rng.getrandbits(width) >> rng.randrange(width) for _ in range(100)]
    values += [v ^ ((1 << width) - 1) for v in values]
    for v in values:
        text = f"{v:0{width}b}"
        octets = v.to_bytes(width // 8, "big")

        def swapped(size: int, octets: bytes = octets) -> int:
            parts = [octets[k : k + size][::-1] for k in range(0, len(octets), size)]
            return int.from_bytes(b"".join(parts), "big")

        meant = {
            0b000000: int(text[::-1], 2),
            0b000001: swapped(2),
            0b000010: swapped(4),
            0b000100: len(text) - len(text.lstrip("0")),
            0b000101: len(text) - len(text.lstrip(text[0])) - 1,
        }
        if width == 64:
            meant[0b000011] = swapped(8)
        for opcode, result in meant.items():
            m = execute(DataProcessing1Source, {1: v}, sf=width == 64, opcode=opcode, Rn=1, Rd=0)
            assert m.x[0].uint == result, (opcode, hex(v))


@pytest.mark.parametrize(
    ("option", "imm3", "meant"),
    [
        (0b000, 0, 0xF8),  # UXTB
        (0b001, 4, 0xF_6F80),  # UXTH #4
        (0b010, 1, 0x1_2B4B_EDF0),  # UXTW #1
        (0b011, 3, 0x5F2D_4C5C_AD2F_B7C0),  # UXTX #3
        (0b100, 0, 0xFFFF_FFFF_FFFF_FFF8),  # SXTB
        (0b101, 2, 0xFFFF_FFFF_FFFF_DBE0),  # SXTH #2
        (0b110, 1, 0xFFFF_FFFF_2B4B_EDF0),  # SXTW #1
    ],
)
def test_extended_operand_beside_sp(execute: Execute, option: int, imm3: int, meant: int) -> None:
    x = {2: 0x0BE5_A98B_95A5_F6F8}
    fields = {"sf": 1, "op": 0, "Rm": 2, "option": option, "imm3": imm3, "Rn": 31, "Rd": 31}
    assert execute(AddSubExtendedRegister, x, sp=0x100, S=0, **fields).sp.uint == (meant + 0x100) % 2**64
    m = execute(AddSubExtendedRegister, x, sp=0x100, S=1, **fields)  # ADDS ZR, SP: CMN
    assert m.sp.uint == 0x100


@pytest.mark.parametrize(
    "word",
    [
        0x9B420020,  # SMULH with Ra = 0, where the manual has (1)(1)(1)(1)(1)
        0x9BC27820,  # UMULH with Ra = 30
        0x1B220020,  # SMADDL with sf 0
        0x9B620020,  # op31 011
        0x9B42FC20,  # SMULH with o0 1
        0x1AC24C20,  # CRC32X with sf 0
        0x9AC24020,  # CRC32B with sf 1
        0x9AC20020,  # SUBP (FEAT_MTE)
        0x9AC23020,  # PACGA (FEAT_PAuth)
        0x9AC26020,  # SMAX (FEAT_CSSC)
        0xDAC10020,  # PACIA (FEAT_PAuth)
        0xDAC01820,  # CTZ (FEAT_CSSC)
        0x5AC00C20,  # REV64 with sf 0
        0x0A028020,  # AND, 32-bit with a shift of 32
        0x0B028020,  # ADD, 32-bit with a shift of 32
        0x8BC20020,  # ADD with ROR
        0x8B221420,  # ADD with an extend shift of 5
        0x8B624020,  # ADD (extended) with opt 01
        0x9A020420,  # ADC with bit 10 set: RMIF's neighbourhood
        0xBA0087E0,  # RMIF (FEAT_FlagM): not modelled
        0x3A00082D,  # SETF8 (FEAT_FlagM): not modelled
        0xBA420030,  # CCMN with o3 1
        0x9A420020,  # CCMN with S 0
        0x9A820820,  # CSEL with op2<1> 1
        0xBA820020,  # CSEL with S 1
    ],
)
def test_unallocated(word: int) -> None:
    assert A64.matches(word) == []
