"""Load/store register (unscaled immediate)."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address, sint
from semantics.loads_and_stores.register_access import LoadStoreRegisterImm9, Prefetch, base_and_offset


@instruction("""
    31 30 | 29 27 | 26 | 25 24 | 23 22 | 21 | 20 12 | 11 10 | 9 5 | 4 0
    size  | 111   | VR | 00    | opc   | 0  | imm9  | 00    | Rn  | Rt
""")
class LoadStoreRegisterUnscaled(LoadStoreRegisterImm9):
    """LDUR, STUR and their B, H, SB, SH, SW and SIMD&FP forms; PRFUM.

    Arm ARM C4.1, "Load/store register (unscaled immediate)".
    """

    size: int
    VR: int
    opc: int
    imm9: int
    Rn: int
    Rt: int

    def execute(self, m: Machine) -> None:
        access = self.access
        base = m.read_x(self.Rn, sp=True) if isinstance(access, Prefetch) else base_address(m, self.Rn)
        access.perform(m, self.Rt, base + self.offset)

    def assembly(self, pc: int) -> str:
        return self.syntax("u", base_and_offset(self.Rn, sint(self.imm9, 9)))
