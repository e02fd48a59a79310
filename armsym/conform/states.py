"""Random machine states, boundary values mixed in, a function of (seed, class, word, k) alone.

A state is kept packed, in the layout the Unicorn harness loads from: X0..X30, SP, NZCV,
V0..V31, then padding, then the data window, a stretch of memory of its own that loads and
stores are pointed into.
"""

from __future__ import annotations

import struct
from hashlib import shake_128

from armsym.bits import Bits
from armsym.machine import NZCV, Machine
from armsym.memory import Memory

__all__ = ["NZCV_AT", "SLOTS", "SP_AT", "STRIDE", "V_AT", "WINDOW_AT", "WINDOW_SIZE", "MachineState", "random_state"]

#: Byte offsets in a packed state.
SP_AT, NZCV_AT, V_AT, WINDOW_AT = 248, 256, 272, 1024
WINDOW_SIZE = 256
STRIDE = WINDOW_AT + WINDOW_SIZE
#: Where states lie in the oracle's memory, and how many fit.
STATES_BASE = 0x4_2000_0000
SLOTS = 64

_ALL = (1 << 64) - 1
_NICE = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 0xFFFF, 0x10000]
_EDGES = [
    *_NICE,
    *(-v & _ALL for v in _NICE),
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
#: 256 edge values, so that one byte selects one.
EDGES = tuple(_EDGES[k % len(_EDGES)] for k in range(256))

_LANES = struct.Struct("<95Q")  # 31 X registers and 64 halves of V registers
_X = struct.Struct("<31Q")
_V = struct.Struct("<64Q")
#: Below this selector byte a 64-bit lane becomes an edge value; one threshold per k modulo 4.
_THRESHOLD = (64, 0, 200, 128)


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
        q = _V.unpack_from(self.block, V_AT)
        return [q[k] | q[k + 1] << 64 for k in range(0, 64, 2)]

    @property
    def window(self) -> bytes:
        """The data window's bytes."""
        return self.block[WINDOW_AT:]

    def replaced(self, offset: int, data: bytes) -> MachineState:
        """A copy with these bytes of the packed form replaced."""
        b = self.block
        return MachineState(b[:offset] + data + b[offset + len(data) :], self.window_base, self.pc)

    def with_base(self, n: int, value: int) -> MachineState:
        """A copy with Xn (31: SP) replaced."""
        return self.replaced(8 * n if n < 31 else SP_AT, value.to_bytes(8, "little"))

    def machine(self, memory: Memory) -> Machine:
        """The same state as a `Machine` over that memory."""
        wrap = Bits.wrap
        flags = self.nzcv
        q = _V.unpack_from(self.block, V_AT)
        return Machine(
            x=[wrap(64, r) for r in _X.unpack_from(self.block)],
            sp=wrap(64, self.sp),
            v=[wrap(128, lo | hi << 64) for lo, hi in zip(q[::2], q[1::2], strict=True)],
            nzcv=NZCV.of_bits(wrap(4, flags)),
            pc=wrap(64, self.pc),
            memory=memory,
        )


def random_state(seed: int, class_name: str, word: int, k: int, pc: int) -> MachineState:
    """State number `k` for a word; SP is 16-byte aligned in three states of four."""
    raw = shake_128(f"{seed}/{class_name}/{word:#x}/{k}".encode()).digest(STRIDE + 200)
    select, which = raw[STRIDE : STRIDE + 95], raw[STRIDE + 96 : STRIDE + 191]
    limit = _THRESHOLD[k & 3]
    lanes = _LANES.unpack_from(raw)
    if limit:
        lanes = tuple(
            [EDGES[w] if s < limit else v for v, s, w in zip(lanes, select, which, strict=True)],
        )
    sp = int.from_bytes(raw[800:808], "little")
    if k & 3 != 1:
        sp &= ~15
    base = STATES_BASE + (k % SLOTS) * STRIDE + WINDOW_AT
    block = b"".join(
        (
            _X.pack(*lanes[:31]),
            sp.to_bytes(8, "little"),
            ((raw[808] & 15) << 28).to_bytes(8, "little"),
            bytes(8),
            _V.pack(*lanes[31:]),
            bytes(WINDOW_AT - V_AT - 512),
            raw[WINDOW_AT:STRIDE],
        )
    )
    return MachineState(block, base, pc)
