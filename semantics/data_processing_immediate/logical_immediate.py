"""Logical (immediate)."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import DecodeBitMasks, logical_flags
from semantics.syntax import imm, reg, signed_imm


@instruction("""
    31 | 30 29 | 28  23 | 22 | 21 16 | 15 10 | 9 5 | 4 0
    sf | opc   | 100100 | N  | immr  | imms  | Rn  | Rd
""")
class LogicalImmediate(Instruction):
    """AND, ORR, EOR, ANDS (immediate).  Arm ARM C4.1, "Logical (immediate)"."""

    sf: int
    opc: int
    N: int
    immr: int
    imms: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        masks = DecodeBitMasks(self.N, self.imms, self.immr, 64 if self.sf else 32)
        # An element of all ones would be a replicated -1, which needs no bitmask: UNDEFINED.
        return masks is not None and masks[0] != (1 << (64 if self.sf else 32)) - 1

    @cached_property
    def immediate(self) -> Bits:
        """The bitmask that N:imms:immr encodes."""
        datasize = 64 if self.sf else 32
        masks = DecodeBitMasks(self.N, self.imms, self.immr, datasize)
        assert masks is not None  # allocated() saw to it
        return Bits(datasize, masks[0])

    def execute(self, m: Machine) -> None:
        operand1 = m.read_x(self.Rn, 64 if self.sf else 32)
        if self.opc == 0b01:
            result = operand1 | self.immediate
        elif self.opc == 0b10:
            result = operand1 ^ self.immediate
        else:
            result = operand1 & self.immediate
        if self.opc == 0b11:
            m.write_nzcv(logical_flags(result))
            m.write_x(self.Rd, result)
        else:
            m.write_x(self.Rd, result, sp=True)

    def _move_wide_preferred(self) -> bool:
        """MoveWidePreferred(sf, N, imms, immr): one MOVZ or MOVN makes the same constant."""
        width = 64 if self.sf else 32
        if self.sf != self.N or (not self.sf and self.imms > 31):
            return False  # the element is shorter than the register
        if self.imms < 16:  # at most 16 ones: do they lie within one halfword?
            return -self.immr % 16 <= 15 - self.imms
        if self.imms >= width - 15:  # at most 15 zeros
            return self.immr % 16 <= self.imms - (width - 15)
        return False

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd, rn = reg(self.Rd, w, sp=self.opc != 0b11), reg(self.Rn, w)
        value = self.immediate.uint
        if self.opc == 0b11 and self.Rd == 31:
            return f"tst {rn}, {imm(value)}"
        if self.opc == 0b01 and self.Rn == 31 and not self._move_wide_preferred():
            return f"mov {rd}, {signed_imm(value, w)}"
        return f"{('and', 'orr', 'eor', 'ands')[self.opc]} {rd}, {rn}, {imm(value)}"
