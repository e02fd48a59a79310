"""One stepper for concrete and symbolic runs.

An address of code is an *offset* into the image; the image's base is a number in concrete runs
and an unknown page-aligned address in symbolic ones, so a proof holds for every load address.  Where the
linker has yet to choose, the parts of the image have a base each (`armsym.proof.places`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, cast

from armsym.bits import Bits, Prop
from armsym.errors import ArmsymError, BranchError, BudgetError, MachineStop
from armsym.isa import Instruction, InstructionSet
from armsym.machine import Machine, Watched

__all__ = [
    "RETURNED",
    "Addresses",
    "CodeSource",
    "Executable",
    "Fork",
    "Stepper",
    "describe_stop",
    "described",
    "run_concrete",
]

#: The "offset" of the caller's return address.
RETURNED = -1


class CodeSource(Protocol):
    """Where instruction words come from (an `armsym.elf.Image`)."""

    def word(self, offset: int) -> int:
        """The instruction word at an offset; raises `BranchError` outside executable code."""

    def symbolize(self, offset: int) -> str:
        """A name for an offset, such as `sha512_block+0x10`."""


class Executable(Protocol):
    """What a stepper needs of an instruction."""

    def execute(self, m: Machine) -> None:
        """The instruction's operation."""


class Addresses(Protocol):
    """Where the parts of an image lie."""

    def of(self, offset: int) -> Bits:
        """The address of an offset into the image, 64 bits."""

    def offset(self, target: Bits) -> int | None:
        """The offset that has this address, if that can be told."""

    def linked(self, i: Instruction, offset: int, isa: InstructionSet) -> tuple[Executable, Bits]:
        """The instruction at an offset as the linker completes it, and its PC."""


class _Base:
    """The whole image at one base."""

    def __init__(self, base: Bits) -> None:
        self.base = base

    def of(self, offset: int) -> Bits:
        return self.base + offset

    def offset(self, target: Bits) -> int | None:
        diff = (target - self.base).value
        return diff if isinstance(diff, int) else None

    def linked(self, i: Instruction, offset: int, isa: InstructionSet) -> tuple[Executable, Bits]:
        return i, self.base + offset


class Fork:
    """A branch whose condition is symbolic: to `taken` if `cond`, else to `otherwise`."""

    __slots__ = ("cond", "otherwise", "taken")

    def __init__(self, cond: Prop, taken: int, otherwise: int) -> None:
        self.cond, self.taken, self.otherwise = cond, taken, otherwise


class _Announced:
    """An instruction whose duration may depend on its operands: each is announced as it is read."""

    def __init__(self, i: Executable, name: str) -> None:
        self._i = i
        self._what = f"operand of {name.upper()}, which Arm does not list as data-independent (PSTATE.DIT),"

    def execute(self, m: Machine) -> None:
        self._i.execute(cast(Machine, Watched(m, self._what)))


class Stepper:
    """Executes instructions of one image at one base address.

    `base` is where the image lies, as a base (64 bits) or as the places of its parts, `return_address` the
    caller's LR on entry (64 bits).  `alike` are mnemonics whose duration is taken not to depend on their operands,
    beside those of the instruction set.
    """

    def __init__(
        self,
        isa: InstructionSet,
        code: CodeSource,
        base: Bits | Addresses,
        return_address: Bits,
        alike: Collection[str] = (),
    ) -> None:
        self.isa, self.code, self.return_address, self.alike = isa, code, return_address, frozenset(alike)
        self.addresses: Addresses = _Base(base) if isinstance(base, Bits) else base
        self._decoded: dict[int, tuple[Executable, Bits]] = {}

    def fetch(self, offset: int) -> Instruction:
        """The instruction at an offset; raises a `MachineStop` that names offset and word."""
        return self.isa.decode(self.code.word(offset))

    def _fetch(self, offset: int) -> tuple[Executable, Bits]:
        found = self._decoded.get(offset)
        if found is None:
            i = self.fetch(offset)
            found = self.addresses.linked(i, offset, self.isa)
            name = self.isa.latency(i)
            if name is not None and name not in self.alike:
                found = _Announced(found[0], name), found[1]
            self._decoded[offset] = found
        return found

    def step(self, m: Machine, offset: int) -> int | Fork:
        """Execute the instruction at `offset`; returns where control goes next.

        Raises `MachineStop` (with `address` set to the offset) when the machine cannot go on.
        """
        try:
            i, m.pc = self._decoded.get(offset) or self._fetch(offset)
            m.branch_target = None
            i.execute(m)
            target = m.branch_target
            if target is None:
                return offset + 4
            to = self.offset_of(target)
            cond = m.branch_condition
            return to if cond is None else Fork(cond, to, offset + 4)
        except MachineStop as e:
            if e.address is None:
                e.address = offset
            raise

    def offset_of(self, target: Bits) -> int:
        """The offset a branch target lies at, or RETURNED; raises `BranchError`."""
        t = target.value
        back = self.return_address.value
        if t == back if isinstance(t, int) else (target == self.return_address).value is True:
            return RETURNED
        offset = self.addresses.offset(target)
        if offset is not None:
            return offset
        raise BranchError(f"branch to {t}, which is neither code of the image nor the return address")


def describe_stop(e: ArmsymError, code: CodeSource, isa: InstructionSet) -> str:
    """The error with the place it happened: symbol, offset, word and disassembly."""
    at = getattr(e, "address", None)
    return str(e) if at is None else f"{described(at, code, isa)}: {e}"


def described(at: int, code: CodeSource, isa: InstructionSet) -> str:
    """A place in the code, its word and disassembly: `at 0x4 <f+0x4> d65f03c0 ret`."""
    try:
        word = code.word(at)
        try:
            text = isa.decode(word).assembly(at)
        except ArmsymError:
            text = "not decoded"
        return f"at {at:#x} <{code.symbolize(at)}> {word:08x} {text}"
    except ArmsymError:
        return f"at {at:#x}"


def run_concrete(
    stepper: Stepper, m: Machine, entry: int, *, max_steps: int, watch: dict[int, list[Machine]] | None = None
) -> int:
    """Run a concrete machine from offset `entry` until it returns; returns the instruction count.

    `watch` collects a copy of the machine at each arrival at the given offsets.  Raises
    `MachineStop`, and `BudgetError` after `max_steps` instructions.
    """
    offset, steps = entry, 0
    while offset != RETURNED:
        if watch is not None and offset in watch:
            watch[offset].append(m.fork())
        to = stepper.step(m, offset)
        if isinstance(to, Fork):
            raise BranchError(f"the branch at {offset:#x} depends on a symbolic value in a concrete run")
        offset = to
        steps += 1
        if steps > max_steps:
            raise BudgetError(f"no return after {max_steps} instructions (last at {stepper.code.symbolize(offset)})")
    return steps
