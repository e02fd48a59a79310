"""Shared functions of the Arm manual (section "Shared pseudocode functions"), under its names."""

from __future__ import annotations

from copy import copy
from functools import cache

from armsym.bits import Bits, Prop, ite
from armsym.machine import NZCV, Machine

__all__ = [
    "AddWithCarry",
    "ConditionHolds",
    "CountLeadingSignBits",
    "CountLeadingZeroBits",
    "DecodeBitMasks",
    "ExtendReg",
    "ShiftReg",
    "logical_flags",
    "select_flags",
]


class _AddFlags(NZCV):
    """Flags of x + y + carry_in, computed when asked: most are never read."""

    def __init__(self, x: Bits, y: Bits, carry_in: Bits, result: Bits) -> None:
        self._args = x, y, carry_in, result

    def __getattr__(self, name: str) -> Prop:
        if name not in ("N", "Z", "C", "V"):
            raise AttributeError(name)
        x, y, carry_in, result = self._args
        w = result.width
        if name == "N":
            value = result[w - 1] == 1
        elif name == "Z":
            value = result == 0
        elif name == "C":
            if carry_in.value == 1:
                # x + ~z + 1 carries out exactly when x >= z; the comparison is the canonical form.
                value = x >= ~y
            else:
                wide = x.zero_extend(w + 1) + y.zero_extend(w + 1) + carry_in.zero_extend(w + 1)
                value = wide[w] == 1
        else:
            # Overflow: the operands agree in sign and the result does not.
            value = (~(x ^ y) & (x ^ result))[w - 1] == 1
        setattr(self, name, value)
        return value

    def fork(self) -> NZCV:
        """See `NZCV.fork`; what is computed already stays."""
        return copy(self)

    @property
    def compared(self) -> tuple[Bits, Bits] | None:
        """(x, z) if the flags are those of the subtraction x - z, else None."""
        x, y, carry_in, _ = self._args
        return (x, ~y) if carry_in.value == 1 else None


def AddWithCarry(x: Bits, y: Bits, carry_in: Bits) -> tuple[Bits, NZCV]:
    """Integer addition with carry input; returns the result and the flags.  `carry_in` has one bit."""
    if carry_in.value == 0:
        result = x + y
    elif carry_in.value == 1:
        result = x - ~y  # = x + y + 1: a subtraction comes here as x + NOT(z) + 1 and leaves as x - z
    else:
        result = x + y + carry_in.zero_extend(x.width)
    return result, _AddFlags(x, y, carry_in, result)


def logical_flags(result: Bits) -> NZCV:
    """PSTATE.<N,Z,C,V> = result<datasize-1>:IsZeroBit(result):'00'."""
    return NZCV.of(result[result.width - 1] == 1, result == 0, Prop(False), Prop(False))


def ConditionHolds(cond: int, m: Machine) -> Prop:
    """Whether the four-bit condition `cond` holds in the machine's flags."""
    f = m.nzcv
    base = cond >> 1
    if 0b100 <= base <= 0b110 and isinstance(f, _AddFlags) and f.compared is not None:
        # After x - z these are comparisons of x and z: one atom instead of a mix of flags.
        x, z = f.compared
        result = x > z if base == 0b100 else ~x.slt(z) if base == 0b101 else z.slt(x)
        return ~result if cond & 1 else result
    if base == 0b000:
        result = f.Z  # EQ or NE
    elif base == 0b001:
        result = f.C  # CS or CC
    elif base == 0b010:
        result = f.N  # MI or PL
    elif base == 0b011:
        result = f.V  # VS or VC
    elif base == 0b100:
        result = f.C & ~f.Z  # HI or LS
    elif base == 0b101:
        result = ~(f.N ^ f.V)  # GE or LT
    elif base == 0b110:
        result = ~(f.N ^ f.V) & ~f.Z  # GT or LE
    else:
        return Prop(True)  # AL, and 1111 means the same
    return ~result if cond & 1 else result


def ExtendReg(m: Machine, reg: int, option: int, shift: int, width: int) -> Bits:
    """Xn's low byte, halfword, word or doubleword, extended to `width` bits and shifted left by `shift`.

    `option` is the three-bit field: bit 2 says signed, bits 1:0 give the length as a power of
    two of bytes (010 UXTW, 011 UXTX or LSL, 110 SXTW, 111 SXTX); register 31 reads as zero.
    """
    length = min(8 << (option & 0b11), width)
    value = m.read_x(reg, length)
    if length != width:
        value = value.sign_extend(width) if option & 0b100 else value.zero_extend(width)
    return value << shift if shift else value


def ShiftReg(m: Machine, reg: int, shift_type: int, amount: int, width: int) -> Bits:
    """The low `width` bits of Xn shifted by `amount` < width; register 31 reads as zero.

    `shift_type` is the two-bit field: 00 LSL, 01 LSR, 10 ASR, 11 ROR.
    """
    value = m.read_x(reg, width)
    if amount == 0:
        return value
    if shift_type == 0b00:
        return value << amount
    if shift_type == 0b01:
        return value >> amount
    return value.asr(amount) if shift_type == 0b10 else value.ror(amount)


@cache
def DecodeBitMasks(immN: int, imms: int, immr: int, width: int) -> tuple[int, int] | None:
    """The masks (wmask, tmask) that a logical immediate or a bitfield encodes, `width` bits each.

    None where immN:NOT(imms) has no one above bit 0, or the element does not fit `width`: such
    an encoding is UNDEFINED.  An element of all ones is a valid bitfield but no logical
    immediate; that case is the caller's to reject (the manual's parameter `immediate`).
    """
    length = (immN << 6 | imms ^ 0x3F).bit_length() - 1  # HighestSetBit(immN:NOT(imms))
    if length < 1 or 1 << length > width:
        return None
    esize = 1 << length
    levels = esize - 1
    S, R = imms & levels, immr & levels
    welem = (1 << (S + 1)) - 1
    telem = (1 << (((S - R) & levels) + 1)) - 1
    welem = (welem >> R | welem << (esize - R)) & ((1 << esize) - 1)
    copies = ((1 << width) - 1) // ((1 << esize) - 1)  # a one at each multiple of esize
    return welem * copies, telem * copies


def CountLeadingZeroBits(x: Bits) -> Bits:
    """How many bits above the highest one of `x`, as a vector of x's width (a power of two)."""
    w = x.width
    count = Bits(w, 0)
    step = w // 2
    while step:
        empty = x[w - 1 : w - step] == 0
        count = ite(empty, count + step, count)
        x = ite(empty, x << step, x)
        step //= 2
    # The top bit of x is now its highest one, unless x was zero.
    return count + (~x[w - 1]).zero_extend(w)


def CountLeadingSignBits(x: Bits) -> Bits:
    """How many bits just below the sign bit equal it, as a vector of x's width (a power of two)."""
    # Bit k of x EOR x<<1 says whether bits k and k-1 differ; the one in bit 0 ends the count at w-1.
    return CountLeadingZeroBits((x ^ (x << 1)) | 1)


class _SelectFlags(NZCV):
    """Flags chosen by a symbolic condition, each computed when asked."""

    def __init__(self, cond: Prop, if_true: NZCV, if_false: NZCV) -> None:
        self._choice = cond, if_true, if_false

    def fork(self) -> NZCV:
        """See `NZCV.fork`."""
        f = copy(self)
        cond, if_true, if_false = self._choice
        f._choice = cond, if_true.fork(), if_false.fork()
        return f

    def __getattr__(self, name: str) -> Prop:
        if name not in {"N", "Z", "C", "V"}:
            raise AttributeError(name)
        cond, if_true, if_false = self._choice
        value: Prop = (cond & getattr(if_true, name)) | (~cond & getattr(if_false, name))
        setattr(self, name, value)
        return value


def select_flags(cond: Prop, if_true: NZCV, if_false: NZCV) -> NZCV:
    """The flags `if_true` where the condition holds, else `if_false`."""
    if cond.is_concrete:
        return if_true if cond else if_false
    return _SelectFlags(cond, if_true, if_false)
