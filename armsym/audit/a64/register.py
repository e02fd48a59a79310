"""Data processing on registers (Arm manual C4.1.95)."""

from __future__ import annotations

from armsym.audit.a64.operands import read, read_sp, width_of, write, write_sp
from armsym.audit.flags import ALWAYS, Flags
from armsym.audit.form import Fields, Form
from armsym.audit.machine import Machine
from armsym.audit.raw import ones
from armsym.audit.words import Words

__all__ = ["FORMS", "extended_register"]


def _shifted(w: Words, width: int, a: int, kind: int, by: int) -> int:
    """LSL, LSR, ASR or ROR of a word by a constant less than its width."""
    if kind == 0:
        return w.lsl(width, a, by)
    if kind == 1:
        return w.shr(a, by)
    return w.asr(width, a, by) if kind == 2 else w.ror(width, a, by)


def extended_register(m: Machine, n: int, option: int, shift: int, width: int) -> int:
    """ExtendReg of the manual: the low 8, 16, 32 or 64 bits of a register, extended, shifted left, cut to the width."""
    w, size, sign = m.words, 8 << (option & 3), option >> 2
    source = read(m, width, n)
    if size < width:
        low = w.mask(source, ones(size))
        source = w.extended(low, size, width) if sign else low
    return w.lsl(width, source, shift)


def _logic(m: Machine, f: Fields, pc: int) -> None:
    w, width, opc = m.words, width_of(f["sf"]), f["opc"]
    a = read(m, width, f["Rn"])
    b = _shifted(w, width, read(m, width, f["Rm"]), f["shift"], f["imm6"])
    if f["N"]:
        b = w.not_(width, b)
    # ORR with the zero register is how MOV is written: 0 OR b is b by the rule of `Words`.
    result = w.or_(a, b) if opc == 1 else w.xor(a, b) if opc == 2 else w.and_(a, b)
    if opc == 3:
        m.flags = Flags.of_result(w, width, result)
    write(m, width, f["Rd"], result)


def _fits(f: Fields) -> bool:
    return f["imm6"] < width_of(f["sf"])


def _add_or_subtract(m: Machine, f: Fields, width: int, a: int, b: int) -> int:
    w = m.words
    result = w.sub(width, a, b) if f["op"] else w.add(width, a, b)
    if f["S"]:
        m.flags = (
            Flags.of_difference(w, width, a, b, result) if f["op"] else Flags.of_sum(w, width, a, b, w.zero, result)
        )
    return result


def _sum_shifted(m: Machine, f: Fields, pc: int) -> None:
    width = width_of(f["sf"])
    b = _shifted(m.words, width, read(m, width, f["Rm"]), f["shift"], f["imm6"])
    write(m, width, f["Rd"], _add_or_subtract(m, f, width, read(m, width, f["Rn"]), b))


def _sum_extended(m: Machine, f: Fields, pc: int) -> None:
    width = width_of(f["sf"])
    b = extended_register(m, f["Rm"], f["option"], f["imm3"], width)
    result = _add_or_subtract(m, f, width, read_sp(m, width, f["Rn"]), b)
    (write if f["S"] else write_sp)(m, width, f["Rd"], result)


def _sum_with_carry(m: Machine, f: Fields, pc: int) -> None:
    w, width = m.words, width_of(f["sf"])
    a, b, carry = read(m, width, f["Rn"]), read(m, width, f["Rm"]), m.flags.c
    if f["op"]:
        b = w.not_(width, b)
    result = w.add(width, a, b, carry)
    if f["S"]:
        m.flags = Flags.of_sum(w, width, a, b, carry, result)
    write(m, width, f["Rd"], result)


def _conditional_select(m: Machine, f: Fields, pc: int) -> None:
    w, width = m.words, width_of(f["sf"])
    taken, other = read(m, width, f["Rn"]), read(m, width, f["Rm"])
    if f["op"]:
        other = w.not_(width, other)
    if f["o2"]:  # CSINC, CSNEG: -b is NOT b + 1
        other = w.add(width, other, w.const(1))
    if f["cond"] < ALWAYS:
        taken = m.choose(m.flags.holds(f["cond"]), width, taken, other)
    write(m, width, f["Rd"], taken)


def _conditional_compare(m: Machine, f: Fields, pc: int) -> None:
    w, width = m.words, width_of(f["sf"])
    a = read(m, width, f["Rn"])
    b = w.const(f["imm5"]) if "imm5" in f else read(m, width, f["Rm"])
    made = f["nzcv"]
    if f["op"]:
        compared = Flags.of_difference(w, width, a, b, w.sub(width, a, b))
    else:
        compared = Flags.of_sum(w, width, a, b, w.zero, w.add(width, a, b))
    if f["cond"] >= ALWAYS:
        m.flags = compared
        return
    condition = m.flags.holds(f["cond"])
    decided = m.decide(condition)
    given = [w.const(made >> k & 1) for k in (3, 2, 1, 0)]
    if decided is not None:
        m.flags = compared if decided else Flags.of_words(w, *given)
        return
    both = zip((compared.n, compared.z, compared.c, compared.v), given, strict=True)
    m.flags = Flags.of_words(w, *(m.choose(condition, 1, p, q) for p, q in both))


def _one_source(m: Machine, f: Fields, pc: int) -> None:
    w, width, opcode = m.words, width_of(f["sf"]), f["opcode"]
    a = read(m, width, f["Rn"])
    if opcode == 0:  # RBIT
        unit, size = 1, width
    else:  # REV16, REV32, REV: bytes within 16, 32, 64 bits
        unit, size = 8, 8 << opcode
    result = w.xor(
        *(
            w.shl(w.bits(a, at + k, unit), at + size - unit - k)
            for at in range(0, width, size)
            for k in range(0, size, unit)
        )
    )
    write(m, width, f["Rd"], result)


def _one_source_is_allocated(f: Fields) -> bool:
    return f["opcode"] < (4 if f["sf"] else 3)


def _two_source(m: Machine, f: Fields, pc: int) -> None:
    w, width, kind = m.words, width_of(f["sf"]), f["op2"]
    a = read(m, width, f["Rn"])
    by = w.mask(read(m, width, f["Rm"]), width - 1)
    known = m.number(by)
    if known is not None:
        result = _shifted(w, width, a, kind, known)
    elif kind == 0:
        result = w.mask(w.app("lsl", (a, by), ones(2 * width - 1)), ones(width))
    elif kind == 1:
        result = w.app("lsr", (a, by), ones(width))
    else:  # out of 2 * width bits: the word below its sign (ASR), or below itself (ROR)
        double = w.extended(a, width, 2 * width) if kind == 2 else w.joined(width, (a, a))
        result = w.mask(w.app("lsr", (double, by), ones(2 * width)), ones(width))
    write(m, width, f["Rd"], result)


def _product(w: Words, width: int, a: int, b: int) -> int:
    """The whole product of two words, of 2 * width bits; a multiple where one of them is a constant."""
    return _low_product(w, 2 * width, width, a, b)


def _low_product(w: Words, kept: int, width: int, a: int, b: int) -> int:
    """The low `kept` bits of the product of two words."""
    for number, other in ((w.constant(a), b), (w.constant(b), a)):
        if number is not None:
            return w.mulc(kept, other, number)
    product = w.app("mul", (a, b), ones(2 * width))
    return product if kept == 2 * width else w.mask(product, ones(kept))


def _multiply_add(m: Machine, f: Fields, pc: int) -> None:
    w, width = m.words, width_of(f["sf"])
    product = _low_product(w, width, width, read(m, width, f["Rn"]), read(m, width, f["Rm"]))
    a = read(m, width, f["Ra"])
    write(m, width, f["Rd"], w.sub(width, a, product) if f["o0"] else w.add(width, a, product))


def _multiply_add_long(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    a, b = read(m, 32, f["Rn"]), read(m, 32, f["Rm"])
    # Of extended words the low half of the product is all of it.
    a, b = (a, b) if f["U"] else (w.extended(a, 32, 64), w.extended(b, 32, 64))
    product = _product(w, 32, a, b) if f["U"] else _low_product(w, 64, 64, a, b)
    c = read(m, 64, f["Ra"])
    write(m, 64, f["Rd"], w.sub(64, c, product) if f["o0"] else w.add(64, c, product))


def _unsigned_high(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    write(m, 64, f["Rd"], w.shr(_product(w, 64, read(m, 64, f["Rn"]), read(m, 64, f["Rm"])), 64))


FORMS = (
    Form("AND, ORR, EOR (shifted register)", "sf opc:2 01010 shift:2 N Rm:5 imm6:6 Rn:5 Rd:5", _logic, _fits),
    Form(
        "ADD, SUB (shifted register)",
        "sf op S 01011 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5",
        _sum_shifted,
        lambda f: f["shift"] != 3 and _fits(f),
    ),
    Form(
        "ADD, SUB (extended register)",
        "sf op S 01011 00 1 Rm:5 option:3 imm3:3 Rn:5 Rd:5",
        _sum_extended,
        lambda f: f["imm3"] <= 4,
    ),
    Form("ADC, SBC", "sf op S 11010000 Rm:5 000000 Rn:5 Rd:5", _sum_with_carry),
    Form("CCMN, CCMP (register)", "sf op 1 11010010 Rm:5 cond:4 0 0 Rn:5 0 nzcv:4", _conditional_compare),
    Form("CCMN, CCMP (immediate)", "sf op 1 11010010 imm5:5 cond:4 1 0 Rn:5 0 nzcv:4", _conditional_compare),
    Form("CSEL, CSINC, CSINV, CSNEG", "sf op 0 11010100 Rm:5 cond:4 0 o2 Rn:5 Rd:5", _conditional_select),
    Form("RBIT, REV16, REV32, REV", "sf 1 0 11010110 00000 opcode:6 Rn:5 Rd:5", _one_source, _one_source_is_allocated),
    Form("LSLV, LSRV, ASRV, RORV", "sf 0 0 11010110 Rm:5 0010 op2:2 Rn:5 Rd:5", _two_source),
    Form("MADD, MSUB", "sf 00 11011 000 Rm:5 o0 Ra:5 Rn:5 Rd:5", _multiply_add),
    Form("SMADDL, SMSUBL, UMADDL, UMSUBL", "1 00 11011 U 01 Rm:5 o0 Ra:5 Rn:5 Rd:5", _multiply_add_long),
    Form("UMULH", "1 00 11011 110 Rm:5 0 11111 Rn:5 Rd:5", _unsigned_high),
)
