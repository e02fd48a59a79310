"""Immediate forms: masks against their definition, addresses and aliases worked out by hand."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from armsym.bits import Bits
from armsym.machine import Machine
from semantics import A64
from semantics.data_processing_immediate.add_sub_immediate import AddSubImmediate
from semantics.data_processing_immediate.bitfield import Bitfield
from semantics.data_processing_immediate.extract import Extract
from semantics.data_processing_immediate.logical_immediate import LogicalImmediate
from semantics.data_processing_immediate.move_wide_immediate import MoveWideImmediate
from semantics.data_processing_immediate.pc_rel_addressing import PCRelAddressing

Execute = Callable[..., Machine]


def rotate_right(x: int, n: int, width: int) -> int:
    n %= width
    return (x >> n | x << (width - n)) & ((1 << width) - 1)


def ones(n: int) -> int:
    return (1 << n) - 1


@pytest.mark.parametrize("width", [32, 64])
def test_logical_immediates_are_the_rotated_runs_of_ones(width: int) -> None:
    # Prose of the Arm ARM: a run of 1 to e-1 ones in an element of e bits, rotated, repeated.
    meant = set()
    for e in (2, 4, 8, 16, 32, 64):
        for run in range(1, e) if e <= width else ():
            for r in range(e):
                meant.add(int(f"{rotate_right(ones(run), r, e):0{e}b}" * (width // e), 2))
    assert len(meant) == {32: 1302, 64: 5334}[width]  # the published counts
    found = set()
    for fields in range(1 << 13):
        word = LogicalImmediate.encode(
            sf=width == 64, opc=0, N=fields >> 12, immr=fields >> 6 & 63, imms=fields & 63, Rn=1, Rd=0
        )
        i = LogicalImmediate.from_word(word)
        if isinstance(i, LogicalImmediate):
            found.add(i.immediate.uint)
    assert found == meant


@pytest.mark.parametrize("width", [32, 64])
def test_bitfield_is_the_manuals_rotation_under_wmask_and_tmask(execute: Execute, width: int) -> None:
    rng = random.Random(width)
    sf = width == 64
    m = execute(Extract, sf=1, N=1, Rm=31, imms=0, Rn=31, Rd=31)
    for r in range(width):
        for s in range(width):
            # DecodeBitMasks for an element of the whole register.
            wmask = rotate_right(ones(s + 1), r, width)
            tmask = ones((s - r) % width + 1)
            src, dst = rng.getrandbits(width), rng.getrandbits(width)
            for opc, inzero, extend in ((0b00, True, True), (0b01, False, False), (0b10, True, False)):
                old = 0 if inzero else dst
                bot = (old & ~wmask) | (rotate_right(src, r, width) & wmask)
                top = (ones(width) * (src >> s & 1)) if extend else old
                meant = (top & ~tmask) | (bot & tmask)
                m.x[0], m.x[1] = Bits(64, dst), Bits(64, src)
                A64.decode(Bitfield.encode(sf=sf, opc=opc, N=sf, immr=r, imms=s, Rn=1, Rd=0)).execute(m)
                assert m.x[0].uint == meant & ones(width), (opc, r, s)


@pytest.mark.parametrize(
    ("op", "imm", "pc", "meant"),
    [
        (0, 0xFFFFF, 0x1003, 0x101002),  # the largest ADR
        (0, 0x100000, 0x1003, 0xFFFF_FFFF_FFF0_1003),  # the smallest, below 0: modulo 2**64
        (1, 0, 0x12345FFC, 0x12345000),  # ADRP drops the low 12 bits of PC
        (1, 1, 0x12345FFC, 0x12346000),
        (1, 0x1FFFFF, 0x12345FFC, 0x12344000),
        (1, 0x100000, 0x1_2345_6789_A004, 0x1_2344_6789_A000),
    ],
)
def test_adr_and_adrp_off_a_page_boundary(execute: Execute, op: int, imm: int, pc: int, meant: int) -> None:
    m = execute(PCRelAddressing, pc=pc, op=op, immlo=imm & 3, immhi=imm >> 2, Rd=0)
    assert m.x[0].uint == meant
    i = PCRelAddressing.from_word(PCRelAddressing.encode(op=op, immlo=imm & 3, immhi=imm >> 2, Rd=0))
    assert i is not None
    assert i.assembly(pc).split("#")[1] == f"{meant:#x}"


def test_extr_of_one_register_is_ror(execute: Execute) -> None:
    for lsb in range(64):
        both = 0x0123_4567_89AB_CDEF
        m = execute(Extract, {1: both}, sf=1, N=1, Rm=1, imms=lsb, Rn=1, Rd=0)
        assert m.x[0].uint == (both << 64 | both) >> lsb & ones(64)


def test_extr_takes_the_low_half_from_rm(execute: Execute) -> None:
    m = execute(Extract, {1: 0x1111_2222_3333_4444, 2: 0x5555_6666_7777_8888}, sf=1, N=1, Rm=2, imms=16, Rn=1, Rd=0)
    assert m.x[0].uint == 0x4444_5555_6666_7777


def test_movk_keeps_the_rest(execute: Execute) -> None:
    x = {0: 0x1111_2222_3333_4444}
    assert execute(MoveWideImmediate, x, sf=1, opc=3, hw=2, imm16=0xABCD, Rd=0).x[0].uint == 0x1111_ABCD_3333_4444
    assert execute(MoveWideImmediate, x, sf=0, opc=3, hw=1, imm16=0xABCD, Rd=0).x[0].uint == 0xABCD_4444
    assert execute(MoveWideImmediate, x, sf=0, opc=0, hw=1, imm16=0xABCD, Rd=0).x[0].uint == 0x5432_FFFF


@pytest.mark.parametrize(
    ("word", "text"),
    # What GNU objdump 2.40 prints; Capstone 5.0.9 says `mov` and `bfc` here, against the Arm ARM:
    # MOV (bitmask immediate) needs !MoveWidePreferred(), BFC needs imms < immr.
    [
        (0xB24003F5, "orr x21, xzr, #1"),
        (0xB24A03EA, "orr x10, xzr, #0x40000000000000"),
        (0x320F03FD, "orr w29, wzr, #0x20000"),
        (0x32076BEF, "orr w15, wzr, #0xfe0fffff"),
        (0xB34003EB, "bfxil x11, xzr, #0, #1"),
        (0x33000BFB, "bfxil w27, wzr, #0, #3"),
        (0xB3403FE0, "bfxil x0, xzr, #0, #0x10"),
    ],
)
def test_preferred_disassembly_where_capstone_errs(word: int, text: str) -> None:
    assert A64.decode(word).assembly(0) == text


@pytest.mark.parametrize(
    "word",
    [
        0x92407C20 | 63 << 10,  # AND, N = 1: a run of 64 ones
        0x12007C20,  # AND, 32-bit: a run of 32 ones
        0x12401C20,  # AND, 32-bit with N = 1
        0x9200FC20,  # AND, imms 111111 with N = 0: no element size
        0x32C00000,  # MOVZ and its kin with opc 01
        0x52C00000,  # MOVZ, 32-bit with LSL #32
        0x53401C20,  # UBFM, 32-bit with N = 1
        0xD3001C20,  # UBFM, 64-bit with N = 0
        0x53208020,  # UBFM, 32-bit with imms 32
        0xF3400020,  # bitfield opc 11
        0x13C20020,  # EXTR, 32-bit with N = 1
        0x13828020,  # EXTR, 32-bit with imms 32
        0xB3C20020,  # extract with op21 01
        0x91800000,  # ADDG (FEAT_MTE)
        0xD1800000,  # SUBG (FEAT_MTE)
    ],
)
def test_unallocated(word: int) -> None:
    assert A64.matches(word) == []


def test_sp_or_zr(execute: Execute) -> None:
    fields = {"sf": 1, "N": 1, "immr": 0, "imms": 7, "Rn": 1, "Rd": 31}
    assert execute(LogicalImmediate, {1: 0x1234}, sp=5, opc=0b00, **fields).sp.uint == 0x34  # AND writes SP
    m = execute(LogicalImmediate, {1: 0x1234}, sp=5, flags=15, opc=0b11, **fields)  # ANDS writes ZR
    assert m.nzcv.bits.uint == 0
    assert m.sp.uint == 5
    fields = {"sf": 1, "op": 0, "sh": 0, "imm12": 16, "Rn": 31, "Rd": 31}
    assert execute(AddSubImmediate, sp=0x100, S=0, **fields).sp.uint == 0x110
    assert execute(AddSubImmediate, sp=0x100, S=1, **fields).sp.uint == 0x100  # ADDS writes ZR
