"""Loads and stores of two registers: what opc, VR and L say in every class that has them."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import SMALL_OFFSETS, sint
from semantics.syntax import reg

__all__ = ["PAIR", "LoadStorePair", "PairAccess"]


class PairAccess:
    """Two accesses of `size` bytes each, one after the other; `perform` is the manual's operation."""

    __slots__ = ("second", "size")

    load = False
    #: Whether general-purpose registers are transferred: only those can collide with a base written back.
    general = True

    def __init__(self, size: int) -> None:
        self.size = size
        self.second = SMALL_OFFSETS[size]  # from the first access to the second

    def perform(self, m: Machine, t: int, t2: int, address: Bits) -> None:
        """Transfer `t` at `address` and `t2` at `address + size`; raises `MemoryFault`."""
        raise NotImplementedError

    def mnemonic(self, form: str) -> str:
        """The mnemonic; `form` is "" or "n" (no-allocate)."""
        return f"{'ld' if self.load else 'st'}{form}p"

    def operand(self, t: int) -> str:
        """A transferred register in assembler syntax."""
        return reg(t, 8 * self.size)


class LoadPair(PairAccess):
    """X[t] = Mem[address, size]; X[t2] = Mem[address + size, size]."""

    __slots__ = ()
    load = True

    def perform(self, m: Machine, t: int, t2: int, address: Bits) -> None:
        """See `PairAccess.perform`."""
        data1 = m.load(address, self.size)
        data2 = m.load(address + self.second, self.size)
        m.write_x(t, data1)
        m.write_x(t2, data2)


class LoadPairSignedWord(PairAccess):
    """LDPSW: words sign-extended to 64 bits."""

    __slots__ = ()
    load = True

    def perform(self, m: Machine, t: int, t2: int, address: Bits) -> None:
        """See `PairAccess.perform`."""
        data1 = m.load(address, 4)
        data2 = m.load(address + self.second, 4)
        m.write_x(t, data1.sign_extend(64))
        m.write_x(t2, data2.sign_extend(64))

    def mnemonic(self, form: str) -> str:
        """See `PairAccess.mnemonic`."""
        return "ldpsw"

    def operand(self, t: int) -> str:
        """See `PairAccess.operand`."""
        return reg(t)


class StorePair(PairAccess):
    """Mem[address, size] = X[t]; Mem[address + size, size] = X[t2]."""

    __slots__ = ()

    def perform(self, m: Machine, t: int, t2: int, address: Bits) -> None:
        """See `PairAccess.perform`."""
        m.store(address, m.read_x(t, 8 * self.size))
        m.store(address + self.second, m.read_x(t2, 8 * self.size))


class LoadPairSimd(PairAccess):
    """V[t] = Mem[address, size]; V[t2] = Mem[address + size, size]; the upper bits become zero."""

    __slots__ = ()
    load = True
    general = False

    def perform(self, m: Machine, t: int, t2: int, address: Bits) -> None:
        """See `PairAccess.perform`."""
        data1 = m.load(address, self.size)
        data2 = m.load(address + self.second, self.size)
        m.write_v(t, data1)
        m.write_v(t2, data2)

    def operand(self, t: int) -> str:
        """See `PairAccess.operand`."""
        return f"{_SIMD_LETTER[self.size]}{t}"


class StorePairSimd(PairAccess):
    """Mem[address, size] = V[t]; Mem[address + size, size] = V[t2]."""

    __slots__ = ()
    general = False

    def perform(self, m: Machine, t: int, t2: int, address: Bits) -> None:
        """See `PairAccess.perform`."""
        m.store(address, m.read_v(t, 8 * self.size))
        m.store(address + self.second, m.read_v(t2, 8 * self.size))

    def operand(self, t: int) -> str:
        """See `PairAccess.operand`."""
        return f"{_SIMD_LETTER[self.size]}{t}"


_SIMD_LETTER = {4: "s", 8: "d", 16: "q"}

#: (opc, VR, L); combinations that are not listed are unallocated, or STGP, which is not modelled.
PAIR: dict[tuple[int, int, int], PairAccess] = {
    (0b00, 0, 0): StorePair(4),
    (0b00, 0, 1): LoadPair(4),
    (0b00, 1, 0): StorePairSimd(4),
    (0b00, 1, 1): LoadPairSimd(4),
    (0b01, 0, 1): LoadPairSignedWord(4),
    (0b01, 1, 0): StorePairSimd(8),
    (0b01, 1, 1): LoadPairSimd(8),
    (0b10, 0, 0): StorePair(8),
    (0b10, 0, 1): LoadPair(8),
    (0b10, 1, 0): StorePairSimd(16),
    (0b10, 1, 1): LoadPairSimd(16),
}


class LoadStorePair(Instruction):
    """What the pair classes share: fields opc, VR, L, imm7, Rt2, Rn, Rt."""

    opc: int
    VR: int
    L: int
    imm7: int
    Rt2: int
    Rn: int
    Rt: int

    def allocated(self) -> bool:
        """See `Instruction.allocated`."""
        return (self.opc, self.VR, self.L) in PAIR

    @cached_property
    def access(self) -> PairAccess:
        """The access that opc, VR and L stand for."""
        return PAIR[self.opc, self.VR, self.L]

    @property
    def offset_in_bytes(self) -> int:
        """imm7, signed and scaled by the access size."""
        return sint(self.imm7, 7) * self.access.size

    @cached_property
    def offset(self) -> Bits:
        """SignExtend(imm7, 64) scaled by the access size."""
        return Bits.wrap(64, self.offset_in_bytes)

    @cached_property
    def loads_twice(self) -> bool:
        """Whether one register is loaded twice, which is CONSTRAINED UNPREDICTABLE."""
        return self.Rt == self.Rt2 and self.L == 1

    @cached_property
    def base_transferred(self) -> bool:
        """Whether the base is transferred too: CONSTRAINED UNPREDICTABLE where it is written back."""
        return self.Rn in (self.Rt, self.Rt2) and self.Rn != 31 and self.VR == 0

    def syntax(self, form: str, address: str) -> str:
        """The assembler syntax; `form` as in `PairAccess.mnemonic`."""
        access = self.access
        return f"{access.mnemonic(form)} {access.operand(self.Rt)}, {access.operand(self.Rt2)}, {address}"
