"""The manual's shared functions for Advanced SIMD, under its names.

The manual computes on unbounded integers; here `Extend` makes vectors wide enough that nothing wraps.
"""

from __future__ import annotations

from armsym.bits import Bits, ite

__all__ = [
    "AdvSIMDExpandImm",
    "BitCount",
    "CountLeadingSignBits",
    "CountLeadingZeroBits",
    "Extend",
    "HighestSetBit",
    "IndexedElement",
    "LowestSetBit",
    "RShr",
    "SatQ",
    "VFPExpandImm",
]


def HighestSetBit(x: int) -> int:
    """The number of the most significant 1 of an encoding field, -1 if there is none."""
    return x.bit_length() - 1


def LowestSetBit(x: int) -> int:
    """The number of the least significant 1 of an encoding field that is not 0."""
    return (x & -x).bit_length() - 1


def IndexedElement(size: int, H: int, L: int, M: int, Rm: int) -> tuple[int, int]:
    """The register and index that H, L, M, Rm name, for elements of 16 (size 1) or 32 bits (size 2)."""
    if size == 1:
        return Rm, H << 2 | L << 1 | M
    return M << 4 | Rm, H << 1 | L


def Extend(x: Bits, width: int, unsigned: bool) -> Bits:
    """x zero-extended if `unsigned`, else sign-extended: Int(x, unsigned) in `width` bits."""
    return x.zero_extend(width) if unsigned else x.sign_extend(width)


def SatQ(i: Bits, width: int, unsigned: bool) -> Bits:
    """The signed number i, wider than `width`, brought into range: [0, 2^width) if `unsigned`, else
    [-2^(width-1), 2^(width-1)).  FPSR.QC, which the manual sets when this saturates, is not modelled.
    """
    low = i[width - 1 : 0]
    if unsigned:
        top = ite(i[i.width - 1 : width].is_zero(), low, Bits(width, (1 << width) - 1))
        return ite(i.slt(0), Bits(width, 0), top)
    half = 1 << (width - 1)
    top = ite(i.slt(half), low, Bits(width, half - 1))
    return ite(i.slt(-half), Bits(width, half), top)


def RShr(x: Bits, shift: int, unsigned: bool, rounding: bool) -> Bits:
    """Int(x, unsigned) >> shift for 1 <= shift; with 1 << (shift - 1) added before if `rounding`.

    (x + 2^(s-1)) >> s is (x >> s) plus bit s-1 of x: this way the sum cannot overflow.
    """
    result = x >> shift if unsigned else x.asr(shift)
    if rounding:
        result = result + (x >> (shift - 1) if unsigned else x.asr(shift - 1))[0].zero_extend(x.width)
    return result


def CountLeadingZeroBits(x: Bits) -> Bits:
    """How many bits above the most significant 1 are 0, in the width of x (a power of two, at least 8)."""
    w = x.width
    count = Bits(w, 0)
    step = w // 2
    while step:
        clear = x[w - 1 : w - step].is_zero()
        count = ite(clear, count + step, count)
        x = ite(clear, x << step, x)
        step //= 2
    return ite(x[w - 1] == 0, count + 1, count)


def CountLeadingSignBits(x: Bits) -> Bits:
    """How many bits below the sign bit are equal to it, without a break."""
    # CLZ(x<w-1:1> EOR x<w-2:0>) in w-1 bits; the 1 below ends the count at w-1.
    return CountLeadingZeroBits(((x ^ (x << 1)) & -2) | 1)


def BitCount(x: Bits) -> Bits:
    """How many bits are 1, in the width of x."""
    count = x[0].zero_extend(x.width)
    for k in range(1, x.width):
        count = count + x[k].zero_extend(x.width)
    return count


def VFPExpandImm(imm8: int, width: int) -> int:
    """The floating-point number of 16, 32 or 64 bits that eight bits of an encoding stand for."""
    exponent = {16: 5, 32: 8, 64: 11}[width]
    fraction = width - exponent - 1
    sign, b, cd, efgh = imm8 >> 7, imm8 >> 6 & 1, imm8 >> 4 & 3, imm8 & 0xF
    replicated = (1 << (exponent - 3)) - 1 if b else 0
    exp = (1 - b) << (exponent - 1) | replicated << 2 | cd
    return sign << (width - 1) | exp << fraction | efgh << (fraction - 4)


def AdvSIMDExpandImm(op: int, cmode: int, imm8: int) -> int:
    """The 64-bit immediate of the modified immediate class (not of its FP16 form)."""
    kind, low = cmode >> 1, cmode & 1
    if kind < 0b100:
        element, size = imm8 << (8 * kind), 32
    elif kind < 0b110:
        element, size = imm8 << (8 * (kind & 1)), 16
    elif kind == 0b110:
        element, size = (imm8 << 16 | 0xFFFF, 32) if low else (imm8 << 8 | 0xFF, 32)
    elif not low and not op:
        element, size = imm8, 8
    elif not low:
        element, size = sum(0xFF << (8 * k) for k in range(8) if imm8 >> k & 1), 64
    elif not op:
        element, size = VFPExpandImm(imm8, 32), 32
    else:
        element, size = VFPExpandImm(imm8, 64), 64
    return sum(element << k for k in range(0, 64, size))
