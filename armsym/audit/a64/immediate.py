"""Data processing with an immediate (Arm manual C4.1.93): addresses, sums, logic, moves, bit fields, extraction."""

from __future__ import annotations

from armsym.audit.a64.operands import read, read_sp, width_of, write, write_sp
from armsym.audit.flags import Flags
from armsym.audit.form import Fields, Form, signed
from armsym.audit.machine import Machine
from armsym.audit.raw import ones

__all__ = ["FORMS"]


def _pc_relative(m: Machine, f: Fields, pc: int) -> None:
    distance = signed(f["immhi"] << 2 | f["immlo"], 21)
    target = (pc & ~0xFFF) + (distance << 12) if f["op"] else pc + distance
    write(m, 64, f["Rd"], m.image_address(target))


def _sum(m: Machine, f: Fields, pc: int) -> None:
    w, width = m.words, width_of(f["sf"])
    a, k = read_sp(m, width, f["Rn"]), f["imm12"] << 12 * f["sh"]
    b = w.const(k)
    result = w.sub(width, a, b) if f["op"] else w.add(width, a, b)
    if not f["S"]:
        write_sp(m, width, f["Rd"], result)
        return
    if f["op"]:
        m.flags = Flags.of_difference(w, width, a, b, result)
    else:
        m.flags = Flags.of_sum(w, width, a, b, w.zero, result)
    write(m, width, f["Rd"], result)


def _bit_mask(n: int, imms: int, immr: int, width: int) -> int | None:
    """The mask of a logical immediate, or None where the fields are reserved (DecodeBitMasks of the manual).

    A run of ones, rotated right within an element of 2, 4, ..., 64 bits, the elements repeated up to the width.
    """
    # The highest 1 in N:NOT(imms) tells the size of the element.
    size = n << 6 | ~imms & 0x3F
    if size < 2:
        return None
    element = 1 << size.bit_length() - 1
    if element > width:
        return None
    run, by = imms & element - 1, immr & element - 1
    if run == element - 1:
        return None
    bits = ones(run + 1)
    bits = (bits >> by | bits << element - by) & ones(element)
    return sum(bits << at for at in range(0, width, element))


def _mask_is_allocated(f: Fields) -> bool:
    return _bit_mask(f["N"], f["imms"], f["immr"], width_of(f["sf"])) is not None


def _logic(m: Machine, f: Fields, pc: int) -> None:
    w, width = m.words, width_of(f["sf"])
    mask = _bit_mask(f["N"], f["imms"], f["immr"], width)
    assert mask is not None
    a, opc = read(m, width, f["Rn"]), f["opc"]
    if opc in {0, 3}:
        result = w.mask(a, mask)
    elif opc == 1:
        result = w.or_(a, w.const(mask))
    else:
        result = w.xor(a, w.const(mask))
    if opc == 3:
        m.flags = Flags.of_result(w, width, result)
        write(m, width, f["Rd"], result)
    else:
        write_sp(m, width, f["Rd"], result)


def _move_wide(m: Machine, f: Fields, pc: int) -> None:
    w, width, at = m.words, width_of(f["sf"]), 16 * f["hw"]
    part = f["imm16"] << at
    if f["opc"] == 0b11:  # MOVK: the other bits stay
        kept = w.mask(read(m, width, f["Rd"]), ones(width) ^ 0xFFFF << at)
        result = w.xor(kept, w.const(part))
    else:
        result = w.const(part if f["opc"] else ones(width) ^ part)
    write(m, width, f["Rd"], result)


def _move_wide_is_allocated(f: Fields) -> bool:
    return f["opc"] != 0b01 and f["hw"] < (4 if f["sf"] else 2)


def _bit_field(m: Machine, f: Fields, pc: int) -> None:
    """SBFM, BFM and UBFM.

    With s >= r, bits s to r of the source go to the bottom; else its s + 1 low bits go to bit width - r.
    """
    w, width, r, s = m.words, width_of(f["sf"]), f["immr"], f["imms"]
    source = read(m, width, f["Rn"])
    if s >= r:
        count, at = s - r + 1, 0
        field = w.bits(source, r, count)
    else:
        count, at = s + 1, width - r
        field = w.mask(source, ones(count))
    if f["opc"] == 0b00:  # SBFM: the sign above, zeros below
        result = w.lsl(width, w.extended(field, count, width), at)
    elif f["opc"] == 0b10:  # UBFM: zeros around
        result = w.lsl(width, source, at) if at + count == width else w.shl(field, at)
    else:  # BFM: the bits of the destination around
        around = w.mask(read(m, width, f["Rd"]), ones(width) ^ ones(count) << at)
        result = w.xor(around, w.shl(field, at))
    write(m, width, f["Rd"], result)


def _same_width(f: Fields) -> bool:
    return f["N"] == f["sf"] and f["imms"] < width_of(f["sf"]) and f.get("immr", 0) < width_of(f["sf"])


def _bit_field_is_allocated(f: Fields) -> bool:
    return f["opc"] != 0b11 and _same_width(f)


def _extract(m: Machine, f: Fields, pc: int) -> None:
    w, width, low = m.words, width_of(f["sf"]), f["imms"]
    high_part, low_part = read(m, width, f["Rn"]), read(m, width, f["Rm"])
    if f["Rn"] == f["Rm"]:
        result = w.ror(width, low_part, low)
    elif low == 0:
        result = low_part
    else:
        result = w.xor(w.shr(low_part, low), w.lsl(width, high_part, width - low))
    write(m, width, f["Rd"], result)


FORMS = (
    Form("ADR, ADRP", "op immlo:2 10000 immhi:19 Rd:5", _pc_relative),
    Form("ADD, SUB (immediate)", "sf op S 100010 sh imm12:12 Rn:5 Rd:5", _sum),
    Form("AND, ORR, EOR (immediate)", "sf opc:2 100100 N immr:6 imms:6 Rn:5 Rd:5", _logic, _mask_is_allocated),
    Form("MOVN, MOVZ, MOVK", "sf opc:2 100101 hw:2 imm16:16 Rd:5", _move_wide, _move_wide_is_allocated),
    Form("SBFM, BFM, UBFM", "sf opc:2 100110 N immr:6 imms:6 Rn:5 Rd:5", _bit_field, _bit_field_is_allocated),
    Form("EXTR", "sf 00 100111 N 0 Rm:5 imms:6 Rn:5 Rd:5", _extract, _same_width),
)
