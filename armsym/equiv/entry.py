"""The state on entry that both routines start from: what a proof function declares, on numbers and on symbols.

Contents and words are public here: nothing is said of what an attacker learns, and conditions on them are decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from armsym.bits import Bits, Prop
from armsym.elf import Image
from armsym.errors import ArmsymError, InputError, Undetermined
from armsym.isa import InstructionSet
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion, Hole
from armsym.outside import OUTSIDE, beyond, hole, slot_doubt
from armsym.proof.concrete import ConcreteProof, Trial
from armsym.proof.declare import Phase, Proof
from armsym.proof.handles import Region
from armsym.proof.image_memory import image_regions
from armsym.proof.inputs import InputValues
from armsym.proof.loops import Routine
from armsym.proof.places import Places
from armsym.proof.state import State, Words
from armsym.proof.symbolic import SymbolicProof
from armsym.simulator.memory import CheckedMemory
from armsym.symbolic_memory import SymbolicRegion, variable
from armsym.terms.node import Term

__all__ = ["Case", "Side", "Start", "cases", "registers_named"]

ProofFn = Callable[[Proof], None]

#: Bytes below SP on entry that either routine may use, whatever the proof of one says it needs.
STACK = 1 << 14
#: So far from the first image lies the second in runs on numbers.
APART = 1 << 36


@dataclass(frozen=True)
class Side:
    """One of the two routines."""

    image: Image
    symbol: str
    routine: Routine

    @staticmethod
    def of(image: Image, symbol: str, isa: InstructionSet) -> Side:
        """The routine of that name; raises `InputError`."""
        image.function_extent(symbol)
        return Side(image, symbol, Routine(image, isa, symbol))

    @property
    def entry(self) -> int:
        """The offset of its first instruction."""
        return self.routine.entry


class _Symbolic(SymbolicProof):
    """What is declared, on symbols that are all public; the globals by their symbol."""

    def __init__(self, routine: Routine, chosen: Mapping[str, int], phase: Phase) -> None:
        super().__init__(routine, chosen=chosen, phase=phase)
        self.globals: list[tuple[str, int]] = []
        self.area: tuple[int, int] = (0, 0)

    def _make_word(self, name: str, width: int, public: bool, possible: int | None) -> Bits:
        return super()._make_word(name, width, True, possible)

    def _make_region(self, r: Region, public: bool, align: int, cell: int | None, order: str) -> None:
        super()._make_region(r, True, align, cell, order)

    def _make_global(self, symbol: str, offset: int | None, width: int, public: bool) -> Bits:
        if offset is None:
            raise InputError(f"global {symbol} is another file's: equiv takes globals that both files define")
        self.globals.append((symbol, width // 8))
        return super()._make_global(symbol, offset, width, True)

    def _make_stack(self, depth: int, above: int) -> None:
        self.area = (depth, above)
        super()._make_stack(max(depth, STACK), above)

    def _make_dynamic_stack(self, r: Region) -> None:
        raise InputError(f"{r.name}: routines are not compared that use stack of a size that is not known")

    def _make_registers(self) -> Machine:
        x = [variable(f"x{n}", 64, secret=False) for n in range(31)]
        x[30] = self.lr0
        for n, v in self._arguments.items():
            x[n] = v if v.width == 64 else v.zero_extend(64) ^ (x[n] & Bits(64, 0xFFFF_FFFF_0000_0000))
        m = Machine(
            x=x,
            sp=self.sp0,
            v=[self._vectors[n] if n in self._vectors else variable(f"v{n}", 128, secret=False) for n in range(32)],
            nzcv=NZCV.of(*(Prop._of(variable(c, 1, secret=False).value) for c in "NZCV")),
            pc=Bits(64, 0),
            memory=CheckedMemory([]),
        )
        m.dit = self.dit0
        return m


class _Concrete(ConcreteProof):
    """What is declared, on numbers; the globals by their symbol."""

    def __init__(
        self,
        routine: Routine,
        seed: int,
        hint: int,
        values: InputValues | None,
        chosen: Mapping[str, int],
        phase: Phase,
    ) -> None:
        super().__init__(routine, seed, seed, hint, values, chosen, phase)
        self.shared: list[tuple[str, Bits]] = []

    def _make_global(self, symbol: str, offset: int | None, width: int, public: bool) -> Bits:
        v = super()._make_global(symbol, offset, width, public)
        self.shared.append((symbol, v))
        return v

    def _make_stack(self, depth: int, above: int) -> None:
        super()._make_stack(max(depth, STACK), above)


@dataclass
class Start:
    """A run of both on numbers: the machines on entry, and what was declared."""

    machines: tuple[Machine, Machine]
    bases: tuple[int, int]
    back: int
    top: int
    inputs: dict[str, str]
    rejected: str
    declared: ConcreteProof

    @property
    def doubts(self) -> list[str]:
        """What the runs loaded that might hold something else."""
        found: list[str] = []
        for m in self.machines:
            assert isinstance(m.memory, ConcreteMemory)
            found += m.memory.doubts
        return found


@dataclass
class Case:
    """What is declared, for one alternative of each choice and one place of SP."""

    fn: ProofFn
    sides: tuple[Side, Side]
    chosen: dict[str, int]
    phase: Phase
    assumptions: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The choices in words; empty where there are none."""
        sp = [f"SP mod {self.phase.align} = {self.phase.rest}"] if self.phase.align > 16 else []
        return ", ".join([*(f"{k} = {v}" for k, v in self.chosen.items()), *sp])

    # -- on numbers ---------------------------------------------------------------------------

    def concrete(self, seed: int, hint: int, values: InputValues | None = None) -> Start:
        """The two machines on entry: the same state, each with its own image."""
        first, second = self.sides
        p = _Concrete(first.routine, seed, hint, values, self.chosen, self.phase)
        self.fn(p)
        if not p._depth:
            p._make_stack(0, 0)
        t = p.start()
        bases = t.base, 0 if second.image.fixed_base else t.base + APART
        other = t.entry.fork()
        other.memory = _second_memory(t, p, second, bases[1])
        return Start((t.entry, other), bases, t.return_address, t.stack_top, t.inputs, t.rejected, p)

    # -- on symbols ---------------------------------------------------------------------------

    def symbolic(self) -> tuple[_Symbolic, tuple[Machine, Machine], tuple[Places, Places]]:
        """What is declared, the two machines on entry, and where the images lie."""
        first, second = self.sides
        p = _Symbolic(first.routine, self.chosen, self.phase)
        self.fn(p)
        self.assumptions = list(p._d.assumptions)
        if p.stack_region is None:
            p._make_stack(0, 0)
        stack = p.stack_region
        assert stack is not None
        stack.cell, stack.secret = 1, False
        places = p.places, Places(second.image)
        machines = []
        for side, where in zip(self.sides, places, strict=True):
            m = p._entry_registers().fork()
            regions = [r for r in p.declared_regions if r.access]
            regions += [_global_region(side.image, where, name, size) for name, size in p.globals]
            m.memory = CheckedMemory([*regions, *image_regions(where)])
            machines.append(m)
        return p, (machines[0], machines[1]), places


def _global_region(image: Image, places: Places, symbol: str, size: int) -> SymbolicRegion:
    """A global of a file: its content on entry is the same in both."""
    offset = _global_offset(image, symbol, size)
    place = image.place_at(offset)
    if place is None or place.offset + size > place.piece.size:
        raise InputError(f"{image.path}: global {symbol}: its {size} bytes lie in no one piece of the image")
    base = places.base(place.piece).value
    if not isinstance(base, Term):
        raise InputError(f"{image.path}: global {symbol}: a file linked to a fixed address is not supported here")
    name = f"global {symbol}"
    return SymbolicRegion(name, base, Bits(64, size), "r", bias=place.offset, cell=size, secret=False)


def _global_offset(image: Image, symbol: str, size: int) -> int:
    offset = image.globals.get(image.in_file(symbol))
    if offset is not None:
        return offset
    found = image.symbol(symbol)
    if found.size and found.size < size:
        raise InputError(f"{image.path}: global {symbol} has {found.size} bytes, {size} are declared")
    return found.offset


def _second_memory(t: Trial, p: _Concrete, second: Side, base: int) -> ConcreteMemory:
    """The memory of the second machine: what is declared as in the first, and its own image."""
    memory = t.entry.memory
    assert isinstance(memory, ConcreteMemory)
    regions = [
        ConcreteRegion(r.name, r.base, bytearray(r.data), r.access)
        for r in memory.regions
        if not r.name.startswith(("image ", "global "))
    ]
    for symbol, value in p.shared:
        size = value.width // 8
        where = base + _global_offset(second.image, symbol, size)
        regions.append(ConcreteRegion(f"global {symbol}", where, bytearray(value.to_bytes("little")), "r"))
    holes: list[Hole] = [beyond()]
    for s in second.image.segments:
        if not s.access:
            continue
        if "w" in s.access:
            holes.append(hole(second.image, s, base))
            continue
        data = bytearray(second.image.loaded(s, base, OUTSIDE))
        region = ConcreteRegion(f"image {s.name}", base + s.offset, data, s.access)
        region.doubt = slot_doubt(second.image, s)
        regions.append(region)
    return ConcreteMemory(regions, holes)


def cases(fn: ProofFn, sides: tuple[Side, Side]) -> Iterator[Case]:
    """Every combination of the alternatives that are declared, and of where SP may lie; raises `InputError`."""
    p = _Concrete(sides[0].routine, 0, 0, None, {}, Phase())
    fn(p)
    for values in product(*p._d.choices.values()):
        for phase in Phase.all(p._d.align):
            yield Case(fn, sides, dict(zip(p._d.choices, values, strict=True)), phase, list(p._d.assumptions))


# -- which registers a proof calls results --------------------------------------------------------


class _Noted(Words):
    """Words that note which of them are looked at."""

    def __init__(self, words: Words, note: Callable[[int], None]) -> None:
        super().__init__(words)
        self._note = note

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        for n in range(*index.indices(len(self))) if isinstance(index, slice) else [range(len(self))[index]]:
            self._note(n)
        return super().__getitem__(index)

    def __iter__(self):  # type: ignore[no-untyped-def]
        for n in range(len(self)):
            self._note(n)
        return super().__iter__()


class _Watched(State):
    """A state that notes which registers are looked at."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.seen: set[str] = set()

    @property
    def x(self) -> Words:
        return _Noted(super().x, lambda n: self.seen.add(f"x{n}"))

    @property
    def w(self) -> Words:
        return _Noted(super().w, lambda n: self.seen.add(f"w{n}"))

    @property
    def v(self) -> Words:
        return _Noted(super().v, lambda n: self.seen.add(f"v{n}"))

    def __getattr__(self, name: str) -> Bits:
        got = super().__getattr__(name)
        self.seen.add(name)
        return got


def registers_named(case: Case) -> set[str]:
    """The registers of which the postconditions of the proof speak, as it evaluates them in one state."""
    start = case.concrete(1, 2)
    watched = _Watched(start.machines[0])
    for claims in start.declared._d.ensures:
        try:
            claims(watched)
        except Undetermined:
            continue
        except ArmsymError as e:
            raise InputError(f"which registers are results cannot be told from the proof: {e}") from None
    return watched.seen
