"""General registers as instructions name them: number 31 is zero or SP, W is the low half of X."""

from __future__ import annotations

from armsym.audit.machine import Machine

__all__ = ["read", "read_sp", "width_of", "write", "write_sp"]


def width_of(sf: int) -> int:
    """64 where the field sf is 1, else 32."""
    return 64 if sf else 32


def read(m: Machine, width: int, n: int) -> int:
    """Xn or Wn; register 31 is zero."""
    if n == 31:
        return m.words.zero
    return m.x(n) if width == 64 else m.w(n)


def write(m: Machine, width: int, n: int, value: int) -> None:
    """Set Xn or Wn; register 31 is nowhere."""
    if n == 31:
        return
    if width == 64:
        m.set_x(n, value)
    else:
        m.set_w(n, value)


def read_sp(m: Machine, width: int, n: int) -> int:
    """Xn or Wn; register 31 is SP or WSP."""
    if n != 31:
        return read(m, width, n)
    return m.sp if width == 64 else m.words.bits(m.sp, 0, 32)


def write_sp(m: Machine, width: int, n: int, value: int) -> None:
    """Set Xn or Wn; register 31 is SP, its upper half zero where WSP is written."""
    if n == 31:
        m.sp = value
    else:
        write(m, width, n, value)
