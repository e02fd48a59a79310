"""Data-processing (3 source)."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import reg


@instruction("""
    31 | 30 29 | 28 24 | 23 21 | 20 16 | 15 | 14 10 | 9 5 | 4 0
    sf | 00    | 11011 | op31  | Rm    | o0 | Ra    | Rn  | Rd
""")
class DataProcessing3Source(Instruction):
    """MADD, MSUB, {S,U}MADDL, {S,U}MSUBL, {S,U}MULH.  Arm ARM C4.1, "Data-processing (3 source)"."""

    sf: int
    op31: int
    Rm: int
    o0: int
    Ra: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        if self.op31 == 0b000:
            return True
        if not self.sf:
            return False
        if self.op31 & 0b011 == 0b010:  # SMULH, UMULH: Ra should be ones; otherwise unpredictable
            return self.o0 == 0 and self.Ra == 31
        return self.op31 & 0b011 == 0b001

    def execute(self, m: Machine) -> None:
        unsigned = self.op31 & 0b100
        if self.op31 & 0b010:
            operand1, operand2 = m.read_x(self.Rn), m.read_x(self.Rm)
            if unsigned:
                product = operand1.zero_extend(128) * operand2.zero_extend(128)
            else:
                product = operand1.sign_extend(128) * operand2.sign_extend(128)
            m.write_x(self.Rd, product[127:64])
            return
        datasize = 64 if self.sf else 32
        if self.op31 == 0b000:
            operand1, operand2 = m.read_x(self.Rn, datasize), m.read_x(self.Rm, datasize)
        else:
            operand1, operand2 = m.read_x(self.Rn, 32), m.read_x(self.Rm, 32)
            if unsigned:
                operand1, operand2 = operand1.zero_extend(64), operand2.zero_extend(64)
            else:
                operand1, operand2 = operand1.sign_extend(64), operand2.sign_extend(64)
        operand3 = m.read_x(self.Ra, datasize)
        product = operand1 * operand2
        m.write_x(self.Rd, operand3 - product if self.o0 else operand3 + product)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd = reg(self.Rd, w)
        sign = "u" if self.op31 & 0b100 else "s"
        if self.op31 & 0b010:
            return f"{sign}mulh {rd}, {reg(self.Rn)}, {reg(self.Rm)}"
        long = self.op31 != 0b000
        rn, rm = reg(self.Rn, 32 if long else w), reg(self.Rm, 32 if long else w)
        prefix, suffix = (sign, "l") if long else ("", "")
        if self.Ra == 31:
            return f"{prefix}{'mneg' if self.o0 else 'mul'}{suffix} {rd}, {rn}, {rm}"
        return f"{prefix}{'msub' if self.o0 else 'madd'}{suffix} {rd}, {rn}, {rm}, {reg(self.Ra, w)}"
