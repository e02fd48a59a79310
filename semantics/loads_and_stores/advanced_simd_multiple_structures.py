"""Advanced SIMD load/store multiple structures."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address
from semantics.loads_and_stores.structures import MultipleStructures


@instruction("""
    31 | 30 | 29 23   | 22 | 21 16  | 15 12  | 11 10 | 9 5 | 4 0
    0  | Q  | 0011000 | L  | 000000 | opcode | size  | Rn  | Rt
""")
class AdvancedSimdMultipleStructures(MultipleStructures):
    """LD1-LD4, ST1-ST4 (multiple structures).

    Arm ARM C4.1, "Advanced SIMD load/store multiple structures".
    """

    Q: int
    L: int
    opcode: int
    size: int
    Rn: int
    Rt: int

    def execute(self, m: Machine) -> None:
        self.transfer(m, base_address(m, self.Rn))

    def assembly(self, pc: int) -> str:
        return self.syntax()
