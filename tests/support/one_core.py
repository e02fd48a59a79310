"""A core with one readable and writable region, for single loads and stores."""

from __future__ import annotations

from armsym.bits import Bits, Prop
from armsym.isa import InstructionSet
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from semantics.loads_and_stores import CLASSES

ISA = InstructionSet("loads and stores", CLASSES)

#: The region: 256 bytes, byte k being k, so that bytes from 0x80 on are negative.
BASE = 0x10000
PC = 0x40000


class Core:
    """X1 and SP point to the middle of the region; other registers hold distinct values."""

    isa = ISA
    base = BASE
    start = BASE + 0x80

    def __init__(self) -> None:
        self.region = ConcreteRegion("data", BASE, bytearray(range(256)), "rw")
        off = Prop(False)
        self.m = Machine(
            x=[Bits(64, 0x0101_0101_0101_0101 * k) for k in range(31)],
            sp=Bits(64, self.start),
            v=[Bits.from_bytes(bytes([0x40 + k] * 16), "little") for k in range(32)],
            nzcv=NZCV.of(off, off, off, off),
            pc=Bits(64, PC),
            memory=ConcreteMemory([self.region]),
        )
        self.m.x[1] = Bits(64, self.start)
        self.leaks: list[tuple[str, int]] = []
        self.m.on_leak = lambda kind, value: self.leaks.append((kind, value.uint))

    def run(self, word: int) -> None:
        """Decode and execute one word."""
        ISA.decode(word).execute(self.m)

    def x(self, n: int) -> int:
        """Xn; register 31 is SP."""
        return self.m.read_x(n, sp=True).uint

    def v(self, n: int) -> bytes:
        """The 16 bytes of Vn, least significant first."""
        return self.m.v[n].to_bytes("little")

    def everything(self) -> tuple[list[int], list[int], bytes]:
        """All that an access can change."""
        return [self.x(n) for n in range(32)], [r.uint for r in self.m.v], bytes(self.region.data)
