"""Assembler syntax of Advanced SIMD: arrangements and scalar registers."""

from __future__ import annotations

#: The letter of an element or scalar register of 8, 16, 32, 64 bits, by the encoded size.
LETTERS = "bhsd"


def arrangement(size: int, Q: int) -> str:
    """8b, 16b, 4h, 8h, 2s, 4s, 1d or 2d: elements of 8 << size bits in 64 or 128 bits."""
    return f"{(16 if Q else 8) >> size}{LETTERS[size]}"


def vectors(t: str, *registers: int) -> str:
    """Registers with one arrangement: v0.16b, v1.16b."""
    return ", ".join([f"v{n}.{t}" for n in registers])


def scalars(size: int, *registers: int) -> str:
    """Scalar registers of one size: d0, d1."""
    return ", ".join([f"{LETTERS[size]}{n}" for n in registers])


def element(n: int, size: int, index: int) -> str:
    """One element of a vector: v3.b[7], v3.b[0xa]."""
    return f"v{n}.{LETTERS[size]}[{index:#x}]" if index > 9 else f"v{n}.{LETTERS[size]}[{index}]"


def float_immediate(imm8: int) -> str:
    """The number VFPExpandImm(imm8) stands for, with eight decimals: #-1.50000000."""
    exponent = (imm8 >> 4 & 7 ^ 4) - 3
    value = (16 + (imm8 & 0xF)) / 16 * 2.0**exponent
    return f"#{-value if imm8 >> 7 else value:.8f}"
