"""The control flow of a routine: which code it reaches, and its loops.

Successors come from executing each instruction on a probe machine that only notes where it
would branch, so no second description of the instruction set is needed.  Nothing here is trusted:
a loop missed is a loop unrolled until the budget is spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from armsym.bits import Bits, Prop
from armsym.elf import Image, Segment
from armsym.errors import ArmsymError, InputError
from armsym.isa import InstructionSet
from armsym.machine import NZCV, Machine
from armsym.outside import OUTSIDE

__all__ = ["Loop", "Routine"]

_BASE = 1 << 40
_UNKNOWN = Bits(64, 1 << 60)


class _NoMemory:
    def load(self, address: Bits, size: int) -> Bits:
        return Bits(8 * size, 0)

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        pass

    def fork(self) -> _NoMemory:
        return self


class _Probe(Machine):
    """Notes branch targets whether or not the condition holds."""

    targets: list[Bits]

    def branch(self, target: Bits) -> None:
        self.targets.append(target)

    def branch_if(self, cond: Prop, target: Bits) -> None:
        self.targets.append(target)
        self.branch_condition = cond

    def check_sp_alignment(self) -> None:
        pass


@dataclass(frozen=True)
class Loop:
    """Code from `head` to the last branch back to it, at `end`; `back_edges` are those branches."""

    head: int
    end: int
    back_edges: tuple[int, ...]


class Routine:
    """The code reachable from a symbol without following calls."""

    def __init__(self, image: Image, isa: InstructionSet, symbol: str) -> None:
        self.image, self.isa, self.symbol = image, isa, symbol
        self.entry = image.symbol(symbol).offset
        self._loaded: dict[tuple[int, int], bytearray] = {}

    def loaded(self, segment: Segment, base: int) -> bytearray:
        """The bytes of a read-only segment at an image base; kept, since every concrete run wants them."""
        if not self.image.slots_in(segment.offset, len(segment.data)):
            base = 0  # no address depends on the base
        key = (segment.offset, base)
        if key not in self._loaded:
            self._loaded = {k: v for k, v in self._loaded.items() if k[1] == 0 or k[1] == base}
            self._loaded[key] = self.image.loaded(segment, base, OUTSIDE)
        return self._loaded[key]

    @cached_property
    def successors(self) -> dict[int, tuple[int, ...]]:
        """Offset of each reachable instruction -> offsets it may continue at."""
        m = _Probe(
            x=[_UNKNOWN] * 31,
            sp=_UNKNOWN,
            v=[Bits(128, 0)] * 32,
            nzcv=NZCV.of(*[Prop(False)] * 4),
            pc=_UNKNOWN,
            memory=_NoMemory(),
        )
        found: dict[int, tuple[int, ...]] = {}
        todo = [self.entry]
        while todo:
            at = todo.pop()
            while at not in found:
                m.x, m.sp, m.targets, m.branch_condition = [_UNKNOWN] * 31, _UNKNOWN, [], None
                m.written_x = 0
                m.pc = Bits(64, _BASE + at)
                try:
                    i = self.isa.decode(self.image.word(at))
                    i.execute(m)
                except ArmsymError:
                    found[at] = ()
                    break
                called = bool(m.written_x >> 30 & 1 and m.targets)
                to = [t.uint - _BASE for t in m.targets if t.uint >> 60 == 0 and not called]
                if not m.targets or called or m.branch_condition is not None:
                    to.append(at + 4)
                found[at] = tuple(to)
                todo.extend(t for t in to if t != at + 4)
                if at + 4 not in to:
                    break
                at += 4
        return found

    @cached_property
    def computed_addresses(self) -> frozenset[int]:
        """Image offsets that the code computes in a register, as far as a walk in address order shows."""
        m = _Probe(
            x=[_UNKNOWN] * 31,
            sp=_UNKNOWN,
            v=[Bits(128, 0)] * 32,
            nzcv=NZCV.of(*[Prop(False)] * 4),
            pc=_UNKNOWN,
            memory=_NoMemory(),
        )
        found: set[int] = set()
        for at in sorted(self.successors):
            m.targets = []
            m.pc = Bits(64, _BASE + at)
            try:
                self.isa.decode(self.image.word(at)).execute(m)
            except ArmsymError:
                continue
            found.update(r.uint - _BASE for r in m.x if r.uint >> 60 == 0)
        return frozenset(found)

    @cached_property
    def all_loops(self) -> list[Loop]:
        """Every loop, by head; one per target of a backward branch."""
        edges: dict[int, list[int]] = {}
        for at, to in self.successors.items():
            for t in to:
                if t <= at and self._reaches(t, at):
                    edges.setdefault(t, []).append(at)
        return [Loop(h, max(e), tuple(sorted(e))) for h, e in sorted(edges.items())]

    def _reaches(self, start: int, goal: int) -> bool:
        # A branch backwards is a loop only if its target leads back to it.
        seen = {start}
        todo = [start]
        while todo:
            at = todo.pop()
            if at == goal:
                return True
            for t in self.successors.get(at, ()):
                if t not in seen:
                    seen.add(t)
                    todo.append(t)
        return False

    def loops(self, within: str | None = None) -> list[Loop]:
        """The outermost loops, in order of address; those in the extent of the symbol `within`."""
        all_ = self.all_loops
        outer = [x for x in all_ if not any(o is not x and o.head <= x.head and x.end <= o.end for o in all_)]
        if within is not None:
            start, size = self.image.function_extent(within)
            outer = [x for x in outer if start <= x.head < start + size]
        return outer

    def back_edge(self, within: str | None = None) -> Loop:
        """The one outermost loop; raises `InputError` when there is none, or several."""
        found = self.loops(within)
        where = f" in {within}" if within else ""
        if len(found) != 1:
            names = ", ".join(f"{self.image.symbolize(x.head)}..{x.end - x.head:+#x}" for x in found) or "none"
            raise InputError(
                f"{self.symbol} has {len(found)} outermost loops{where} ({names}): choose with loops()[k] or within="
            )
        return found[0]
