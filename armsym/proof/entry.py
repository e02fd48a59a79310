"""The state in which a concrete run began, as plain numbers: `armsym run --entry` runs it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from armsym.bits import Bits
from armsym.elf import Image
from armsym.errors import InputError
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion

__all__ = ["EntryState", "Piece"]

_IMAGE = "image "


@dataclass(frozen=True)
class Piece:
    """Bytes of memory that do not come from the file; `access` is made of r and w."""

    name: str
    address: int
    access: str
    data: bytes


@dataclass(frozen=True)
class EntryState:
    """Registers and memory at a routine's first instruction.

    `base` is where the image lies: its parts that cannot be written are as the file gives them.
    """

    x: tuple[int, ...]
    sp: int
    v: tuple[int, ...]
    nzcv: int
    dit: int
    base: int
    memory: tuple[Piece, ...]

    @staticmethod
    def of(m: Machine, base: int) -> EntryState:
        """The state of a machine on numbers, in an image at `base`."""
        assert isinstance(m.memory, ConcreteMemory)
        return EntryState(
            x=tuple(r.uint for r in m.x),
            sp=m.sp.uint,
            v=tuple(r.uint for r in m.v),
            nzcv=m.nzcv.bits.uint,
            dit=m.dit.uint,
            base=base,
            memory=tuple(
                Piece(r.name, r.base, r.access, bytes(r.data))
                for r in m.memory.regions
                if not r.name.startswith(_IMAGE)
            ),
        )

    def machine(self, image: Image, entry: int) -> tuple[Machine, list[ConcreteRegion]]:
        """The machine at offset `entry` of the image, and its memory beside the image; raises `InputError`."""
        pieces = [ConcreteRegion(p.name, p.address, bytearray(p.data), p.access) for p in self.memory]
        parts = []
        for s in image.segments:
            if s.access and "w" not in s.access:
                fetch = partial(image.loaded, s, self.base)
                parts.append(
                    ConcreteRegion.when_used(_IMAGE + s.name, self.base + s.offset, len(s.data), fetch, s.access)
                )
        try:
            memory = ConcreteMemory([*pieces, *parts])
        except InputError as e:
            raise InputError(f"{image.path}: this file does not fit the state: {e}") from None
        m = Machine(
            x=[Bits(64, r) for r in self.x],
            sp=Bits(64, self.sp),
            v=[Bits(128, r) for r in self.v],
            nzcv=NZCV.of_bits(Bits(4, self.nzcv)),
            pc=Bits(64, self.base + entry),
            memory=memory,
        )
        m.dit = Bits(1, self.dit)
        return m, pieces

    def as_dict(self) -> dict[str, Any]:
        """As docs/json.md describes it."""
        return {
            "x": [f"{r:#018x}" for r in self.x],
            "sp": f"{self.sp:#018x}",
            "v": [f"{r:#034x}" for r in self.v],
            "nzcv": f"{self.nzcv:04b}",
            "dit": self.dit,
            "base": f"{self.base:#x}",
            "memory": [
                {"name": p.name, "address": f"{p.address:#x}", "access": p.access, "bytes": p.data.hex()}
                for p in self.memory
            ],
        }

    @staticmethod
    def from_dict(d: Mapping[str, Any]) -> EntryState:
        """The reverse of `as_dict`; raises `InputError` for what is not one."""
        try:
            x, v = (tuple(int(r, 16) for r in d[k]) for k in ("x", "v"))
            state = EntryState(
                x=x,
                sp=int(d["sp"], 16),
                v=v,
                nzcv=int(d["nzcv"], 2),
                dit=d["dit"],
                base=int(d["base"], 16),
                memory=tuple(_pieces(d["memory"])),
            )
        except (KeyError, TypeError, ValueError) as e:
            raise InputError(f"not a state on entry (armsym docs json): {type(e).__name__}: {e}") from None
        numbers = [(64, r) for r in (*x, state.sp, state.base)] + [(128, r) for r in v] + [(4, state.nzcv)]
        bad = next((f"{r:#x} in {w} bits" for w, r in numbers if not 0 <= r < 1 << w), "")
        if bad or len(x) != 31 or len(v) != 32 or state.dit not in (0, 1):
            raise InputError(
                f"not a state on entry (armsym docs json): {bad or f'{len(x)} X and {len(v)} V registers'}"
            )
        return state


def _pieces(listed: list[Mapping[str, str]]) -> Iterator[Piece]:
    for p in listed:
        if not set(p["access"]) <= set("rw"):
            raise ValueError(f"access {p['access']!r}")
        yield Piece(p["name"], int(p["address"], 16), p["access"], bytes.fromhex(p["bytes"]))
