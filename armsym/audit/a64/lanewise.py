"""Vector instructions on each element, on pairs or all of them: comparisons, counts, shifts (Arm manual C4.1.97)."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from armsym.audit.a64.moves import set_size
from armsym.audit.form import Fields, Form
from armsym.audit.lanes import Lanes
from armsym.audit.machine import Machine
from armsym.audit.raw import ones
from armsym.audit.words import Words

__all__ = ["FORMS"]


def _at_least(w: Words, width: int, a: int, b: int, signed: bool) -> int:
    """1 if a >= b: the carry of a + NOT b + 1.  Signed words are compared with their signs turned over."""
    if signed:
        sign = w.const(1 << width - 1)
        a, b = w.xor(a, sign), w.xor(b, sign)
    return w.shr(w.add(width + 1, a, w.not_(width, b), w.const(1)), width)


def _inverted(w: Words, bit: int) -> int:
    return w.xor(bit, w.const(1))


#: U:opcode of comparisons of two vectors.
_COMPARISONS: dict[int, Callable[[Words, int, int, int], int]] = {
    0b0_00110: lambda w, width, a, b: _inverted(w, _at_least(w, width, b, a, True)),  # CMGT
    0b1_00110: lambda w, width, a, b: _inverted(w, _at_least(w, width, b, a, False)),  # CMHI
    0b0_00111: lambda w, width, a, b: _at_least(w, width, a, b, True),  # CMGE
    0b1_00111: lambda w, width, a, b: _at_least(w, width, a, b, False),  # CMHS
    0b1_10001: lambda w, width, a, b: w.is_zero(width, w.xor(a, b)),  # CMEQ
    0b0_10001: lambda w, width, a, b: _inverted(w, w.is_zero(width, w.and_(a, b))),  # CMTST
}

#: U:opcode of comparisons with zero.
_WITH_ZERO: dict[int, Callable[[Words, int, int], int]] = {
    0b0_01000: lambda w, width, a: _inverted(w, _at_least(w, width, w.zero, a, True)),  # CMGT
    0b1_01000: lambda w, width, a: _at_least(w, width, a, w.zero, True),  # CMGE
    0b0_01001: lambda w, width, a: w.is_zero(width, a),  # CMEQ
    0b1_01001: lambda w, width, a: _at_least(w, width, w.zero, a, True),  # CMLE
    0b0_01010: lambda w, width, a: w.shr(a, width - 1),  # CMLT
}


def _compare(m: Machine, f: Fields, pc: int) -> None:
    w, size, condition = m.words, 8 << f["size"], _COMPARISONS[f["U"] << 5 | f["opcode"]]
    pairs = zip(m.lanes(f["Rn"], size), m.lanes(f["Rm"], size), strict=True)
    words = tuple(w.repeated(size, condition(w, size, a, b)) for a, b in pairs)
    set_size(m, f["Rd"], f["Q"], Lanes(size, words))


def _compare_with_zero(m: Machine, f: Fields, pc: int) -> None:
    w, size, condition = m.words, 8 << f["size"], _WITH_ZERO[f["U"] << 5 | f["opcode"]]
    words = tuple(w.repeated(size, condition(w, size, a)) for a in m.lanes(f["Rn"], size))
    set_size(m, f["Rd"], f["Q"], Lanes(size, words))


def _whole(f: Fields) -> bool:
    """Elements of 64 bits come in pairs."""
    return f["size"] != 3 or f["Q"] == 1


def _magnitude(m: Machine, f: Fields, pc: int) -> None:
    """ABS, NEG."""
    w, size = m.words, 8 << f["size"]

    def one(a: int) -> int:
        if f["U"]:
            return w.sub(size, w.zero, a)
        minus = w.repeated(size, w.shr(a, size - 1))  # -a is NOT a + 1
        return w.sub(size, w.xor(a, minus), minus)

    set_size(m, f["Rd"], f["Q"], Lanes(size, tuple(map(one, m.lanes(f["Rn"], size)))))


def _count(m: Machine, f: Fields, pc: int) -> None:
    """CNT: the ones of each byte."""
    w = m.words
    words = (w.add(8, *(w.bits(a, k, 1) for k in range(8))) for a in m.lanes(f["Rn"], 8))
    set_size(m, f["Rd"], f["Q"], Lanes(8, tuple(words)))


def _shift(m: Machine, f: Fields, pc: int) -> None:
    """SSHL, USHL: by the signed low byte of each element, to the left where it is positive."""
    w, size = m.words, 8 << f["size"]

    def one(a: int, by: int) -> int:
        by = w.mask(by, 0xFF)
        known = w.constant(by)
        # To the right by 1 to 128; the sign is repeated far enough for that.
        source = a if f["U"] else w.extended(a, size, size + 128)
        if known is not None:
            left = w.mask(w.shl(a, known), ones(size))
            return left if known < 128 else w.mask(w.shr(source, 256 - known), ones(size))
        left = w.mask(w.app("lsl", (a, w.mask(by, 0x7F)), ones(size + 127)), ones(size))
        distance = w.sub(8, w.zero, by)
        right = w.mask(w.app("lsr", (source, distance), ones(size + 128)), ones(size))
        return w.xor(left, w.and_(w.repeated(size, w.shr(by, 7)), w.xor(left, right)))

    words = tuple(map(one, m.lanes(f["Rn"], size), m.lanes(f["Rm"], size)))
    set_size(m, f["Rd"], f["Q"], Lanes(size, words))


def _add_pairs(m: Machine, f: Fields, pc: int) -> None:
    """ADDP: neighbours of Vn, then of Vm."""
    w, size = m.words, 8 << f["size"]
    count = (128 if f["Q"] else 64) // size
    both = m.lanes(f["Rn"], size)[:count] + m.lanes(f["Rm"], size)[:count]
    words = tuple(w.add(size, both[2 * k], both[2 * k + 1]) for k in range(count))
    m.set_v(f["Rd"], Lanes(size, words))


def _add_pairs_long(m: Machine, f: Fields, pc: int) -> None:
    """SADDLP, UADDLP, SADALP, UADALP: neighbours of Vn in twice the width, for the last two with what Vd holds."""
    w, size = m.words, 8 << f["size"]
    wide = [a if f["U"] else w.extended(a, size, 2 * size) for a in m.lanes(f["Rn"], size)]
    words = tuple(w.add(2 * size, a, b) for a, b in zip(wide[::2], wide[1::2], strict=True))
    if f["added"]:
        words = tuple(w.add(2 * size, d, a) for d, a in zip(m.lanes(f["Rd"], 2 * size), words, strict=True))
    set_size(m, f["Rd"], f["Q"], Lanes(2 * size, words))


def _across(m: Machine, f: Fields, pc: int) -> None:
    """ADDV, SADDLV, UADDLV, SMAXV, UMAXV, SMINV, UMINV: all elements to one."""
    w, size, opcode = m.words, 8 << f["size"], f["opcode"]
    lanes = m.lanes(f["Rn"], size)[: (128 if f["Q"] else 64) // size]
    if opcode == 0b00011:
        wide = [a if f["U"] else w.extended(a, size, 2 * size) for a in lanes]
        m.set_v(f["Rd"], Lanes(2 * size, (w.add(2 * size, *wide),)))
        return
    if opcode == 0b11011:
        m.set_v(f["Rd"], Lanes(size, (w.add(size, *lanes),)))
        return

    def chosen(a: int, b: int) -> int:
        first = _at_least(w, size, a, b, not f["U"])
        taken, other = (b, a) if opcode == 0b11010 else (a, b)
        return w.xor(other, w.and_(w.repeated(size, first), w.xor(taken, other)))

    m.set_v(f["Rd"], Lanes(size, (reduce(chosen, lanes),)))


def _across_is_allocated(f: Fields) -> bool:
    known = f["opcode"] in {0b00011, 0b01010, 0b11010} or (f["opcode"] == 0b11011 and not f["U"])
    return known and (f["size"] < 2 or (f["size"] == 2 and f["Q"] == 1))


FORMS = (
    Form(
        "CMGT, CMHI, CMGE, CMHS, CMEQ, CMTST",
        "0 Q U 01110 size:2 1 Rm:5 opcode:5 1 Rn:5 Rd:5",
        _compare,
        lambda f: f["U"] << 5 | f["opcode"] in _COMPARISONS and _whole(f),
    ),
    Form(
        "CMGT, CMGE, CMEQ, CMLE, CMLT (zero)",
        "0 Q U 01110 size:2 10000 opcode:5 10 Rn:5 Rd:5",
        _compare_with_zero,
        lambda f: f["U"] << 5 | f["opcode"] in _WITH_ZERO and _whole(f),
    ),
    Form("ABS, NEG", "0 Q U 01110 size:2 10000 01011 10 Rn:5 Rd:5", _magnitude, _whole),
    Form("CNT", "0 Q 0 01110 00 10000 00101 10 Rn:5 Rd:5", _count),
    Form("SSHL, USHL", "0 Q U 01110 size:2 1 Rm:5 01000 1 Rn:5 Rd:5", _shift, _whole),
    Form("ADDP", "0 Q 0 01110 size:2 1 Rm:5 10111 1 Rn:5 Rd:5", _add_pairs, _whole),
    Form(
        "SADDLP, UADDLP, SADALP, UADALP",
        "0 Q U 01110 size:2 10000 00 added 10 10 Rn:5 Rd:5",
        _add_pairs_long,
        lambda f: f["size"] != 3,
    ),
    Form(
        "ADDV, SADDLV, UADDLV, SMAXV, UMAXV, SMINV, UMINV",
        "0 Q U 01110 size:2 11000 opcode:5 10 Rn:5 Rd:5",
        _across,
        _across_is_allocated,
    ),
)
