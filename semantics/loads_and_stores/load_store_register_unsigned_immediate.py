"""Load/store register (unsigned immediate)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address
from semantics.loads_and_stores.register_access import LoadStoreRegister, Prefetch, base_and_offset


@instruction("""
    31 30 | 29 27 | 26 | 25 24 | 23 22 | 21 10 | 9 5 | 4 0
    size  | 111   | VR | 01    | opc   | imm12 | Rn  | Rt
""")
class LoadStoreRegisterUnsignedImmediate(LoadStoreRegister):
    """LDR, STR and their B, H, SB, SH, SW and SIMD&FP forms, PRFM; offset in units of the access size.

    Arm ARM C4.1, "Load/store register (unsigned immediate)".
    """

    size: int
    VR: int
    opc: int
    imm12: int
    Rn: int
    Rt: int

    @cached_property
    def offset(self) -> Bits:
        """ZeroExtend(imm12, 64) scaled by the access size."""
        return Bits(64, self.imm12 * self.access.size)

    def execute(self, m: Machine) -> None:
        access = self.access
        base = m.read_x(self.Rn, sp=True) if isinstance(access, Prefetch) else base_address(m, self.Rn)
        access.perform(m, self.Rt, base + self.offset)

    def assembly(self, pc: int) -> str:
        return self.syntax("", base_and_offset(self.Rn, self.imm12 * self.access.size))
