"""Advanced SIMD load/store single structure (post-indexed)."""

from __future__ import annotations

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.structures import SingleStructure


@instruction("""
    31 | 30 | 29 23   | 22 | 21 | 20 16 | 15 13  | 12 | 11 10 | 9 5 | 4 0
    0  | Q  | 0011011 | L  | R  | Rm    | opcode | S  | size  | Rn  | Rt
""")
class AdvancedSimdSingleStructurePostIndexed(SingleStructure):
    """LD1-LD4, ST1-ST4 (single structure) and LD1R-LD4R, the base advanced afterwards.

    The base advances by Xm, or by the bytes accessed where Rm is 31.
    Arm ARM C4.1, "Advanced SIMD load/store single structure (post-indexed)".
    """

    Q: int
    L: int
    R: int
    Rm: int
    opcode: int
    S: int
    size: int
    Rn: int
    Rt: int

    def execute(self, m: Machine) -> None:
        self.execute_post_indexed(m, self.Rm)

    def assembly(self, pc: int) -> str:
        return self.syntax_post_indexed(self.Rm)
