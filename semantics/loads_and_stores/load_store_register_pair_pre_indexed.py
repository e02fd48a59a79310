"""Load/store register pair (pre-indexed)."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address
from semantics.loads_and_stores.pair_access import LoadStorePair
from semantics.syntax import imm, reg


@instruction("""
    31 30 | 29 27 | 26 | 25 23 | 22 | 21 15 | 14 10 | 9 5 | 4 0
    opc   | 101   | VR | 011   | L  | imm7  | Rt2   | Rn  | Rt
""")
class LoadStoreRegisterPairPreIndexed(LoadStorePair):
    """LDP, LDPSW, STP, also of SIMD&FP registers, the offset added to the base beforehand.

    Arm ARM C4.1, "Load/store register pair (pre-indexed)".
    """

    opc: int
    VR: int
    L: int
    imm7: int
    Rt2: int
    Rn: int
    Rt: int

    def execute(self, m: Machine) -> None:
        if self.loads_twice or self.base_transferred:
            m.undefined("pair that loads one register twice, or writes back a base register it transfers")
        address = base_address(m, self.Rn) + self.offset
        self.access.perform(m, self.Rt, self.Rt2, address)
        m.write_x(self.Rn, address, sp=True)

    def assembly(self, pc: int) -> str:
        return self.syntax("", f"[{reg(self.Rn, sp=True)}, {imm(self.offset_in_bytes)}]!")
