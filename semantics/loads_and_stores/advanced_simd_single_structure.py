"""Advanced SIMD load/store single structure."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address
from semantics.loads_and_stores.structures import SingleStructure


@instruction("""
    31 | 30 | 29 23   | 22 | 21 | 20 16 | 15 13  | 12 | 11 10 | 9 5 | 4 0
    0  | Q  | 0011010 | L  | R  | 00000 | opcode | S  | size  | Rn  | Rt
""")
class AdvancedSimdSingleStructure(SingleStructure):
    """LD1-LD4, ST1-ST4 (single structure) and LD1R-LD4R.

    Arm ARM C4.1, "Advanced SIMD load/store single structure".
    """

    Q: int
    L: int
    R: int
    opcode: int
    S: int
    size: int
    Rn: int
    Rt: int

    def execute(self, m: Machine) -> None:
        self.transfer(m, base_address(m, self.Rn))

    def assembly(self, pc: int) -> str:
        return self.syntax()
