"""A run on numbers, step by step, as plain records: what each instruction changed, loaded and stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from armsym.bits import Bits
from armsym.errors import ArmsymError, MachineStop
from armsym.machine import Machine
from armsym.memory import ConcreteMemory
from armsym.stepper import RETURNED, Fork, Stepper, describe_stop

__all__ = ["Access", "Changed", "Departure", "Noted", "TraceStep", "trace"]


@dataclass(frozen=True)
class Changed:
    """A register (`x0` to `x30`, `sp`, `v0` to `v31`, `nzcv`) with its value before and after, in hexadecimal."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Access:
    """A load or store of `size` bytes at `address`, which is `place` (`state+0x10`); `value` in hexadecimal."""

    verb: str
    address: int
    size: int
    place: str
    value: str


@dataclass(frozen=True)
class TraceStep:
    """One instruction: `number` from 1 on, at an offset of the image; `stopped` says why it could not be executed."""

    number: int
    at: int
    where: str
    assembly: str
    changed: tuple[Changed, ...] = ()
    accesses: tuple[Access, ...] = ()
    stopped: str = ""


@dataclass(frozen=True)
class Departure:
    """Where a run first departs from what the proof says: before step `number` (from 1 on), at an offset of the image.

    `claim` is what broke there, of the invariant, cut or join that `where` names; `expected` and `got` as in a
    counterexample.
    """

    number: int
    at: int
    where: str
    claim: str
    expected: str
    got: str


class Noted:
    """Concrete memory that notes what it is asked for: `accesses` are (verb, address, size, value), refused ones too.

    The value of an access that is refused is None.
    """

    def __init__(self, memory: ConcreteMemory) -> None:
        self.memory = memory
        self.accesses: list[tuple[str, int, int, int | None]] = []

    @property
    def last(self) -> tuple[str, int, int]:
        """The latest access without its value; ("", 0, 0) where there was none."""
        return self.accesses[-1][:3] if self.accesses else ("", 0, 0)

    def load(self, address: Bits, size: int) -> Bits:
        """See `Memory.load`."""
        self.accesses.append(("load", address.uint, size, None))
        value = self.memory.load(address, size)
        self.accesses[-1] = ("load", address.uint, size, value.uint)
        return value

    def look(self, address: Bits, size: int) -> Bits:
        """See `Memory.look`."""
        return self.memory.look(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        """See `Memory.store`."""
        self.accesses.append(("store", address.uint, value.width // 8, None))
        self.memory.store(address, value)
        self.accesses[-1] = ("store", address.uint, value.width // 8, value.uint)

    def fork(self) -> ConcreteMemory:
        """See `Memory.fork`."""
        return self.memory.fork()


def trace(machine: Machine, stepper: Stepper, at: int) -> Iterator[TraceStep]:
    """Run a copy of a machine on numbers from offset `at` until it returns or stops, a record for each instruction.

    A run that does not end gives records without end.
    """
    m = machine.fork()
    memory = cast(ConcreteMemory, m.memory)
    noted = Noted(memory)
    m.memory = noted
    number = 0
    while at != RETURNED:
        number += 1
        noted.accesses.clear()
        x, v, sp, flags, place = m.x[:], m.v[:], m.sp, m.nzcv, at
        stopped, to = "", RETURNED
        try:
            went = stepper.step(m, at)
            assert not isinstance(went, Fork), "a run on numbers"
            to = went
        except MachineStop as e:
            stopped = describe_stop(e, stepper.code, stepper.isa)
        changed = [Changed(f"x{n}", _hex(x[n]), _hex(r)) for n, r in enumerate(m.x) if r.value != x[n].value]
        if m.sp.value != sp.value:
            changed.append(Changed("sp", _hex(sp), _hex(m.sp)))
        changed += [Changed(f"v{n}", _hex(v[n]), _hex(r)) for n, r in enumerate(m.v) if r.value != v[n].value]
        if m.nzcv is not flags and m.nzcv.bits.value != flags.bits.value:
            changed.append(Changed("nzcv", f"{flags.bits.uint:04b}", f"{m.nzcv.bits.uint:04b}"))
        yield TraceStep(
            number,
            place,
            stepper.code.symbolize(place),
            _assembly(stepper, place),
            tuple(changed),
            tuple(_access(memory, *a) for a in noted.accesses),
            stopped,
        )
        if stopped:
            return
        at = to


def _hex(b: Bits) -> str:
    return f"{b.uint:#x}"


def _assembly(stepper: Stepper, at: int) -> str:
    try:
        return stepper.fetch(at).assembly(at)
    except ArmsymError:
        return ""


def _access(memory: ConcreteMemory, verb: str, address: int, size: int, value: int | None) -> Access:
    r = memory.find(address, size)
    place = f"{r.name}+{address - r.base:#x}" if r is not None else "no region"
    return Access(verb, address, size, place, "" if value is None else f"{value:#x}")
