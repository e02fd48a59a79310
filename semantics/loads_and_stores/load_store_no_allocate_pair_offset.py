"""Load/store no-allocate pair (offset)."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address
from semantics.loads_and_stores.pair_access import LoadStorePair
from semantics.loads_and_stores.register_access import base_and_offset


@instruction("""
    31 30 | 29 27 | 26 | 25 23 | 22 | 21 15 | 14 10 | 9 5 | 4 0
    opc   | 101   | VR | 000   | L  | imm7  | Rt2   | Rn  | Rt
""")
class LoadStoreNoAllocatePairOffset(LoadStorePair):
    """LDNP, STNP, also of SIMD&FP registers: the pair accesses with a hint that data is not needed again.

    Arm ARM C4.1, "Load/store no-allocate pair (offset)".
    """

    opc: int
    VR: int
    L: int
    imm7: int
    Rt2: int
    Rn: int
    Rt: int

    def allocated(self) -> bool:
        # There is no LDNPSW.
        return super().allocated() and not (self.opc == 0b01 and self.VR == 0)

    def execute(self, m: Machine) -> None:
        if self.loads_twice:
            m.undefined("load pair into one register")
        self.access.perform(m, self.Rt, self.Rt2, base_address(m, self.Rn) + self.offset)

    def assembly(self, pc: int) -> str:
        return self.syntax("n", base_and_offset(self.Rn, self.offset_in_bytes))
