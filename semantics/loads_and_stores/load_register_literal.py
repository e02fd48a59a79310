"""Load register (literal)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import sint
from semantics.loads_and_stores.register_access import LITERAL, RegisterAccess
from semantics.syntax import imm


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

    @cached_property
    def access(self) -> RegisterAccess:
        """The access that opc and VR stand for."""
        return LITERAL[self.opc, self.VR]

    @cached_property
    def offset(self) -> Bits:
        """SignExtend(imm19:'00', 64)."""
        return Bits.wrap(64, sint(self.imm19, 19) * 4)

    def execute(self, m: Machine) -> None:
        self.access.perform(m, self.Rt, m.pc + self.offset)

    def assembly(self, pc: int) -> str:
        access = self.access
        target = (pc + sint(self.imm19, 19) * 4) % (1 << 64)
        return f"{access.mnemonic('')} {access.operand(self.Rt)}, {imm(target)}"
