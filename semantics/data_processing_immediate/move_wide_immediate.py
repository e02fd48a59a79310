"""Move wide (immediate)."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm, reg, signed_imm


@instruction("""
    31 | 30 29 | 28  23 | 22 21 | 20 5  | 4 0
    sf | opc   | 100101 | hw    | imm16 | Rd
""")
class MoveWideImmediate(Instruction):
    """MOVN, MOVZ, MOVK.  Arm ARM C4.1, "Move wide (immediate)"."""

    sf: int
    opc: int
    hw: int
    imm16: int
    Rd: int

    def allocated(self) -> bool:
        return self.opc != 0b01 and (self.sf == 1 or self.hw < 2)

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        if self.opc == 0b11:
            result = m.read_x(self.Rd, datasize).with_elem(self.hw, Bits(16, self.imm16))
        else:
            result = Bits(datasize, self.imm16 << (16 * self.hw))
            if self.opc == 0b00:
                result = ~result
        m.write_x(self.Rd, result)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd = reg(self.Rd, w)
        movn = self.opc == 0b00
        # MOV is preferred unless another MOV alias or a smaller shift makes the same constant.
        alias = self.opc != 0b11 and not (self.imm16 == 0 and self.hw)
        if alias and not (movn and not self.sf and self.imm16 == 0xFFFF):
            value = self.imm16 << (16 * self.hw)
            return f"mov {rd}, {signed_imm(value ^ ((1 << w) - 1) if movn else value, w)}"
        shift = f", lsl #{16 * self.hw}" if self.hw else ""
        return f"{('movn', '', 'movz', 'movk')[self.opc]} {rd}, {imm(self.imm16)}{shift}"
