"""A solver's assignment as a whole state on entry, and what a run on numbers makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from armsym.bits import Bits, OpaqueFunction, Prop
from armsym.bits.opaque import definitions_of
from armsym.discharge.z3_bridge import Model
from armsym.elf import Image
from armsym.errors import Undetermined
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.outside import OUTSIDE, beyond, hole, slot_doubt
from armsym.simulator import Buffer, Start
from armsym.simulator.state import Flagged
from armsym.terms import Evaluator, Var
from armsym.terms.evaluate import free_terms
from armsym.terms.node import App, Term, ones

__all__ = ["IMAGE_BASE", "LARGEST", "Numbers", "RunEnd", "fixed_places", "loose_places"]

IMAGE_BASE = 0x4000_0000_0000
_FIRST, _SPACING = 0x5000_0000_0000, 0x1_0000_0000
_STACK_TOP, _RETURN = 0x7FFF_0000_0000, 0x6FFF_0000_0000
#: The bytes of a buffer in a run on numbers, where its size is found, and where it is given.
LARGEST, LARGEST_GIVEN = 1 << 20, 1 << 26
#: Where a solver may put what has not its usual place: below the image, and all else that has one.
_LOW, _HIGH = 1 << 16, 1 << 45


def usual(start: Start) -> Iterator[tuple[Bits, int]]:
    """Where the buffers, SP and the caller usually lie: (variable, number)."""
    yield start.sp, _STACK_TOP
    yield start.open_registers[30], _RETURN
    for k, b in enumerate(start.buffers):
        if b.name != "stack":
            yield b.address, _FIRST + k * _SPACING


def _sizes(start: Start) -> list[Prop]:
    return [b.size <= LARGEST for b in start.buffers if not b.size.is_concrete]


def fixed_places(start: Start) -> list[Prop]:
    """Everything lies where it usually does."""
    return [v == n for v, n in usual(start)] + _sizes(start)


def loose_places(start: Start) -> list[Prop]:
    """Buffers, SP and the caller lie anywhere below the image."""
    return [(v >= _LOW) & (v < _HIGH) for v, _ in usual(start)] + _sizes(start)


class RunEnd(Flagged):
    """The final state of a run on numbers: registers, flags and memory as those of a path's final state."""

    def __init__(self, machine: Machine, numbers: Numbers) -> None:
        super().__init__(machine)
        self._numbers = numbers

    def load(self, address: Bits, width: int) -> Bits:
        """The content at an address, which may be given in variables of the start."""
        return super().load(Bits(64, self._numbers(address)), width)

    def read(self, buffer: Buffer, offset: int | Bits, width: int) -> Bits:
        """The content of a buffer at a byte offset: `width` bits, little-endian."""
        return self.load(buffer.address + offset, width)


class Numbers:
    """Numbers for all that a start leaves open: those of a model, the usual places, and 0 for the rest.

    Raises `Undetermined` where the model's content of a buffer cannot be laid out.
    """

    def __init__(self, start: Start, model: Model, places: list[tuple[Bits, int]]) -> None:
        self.start, self.model = start, model
        self._usual = {v.value.id: n for v, n in (*usual(start), *places) if isinstance(v.value, Term)}
        self._functions: dict[str, OpaqueFunction] = {}
        self.evaluate = Evaluator(self._variable, self._apply)
        self._order = {b.name: b.order for b in start.buffers}
        #: What the content functions of the buffers give, which is what they hold but for what is given.
        self._cells: dict[str, bytearray] = {}
        self.touched: set[str] = set()
        for b in start.buffers:
            n = self(b.size)
            if n > (LARGEST_GIVEN if b.size.is_concrete else LARGEST):
                raise Undetermined(f"the buffer {b.name} has {n} bytes, too many for a run on numbers")
            self._cells[b.name] = bytearray(n)
        for name, arguments, width, value in model.applications:
            data = self._cells.get(name.removesuffix("[]"))
            if name.endswith("[]") and data is not None:
                at, size = arguments[0], width // 8
                self.touched.add(name[:-2])
                # (What lies beyond the end no access of the path reads, or the run shows it.)
                if at + size <= len(data):
                    data[at : at + size] = value.to_bytes(size, self._byte_order(name[:-2]))
        #: What each buffer holds on entry.
        self.contents = {name: bytearray(data) for name, data in self._cells.items()}
        for b in start.buffers:
            for at, piece in b.given.items():
                size = piece.width // 8
                self.contents[b.name][at : at + size] = self(piece).to_bytes(size, "little")

    def _byte_order(self, name: str) -> Literal["little", "big"]:
        return "big" if self._order[name] == "big" else "little"

    def _variable(self, v: Var) -> int:
        found = self.model.variables.get(v.id)
        return self._usual.get(v.id, 0) if found is None else found

    def _apply(self, name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
        if name.endswith("[]") and name[:-2] in self._cells:
            data, at = self._cells[name[:-2]], args[0]
            return int.from_bytes(data[at : at + width // 8], self._byte_order(name[:-2]))
        known = self._functions.get(name)
        if known is None:
            raise Undetermined(f"{name} is a function that cannot be computed")
        return known(*(Bits(w, a) for w, a in zip(widths, args, strict=True))).uint

    def __call__(self, b: Bits) -> int:
        """The number that a value is."""
        for t in free_terms(b.value):
            if isinstance(t, App) and (known := definitions_of(t)):
                self._functions.setdefault(t.name, known[0])
        return self.evaluate(b.value)

    def holds(self, c: Prop) -> bool:
        """Whether a condition holds."""
        return bool(self(c.bit))

    def machine(self, image: Image, at: int) -> Machine:
        """The machine at offset `at` of the image; raises `InputError` where two regions overlap."""
        s = self.start.machine
        base = 0 if image.fixed_base else IMAGE_BASE
        regions = [
            ConcreteRegion(b.name, self(b.address), bytearray(self.contents[b.name]), b.access)
            for b in self.start.buffers
            if self.contents[b.name]
        ]
        holes = [beyond()]
        for g in image.segments:
            if g.access and g.known and "w" not in g.access:
                r = ConcreteRegion(f"image {g.name}", base + g.offset, image.loaded(g, base, OUTSIDE), g.access)
                r.doubt = slot_doubt(image, g)
                regions.append(r)
            elif g.access:
                holes.append(hole(image, g, base))
        m = Machine(
            x=[Bits(64, self(r)) for r in s.x],
            sp=Bits(64, self(s.sp)),
            v=[Bits(128, self(r)) for r in s.v],
            nzcv=NZCV.of_bits(Bits(4, self(s.nzcv.bits))),
            pc=Bits(64, base + at & ones(64)),
            memory=ConcreteMemory(regions, holes),
        )
        m.dit = Bits(1, self(s.dit))
        m.sp_el0 = None if s.sp_el0 is None else Bits(64, self(s.sp_el0))
        return m

    def registers(self, met: set[Term]) -> Mapping[str, int]:
        """The registers and flags of the start, by name, of those variables among `met`."""
        names = [*(f"x{n}" for n in range(31)), *(f"v{n}" for n in range(32)), *"NZCV"]
        pairs = zip(names, self.start.open_registers, strict=True)
        return {n: self(v) for n, v in pairs if n != "x30" and v.value in met}
