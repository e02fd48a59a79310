"""Load/store register (immediate post-indexed)."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address, sint
from semantics.loads_and_stores.register_access import LoadStoreRegisterImm9, Prefetch
from semantics.syntax import imm, reg


@instruction("""
    31 30 | 29 27 | 26 | 25 24 | 23 22 | 21 | 20 12 | 11 10 | 9 5 | 4 0
    size  | 111   | VR | 00    | opc   | 0  | imm9  | 01    | Rn  | Rt
""")
class LoadStoreRegisterImmediatePostIndexed(LoadStoreRegisterImm9):
    """LDR, STR and their B, H, SB, SH, SW and SIMD&FP forms, the offset added to the base afterwards.

    Arm ARM C4.1, "Load/store register (immediate post-indexed)".
    """

    size: int
    VR: int
    opc: int
    imm9: int
    Rn: int
    Rt: int

    def allocated(self) -> bool:
        return super().allocated() and not isinstance(self.access, Prefetch)

    def execute(self, m: Machine) -> None:
        if self.constrained_unpredictable:
            m.undefined("load or store that writes back the base register it transfers")
        address = base_address(m, self.Rn)
        self.access.perform(m, self.Rt, address)
        m.write_x(self.Rn, address + self.offset, sp=True)

    def assembly(self, pc: int) -> str:
        # Capstone prints this offset, and no other, as an unsigned number of 64 bits.
        return self.syntax("", f"[{reg(self.Rn, sp=True)}], {imm(sint(self.imm9, 9) % (1 << 64))}")
