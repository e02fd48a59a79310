"""Instructions that armsym has wrong: what is false of them is `proved`, and the audit, with its own, refuses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_defects import Defect, Patch, Planted, an_edit, let_pass, object_of, of_words, symbol_of, v0, x0
from planting import rewritten

from armsym.dsl import Bits, Claims, Proof, State, concat, ite
from semantics import shared
from semantics.advanced_simd import copy, shifts, table_lookup
from semantics.advanced_simd.extract import AdvSIMDExtract
from semantics.advanced_simd.permute import AdvSIMDPermute
from semantics.advanced_simd.shift_by_immediate import AdvSIMDShiftByImmediate
from semantics.branches_and_system.compare_and_branch_immediate import CompareAndBranchImmediate
from semantics.branches_and_system.test_and_branch_immediate import TestAndBranchImmediate as TestBitAndBranch
from semantics.cryptographic import aes, four_register
from semantics.cryptographic.xar import XAR
from semantics.data_processing_immediate.bitfield import Bitfield
from semantics.data_processing_immediate.extract import Extract
from semantics.data_processing_immediate.logical_immediate import LogicalImmediate
from semantics.data_processing_immediate.move_wide_immediate import MoveWideImmediate
from semantics.data_processing_register import add_sub_extended_register, add_sub_shifted_register
from semantics.data_processing_register.add_sub_with_carry import AddSubWithCarry
from semantics.data_processing_register.conditional_compare_register import ConditionalCompareRegister
from semantics.data_processing_register.conditional_select import ConditionalSelect
from semantics.data_processing_register.one_source import DataProcessing1Source
from semantics.data_processing_register.three_source import DataProcessing3Source
from semantics.loads_and_stores import pair_access, register_access
from semantics.loads_and_stores.load_store_register_immediate_post_indexed import LoadStoreRegisterImmediatePostIndexed
from semantics.loads_and_stores.load_store_register_register_offset import LoadStoreRegisterRegisterOffset


def _low(b: Bits, n: int = 32) -> Bits:
    return b[n - 1 : 0].zero_extend(64)


def _halves(p: Proof, low: str, high: str) -> None:
    """On return the words of a buffer at X0 are these registers."""
    a = p.region("a", 16, access="rw")
    p.call(x0=a)
    p.modifies(a)

    @p.ensures
    def _(s: State) -> Claims:
        first, second = a.words(64, at=s)
        return {"first": first == getattr(p.entry, low), "second": second == getattr(p.entry, high)}


def _loaded_twice(p: Proof) -> None:
    a = p.region("a", 16, access="r")
    p.call(x0=a)
    p.ensures(lambda s: {"x2": s.x2 == a.words(64)[0]})


def _loaded_without_a_sign(p: Proof) -> None:
    a = p.region("a", 4, access="r", cell=4)
    p.call(x1=a)
    p.ensures(lambda s: {"x0": s.x0 == a.words(32)[0].zero_extend(64)})


def _loaded_from_near(p: Proof) -> None:
    a = p.region("a", 16, access="r", cell=1)
    p.call(x1=a)
    p.ensures(lambda s: {"x0": s.x0 == concat(*a.words(8)[4:0:-1]).zero_extend(64)})


def _where_it_was(p: Proof) -> None:
    a = p.region("a", 16, access="r")
    p.call(x0=a)
    p.ensures(lambda s: {"x0": s.x0 == a.base})


def _an_operation(module: object, number: int, old: str, new: str) -> Defect:
    """In one of the functions of a module's table of operations, by what encodes it."""

    def plant(patch: Patch) -> None:
        table = vars(module)["_OPERATIONS"]
        row = tuple(rewritten(f, old, new) if callable(f) else f for f in table[number])
        patch.setitem(table, number, row)

    return plant


def _not_mixed(patch: Patch) -> None:
    name, _ = aes._OPERATIONS[0b00110]
    patch.setitem(aes._OPERATIONS, 0b00110, (name, lambda _, n: n))


def _not_signed(patch: Patch) -> None:
    patch.setitem(shifts.SAME_WIDTH, (0, 0), (shifts.SAME_WIDTH[0, 0][0], shifts.SAME_WIDTH[1, 0][1]))


PLANTED = {
    "ADC without the carry": Planted(
        "cmp x1, x2\nadc x0, x3, x4",
        x0(lambda e: e.x3 + e.x4),
        an_edit(AddSubWithCarry, "execute", "m.nzcv.C.bit", "(m.nzcv.C ^ m.nzcv.C).bit"),
    ),
    "ADD (extended register): SXTW is UXTW": Planted(
        "add x0, x1, w2, sxtw",
        x0(lambda e: e.x1 + _low(e.x2)),
        an_edit(add_sub_extended_register, "ExtendReg", "value.sign_extend(width) if option & 0b100 else ", ""),
    ),
    "ADD (shifted register): ASR is LSR": Planted(
        "add x0, x1, x2, asr #3",
        x0(lambda e: e.x1 + (e.x2 >> 3)),
        an_edit(add_sub_shifted_register, "ShiftReg", "value.asr(amount)", "value >> amount"),
    ),
    "a sum does not carry into the flags": Planted(
        "adds x1, x1, x2\ncset x0, cs",
        x0(0),
        an_edit(shared._AddFlags, "__getattr__", "value = wide[w] == 1", "value = Prop(False)"),
    ),
    "SBFM is UBFM": Planted(
        "sbfx x0, x1, #4, #8",
        x0(lambda e: e.x1 >> 4 & 255),
        an_edit(Bitfield, "execute", "top.asr(down) if self.opc == 0b00 else top >> down", "top >> down"),
    ),
    "BFM keeps nothing": Planted(
        "bfi x0, x1, #8, #8",
        x0(lambda e: _low(e.x1, 8) << 8),
        an_edit(Bitfield, "execute", "(m.read_x(self.Rd, datasize) & ~self.mask) | ", ""),
    ),
    "EXTR has its operands exchanged": Planted(
        "extr x0, x1, x2, #16",
        x0(lambda e: concat(e.x2, e.x1)[79:16]),
        an_edit(Extract, "execute", "concat(operand1, operand2)", "concat(operand2, operand1)"),
    ),
    "EOR (immediate) is ORR": Planted(
        "eor x0, x1, #255",
        x0(lambda e: e.x1 | 255),
        an_edit(LogicalImmediate, "execute", "operand1 ^ self.immediate", "operand1 | self.immediate"),
    ),
    "MOVK keeps nothing": Planted(
        "movk x0, #5, lsl #16",
        x0(5 << 16),
        an_edit(MoveWideImmediate, "execute", "m.read_x(self.Rd, datasize).with_elem", "Bits(datasize, 0).with_elem"),
    ),
    "MOVN does not invert": Planted(
        "movn x0, #5", x0(5), an_edit(MoveWideImmediate, "execute", "if self.opc == 0b00:", "if False:")
    ),
    "CSINC adds nothing": Planted(
        "tst x1, #1\ncsinc x0, x2, x3, eq",
        x0(lambda e: ite(e.x1[0] == 0, e.x2, e.x3)),
        an_edit(ConditionalSelect, "execute", "result + 1", "result"),
    ),
    "CCMP always compares": Planted(
        "tst x1, #1\nccmp x2, x3, #4, eq\ncset x0, eq",
        x0(lambda e: (e.x2 == e.x3).bit.zero_extend(64)),
        an_edit(
            ConditionalCompareRegister,
            "execute",
            "select_flags(ConditionHolds(self.cond, m), flags, self.literal)",
            "flags",
        ),
    ),
    "REV leaves bytes where they are": Planted(
        "rev x0, x1", x0(lambda e: e.x1), an_edit(DataProcessing1Source, "execute", "c.reverse_bytes()", "c")
    ),
    "RBIT does nothing": Planted(
        "rbit x0, x1",
        x0(lambda e: e.x1),
        an_edit(DataProcessing1Source, "execute", "concat(*operand.elems(1))", "operand"),
    ),
    "MSUB adds": Planted(
        "mov x2, #5\nmsub x0, x1, x2, x3",
        x0(lambda e: e.x3 + 5 * e.x1),
        an_edit(DataProcessing3Source, "execute", "operand3 - product", "operand3 + product"),
    ),
    "SMULL is UMULL": Planted(
        "mov w2, #3\nsmull x0, w1, w2",
        x0(lambda e: 3 * _low(e.x1)),
        an_edit(
            DataProcessing3Source,
            "execute",
            "operand1.sign_extend(64), operand2.sign_extend(64)",
            "operand1.zero_extend(64), operand2.zero_extend(64)",
        ),
    ),
    "LDRSW is LDR": Planted(
        "ldrsw x0, [x1]",
        _loaded_without_a_sign,
        an_edit(register_access.LoadSigned, "perform", "sign_extend", "zero_extend"),
    ),
    "STP stores one register twice": Planted(
        "stp x1, x2, [x0]",
        lambda p: _halves(p, "x1", "x1"),
        an_edit(pair_access.StorePair, "perform", "m.read_x(t2", "m.read_x(t"),
    ),
    "LDP loads one word twice": Planted(
        "ldp x1, x2, [x0]", _loaded_twice, an_edit(pair_access.LoadPair, "perform", "(t2, data2)", "(t2, data1)")
    ),
    "an offset in a register is not scaled": Planted(
        "mov x2, #1\nldr w0, [x1, x2, lsl #2]",
        _loaded_from_near,
        an_edit(LoadStoreRegisterRegisterOffset, "execute", "self.scale if self.S else 0", "0"),
    ),
    "an address is not written back": Planted(
        "ldr x1, [x0], #8",
        _where_it_was,
        an_edit(LoadStoreRegisterImmediatePostIndexed, "execute", "address + self.offset", "address"),
    ),
    "CBNZ is CBZ": Planted(
        "mov x0, #0\ncbnz x2, 1f\nmov x0, #1\n1:",
        of_words(lambda a, b: (b != 0).bit.zero_extend(64), 1),
        an_edit(CompareAndBranchImmediate, "execute", "~is_zero if self.op else is_zero", "is_zero"),
    ),
    "TBZ tests another bit": Planted(
        "mov x0, #0\ntbz x2, #33, 1f\nmov x0, #1\n1:",
        of_words(lambda a, b: b >> 1 & 1),
        an_edit(TestBitAndBranch, "execute", "self.b5 << 5 | self.b40", "self.b40"),
    ),
    "EXT has its operands exchanged": Planted(
        "ext v0.16b, v1.16b, v2.16b, #4",
        v0(lambda e: concat(e.v1[31:0], e.v2[127:32])),
        an_edit(AdvSIMDExtract, "execute", "lo, hi = m", "hi, lo = m"),
    ),
    "ZIP2 is ZIP1": Planted(
        "zip2 v0.2d, v1.2d, v2.2d",
        v0(lambda e: concat(e.v2[63:0], e.v1[63:0])),
        an_edit(AdvSIMDPermute, "execute", "base = half * part", "base = 0"),
    ),
    "SSHLL2 is SSHLL": Planted(
        "sshll2 v0.2d, v1.4s, #0",
        v0(lambda e: concat(e.v1[63:32].sign_extend(64), e.v1[31:0].sign_extend(64))),
        an_edit(AdvSIMDShiftByImmediate, "execute", "elem(self.Q, 64)", "elem(0, 64)"),
    ),
    "SSHR is USHR": Planted(
        "sshr v0.2d, v1.2d, #8", v0(lambda e: concat(e.v1[127:64] >> 8, e.v1[63:0] >> 8)), _not_signed
    ),
    "INS takes the first element": Planted(
        "mov v0.d[0], v1.d[1]",
        v0(lambda e: concat(e.v0[127:64], e.v1[63:0])),
        an_edit(copy.AdvSIMDCopy, "execute", "elem(self.imm4 >> size, esize)", "elem(0, esize)"),
    ),
    "SMOV is UMOV": Planted(
        "smov x0, v1.s[0]",
        x0(lambda e: _low(e.v1)),
        an_edit(copy.AdvSIMDCopy, "execute", ".sign_extend(64 if self.Q else 32)", ""),
    ),
    "TBX is TBL": Planted(
        "movi v2.16b, #16\ntbx v0.16b, {v1.16b}, v2.16b",
        v0(0),
        an_edit(table_lookup.AdvSIMDTableLookup, "execute", "if self.op else", "if False else"),
    ),
    "XAR rotates one half": Planted(
        "xar v0.2d, v1.2d, v2.2d, #8",
        v0(lambda e: concat((e.v1 ^ e.v2)[127:64].ror(8), (e.v1 ^ e.v2)[63:0])),
        an_edit(XAR, "execute", "low.ror(self.imm6)", "low"),
    ),
    "BCAX does not complement": Planted(
        "bcax v0.16b, v1.16b, v2.16b, v3.16b",
        v0(lambda e: e.v1 ^ e.v2 & e.v3),
        _an_operation(four_register, 0b01, "~a", "a"),
    ),
    "EOR3 has two operands": Planted(
        "eor3 v0.16b, v1.16b, v2.16b, v3.16b",
        v0(lambda e: e.v1 ^ e.v2),
        _an_operation(four_register, 0b00, " ^ a", ""),
    ),
    "AESMC does nothing": Planted("aesmc v0.16b, v1.16b", v0(lambda e: e.v1), _not_mixed),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return object_of(PLANTED, tmp_path_factory.mktemp("planted") / "semantics.o")


@pytest.mark.parametrize("name", PLANTED)
def test_what_a_wrong_instruction_lets_pass_the_audit_refuses(name: str, path: Path) -> None:
    said = let_pass(PLANTED[name], path, symbol_of(name))
    assert all(PLANTED[name].refused in one for one in said), said
