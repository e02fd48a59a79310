"""Shared functions of the Arm manual (section "Shared pseudocode functions"), under its names."""

from __future__ import annotations

from armsym.bits import Bits, Prop
from armsym.machine import NZCV, Machine

__all__ = ["AddWithCarry", "ConditionHolds", "logical_flags"]


class _AddFlags(NZCV):
    """Flags of x + y + carry_in, computed when asked: most are never read."""

    def __init__(self, x: Bits, y: Bits, carry_in: Bits, result: Bits) -> None:
        self._args = x, y, carry_in, result

    def __getattr__(self, name: str) -> Prop:
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
            elif carry_in.value == 0:
                value = result < x
            else:
                wide = x.zero_extend(w + 1) + y.zero_extend(w + 1) + carry_in.zero_extend(w + 1)
                value = wide[w] == 1
        elif name == "V":
            # Overflow: the operands agree in sign and the result does not.
            value = (~(x ^ y) & (x ^ result))[w - 1] == 1
        else:
            raise AttributeError(name)
        setattr(self, name, value)
        return value


def AddWithCarry(x: Bits, y: Bits, carry_in: Bits) -> tuple[Bits, NZCV]:
    """Integer addition with carry input; returns the result and the flags.  `carry_in` has one bit."""
    w = x.width
    result = x + y if carry_in.value == 0 else x + y + carry_in.zero_extend(w)
    return result, _AddFlags(x, y, carry_in, result)


def logical_flags(result: Bits) -> NZCV:
    """PSTATE.<N,Z,C,V> = result<datasize-1>:IsZeroBit(result):'00'."""
    return NZCV.of(result[result.width - 1] == 1, result == 0, Prop(False), Prop(False))


def ConditionHolds(cond: int, m: Machine) -> Prop:
    """Whether the four-bit condition `cond` holds in the machine's flags."""
    f = m.nzcv
    base = cond >> 1
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


