"""Load register (literal)."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import sint
from semantics.loads_and_stores.register_access import LITERAL


@instruction("""
    31 30 | 29 27 | 26 | 25 24 | 23  5 | 4 0
    opc   | 011   | VR | 00    | imm19 | Rt
""")
class LoadRegisterLiteral(Instruction):
    """LDR, LDRSW, LDR (SIMD&FP) and PRFM (literal).  Arm ARM C4.1, "Load register (literal)"."""

    opc: int
    VR: int
    imm19: int
    Rt: int

    def allocated(self) -> bool:
        return (self.opc, self.VR) in LITERAL

    def execute(self, m: Machine) -> None:
        offset = sint(self.imm19, 19) * 4
        LITERAL[self.opc, self.VR].perform(m, self.Rt, m.pc + offset)

    def assembly(self, pc: int) -> str:
        access = LITERAL[self.opc, self.VR]
        target = (pc + sint(self.imm19, 19) * 4) % (1 << 64)
        return f"{access.mnemonic('')} {access.operand(self.Rt)}, #{target:#x}"
