"""Random machine states, boundary values mixed in: a function of (seed, class, word, k) alone.

A state is kept packed, in the layout the Unicorn harness loads from: X0..X30, SP, NZCV,
V0..V31, then padding, then the data window, a stretch of memory of its own that loads and
stores are pointed into.
"""

from __future__ import annotations

import random
import struct
from hashlib import shake_128

from armsym.bits import Bits
from armsym.machine import NZCV, Machine
from armsym.memory import Memory

__all__ = [
    "EDGES",
    "NZCV_AT",
    "REGISTERS_SIZE",
    "SLOTS",
    "SP_AT",
    "STATES_BASE",
    "STRIDE",
    "V_AT",
    "WINDOW_AT",
    "WINDOW_SIZE",
    "MachineState",
    "RegisterFile",
    "random_state",
]

#: Byte offsets in a packed state: X0..X30 from 0, SP, NZCV (in bits 31:28, as in SPSR), V0..V31.
SP_AT, NZCV_AT, V_AT, REGISTERS_SIZE, WINDOW_AT = 248, 256, 272, 784, 1024
WINDOW_SIZE = 256
STRIDE = WINDOW_AT + WINDOW_SIZE
#: Where states lie in the oracle's memory, and how many fit.
STATES_BASE = 0x4_2000_0000
#: What SP_EL0 holds in all states.
SP_EL0 = 0xFFFF_0123_4567_89AB
SLOTS = 64

_ALL = (1 << 64) - 1
_SMALL = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 0xFFFF, 0x10000)
#: 64-bit values at which carries, signs, shifts and lane borders go wrong.
EDGES = tuple(
    dict.fromkeys(
        [
            *_SMALL,
            *(-v & _ALL for v in _SMALL),
            *(1 << k for k in range(0, 64, 7)),
            *((1 << k) - 1 for k in (31, 32, 33, 47, 48, 62, 63)),
            1 << 31,
            1 << 32,
            1 << 63,
            (1 << 63) + 1,
            0xFFFF_FFFF_8000_0000,
            0xFFFF_FFFF_0000_0000,
            0x0000_0001_0000_0001,
            0x8000_0000_8000_0000,
            0x7FFF_FFFF_7FFF_FFFF,
            0x8000_8000_8000_8000,
            0x7FFF_7FFF_7FFF_7FFF,
            0x8080_8080_8080_8080,
            0x7F7F_7F7F_7F7F_7F7F,
            0x0101_0101_0101_0101,
            0x5555_5555_5555_5555,
            0xAAAA_AAAA_AAAA_AAAA,
            0x0123_4567_89AB_CDEF,
            0x0706_0504_0302_0100,
            0x0F0E_0D0C_0B0A_0908,
            0x1716_1514_1312_1110,
        ]
    )
)

#: Share of 64-bit lanes that become edge values, by k modulo 4, and low bits of SP that are cleared.
_MODES = ((0.25, 15), (0.0, 0), (0.8, 15), (0.5, 15))
_TEMPLATES = 64


def _template(rng: random.Random, share: float, align: int) -> tuple[int, int]:
    """A mask of the random bits to keep and the edge values put beside them, as one big number each."""
    mask, value = bytearray(), bytearray()
    for lane in range(REGISTERS_SIZE // 8):
        keep, put = _ALL, 0
        if lane == SP_AT // 8:
            keep = _ALL & ~align
        elif lane == NZCV_AT // 8:
            keep = 0xF0000000
        elif lane == NZCV_AT // 8 + 1:
            keep = 0  # padding
        elif rng.random() < share:
            keep, put = 0, rng.choice(EDGES)
        mask += keep.to_bytes(8, "little")
        value += put.to_bytes(8, "little")
    return int.from_bytes(mask, "little"), int.from_bytes(value, "little")


def _templates() -> list[list[tuple[int, int]]]:
    rng = random.Random("armsym.conform.states")
    return [[_template(rng, *mode) for _ in range(_TEMPLATES)] for mode in _MODES]


_BY_MODE = _templates()
_PADDING = bytes(WINDOW_AT - REGISTERS_SIZE)
_X = struct.Struct("<31Q")
_UNREAD: list[Bits] = [None] * 32  # type: ignore[list-item]


class RegisterFile(list[Bits]):
    """Registers whose values become `Bits` when first read; `written` tells which were assigned."""

    __slots__ = ("_at", "_block", "_size", "written")

    def __init__(self, block: bytes, at: int, size: int, count: int) -> None:
        super().__init__(_UNREAD[:count])
        self._block, self._at, self._size = block, at, size
        self.written: set[int] = set()

    def __getitem__(self, n):  # type: ignore[no-untyped-def]
        if isinstance(n, slice):
            return [self[k] for k in range(*n.indices(len(self)))]
        r = list.__getitem__(self, n)
        if r is None:
            size = self._size
            at = self._at + size * n
            r = Bits.wrap(8 * size, int.from_bytes(self._block[at : at + size], "little"))
            list.__setitem__(self, n, r)
        return r

    def __iter__(self):  # type: ignore[no-untyped-def]
        return (self[n] for n in range(len(self)))

    def __setitem__(self, n, value):  # type: ignore[no-untyped-def]
        self.written.add(n)
        list.__setitem__(self, n, value)


class MachineState:
    """A concrete state: `block` holds registers and window, `window_base` is the window's address."""

    __slots__ = ("block", "pc", "window_base")

    def __init__(self, block: bytes, window_base: int, pc: int) -> None:
        self.block = block
        self.window_base = window_base
        self.pc = pc

    @property
    def x(self) -> tuple[int, ...]:
        """X0..X30."""
        return _X.unpack_from(self.block)

    @property
    def sp(self) -> int:
        """SP."""
        return int.from_bytes(self.block[SP_AT : SP_AT + 8], "little")

    @property
    def nzcv(self) -> int:
        """N, Z, C, V as four bits, N the most significant."""
        return self.block[NZCV_AT + 3] >> 4

    @property
    def v(self) -> list[int]:
        """V0..V31, 128 bits each."""
        b = self.block
        return [int.from_bytes(b[at : at + 16], "little") for at in range(V_AT, REGISTERS_SIZE, 16)]

    @property
    def window(self) -> bytes:
        """The data window's bytes."""
        return self.block[WINDOW_AT:]

    def replaced(self, offset: int, data: bytes) -> MachineState:
        """A copy with these bytes of the packed form replaced."""
        b = self.block
        return MachineState(b[:offset] + data + b[offset + len(data) :], self.window_base, self.pc)

    def with_register(self, n: int, value: int) -> MachineState:
        """A copy with Xn (31: SP) replaced."""
        return self.replaced(8 * n if n < 31 else SP_AT, value.to_bytes(8, "little"))

    def machine(self, memory: Memory) -> Machine:
        """The same state as a `Machine` over that memory."""
        block = self.block
        m = Machine(
            x=RegisterFile(block, 0, 8, 31),
            sp=Bits.wrap(64, self.sp),
            v=RegisterFile(block, V_AT, 16, 32),
            nzcv=NZCV.of_bits(Bits.wrap(4, self.nzcv)),
            pc=Bits.wrap(64, self.pc),
            memory=memory,
        )
        m.sp_el0 = Bits(64, SP_EL0)
        return m


def random_state(seed: int, class_name: str, word: int, k: int, pc: int) -> MachineState:
    """State number `k` for a word at address `pc`; SP is 16-byte aligned in three states of four."""
    raw = shake_128(f"{seed}/{class_name}/{word:#x}/{k}".encode()).digest(REGISTERS_SIZE + WINDOW_SIZE + 1)
    mask, value = _BY_MODE[k & 3][raw[-1] % _TEMPLATES]
    registers = int.from_bytes(raw[:REGISTERS_SIZE], "little") & mask | value
    block = registers.to_bytes(REGISTERS_SIZE, "little") + _PADDING + raw[REGISTERS_SIZE:-1]
    return MachineState(block, STATES_BASE + (k % SLOTS) * STRIDE + WINDOW_AT, pc)
