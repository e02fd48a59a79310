"""Advanced SIMD load/store multiple structures (post-indexed)."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.structures import MultipleStructures


@instruction("""
    31 | 30 | 29 23   | 22 | 21 | 20 16 | 15 12  | 11 10 | 9 5 | 4 0
    0  | Q  | 0011001 | L  | 0  | Rm    | opcode | size  | Rn  | Rt
""")
class AdvancedSimdMultipleStructuresPostIndexed(MultipleStructures):
    """LD1-LD4, ST1-ST4 (multiple structures), the base advanced afterwards by Xm or by the bytes accessed.

    Arm ARM C4.1, "Advanced SIMD load/store multiple structures (post-indexed)".
    """

    Q: int
    L: int
    Rm: int
    opcode: int
    size: int
    Rn: int
    Rt: int

    def execute(self, m: Machine) -> None:
        self.execute_post_indexed(m, self.Rm)

    def assembly(self, pc: int) -> str:
        return self.syntax_post_indexed(self.Rm)
