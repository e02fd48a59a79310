"""What counts as the result of a routine: registers here; memory is compared where it lies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.machine import Machine
from armsym.proof.abi import AAPCS64, Interface

__all__ = ["Outputs"]

_RANGE = re.compile(r"([xwvqds])([0-9]+)(?:-(?:\1)?([0-9]+))?")
_WIDTHS = {"x": 64, "w": 32, "v": 128, "q": 128, "d": 64, "s": 32}


@dataclass(frozen=True)
class Outputs:
    """Registers that must be equal on return, beside SP and PSTATE.DIT.

    registers   (kind, number): x or v for all of a register; w, d or s for its low 32, 64 or 32 bits
    flags       whether N, Z, C and V count
    """

    registers: frozenset[tuple[str, int]]
    flags: bool

    @staticmethod
    def of(results: str, interface: Interface = AAPCS64) -> Outputs:
        """The registers that an interface preserves, and the results named in a text such as `x0,w1,v0-v3`.

        `all` means every register but X30 and the flags too, `none` no result.  Raises `InputError`.
        """
        found = {("x", n) for n in interface.x} | {("d", n) for n in interface.d} | {("v", n) for n in interface.v}
        flags = False
        for name in (n.strip() for n in results.split(",")):
            match = _RANGE.fullmatch(name)
            first, last = (int(match[2]), int(match[3] or match[2])) if match else (1, 0)
            if name == "all":
                # X30 holds the caller's return address, or the address of code, which lies elsewhere in each file.
                found |= {("x", n) for n in range(30)} | {("v", n) for n in range(32)}
                flags = True
            elif name == "nzcv":
                flags = True
            elif match is not None and first <= last < (31 if match[1] in "xw" else 32):
                found |= {("v" if match[1] == "q" else match[1], n) for n in range(first, last + 1)}
            elif name != "none":
                raise InputError(
                    f"results: {name!r} is not a register (x0 to x30, w0 to w30, v0 to v31, also as q, d and s), "
                    "a range such as x0-x7, nzcv, all, none"
                )
        whole = {(c, n) for k, n in found for c in {"x": "w", "v": "ds"}.get(k, "")}
        return Outputs(frozenset(found - whole), flags)

    def of_kind(self, *kinds: str) -> frozenset[int]:
        """The numbers of the registers of these kinds."""
        return frozenset(n for k, n in self.registers if k in kinds)

    @property
    def names(self) -> tuple[str, ...]:
        """What is compared, in words."""
        found = [text for kind in "xwvds" for text in _ranges(kind, self.of_kind(kind))]
        return (*found, "sp", "PSTATE.DIT", *(("nzcv",) if self.flags else ()))

    def pairs(self, a: Machine, b: Machine) -> Iterator[tuple[str, Bits, Bits]]:
        """(name, value in the first, value in the second) of each."""
        for kind, n in sorted(self.registers, key=lambda r: ("xwvds".index(r[0]), r[1])):
            w = _WIDTHS[kind]
            u, v = (m.x[n] if kind in "xw" else m.v[n] for m in (a, b))
            yield f"{kind}{n}", u[w - 1 : 0], v[w - 1 : 0]
        yield "sp", a.sp, b.sp
        yield "PSTATE.DIT", a.dit, b.dit
        if self.flags:
            for c in "NZCV":
                yield c, getattr(a.nzcv, c).bit, getattr(b.nzcv, c).bit


def _ranges(kind: str, numbers: Iterable[int]) -> Iterator[str]:
    """Registers in words, `x19-x29` for several in a row."""
    all_ = set(numbers)
    for n in sorted(all_):
        if n - 1 in all_:
            continue
        last = n
        while last + 1 in all_:
            last += 1
        yield f"{kind}{n}" if last == n else f"{kind}{n}-{kind}{last}"
