"""Registers by name: `x0`, `w0`, `sp`, `v0`, `q0`, `d0`, `s0`, `nzcv`."""

from __future__ import annotations

import re

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.machine import NZCV, Machine
from armsym.proof.checks import shown

__all__ = ["assign", "number_of"]

_WIDTHS = {"x": 64, "w": 32, "v": 128, "q": 128, "d": 64, "s": 32}
_NAME = re.compile(r"([xwvqds])(0|[1-9][0-9]?)")


def number_of(name: str) -> tuple[str, int]:
    """Kind (one of x, w, v, q, d, s) and number of a register; raises `InputError` for what is none."""
    match = _NAME.fullmatch(name)
    if match is not None:
        kind, n = match[1], int(match[2])
        if n < (31 if kind in "xw" else 32):
            return kind, n
    raise InputError(f"there is no register {name!r}: x0 to x30, w0 to w30, v0 to v31, also as q, d and s, sp, nzcv")


def assign(m: Machine, name: str, value: object, *, keep_upper: bool) -> None:
    """Give a register a value: `Bits` of its width, or an int that fits it, unsigned or signed.

    The upper part of a register of which `w0`, `d0` or `s0` is the lower stays as it is (`keep_upper`) or becomes
    0, as instructions leave it.  Raises `InputError`.
    """
    if name == "sp":
        m.sp = _vector(name, value, 64)
        return
    if name == "nzcv":
        m.nzcv = NZCV.of_bits(_vector(name, value, 4))
        return
    kind, n = number_of(name)
    v = _vector(name, value, _WIDTHS[kind])
    registers = m.x if kind in "xw" else m.v
    whole = registers[n]
    if v.width == whole.width:
        registers[n] = v
    elif keep_upper:
        registers[n] = v.zero_extend(whole.width) ^ (whole >> v.width << v.width)
    else:
        registers[n] = v.zero_extend(whole.width)


def _vector(name: str, value: object, width: int) -> Bits:
    if isinstance(value, int) and not isinstance(value, bool):
        if not -(1 << width - 1) <= value < 1 << width:
            raise InputError(f"{name} has {width} bits: {value:#x} does not fit")
        return Bits.wrap(width, value)
    if not isinstance(value, Bits):
        raise InputError(f"{name} is given Bits of {width} bits or an int, not {shown(value)}")
    if value.width != width:
        raise InputError(f"{name} has {width} bits, it was given {value.width}")
    return value
