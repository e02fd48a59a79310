"""The places of a state that code may change: registers, cells of memory, all of a region.

Each is a type of its own, so that none can be taken for another: X31 is no register (the encoding of SP, or of the zero
register), and all of a region is no byte offset.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from armsym.bits import Bits, Prop
from armsym.machine import NZCV, Machine
from armsym.symbolic_memory import SymbolicMemory, SymbolicRegion

__all__ = [
    "FLAGS",
    "REGISTERS",
    "SP",
    "Cell",
    "Flag",
    "Location",
    "Place",
    "StackPointer",
    "V",
    "Whole",
    "X",
    "get",
    "in_order",
    "put",
    "registers",
]


@dataclass(frozen=True, slots=True)
class X:
    """X0..X30."""

    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.n <= 30:
            raise ValueError(f"X{self.n} is no register: they are X0 to X30, and SP")

    def __str__(self) -> str:
        return f"x{self.n}"


@dataclass(frozen=True, slots=True)
class StackPointer:
    """SP."""

    def __str__(self) -> str:
        return "sp"


SP = StackPointer()


@dataclass(frozen=True, slots=True)
class V:
    """V0..V31, all 128 bits."""

    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.n <= 31:
            raise ValueError(f"V{self.n} is no register: they are V0 to V31")

    def __str__(self) -> str:
        return f"v{self.n}"


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell of a region at a byte offset, a multiple of the region's cell size; it may lie outside of the region."""

    region: str
    offset: int

    def __str__(self) -> str:
        return f"{self.region}+{self.offset}"


@dataclass(frozen=True, slots=True)
class Whole:
    """All of a region, which is stored to at offsets that are no numbers."""

    region: str

    def __str__(self) -> str:
        return self.region


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition flag, N, Z, C or V: one bit."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in ("N", "Z", "C", "V"):
            raise ValueError(f"{self.name} is no flag: they are N, Z, C and V")

    def __str__(self) -> str:
        return self.name


#: All of them: code that writes one is taken to write all.
FLAGS: frozenset[Place] = frozenset(Flag(c) for c in "NZCV")

#: What holds a value of a known width.
Place: TypeAlias = X | StackPointer | V | Flag | Cell
Location: TypeAlias = Place | Whole

#: All of them, with SP.
REGISTERS: frozenset[Place] = frozenset([*(X(n) for n in range(31)), SP, *(V(n) for n in range(32))])


def registers(x: int, v: int, *, flags: bool) -> set[Location]:
    """The registers in two masks as `Machine.written_x` and `written_v` have them: bit 31 of the first is SP.

    With `flags`, as `Machine.written_flags` is, all flags.
    """
    found: set[Location] = {SP} if x >> 31 & 1 else set()
    found |= FLAGS if flags else set()
    found |= {X(n) for n in range(31) if x >> n & 1}
    return found | {V(n) for n in range(32) if v >> n & 1}


def in_order(locations: Iterable[Location]) -> list[Location]:
    """Always the same order: new unknowns are numbered by it."""
    return sorted(locations, key=_key)


def _key(where: Location) -> tuple[str, int]:
    match where:
        case X(n):
            return "x", n
        case StackPointer():
            return "x", 31
        case V(n):
            return "v", n
        case Flag(name):
            return "", "NZCV".index(name)  # no region's name
        case Cell(region, offset):
            return region, offset
        case Whole(region):
            return region, -1


def get(m: Machine, regions: dict[str, SymbolicRegion], where: Place) -> Bits:
    """What the machine holds there."""
    match where:
        case X(n):
            return m.x[n]
        case StackPointer():
            return m.sp
        case V(n):
            return m.v[n]
        case Flag(name):
            flag = getattr(m.nzcv, name)
            assert isinstance(flag, Prop)
            return flag.bit
        case Cell(region, offset):
            r = regions[region]
            return _memory(m).peek(r, None, offset, r.cell)


def put(m: Machine, regions: dict[str, SymbolicRegion], where: Place, value: Bits) -> None:
    """Let the machine hold a value there; it is no access of the code."""
    match where:
        case X(n):
            m.x[n] = value
        case StackPointer():
            m.sp = value
        case V(n):
            m.v[n] = value
        case Flag(name):
            f = m.nzcv
            now = {"N": f.N, "Z": f.Z, "C": f.C, "V": f.V} | {name: Prop._of(value.value)}
            m.nzcv = NZCV.of(now["N"], now["Z"], now["C"], now["V"])
        case Cell(region, offset):
            _memory(m).poke(regions[region], None, offset, value)


def _memory(m: Machine) -> SymbolicMemory:
    assert isinstance(m.memory, SymbolicMemory)
    return m.memory
