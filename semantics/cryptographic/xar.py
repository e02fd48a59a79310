"""XAR."""

from __future__ import annotations

from armsym.bits import concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm


@instruction("""
    31 21       | 20 16 | 15 10 | 9 5 | 4 0
    11001110100 | Rm    | imm6  | Rn  | Rd
""")
class XAR(Instruction):
    """XAR.  Arm ARM C4.1, "XAR"."""

    Rm: int
    imm6: int
    Rn: int
    Rd: int

    def execute(self, m: Machine) -> None:
        low, high = (m.read_v(self.Rn) ^ m.read_v(self.Rm)).elems(64)
        m.write_v(self.Rd, concat(high.ror(self.imm6), low.ror(self.imm6)))

    def assembly(self, pc: int) -> str:
        return f"xar v{self.Rd}.2d, v{self.Rn}.2d, v{self.Rm}.2d, {imm(self.imm6)}"
