"""Loads and stores of single registers and pairs (Arm manual C4.1.96)."""

from __future__ import annotations

from collections.abc import Callable

from armsym.audit.a64.operands import read, read_sp, write, write_sp
from armsym.audit.a64.register import extended_register
from armsym.audit.form import Fields, Form, signed
from armsym.audit.lanes import Lanes, in_lanes
from armsym.audit.machine import Machine
from armsym.audit.raw import ones

__all__ = ["FORMS", "base", "vector_part"]


def base(m: Machine, n: int) -> int:
    """The base register as an address; where it is SP, that has to be aligned."""
    if n == 31:
        m.sp_is_aligned()
    return read_sp(m, 64, n)


def vector_part(m: Machine, n: int, size: int) -> Lanes:
    """The low `size` bytes of Vn."""
    value = m.v(n)
    if value.width > 8 * size:
        value = Lanes(8 * size, in_lanes(m.words, value, 8 * size))
    return Lanes(value.width, value.words[: 8 * size // value.width])


def _move(m: Machine, f: Fields, address: int) -> None:
    """Load or store one register, as size, V and opc say."""
    w, t, opc = m.words, f["Rt"], f["opc"]
    if f["V"]:
        size = 1 << (f["size"] | (opc & 2) << 1)
        if opc & 1:
            m.set_v(t, m.load_lanes(address, size))
        else:
            m.store_lanes(address, vector_part(m, t, size))
        return
    size = 1 << f["size"]
    if f["size"] == 3 and opc == 2:  # PRFM: changes nothing but what lies in a cache, which tells the address
        m.prefetch(address)
        return
    if opc == 0:
        value = read(m, 64 if size == 8 else 32, t)
        m.store(address, size, value if size >= 4 else w.mask(value, ones(8 * size)))
        return
    value = m.loaded(address, size)
    if opc == 1:
        write(m, 64 if size == 8 else 32, t, value)
    else:  # LDRSB, LDRSH, LDRSW: to X with opc 10, to W with opc 11
        width = 64 if opc == 2 else 32
        write(m, width, t, w.extended(value, 8 * size, width))


def _allocated(f: Fields) -> bool:
    if f["V"]:
        return f["size"] == 0 or f["opc"] < 2
    return f["opc"] < 2 or f["size"] < (3 if f["opc"] == 2 else 2)


def _allocated_with_prefetch(f: Fields) -> bool:
    return _allocated(f) or (not f["V"] and f["size"] == 3 and f["opc"] == 2)


def _written_back_is_allocated(f: Fields) -> bool:
    # CONSTRAINED UNPREDICTABLE where the base is also what is loaded or stored.
    return _allocated(f) and (bool(f["V"]) or f["Rn"] == 31 or f["Rn"] != f["Rt"])


def _unsigned(m: Machine, f: Fields, pc: int) -> None:
    scale = f["size"] | ((f["opc"] & 2) << 1 if f["V"] else 0)
    _move(m, f, m.words.add(64, base(m, f["Rn"]), m.words.const(f["imm12"] << scale)))


def _unscaled(m: Machine, f: Fields, pc: int) -> None:
    _move(m, f, _plus(m, base(m, f["Rn"]), signed(f["imm9"], 9)))


def _plus(m: Machine, address: int, distance: int) -> int:
    return m.words.add(64, address, m.words.const(distance & ones(64)))


def _indexed(post: bool) -> Callable[[Machine, Fields, int], None]:
    def run(m: Machine, f: Fields, pc: int) -> None:
        before = base(m, f["Rn"])
        after = _plus(m, before, signed(f["imm9"], 9))
        _move(m, f, before if post else after)
        write_sp(m, 64, f["Rn"], after)

    return run


def _register_offset(m: Machine, f: Fields, pc: int) -> None:
    scale = f["size"] | ((f["opc"] & 2) << 1 if f["V"] else 0)
    offset = extended_register(m, f["Rm"], f["option"], scale if f["S"] else 0, 64)
    _move(m, f, m.words.add(64, base(m, f["Rn"]), offset))


def _register_offset_is_allocated(f: Fields) -> bool:
    return bool(f["option"] & 2) and _allocated_with_prefetch(f)


def _pair(m: Machine, f: Fields, pc: int) -> None:
    w, vector = m.words, f["V"]
    size = 4 << f["opc"] if vector else 4 << (f["opc"] >> 1)
    distance = signed(f["imm7"], 7) * size
    before = base(m, f["Rn"])
    post, written_back = f["mode"] == 1, f["mode"] in {1, 3}
    after = _plus(m, before, distance)
    first = before if post else after
    second = w.add(64, first, w.const(size))
    if vector:
        if f["L"]:
            low, high = m.load_lanes(first, size), m.load_lanes(second, size)
            m.set_v(f["Rt"], low)
            m.set_v(f["Rt2"], high)
        else:
            m.store_lanes(first, vector_part(m, f["Rt"], size))
            m.store_lanes(second, vector_part(m, f["Rt2"], size))
    elif f["L"]:
        a, b = m.loaded(first, size), m.loaded(second, size)
        width = 8 * size
        if f["opc"] == 1:  # LDPSW
            a, b, width = w.extended(a, 32, 64), w.extended(b, 32, 64), 64
        write(m, width, f["Rt"], a)
        write(m, width, f["Rt2"], b)
    else:
        m.store(first, size, read(m, 8 * size, f["Rt"]))
        m.store(second, size, read(m, 8 * size, f["Rt2"]))
    if written_back:
        write_sp(m, 64, f["Rn"], after)


def _pair_is_allocated(f: Fields) -> bool:
    if f["opc"] == 3:
        return False
    if not f["V"] and f["opc"] == 1 and (not f["L"] or f["mode"] == 0):
        return False
    if f["L"] and f["Rt"] == f["Rt2"]:  # CONSTRAINED UNPREDICTABLE, as is a base that is loaded or stored, too
        return False
    return bool(f["V"]) or f["mode"] in {0, 2} or f["Rn"] == 31 or f["Rn"] not in {f["Rt"], f["Rt2"]}


FORMS = (
    Form(
        "LDR, STR (unsigned offset)",
        "size:2 111 V 01 opc:2 imm12:12 Rn:5 Rt:5",
        _unsigned,
        _allocated_with_prefetch,
    ),
    Form("LDUR, STUR", "size:2 111 V 00 opc:2 0 imm9:9 00 Rn:5 Rt:5", _unscaled, _allocated_with_prefetch),
    Form(
        "LDR, STR (post-index)",
        "size:2 111 V 00 opc:2 0 imm9:9 01 Rn:5 Rt:5",
        _indexed(True),
        _written_back_is_allocated,
    ),
    Form(
        "LDR, STR (pre-index)",
        "size:2 111 V 00 opc:2 0 imm9:9 11 Rn:5 Rt:5",
        _indexed(False),
        _written_back_is_allocated,
    ),
    Form(
        "LDR, STR (register offset)",
        "size:2 111 V 00 opc:2 1 Rm:5 option:3 S 10 Rn:5 Rt:5",
        _register_offset,
        _register_offset_is_allocated,
    ),
    Form("LDP, STP", "opc:2 101 V 0 mode:2 L imm7:7 Rt2:5 Rn:5 Rt:5", _pair, _pair_is_allocated),
)
