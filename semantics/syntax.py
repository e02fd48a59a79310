"""Assembler syntax shared by the encoding classes: register names, conditions, immediates."""

from __future__ import annotations

CONDITIONS = ("eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv")


def reg(n: int, width: int = 64, *, sp: bool = False) -> str:
    """A general-purpose register: x5, w5, sp, wsp, xzr or wzr."""
    letter = "x" if width == 64 else "w"
    if n == 31:
        if sp:
            return "sp" if width == 64 else "wsp"
        return letter + "zr"
    return f"{letter}{n}"


def imm(value: int) -> str:
    """An immediate as Capstone prints it: decimal up to 9, hexadecimal above, sign in front."""
    if value < 0:
        return f"#-{-value:#x}" if value < -9 else f"#{value}"
    return f"#{value:#x}" if value > 9 else f"#{value}"


def signed_imm(value: int, width: int) -> str:
    """A constant of `width` bits as the signed number Capstone prints for the MOV aliases."""
    return imm(value - (value >> (width - 1) << width))


SHIFTS = ("lsl", "lsr", "asr", "ror")


def shifted(shift_type: int, amount: int) -> str:
    """The optional shift of a register operand: nothing for LSL #0, else `, lsr #12`."""
    return f", {SHIFTS[shift_type]} #{amount}" if shift_type or amount else ""
