"""Symbolic memory in which each access is shown to lie in its region before it counts."""

from __future__ import annotations

from dataclasses import dataclass

from armsym.bits import Bits
from armsym.errors import MemoryFault, UndeterminedContent
from armsym.symbolic_memory import SymbolicMemory, SymbolicRegion
from armsym.terms.node import Term

__all__ = ["Access", "CheckedMemory"]


@dataclass(frozen=True)
class Access:
    """One load or store of an instruction, or a store of a hook.

    at       the instruction's offset in the image
    store    whether it wrote
    region   the region's name
    offset   where in the region, in bytes, 64 bits
    address  64 bits
    value    what was read or written, 8 bits for each byte, little-endian
    """

    at: int
    store: bool
    region: str
    offset: Bits
    address: Bits
    value: Bits

    @property
    def size(self) -> int:
        """Bytes."""
        return self.value.width // 8

    def __str__(self) -> str:
        verb, arrow = ("store", "<-") if self.store else ("load", "->")
        address = str(self.address.value).removeprefix("(").removesuffix(")")
        return f"{verb} [{address}], {self.size} bytes {arrow} {_text(self.value)}"


def _text(b: Bits) -> str:
    return hex(b.value) if isinstance(b.value, int) else str(b.value)


#: What a store replaced: the region, and its bytes, or None where a new layer was begun.
_Undo = tuple[str, "dict[int, tuple[Bits, int] | None] | None"]


class CheckedMemory(SymbolicMemory):
    """Memory that raises `MemoryFault` for an access not shown to lie in its region, and can take back what the
    instruction being executed has done."""

    def __init__(self, regions: list[SymbolicRegion]) -> None:
        super().__init__(regions)
        self.accesses: list[Access] = []
        self._undo: list[_Undo] = []
        self._mark = (0, 0)

    def fork(self) -> CheckedMemory:
        """See `SymbolicMemory.fork`."""
        m = super().fork()
        assert isinstance(m, CheckedMemory)
        m.accesses, m._undo, m._mark = self.accesses[:], [], (len(self.log), len(self.accesses))
        return m

    def begin(self) -> None:
        """An instruction begins: `take_back` goes back to here."""
        self._undo.clear()
        self._mark = len(self.log), len(self.accesses)

    def take_back(self) -> None:
        """Memory as it was at the last `begin`."""
        for name, old in reversed(self._undo):
            layers = self.overlays[name]
            if old is None:
                layers.pop()
                continue
            data = layers[-1].bytes
            for k, was in old.items():
                if was is None:
                    del data[k]
                else:
                    data[k] = was
        self._undo.clear()
        logged, accessed = self._mark
        del self.log[logged:], self.accesses[accessed:]

    # -- access -------------------------------------------------------------------------------

    def load(self, address: Bits, size: int) -> Bits:
        """See `SymbolicMemory.load`; raises `MemoryFault` too where the region may end before the access does."""
        value = super().load(address, size)
        self._noted(address, value, False)
        return value

    def store(self, address: Bits, value: Bits) -> None:
        """See `SymbolicMemory.store`; raises `MemoryFault` as `load` does."""
        super().store(address, value)
        self._noted(address, value, True)

    def _noted(self, address: Bits, value: Bits, store: bool) -> None:
        a = self.log[-1]
        self.check("store" if store else "load", a.region, a.symbolic, a.constant, a.size)
        offset = Bits.wrap(64, a.constant)
        if a.symbolic is not None:
            offset = Bits(64, a.symbolic) + offset
        self.accesses.append(Access(self.at, store, a.region.name, offset, address, value))

    def look_at(self, region: SymbolicRegion, symbolic: Term | None, k: int, size: int) -> Bits:
        """What a hook, or the user, reads of the state: checked as a load is, not recorded as one."""
        if region.unknown is not None:
            raise UndeterminedContent(f"{size} bytes of {region.name}+{k:#x}: {region.unknown(k, size)}")
        self.check("read", region, symbolic, k, size)
        return self.peek(region, symbolic, k, size)

    def check(self, verb: str, region: SymbolicRegion, symbolic: Term | None, k: int, size: int) -> None:
        """Raises `MemoryFault` unless `size` bytes at offset symbolic + k are shown to lie in the region."""
        where = f"{verb} of {size} bytes at {region.name}+{symbolic if symbolic is not None else 0}{k:+d}"
        if symbolic is None and region.size.is_concrete:
            if k < 0 or k + size > region.size.uint:
                raise MemoryFault(f"{where}: outside of its {region.size.uint} bytes")
            return
        start = Bits.wrap(64, k) if symbolic is None else Bits(64, symbolic) + Bits.wrap(64, k)
        # start + size <= the region's, said so that nothing can wrap.
        holds = self.decide((region.size >= size) & (start <= region.size - size))
        if holds is not True:
            why = "outside of" if holds is False else "not shown to lie within"
            raise MemoryFault(f"{where}: {why} its {region.size.value} bytes")

    # -- undoing ------------------------------------------------------------------------------

    def poke(self, region: SymbolicRegion, symbolic: Term | None, k: int, value: Bits) -> None:
        """See `SymbolicMemory.poke`; `take_back` undoes it."""
        layers = self.overlays[region.name]
        if not layers or layers[-1].symbolic is not symbolic:
            self._undo.append((region.name, None))
        else:
            data = layers[-1].bytes
            self._undo.append((region.name, {k + j: data.get(k + j) for j in range(value.width // 8)}))
        super().poke(region, symbolic, k, value)
