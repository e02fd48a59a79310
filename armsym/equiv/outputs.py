"""What counts as the result of a routine: registers here; memory is compared where it lies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.machine import Machine
from armsym.proof.abi import AAPCS64, Interface

__all__ = ["Outputs"]

_RANGE = re.compile(r"([xv])([0-9]+)(?:-(?:[xv])?([0-9]+))?")


@dataclass(frozen=True)
class Outputs:
    """Registers that must be equal on return, beside SP and PSTATE.DIT.

    x and v     general and vector registers, all of each
    d           vector registers of which the low half counts
    flags       whether N, Z, C and V do
    """

    x: frozenset[int]
    v: frozenset[int]
    d: frozenset[int]
    flags: bool

    @staticmethod
    def of(results: str, interface: Interface = AAPCS64) -> Outputs:
        """The registers that an interface preserves, and the results named in a text such as `x0,x1,v0-v3`.

        `all` means every register and the flags, `none` no result.  Raises `InputError`.
        """
        x, v, flags = set(interface.x), set(interface.v), False
        for name in results.split(","):
            if name in ("", "none"):
                continue
            if name == "all":
                # X30 holds the caller's return address, or the address of code, which lies elsewhere in each file.
                x, v, flags = set(range(30)), set(range(32)), True
                continue
            if name == "nzcv":
                flags = True
                continue
            match = _RANGE.fullmatch(name)
            first, last = (int(match[2]), int(match[3] or match[2])) if match else (1, 0)
            if match is None or not first <= last < (31 if match[1] == "x" else 32):
                raise InputError(
                    f"results: {name!r} is not a register x0 to x30, v0 to v31, a range x0-x7, nzcv, all, none"
                )
            (x if match[1] == "x" else v).update(range(first, last + 1))
        return Outputs(frozenset(x), frozenset(v), frozenset(interface.d) - v, flags)

    @property
    def names(self) -> tuple[str, ...]:
        """What is compared, in words."""
        found = [*_ranges("x", self.x), *_ranges("v", self.v), *_ranges("d", self.d), "sp", "PSTATE.DIT"]
        return (*found, *(("nzcv",) if self.flags else ()))

    def pairs(self, a: Machine, b: Machine) -> Iterator[tuple[str, Bits, Bits]]:
        """(name, value in the first, value in the second) of each."""
        for n in sorted(self.x):
            yield f"x{n}", a.x[n], b.x[n]
        for n in sorted(self.v):
            yield f"v{n}", a.v[n], b.v[n]
        for n in sorted(self.d):
            yield f"d{n}", a.v[n][63:0], b.v[n][63:0]
        yield "sp", a.sp, b.sp
        yield "PSTATE.DIT", a.dit, b.dit
        if self.flags:
            for c in "NZCV":
                yield c, getattr(a.nzcv, c).bit, getattr(b.nzcv, c).bit


def _ranges(kind: str, numbers: frozenset[int]) -> Iterator[str]:
    """Registers in words, `x19-x29` for several in a row."""
    for n in sorted(numbers):
        if n - 1 in numbers:
            continue
        last = n
        while last + 1 in numbers:
            last += 1
        yield f"{kind}{n}" if last == n else f"{kind}{n}-{kind}{last}"
