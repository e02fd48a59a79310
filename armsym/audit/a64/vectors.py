"""Vector instructions that compute: sums, logic, shifts, immediates, products over GF(2) (Arm manual C4.1.97).

Of all forms that the auditor knows only FMOV and the rounding shifts are not on Arm's list of instructions whose
duration does not depend on data (PSTATE.DIT; "Operational information" in C6.2 and C7.2): they announce their operands.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.audit.a64.moves import set_size
from armsym.audit.a64.operands import read, write
from armsym.audit.form import Fields, Form
from armsym.audit.lanes import Lanes, common
from armsym.audit.machine import Machine
from armsym.audit.raw import ones
from armsym.audit.words import Words

__all__ = ["FORMS", "half", "set_half"]


def _sum(m: Machine, f: Fields, pc: int) -> None:
    w, width = m.words, 8 << f["size"]
    operation = w.sub if f["U"] else w.add
    pairs = zip(m.lanes(f["Rn"], width), m.lanes(f["Rm"], width), strict=True)
    set_size(m, f["Rd"], f.get("Q", 0), Lanes(width, tuple(operation(width, a, b) for a, b in pairs)))


#: U:size to what becomes of bits d, n, m of words of that width.
_LOGIC: dict[int, Callable[[Words, int, int, int, int], int]] = {
    0b000: lambda w, width, d, n, m: w.and_(n, m),  # AND
    0b001: lambda w, width, d, n, m: w.and_(n, w.not_(width, m)),  # BIC
    0b010: lambda w, width, d, n, m: w.or_(n, m),  # ORR
    0b011: lambda w, width, d, n, m: w.or_(n, w.not_(width, m)),  # ORN
    0b100: lambda w, width, d, n, m: w.xor(n, m),  # EOR
    0b101: lambda w, width, d, n, m: w.xor(m, w.and_(w.xor(m, n), d)),  # BSL: n where d is 1, else m
    0b110: lambda w, width, d, n, m: w.xor(d, w.and_(w.xor(d, n), m)),  # BIT: n where m is 1, else d
    0b111: lambda w, width, d, n, m: w.xor(d, w.and_(w.xor(d, n), w.not_(width, m))),  # BIF: n where m is 0, else d
}


def _logic(m: Machine, f: Fields, pc: int) -> None:
    kind, n, k = f["U"] << 2 | f["size"], m.v(f["Rn"]), m.v(f["Rm"])
    if kind == 0b010 and f["Rn"] == f["Rm"]:  # MOV
        set_size(m, f["Rd"], f["Q"], n if n.width <= 64 else Lanes(64, m.lanes(f["Rn"], 64)))
        return
    # The destination is an operand of the last three only.
    d = m.v(f["Rd"]) if kind > 0b100 else n
    width, operands = common(m.words, 64, d, n, k)
    words = (_LOGIC[kind](m.words, width, *three) for three in zip(*operands, strict=True))
    set_size(m, f["Rd"], f["Q"], Lanes(width, tuple(words)))


def _shift_size(f: Fields) -> int:
    """Bits of an element: the highest 1 of immh tells it."""
    return 8 << f["immh"].bit_length() - 1


def _right(f: Fields) -> int:
    return 2 * _shift_size(f) - (f["immh"] << 3 | f["immb"])


def _left(f: Fields) -> int:
    return (f["immh"] << 3 | f["immb"]) - _shift_size(f)


def _shifted_right(w: Words, size: int, a: int, by: int, signed: int) -> int:
    """By 1 to `size` bits."""
    if by < size:
        return w.asr(size, a, by) if signed else w.shr(a, by)
    return w.repeated(size, w.shr(a, size - 1)) if signed else w.zero


def _shift(m: Machine, f: Fields, pc: int) -> None:
    """SSHR, USHR, SSRA, USRA, SRSHR, URSHR, SRI, SHL, SLI."""
    w, size, kind = m.words, _shift_size(f), f["opcode"]
    right, left = _right(f), _left(f)

    def one(d: int, a: int) -> int:
        if kind == 0b01010:
            value = w.lsl(size, a, left)
            return w.xor(value, w.mask(d, ones(left))) if f["U"] else value
        if kind == 0b01000:
            return w.xor(w.mask(d, ones(size) ^ ones(size - right)), _shifted_right(w, size, a, right, 0))
        value = _shifted_right(w, size, a, right, not f["U"])
        if kind == 0b00100:  # rounded: half a unit is added before
            m.leak(a, "urshr" if f["U"] else "srshr")
            return w.add(size, value, w.bits(a, right - 1, 1))
        return w.add(size, d, value) if kind == 0b00010 else value

    source = m.lanes(f["Rn"], size)
    old = m.lanes(f["Rd"], size) if kind in {0b00010, 0b01000} or (kind == 0b01010 and f["U"]) else source
    set_size(m, f["Rd"], f.get("Q", 0), Lanes(size, tuple(map(one, old, source))))


def _shift_is_allocated(f: Fields) -> bool:
    if not f["immh"] or f["opcode"] not in {0b00000, 0b00010, 0b00100, 0b01000, 0b01010}:
        return False
    if f["opcode"] == 0b01000 and not f["U"]:
        return False
    # Scalars are of 64 bits, vectors of 64-bit elements have two.
    return f["immh"] >= 8 if "Q" not in f else f["immh"] < 8 or f["Q"] == 1


def _shift_narrow(m: Machine, f: Fields, pc: int) -> None:
    """SHRN, SHRN2: the low halves of elements of twice the size, shifted right."""
    w, size = m.words, _shift_size(f)
    words = tuple(w.mask(w.shr(a, _right(f)), ones(size)) for a in m.lanes(f["Rn"], 2 * size))
    set_half(m, f, Lanes(size, words))


def set_half(m: Machine, f: Fields, value: Lanes) -> None:
    """Make 64 bits the lower half of Vd, zeros above; or with Q the upper half."""
    if not f["Q"]:
        m.set_v(f["Rd"], value)
        return
    width, (old, new) = common(m.words, 64, m.v(f["Rd"]), value)
    m.set_v(f["Rd"], Lanes(width, old[: 64 // width] + new))


def _narrow(m: Machine, f: Fields, pc: int) -> None:
    """XTN, XTN2."""
    size = 8 << f["size"]
    set_half(m, f, Lanes(size, tuple(m.words.mask(a, ones(size)) for a in m.lanes(f["Rn"], 2 * size))))


def half(m: Machine, f: Fields, n: int, size: int) -> tuple[int, ...]:
    """The lower elements of Vn, or with Q the upper ones."""
    lanes = m.lanes(n, size)
    count = len(lanes) // 2
    return lanes[count:] if f["Q"] else lanes[:count]


def _shift_long(m: Machine, f: Fields, pc: int) -> None:
    """SSHLL, USHLL: elements made twice as wide, shifted left."""
    w, size, left = m.words, _shift_size(f), _left(f)
    wide = [a if f["U"] else w.extended(a, size, 2 * size) for a in half(m, f, f["Rn"], size)]
    m.set_v(f["Rd"], Lanes(2 * size, tuple(w.lsl(2 * size, a, left) for a in wide)))


def _up_to_32_bits(f: Fields) -> bool:
    return 0 < f["immh"] < 8


def _expanded(op: int, cmode: int, imm8: int) -> int:
    """64 bits of a modified immediate: AdvSIMDExpandImm of the manual, but for floating point."""
    kind = cmode >> 1
    if kind < 4:
        return (imm8 << 8 * kind) * 0x1_0000_0001
    if kind < 6:
        return (imm8 << 8 * (kind & 1)) * 0x1_0001_0001_0001
    if kind == 6:
        return (imm8 << 16 | 0xFFFF if cmode & 1 else imm8 << 8 | 0xFF) * 0x1_0000_0001
    if op:
        return sum(0xFF << 8 * k for k in range(8) if imm8 >> k & 1)
    return imm8 * 0x0101_0101_0101_0101


def _immediate(m: Machine, f: Fields, pc: int) -> None:
    """MOVI, MVNI, ORR, BIC."""
    w, op, cmode = m.words, f["op"], f["cmode"]
    value = _expanded(op, cmode, f["abc"] << 5 | f["defgh"])
    combined = cmode < 12 and cmode & 1
    if not combined:
        inverse = op and cmode != 14
        word = w.const(value ^ ones(64) if inverse else value)
        set_size(m, f["Rd"], f["Q"], Lanes(64, (word, word)))
        return
    width = 32 if cmode < 8 else 16
    part = value & ones(width)
    if op:  # BIC
        words = tuple(w.mask(d, ones(width) ^ part) for d in m.lanes(f["Rd"], width))
    else:
        words = tuple(w.or_(d, w.const(part)) for d in m.lanes(f["Rd"], width))
    set_size(m, f["Rd"], f["Q"], Lanes(width, words))


def _carry_less(m: Machine, f: Fields, pc: int) -> None:
    """PMULL, PMULL2: of bytes, or of 64 bits."""
    w, size = m.words, 8 << f["size"]
    pairs = zip(half(m, f, f["Rn"], size), half(m, f, f["Rm"], size), strict=True)
    m.set_v(f["Rd"], Lanes(2 * size, tuple(w.app("clmul", pair, ones(2 * size - 1)) for pair in pairs)))


def _invert(m: Machine, f: Fields, pc: int) -> None:
    """NOT."""
    width, (lanes,) = common(m.words, 64, m.v(f["Rn"]))
    set_size(m, f["Rd"], f["Q"], Lanes(width, tuple(m.words.not_(width, a) for a in lanes)))


#: sf:ptype:rmode to (bits, which part of the vector register): FMOV between general and vector registers.
_TRANSFERS = {0b0_00_00: (32, 0), 0b1_01_00: (64, 0), 0b1_10_01: (64, 1)}


def _transfer(m: Machine, f: Fields, pc: int) -> None:
    size, part = _TRANSFERS[f["sf"] << 4 | f["ptype"] << 2 | f["rmode"]]
    if not f["to"]:
        moved = m.lanes(f["Rn"], size)[part]
        m.leak(moved, "fmov")
        write(m, size, f["Rd"], moved)
        return
    value = Lanes(size, (read(m, size, f["Rn"]),))
    m.leak(value.words[0], "fmov")
    if part:
        width, (old, new) = common(m.words, 64, m.v(f["Rd"]), value)
        value = Lanes(width, old[: 64 // width] + new)
    m.set_v(f["Rd"], value)


FORMS = (
    Form(
        "ADD, SUB (vector)",
        "0 Q U 01110 size:2 1 Rm:5 10000 1 Rn:5 Rd:5",
        _sum,
        lambda f: f["size"] != 3 or f["Q"] == 1,
    ),
    Form("ADD, SUB (scalar)", "01 U 11110 size:2 1 Rm:5 10000 1 Rn:5 Rd:5", _sum, lambda f: f["size"] == 3),
    Form("AND, BIC, ORR, ORN, EOR, BSL, BIT, BIF", "0 Q U 01110 size:2 1 Rm:5 00011 1 Rn:5 Rd:5", _logic),
    Form("shift (immediate)", "0 Q U 011110 immh:4 immb:3 opcode:5 1 Rn:5 Rd:5", _shift, _shift_is_allocated),
    Form("shift (immediate, scalar)", "01 U 111110 immh:4 immb:3 opcode:5 1 Rn:5 Rd:5", _shift, _shift_is_allocated),
    Form("SHRN", "0 Q 0 011110 immh:4 immb:3 10000 1 Rn:5 Rd:5", _shift_narrow, _up_to_32_bits),
    Form("SSHLL, USHLL", "0 Q U 011110 immh:4 immb:3 10100 1 Rn:5 Rd:5", _shift_long, _up_to_32_bits),
    Form("XTN", "0 Q 0 01110 size:2 10000 10010 10 Rn:5 Rd:5", _narrow, lambda f: f["size"] != 3),
    Form("NOT", "0 Q 1 01110 00 10000 00101 10 Rn:5 Rd:5", _invert),
    Form(
        "MOVI, MVNI, ORR, BIC (immediate)",
        "0 Q op 0111100000 abc:3 cmode:4 01 defgh:5 Rd:5",
        _immediate,
        lambda f: f["cmode"] != 15,
    ),
    Form("PMULL", "0 Q 0 01110 size:2 1 Rm:5 1110 00 Rn:5 Rd:5", _carry_less, lambda f: f["size"] in {0, 3}),
    Form(
        "FMOV (general)",
        "sf 00 11110 ptype:2 1 rmode:2 11 to 000000 Rn:5 Rd:5",
        _transfer,
        lambda f: f["sf"] << 4 | f["ptype"] << 2 | f["rmode"] in _TRANSFERS,
    ),
)
