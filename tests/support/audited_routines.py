"""Whole routines by the audit's semantics, and on Unicorn from the same state.

Code and constants are what the audit's own ELF reader finds; Unicorn runs what armsym's loader makes of the file.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from shipped import image_of

from armsym.audit.decode import execute
from armsym.audit.elf import Elf
from armsym.audit.evaluate import operands, value_of
from armsym.audit.machine import Branch, Indirect, Machine
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words
from armsym.bits import Bits
from armsym.conform.routine import run_routine
from armsym.machine import NZCV
from armsym.machine import Machine as ArmsymMachine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.wheels import Wheel

__all__ = ["BASE", "Call", "Running", "differences"]

BASE, STACK, DEPTH, BACK = 0x40_0000, 0x7000_0000, 0x4000, 0x90_0000_0000
BUFFERS = 0x1_0000_0000
_MOST_STEPS = 60_000


@dataclass
class Call:
    """A call by AAPCS64: `bytes` are read, a `bytearray` may be written; `cells` are words of the file set before."""

    wheel: Wheel
    symbol: str
    arguments: Sequence[int | bytes | bytearray]
    cells: dict[str, int] = field(default_factory=dict)


class Running(Machine):
    """A machine with numbers behind its words.

    With `symbolic` registers and memory are inputs of the program, whose values are known beside; without, constants.
    """

    def __init__(self, elf: Elf, start: ArmsymMachine, regions: list[ConcreteRegion], *, symbolic: bool) -> None:
        super().__init__(Words(Program()))
        self.elf, self.start, self.symbolic = elf, start, symbolic
        self.regions = [ConcreteRegion(r.name, r.base, bytearray(r.data), r.access) for r in regions]
        self.inputs: dict[str, int] = {}
        self.values = [0]
        self.pages: set[int] = set()
        self._stored: dict[int, tuple[int, int, int]] = {}

    def value(self, node: int) -> int:
        """The number of a word."""
        program = self.words.program
        for number in range(len(self.values), len(program)):
            x = program[number]
            if x[0] == "Var":
                self.values.append(self.inputs[x[1]])
            else:
                self.values.append(value_of(x, [self.values[a] for a in operands(x)]))
        return self.values[node]

    def _input(self, name: str, width: int, value: int) -> int:
        if not self.symbolic:
            return self.words.const(value)
        self.inputs[name] = value
        return self.words.program.var(name, ones(width))

    def unset(self, name: str) -> int:
        s = self.start
        if name in "nzcv":
            return self._input(name, 1, s.nzcv.bits.uint >> 3 - "nzcv".index(name) & 1)
        if name == "sp":
            return self._input(name, 64, s.sp.uint)
        number = int(name[1:])
        return self._input(name, 64, s.x[number].uint) if name[0] == "x" else self._input(name, 128, s.v[number].uint)

    def image_address(self, address: int) -> int:
        return self.words.add(64, self._input("image", 64, BASE), self.words.const(address))

    def sp_is_aligned(self) -> None:
        assert self.value(self.sp) % 16 == 0

    def leak(self, operand: int, name: str) -> None:
        """Of numbers all may be known."""

    def prefetch(self, address: int) -> None:
        """Nothing is accessed."""

    def decide(self, condition: int) -> bool | None:
        # Where it is not decided here, the words of both ways are made and one is chosen.
        return None if self.symbolic else super().decide(condition)

    def _at(self, at: int, size: int, access: str) -> tuple[ConcreteRegion, int] | None:
        for r in self.regions:
            if r.base <= at and at + size <= r.end:
                assert access in r.access
                return r, at - r.base
        return None

    def _bytes(self, at: int, size: int) -> bytes:
        found = self._at(at, size, "r")
        if found is None:
            self.pages |= {at >> 12, at + size - 1 >> 12}
            return self.elf.read_only(at - BASE, size)
        return bytes(found[0].data[found[1] : found[1] + size])

    def load(self, address: int, size: int) -> int:
        at = self.value(address)
        cells = [self._stored.get(at + k) for k in range(size)]
        if self.symbolic and any(cells):
            if cells[0] is not None and cells[0][:2] == (at, size) and cells == [cells[0]] * size:
                return cells[0][2]
            parts = []
            for k, cell in enumerate(cells):
                byte = self._bytes(at + k, 1)[0]
                if cell is None:
                    parts.append(self._input(f"byte {at + k:#x}", 8, byte))
                else:
                    parts.append(self.words.bits(cell[2], 8 * (at + k - cell[0]), 8))
            return self.words.joined(8, parts)
        return self._input(f"{size} at {at:#x}", 8 * size, int.from_bytes(self._bytes(at, size), "little"))

    def store(self, address: int, size: int, value: int) -> None:
        at, number = self.value(address), self.value(value)
        found = self._at(at, size, "w")
        assert found is not None, f"{size} bytes stored at {at:#x}"
        found[0].data[found[1] : found[1] + size] = number.to_bytes(size, "little")
        for k in range(size):
            self._stored[at + k] = (at, size, value)

    def run(self, entry: int) -> int:
        """Run until the return; how many instructions that was."""
        pc, steps = entry, 0
        while pc != BACK - BASE:
            assert steps < _MOST_STEPS
            self.pages.add(BASE + pc >> 12)
            step = execute(self, self.elf.word(pc), pc)
            if isinstance(step, Branch):
                pc = step.taken if self.value(step.condition) else step.otherwise
            elif isinstance(step, Indirect):
                pc = self.value(step.target) - BASE
            else:
                pc = step
            steps += 1
        return steps


def _state(call: Call, seed: int) -> tuple[ArmsymMachine, list[ConcreteRegion]]:
    """The state on entry, and the regions that the caller brings; with data of the file that may be written."""
    rng = random.Random(f"{seed}/{call.symbol}")
    image = image_of(call.wheel)
    x = [Bits(64, rng.getrandbits(64)) for _ in range(31)]
    regions = []
    for n, a in enumerate(call.arguments):
        if isinstance(a, int):
            x[n] = Bits(64, a)
            continue
        x[n] = Bits(64, BUFFERS + (n << 20) + 16 * rng.randrange(16))
        regions.append(
            ConcreteRegion(f"argument {n}", x[n].uint, bytearray(a), "rw" if isinstance(a, bytearray) else "r")
        )
    x[30] = Bits(64, BACK)
    regions.append(ConcreteRegion("stack", STACK - DEPTH, bytearray(rng.randbytes(DEPTH)), "rw"))
    for s in image.segments:
        if "w" in s.access:
            data = image.loaded(s, BASE)
            for name, value in call.cells.items():
                at = image.symbol(name).offset - s.offset
                data[at : at + 4] = value.to_bytes(4, "little")
            regions.append(ConcreteRegion(s.name, BASE + s.offset, data, s.access))
    m = ArmsymMachine(
        x=x,
        sp=Bits(64, STACK),
        v=[Bits(128, rng.getrandbits(128)) for _ in range(32)],
        nzcv=NZCV.of_bits(Bits(4, rng.getrandbits(4))),
        pc=Bits(64, 0),
        memory=ConcreteMemory([]),
    )
    return m, regions


def _pages(call: Call, numbers: set[int]) -> list[ConcreteRegion]:
    """Pages of the file's read-only segments, as armsym loads them."""
    out = []
    image = image_of(call.wheel)
    for s in image.segments:
        if "w" in s.access:
            continue
        data = image.loaded(s, BASE)
        start = BASE + s.offset
        for number in sorted(numbers):
            low, high = max(number << 12, start), min(number + 1 << 12, start + len(data))
            if low < high:
                out.append(ConcreteRegion(f"{s.name} {number:#x}", low, data[low - start : high - start], s.access))
    return out


def differences(call: Call, elf: Elf, seed: int, *, symbolic: bool) -> tuple[int, list[str]]:
    """How many instructions the routine took, and where the audit's state after it is not Unicorn's."""
    start, regions = _state(call, seed)
    m = Running(elf, start, regions, symbolic=symbolic)
    entry, _ = elf.symbol(call.symbol)
    steps = m.run(entry)
    start.memory = ConcreteMemory([*regions, *_pages(call, m.pages)])
    theirs = run_routine(start, BASE + entry, BACK)
    out = []

    def compare(name: str, node: int, expected: int) -> None:
        if m.value(node) != expected:
            out.append(f"{name}: audit {m.value(node):#x}, Unicorn {expected:#x}")

    for n in range(31):
        compare(f"X{n}", m.x(n), theirs.x[n].uint)
    for n in range(32):
        compare(f"V{n}", m.v_word(n), theirs.v[n].uint)
    compare("SP", m.sp, theirs.sp.uint)
    f = m.flags
    for k, node in enumerate((f.n, f.z, f.c, f.v)):
        compare("nzcv"[k], node, theirs.nzcv.bits.uint >> 3 - k & 1)
    assert isinstance(theirs.memory, ConcreteMemory)
    after = {r.name: r.data for r in theirs.memory.regions}
    out += [f"the memory of {r.name} differs" for r in m.regions if bytes(r.data) != bytes(after[r.name])]
    return steps, out
