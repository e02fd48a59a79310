"""The state that `armsym run` begins in: what the command line gives, and otherwise zeros at fixed addresses.

A counterexample in such a state is one line that anybody can run: `run_line` writes it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

# (The command line reads its options by this module: what takes long to load is loaded where it is used.)
if TYPE_CHECKING:
    from armsym.elf import Image
    from armsym.machine import Machine
    from armsym.memory import ConcreteRegion

__all__ = ["IMAGE_BASE", "NAME", "RETURN", "STACK", "STACK_TOP", "Content", "Request", "region_base"]

#: What a region may be called.
NAME = re.compile(r"[A-Za-z_]\w*")

#: Bytes below SP, SP itself, the return address, and where an image without an address of its own lies.
STACK = 64 * 1024
STACK_TOP = 0x7FFF_0000_0000
RETURN = 0x6FFF_0000_0000
IMAGE_BASE = 0x4000_0000_0000
_FIRST_REGION, _REGION_SPACING = 0x5000_0000_0000, 0x1_0000_0000


def region_base(k: int) -> int:
    """The address of the k-th region given, from 0 on."""
    return _FIRST_REGION + k * _REGION_SPACING


@dataclass(frozen=True)
class Content:
    """What a region holds, at least one byte; `access` is `r`, `w` or `rw`."""

    data: bytes
    access: str = "rw"


@dataclass
class Request:
    """What the command line asks for.

    `x` and `v` map register numbers to values, `regions` names to contents.  A value of `x` is a
    number or (region, offset).
    """

    file: str
    symbol: str
    x: dict[int, int | tuple[str, int]] = field(default_factory=dict)
    v: dict[int, int] = field(default_factory=dict)
    regions: dict[str, Content] = field(default_factory=dict)

    def machine(self, image: Image, base: int) -> tuple[Machine, list[ConcreteRegion]]:
        """The machine at the routine's entry, and its regions, in the order given.

        Registers that are not given are 0; memory is the image at `base`, a stack, and the regions.
        """
        from armsym.bits import Bits
        from armsym.machine import NZCV, Machine
        from armsym.memory import ConcreteMemory, ConcreteRegion
        from armsym.outside import OUTSIDE, beyond, hole, slot_doubt

        regions = [
            ConcreteRegion(name, region_base(k), bytearray(c.data), c.access)
            for k, (name, c) in enumerate(self.regions.items())
        ]
        places = {r.name: r.base for r in regions}
        everything = [*regions, ConcreteRegion("stack", STACK_TOP - STACK, bytearray(STACK), "rw")]
        holes = [beyond()]
        for s in image.segments:
            if s.access and s.known:
                data = image.loaded(s, base, OUTSIDE)
                everything.append(ConcreteRegion(f"image {s.name}", base + s.offset, data, s.access))
                everything[-1].doubt = slot_doubt(image, s)
            elif s.access:
                holes.append(hole(image, s, base))
        x = [Bits(64, 0)] * 31
        x[30] = Bits(64, RETURN)
        for n, value in self.x.items():
            number = value if isinstance(value, int) else (places[value[0]] + value[1]) & ((1 << 64) - 1)
            x[n] = Bits(64, number)
        return Machine(
            x=x,
            sp=Bits(64, STACK_TOP),
            v=[Bits(128, self.v.get(n, 0)) for n in range(32)],
            nzcv=NZCV.of_bits(Bits(4, 0)),
            pc=Bits(64, base),
            memory=ConcreteMemory(everything, holes),
        ), regions

    @staticmethod
    def of(file: str, symbol: str, m: Machine, regions: Mapping[str, ConcreteRegion]) -> Request | None:
        """What gives such a machine, whose declared regions are these, in order; None where no line does."""
        asked = Request(file, symbol)
        places: list[ConcreteRegion] = []
        for name, r in regions.items():
            if not r.data:
                continue
            if not NAME.fullmatch(name):
                return None
            asked.regions[name] = Content(bytes(r.data), r.access)
            places.append(r)
        for n, value in enumerate(m.x):
            if n == 30 or not value.uint:
                continue
            at = next((r for r in places if r.base <= value.uint <= r.end), None)
            asked.x[n] = value.uint if at is None else (at.name, value.uint - at.base)
        asked.v = {n: value.uint for n, value in enumerate(m.v) if value.uint}
        return asked

    def words(self) -> list[str]:
        """The command line, after `armsym run`; `symbol` and the names of regions are as they were given."""
        words = [self.file, self.symbol]
        for n, value in self.x.items():
            if isinstance(value, tuple):
                name, offset = value
                words += [f"--x{n}", f"{name}+{offset:#x}" if offset else name]
            else:
                words += [f"--x{n}", str(value) if value < 1 << 20 else f"{value:#x}"]
        for n, value in self.v.items():
            words += [f"--v{n}", f"{value:x}"]
        for name, c in self.regions.items():
            access = "" if c.access == "rw" else f":{c.access}"
            content = str(len(c.data)) if not any(c.data) else f"hex:{c.data.hex()}"
            words += ["--mem", f"{name}{access}={content}"]
        return words

    def line(self) -> str:
        """The command, to be pasted into a shell."""
        return shlex.join(["armsym", "run", *self.words()])
