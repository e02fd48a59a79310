"""Load/store register (unprivileged)."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address, sint
from semantics.loads_and_stores.register_access import LoadStoreRegisterImm9, Prefetch, base_and_offset


@instruction("""
    31 30 | 29 27 | 26 | 25 24 | 23 22 | 21 | 20 12 | 11 10 | 9 5 | 4 0
    size  | 111   | VR | 00    | opc   | 0  | imm9  | 10    | Rn  | Rt
""")
class LoadStoreRegisterUnprivileged(LoadStoreRegisterImm9):
    """LDTR, STTR and their B, H, SB, SH and SW forms: ordinary accesses at EL0, where we always are.

    Arm ARM C4.1, "Load/store register (unprivileged)".
    """

    size: int
    VR: int
    opc: int
    imm9: int
    Rn: int
    Rt: int

    def allocated(self) -> bool:
        return super().allocated() and not self.VR and not isinstance(self.access, Prefetch)

    def execute(self, m: Machine) -> None:
        self.access.perform(m, self.Rt, base_address(m, self.Rn) + self.offset)

    def assembly(self, pc: int) -> str:
        return self.syntax("t", base_and_offset(self.Rn, sint(self.imm9, 9)))
