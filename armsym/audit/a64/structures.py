"""Loads and stores of vector structures: LD1 to LD4, ST1 to ST4, LD1R (Arm manual C4.1.96, "Advanced SIMD")."""

from __future__ import annotations

from armsym.audit.a64.memory import base, vector_part
from armsym.audit.a64.operands import read, write_sp
from armsym.audit.form import Fields, Form
from armsym.audit.lanes import Lanes, in_lanes
from armsym.audit.machine import Machine

__all__ = ["FORMS"]

#: opcode: (registers in a structure, how many structures of registers follow each other)
_MULTIPLE = {
    0b0000: (4, 1),
    0b0010: (1, 4),
    0b0100: (3, 1),
    0b0110: (1, 3),
    0b0111: (1, 1),
    0b1000: (2, 1),
    0b1010: (1, 2),
}


def _multiple(m: Machine, f: Fields, pc: int) -> None:
    w, t = m.words, f["Rt"]
    count, repeats = _MULTIPLE[f["opcode"]]
    size = 16 if f["Q"] else 8
    start = base(m, f["Rn"])

    def at(distance: int) -> int:
        return w.add(64, start, w.const(distance)) if distance else start

    if count == 1:
        # Whole registers, one after the other; little-endian elements lie as the register does.
        for k in range(repeats):
            n = (t + k) % 32
            if f["L"]:
                m.set_v(n, m.load_lanes(at(size * k), size))
            else:
                m.store_lanes(at(size * k), vector_part(m, n, size))
        _write_back(m, f, start, size * repeats)
        return
    element = 1 << f["size"]
    width, elements = 8 * element, size // element
    if f["L"]:
        loaded: list[list[int]] = [[] for _ in range(count)]
        for e in range(elements):
            for k in range(count):
                loaded[k].append(m.loaded(at(element * (e * count + k)), element))
        for k in range(count):
            m.set_v((t + k) % 32, Lanes(width, tuple(loaded[k])))
    else:
        stored = [m.lanes((t + k) % 32, width) for k in range(count)]
        for e in range(elements):
            for k in range(count):
                m.store(at(element * (e * count + k)), element, stored[k][e])
    _write_back(m, f, start, size * count)


def _write_back(m: Machine, f: Fields, start: int, size: int) -> None:
    if "Rm" in f:
        step = m.words.const(size) if f["Rm"] == 31 else read(m, 64, f["Rm"])
        write_sp(m, 64, f["Rn"], m.words.add(64, start, step))


def _multiple_is_allocated(f: Fields) -> bool:
    if f["opcode"] not in _MULTIPLE:
        return False
    # A structure of several registers of one element each is reserved.
    return _MULTIPLE[f["opcode"]][0] == 1 or f["size"] != 3 or f["Q"] == 1


def _element(f: Fields) -> tuple[int, int] | None:
    """Bytes of an element and its number in the register, or None where the fields are unallocated."""
    kind, place = f["opcode"] >> 1, f["Q"] << 3 | f["S"] << 2 | f["size"]
    if kind == 0:
        return 1, place
    if kind == 1:
        return None if place & 1 else (2, place >> 1)
    if f["size"] == 0:
        return 4, place >> 2
    return (8, f["Q"]) if f["size"] == 1 and not f["S"] else None


def _single(m: Machine, f: Fields, pc: int) -> None:
    """One element of each register; LD1R to LD4R: one element, to all places."""
    w, count = m.words, ((f["opcode"] & 1) << 1 | f["R"]) + 1
    start = base(m, f["Rn"])
    if f["opcode"] >> 1 == 3:
        size = 1 << f["size"]
        places = range((16 if f["Q"] else 8) // size)
    else:
        found = _element(f)
        assert found is not None
        size, place = found
        places = range(place, place + 1)
    for k in range(count):
        n = (f["Rt"] + k) % 32
        at = w.add(64, start, w.const(size * k)) if k else start
        if not f["L"]:
            m.store(at, size, m.lanes(n, 8 * size)[places[0]])
            continue
        value = m.loaded(at, size)
        if len(places) > 1 or f["opcode"] >> 1 == 3:
            m.set_v(n, Lanes(8 * size, (value,) * len(places)))
        else:
            old = m.v(n)
            width = min(old.width, 8 * size)
            lanes = list(in_lanes(w, old, width))
            per = 8 * size // width
            first = places[0] * per
            lanes[first : first + per] = [w.bits(value, width * j, width) for j in range(per)] if per > 1 else [value]
            m.set_v(n, Lanes(width, tuple(lanes)))
    _write_back(m, f, start, size * count)


def _single_is_allocated(f: Fields) -> bool:
    if f["opcode"] >> 1 == 3:
        return f["L"] == 1 and f["S"] == 0
    return _element(f) is not None


FORMS = (
    Form("LD1 to LD4, ST1 to ST4", "0 Q 0011000 L 000000 opcode:4 size:2 Rn:5 Rt:5", _multiple, _multiple_is_allocated),
    Form(
        "LD1 to LD4, ST1 to ST4 (post-index)",
        "0 Q 0011001 L 0 Rm:5 opcode:4 size:2 Rn:5 Rt:5",
        _multiple,
        _multiple_is_allocated,
    ),
    Form(
        "LD1 to LD4, ST1 to ST4 (single structure)",
        "0 Q 0011010 L R 00000 opcode:3 S size:2 Rn:5 Rt:5",
        _single,
        _single_is_allocated,
    ),
    Form(
        "LD1 to LD4, ST1 to ST4 (single structure, post-index)",
        "0 Q 0011011 L R Rm:5 opcode:3 S size:2 Rn:5 Rt:5",
        _single,
        _single_is_allocated,
    ),
)
