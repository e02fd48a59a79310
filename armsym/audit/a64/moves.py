"""Vector instructions that only move lanes: copies, permutations, extraction, look-up (Arm manual C4.1.97)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.audit.a64.operands import read, write
from armsym.audit.form import Fields, Form
from armsym.audit.lanes import Lanes, common
from armsym.audit.machine import Machine
from armsym.audit.raw import ones

__all__ = ["FORMS", "set_size"]


def set_size(m: Machine, n: int, q: int, value: Lanes) -> None:
    """Set Vn to lanes of 128 bits (q = 1), or to the low 64 of them."""
    size = 128 if q else 64
    m.set_v(n, Lanes(value.width, value.words[: size // value.width]))


def _element(imm5: int) -> tuple[int, int] | None:
    """Bits of an element and its number: the lowest 1 of imm5 tells the size; None where there is none up to bit 3."""
    if not imm5 & 0xF:
        return None
    log = (imm5 & -imm5).bit_length() - 1
    return 8 << log, imm5 >> log + 1


def _known_element(imm5: int) -> tuple[int, int]:
    found = _element(imm5)
    assert found is not None
    return found


def _duplicate_element(m: Machine, f: Fields, pc: int) -> None:
    size, place = _known_element(f["imm5"])
    width, (lanes,) = common(m.words, size, m.v(f["Rn"]))
    per = size // width
    part = lanes[place * per : (place + 1) * per]
    if "Q" in f:
        set_size(m, f["Rd"], f["Q"], Lanes(width, part * (128 // size)))
    else:
        m.set_v(f["Rd"], Lanes(width, part))


def _duplicate_general(m: Machine, f: Fields, pc: int) -> None:
    size, _ = _known_element(f["imm5"])
    value = read(m, 64 if size == 64 else 32, f["Rn"])
    if size < 32:
        value = m.words.mask(value, ones(size))
    set_size(m, f["Rd"], f["Q"], Lanes(size, (value,) * (128 // size)))


def _to_general(m: Machine, f: Fields, pc: int) -> None:
    size, place = _known_element(f["imm5"])
    value = m.lanes(f["Rn"], size)[place]
    width = 64 if f["Q"] else 32
    if f["imm4"] == 0b0101:  # SMOV
        value = m.words.extended(value, size, width)
    write(m, width, f["Rd"], value)


def _to_general_is_allocated(f: Fields) -> bool:
    found = _element(f["imm5"])
    if found is None or f["imm4"] not in {0b0101, 0b0111}:
        return False
    size = found[0]
    if f["imm4"] == 0b0101:  # SMOV: to a register that is wider
        return size < (64 if f["Q"] else 32)
    return (size == 64) == bool(f["Q"])  # UMOV: D to X, all else to W


def _insert(m: Machine, n: int, size: int, place: int, part: Lanes) -> None:
    width, (old, new) = common(m.words, size, m.v(n), part)
    per = size // width
    lanes = list(old)
    lanes[place * per : (place + 1) * per] = new
    m.set_v(n, Lanes(width, tuple(lanes)))


def _insert_general(m: Machine, f: Fields, pc: int) -> None:
    size, place = _known_element(f["imm5"])
    value = read(m, 64 if size == 64 else 32, f["Rn"])
    if size < 32:
        value = m.words.mask(value, ones(size))
    _insert(m, f["Rd"], size, place, Lanes(size, (value,)))


def _insert_element(m: Machine, f: Fields, pc: int) -> None:
    size, place = _known_element(f["imm5"])
    source = f["imm4"] // (size // 8)
    width, (lanes,) = common(m.words, size, m.v(f["Rn"]))
    per = size // width
    _insert(m, f["Rd"], size, place, Lanes(width, lanes[source * per : (source + 1) * per]))


def _has_element(f: Fields) -> bool:
    return _element(f["imm5"]) is not None


def _has_element_and_room(f: Fields) -> bool:
    found = _element(f["imm5"])
    return found is not None and (found[0] < 64 or f["Q"] == 1)


def _extract(m: Machine, f: Fields, pc: int) -> None:
    at, size = f["imm4"], 16 if f["Q"] else 8
    # The largest unit in which the cut falls between two elements.
    unit = 8 * (at & -at) if at else 64
    width, (low, high) = common(m.words, unit, m.v(f["Rn"]), m.v(f["Rm"]))
    per = 8 * size // width
    first = 8 * at // width
    m.set_v(f["Rd"], Lanes(width, (low[:per] + high[:per])[first : first + per]))


#: opcode: for each element of the result, (which operand, which element), of `count` elements.
_PERMUTATIONS: dict[int, Callable[[int], list[tuple[int, int]]]] = {
    0b001: lambda count: [divmod(2 * e, count) for e in range(count)],  # UZP1
    0b101: lambda count: [divmod(2 * e + 1, count) for e in range(count)],  # UZP2
    0b010: lambda count: [(e & 1, e & ~1) for e in range(count)],  # TRN1
    0b110: lambda count: [(e & 1, e | 1) for e in range(count)],  # TRN2
    0b011: lambda count: [(e & 1, e >> 1) for e in range(count)],  # ZIP1
    0b111: lambda count: [(e & 1, count // 2 + (e >> 1)) for e in range(count)],  # ZIP2
}


def _permute(m: Machine, f: Fields, pc: int) -> None:
    size = 8 << f["size"]
    width, operands = common(m.words, size, m.v(f["Rn"]), m.v(f["Rm"]))
    per = size // width
    out: tuple[int, ...] = ()
    for operand, element in _PERMUTATIONS[f["opcode"]]((128 if f["Q"] else 64) // size):
        out += operands[operand][element * per : (element + 1) * per]
    m.set_v(f["Rd"], Lanes(width, out))


def _permutation_is_allocated(f: Fields) -> bool:
    return f["opcode"] in _PERMUTATIONS and (f["size"] != 3 or f["Q"] == 1)


def _reverse(m: Machine, f: Fields, pc: int) -> None:
    """REV64, REV32, REV16: elements of 8 << size bits within containers."""
    size, container = 8 << f["size"], _container(f)
    width, (lanes,) = common(m.words, size, m.v(f["Rn"]))
    per, within = size // width, container // size
    count = (128 if f["Q"] else 64) // size
    out: tuple[int, ...] = ()
    for e in range(count):
        source = e // within * within + within - 1 - e % within
        out += lanes[source * per : (source + 1) * per]
    m.set_v(f["Rd"], Lanes(width, out))


def _container(f: Fields) -> int:
    return 64 >> (f["o0"] << 1 | f["U"])


def _reversal_is_allocated(f: Fields) -> bool:
    return not (f["o0"] and f["U"]) and 8 << f["size"] < _container(f)


def _look_up(m: Machine, f: Fields, pc: int) -> None:
    """TBL, TBX: each byte of Vm is an index into the bytes of one to four registers."""
    w = m.words
    entries = [e for k in range(f["len"] + 1) for e in m.lanes((f["Rn"] + k) % 32, 8)]
    numbers = [w.constant(e) for e in entries]
    table = None if None in numbers else "bytes:" + bytes(n for n in numbers if n is not None).hex()
    count = 16 if f["Q"] else 8
    indices, old = m.lanes(f["Rm"], 8)[:count], m.lanes(f["Rd"], 8)
    out = []
    for index, before in zip(indices, old[:count], strict=True):
        known = w.constant(index)
        if known is not None:
            found = entries[known] if known < len(entries) else (before if f["op"] else w.zero)
        elif f["op"]:
            found = _kept_beyond(m, index, entries, table, before)
        else:
            found = w.app(table, (index,), 0xFF) if table else w.app("pick", (index, *entries), 0xFF)
        out.append(found)
    m.set_v(f["Rd"], Lanes(8, tuple(out)))


def _kept_beyond(m: Machine, index: int, entries: Sequence[int], table: str | None, before: int) -> int:
    w = m.words
    found = w.app(table, (index,), 0xFF) if table else w.app("pick", (index, *entries), 0xFF)
    # 1 where the index is beyond the entries: the carry of index + 256 - count.
    beyond = w.shr(w.add(9, index, w.const(256 - len(entries))), 8)
    return w.xor(found, w.and_(w.repeated(8, beyond), before))


FORMS = (
    Form("DUP (element)", "0 Q 0 01110000 imm5:5 0 0000 1 Rn:5 Rd:5", _duplicate_element, _has_element_and_room),
    Form("DUP (element, scalar)", "01 0 11110000 imm5:5 0 0000 1 Rn:5 Rd:5", _duplicate_element, _has_element),
    Form("DUP (general)", "0 Q 0 01110000 imm5:5 0 0001 1 Rn:5 Rd:5", _duplicate_general, _has_element_and_room),
    Form("SMOV, UMOV", "0 Q 0 01110000 imm5:5 0 imm4:4 1 Rn:5 Rd:5", _to_general, _to_general_is_allocated),
    Form("INS (general)", "0 1 0 01110000 imm5:5 0 0011 1 Rn:5 Rd:5", _insert_general, _has_element),
    Form("INS (element)", "0 1 1 01110000 imm5:5 0 imm4:4 1 Rn:5 Rd:5", _insert_element, _has_element),
    Form("EXT", "0 Q 101110000 Rm:5 0 imm4:4 0 Rn:5 Rd:5", _extract, lambda f: f["Q"] == 1 or f["imm4"] < 8),
    Form("UZP, TRN, ZIP", "0 Q 001110 size:2 0 Rm:5 0 opcode:3 10 Rn:5 Rd:5", _permute, _permutation_is_allocated),
    Form("TBL, TBX", "0 Q 001110000 Rm:5 0 len:2 op 00 Rn:5 Rd:5", _look_up),
    Form("REV64, REV32, REV16", "0 Q U 01110 size:2 10000 0000 o0 10 Rn:5 Rd:5", _reverse, _reversal_is_allocated),
)
