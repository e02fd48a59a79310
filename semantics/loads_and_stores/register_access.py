"""Loads, stores and prefetches of one register: what size, VR and opc say in every class that has them."""

from __future__ import annotations

from functools import cached_property
from itertools import product

from armsym.bits import Bits
from armsym.isa import Instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import sint
from semantics.syntax import imm, reg

__all__ = [
    "LITERAL",
    "REGISTER",
    "LoadStoreRegister",
    "LoadStoreRegisterImm9",
    "Prefetch",
    "RegisterAccess",
    "base_and_offset",
]

#: The manual's <prfop>, type, target level and policy, by Rt.  The values without a name are hints
#: too; Capstone prints nothing for them.
_PREFETCH_OPERATIONS = {
    kind << 3 | level << 1 | policy: f"{('pld', 'pli', 'pst')[kind]}l{level + 1}{('keep', 'strm')[policy]}"
    for kind, level, policy in product(range(3), range(3), range(2))
}


class RegisterAccess:
    """One access of `size` bytes; `perform` is the manual's operation on register t."""

    __slots__ = ("regsize", "size", "suffix")

    #: The mnemonic up to the letter that tells unscaled and unprivileged forms.
    stem = ""
    #: Whether a general-purpose register is transferred: only that can collide with a base written back.
    general = True

    def __init__(self, size: int, regsize: int = 0, suffix: str = "") -> None:
        self.size = size
        self.regsize = regsize
        self.suffix = suffix

    def perform(self, m: Machine, t: int, address: Bits) -> None:
        """Transfer register `t` at `address`; raises `MemoryFault`."""
        raise NotImplementedError

    def mnemonic(self, form: str) -> str:
        """The mnemonic; `form` is "" or "u" (unscaled) or "t" (unprivileged)."""
        return f"{self.stem}{form}r{self.suffix}"

    def operand(self, t: int) -> str:
        """Register `t` in assembler syntax."""
        return reg(t, self.regsize)


class Load(RegisterAccess):
    """X[t, regsize] = ZeroExtend(Mem[address, size], regsize)."""

    __slots__ = ()
    stem = "ld"

    def perform(self, m: Machine, t: int, address: Bits) -> None:
        """See `RegisterAccess.perform`."""
        m.write_x(t, m.load(address, self.size))


class LoadSigned(RegisterAccess):
    """X[t, regsize] = SignExtend(Mem[address, size], regsize)."""

    __slots__ = ()
    stem = "ld"

    def perform(self, m: Machine, t: int, address: Bits) -> None:
        """See `RegisterAccess.perform`."""
        m.write_x(t, m.load(address, self.size).sign_extend(self.regsize))


class Store(RegisterAccess):
    """Mem[address, size] = X[t, 8 * size]."""

    __slots__ = ()
    stem = "st"

    def perform(self, m: Machine, t: int, address: Bits) -> None:
        """See `RegisterAccess.perform`."""
        m.store(address, m.read_x(t, 8 * self.size))


class LoadSimd(RegisterAccess):
    """V[t, 8 * size] = Mem[address, size], the rest of V[t] becoming zero."""

    __slots__ = ()
    stem = "ld"
    general = False

    def perform(self, m: Machine, t: int, address: Bits) -> None:
        """See `RegisterAccess.perform`."""
        m.write_v(t, m.load(address, self.size))

    def operand(self, t: int) -> str:
        """See `RegisterAccess.operand`."""
        return f"{_SIMD_LETTER[self.size]}{t}"


class StoreSimd(RegisterAccess):
    """Mem[address, size] = V[t, 8 * size]."""

    __slots__ = ()
    stem = "st"
    general = False

    def perform(self, m: Machine, t: int, address: Bits) -> None:
        """See `RegisterAccess.perform`."""
        m.store(address, m.read_v(t, 8 * self.size))

    def operand(self, t: int) -> str:
        """See `RegisterAccess.operand`."""
        return f"{_SIMD_LETTER[self.size]}{t}"


class Prefetch(RegisterAccess):
    """Prefetch(address, t): a hint that accesses nothing and cannot fault.

    The address still shows in the caches, so it is announced as a leak.  `size` is what the
    offset is scaled by.
    """

    __slots__ = ()
    general = False

    def perform(self, m: Machine, t: int, address: Bits) -> None:
        """See `RegisterAccess.perform`; never faults."""
        m.on_leak("prefetch address", address)

    def mnemonic(self, form: str) -> str:
        """See `RegisterAccess.mnemonic`."""
        return f"prf{form}m"

    def operand(self, t: int) -> str:
        """See `RegisterAccess.operand`."""
        return _PREFETCH_OPERATIONS.get(t, "")


_SIMD_LETTER = {1: "b", 2: "h", 4: "s", 8: "d", 16: "q"}

#: (size, VR, opc); combinations that are not listed are unallocated.
REGISTER: dict[tuple[int, int, int], RegisterAccess] = {
    (0b00, 0, 0b00): Store(1, 32, "b"),
    (0b00, 0, 0b01): Load(1, 32, "b"),
    (0b00, 0, 0b10): LoadSigned(1, 64, "sb"),
    (0b00, 0, 0b11): LoadSigned(1, 32, "sb"),
    (0b00, 1, 0b00): StoreSimd(1),
    (0b00, 1, 0b01): LoadSimd(1),
    (0b00, 1, 0b10): StoreSimd(16),
    (0b00, 1, 0b11): LoadSimd(16),
    (0b01, 0, 0b00): Store(2, 32, "h"),
    (0b01, 0, 0b01): Load(2, 32, "h"),
    (0b01, 0, 0b10): LoadSigned(2, 64, "sh"),
    (0b01, 0, 0b11): LoadSigned(2, 32, "sh"),
    (0b01, 1, 0b00): StoreSimd(2),
    (0b01, 1, 0b01): LoadSimd(2),
    (0b10, 0, 0b00): Store(4, 32),
    (0b10, 0, 0b01): Load(4, 32),
    (0b10, 0, 0b10): LoadSigned(4, 64, "sw"),
    (0b10, 1, 0b00): StoreSimd(4),
    (0b10, 1, 0b01): LoadSimd(4),
    (0b11, 0, 0b00): Store(8, 64),
    (0b11, 0, 0b01): Load(8, 64),
    (0b11, 0, 0b10): Prefetch(8),
    (0b11, 1, 0b00): StoreSimd(8),
    (0b11, 1, 0b01): LoadSimd(8),
}

#: (opc, VR) of "Load register (literal)"; combinations that are not listed are unallocated.
LITERAL: dict[tuple[int, int], RegisterAccess] = {
    (0b00, 0): Load(4, 32),
    (0b00, 1): LoadSimd(4),
    (0b01, 0): Load(8, 64),
    (0b01, 1): LoadSimd(8),
    (0b10, 0): LoadSigned(4, 64, "sw"),
    (0b10, 1): LoadSimd(16),
    (0b11, 0): Prefetch(8),
}


class LoadStoreRegister(Instruction):
    """What the "Load/store register (...)" classes share: fields size, VR, opc, Rn, Rt."""

    size: int
    VR: int
    opc: int
    Rn: int
    Rt: int

    def allocated(self) -> bool:
        """See `Instruction.allocated`."""
        return (self.size, self.VR, self.opc) in REGISTER

    @cached_property
    def access(self) -> RegisterAccess:
        """The access that size, VR and opc stand for."""
        return REGISTER[self.size, self.VR, self.opc]

    @cached_property
    def constrained_unpredictable(self) -> bool:
        """Of classes that write the base back: whether the transferred register is the base as well."""
        return self.Rn == self.Rt != 31 and self.access.general

    def syntax(self, form: str, address: str) -> str:
        """The assembler syntax; `form` as in `RegisterAccess.mnemonic`."""
        access = self.access
        return f"{access.mnemonic(form)} {access.operand(self.Rt)}, {address}"


def base_and_offset(n: int, offset: int) -> str:
    """An address as "[x1, #0x10]", or "[x1]" when the offset is zero."""
    return f"[{reg(n, sp=True)}, {imm(offset)}]" if offset else f"[{reg(n, sp=True)}]"


class LoadStoreRegisterImm9(LoadStoreRegister):
    """The classes among these that have a signed offset of nine bits, in bytes."""

    imm9: int

    @cached_property
    def offset(self) -> Bits:
        """SignExtend(imm9, 64)."""
        return Bits.wrap(64, sint(self.imm9, 9))
