"""Branches, and hints that do nothing (Arm manual C4.1.94)."""

from __future__ import annotations

from armsym.audit.a64.operands import read, width_of
from armsym.audit.flags import ALWAYS
from armsym.audit.form import Fields, Form, signed
from armsym.audit.machine import Branch, Indirect, Machine, Step

__all__ = ["FORMS"]


def _branch(m: Machine, f: Fields, pc: int) -> Step:
    if f["op"]:  # BL
        m.set_x(30, m.image_address(pc + 4))
    return pc + 4 * signed(f["imm26"], 26)


def _conditional(m: Machine, f: Fields, pc: int) -> Step:
    target = pc + 4 * signed(f["imm19"], 19)
    if f["cond"] >= ALWAYS:
        return target
    return Branch(m.flags.holds(f["cond"]), target, pc + 4)


def _compare_with_zero(m: Machine, f: Fields, pc: int) -> Step:
    w, width = m.words, width_of(f["sf"])
    condition = w.is_zero(width, read(m, width, f["Rt"]))
    return Branch(w.inverted(condition) if f["op"] else condition, pc + 4 * signed(f["imm19"], 19), pc + 4)


def _test_bit(m: Machine, f: Fields, pc: int) -> Step:
    w, place = m.words, f["b5"] << 5 | f["b40"]
    condition = w.is_zero(1, w.bits(read(m, 64, f["Rt"]), place, 1))
    return Branch(w.inverted(condition) if f["op"] else condition, pc + 4 * signed(f["imm14"], 14), pc + 4)


def _indirect(m: Machine, f: Fields, pc: int) -> Step:
    target = read(m, 64, f["Rn"])
    if f["opc"] == 1:
        m.set_x(30, m.image_address(pc + 4))
    return Indirect(target, ("br", "blr", "ret")[f["opc"]])


#: CRm:op2 of hints that change nothing that is modelled: NOP, and BTI with its three targets.
_NOTHING = frozenset({0b0000_000, 0b0100_000, 0b0100_010, 0b0100_100, 0b0100_110})
#: Hints that sign or check the return address, with the keys of the core that runs them.
_SIGNING = {0b0011_001: "paciasp", 0b0011_101: "autiasp"}


def _hint(m: Machine, f: Fields, pc: int) -> None:
    name = _SIGNING.get(f["CRm"] << 3 | f["op2"])
    if name:
        m.hint(name)


def _hint_is_modelled(f: Fields) -> bool:
    number = f["CRm"] << 3 | f["op2"]
    return number in _NOTHING or number in _SIGNING


FORMS = (
    Form("B, BL", "op 00101 imm26:26", _branch),
    Form("B.cond", "01010100 imm19:19 0 cond:4", _conditional),
    Form("CBZ, CBNZ", "sf 011010 op imm19:19 Rt:5", _compare_with_zero),
    Form("TBZ, TBNZ", "b5 011011 op b40:5 imm14:14 Rt:5", _test_bit),
    Form("BR, BLR, RET", "1101011 00 opc:2 11111 000000 Rn:5 00000", _indirect, lambda f: f["opc"] != 3),
    Form("NOP, BTI, PACIASP, AUTIASP", "11010101000000110010 CRm:4 op2:3 11111", _hint, _hint_is_modelled),
)
