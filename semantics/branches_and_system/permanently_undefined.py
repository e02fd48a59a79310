"""Reserved: permanently undefined."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm


@instruction("""
    31 16            | 15 0
    0000000000000000 | imm16
""")
class PermanentlyUndefined(Instruction):
    """UDF.  Arm ARM C4.1, "Reserved": the one instruction that is UNDEFINED for good."""

    imm16: int

    def execute(self, m: Machine) -> None:
        m.undefined(f"UDF {imm(self.imm16)} is permanently undefined")

    def assembly(self, pc: int) -> str:
        return f"udf {imm(self.imm16)}"
