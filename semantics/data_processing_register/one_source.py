"""Data-processing (1 source)."""

from __future__ import annotations

from armsym.bits import concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import CountLeadingSignBits, CountLeadingZeroBits
from semantics.syntax import reg


@instruction("""
    31 | 30 | 29 | 28  21   | 20 16   | 15 10  | 9 5 | 4 0
    sf | 1  | 0  | 11010110 | 00000   | opcode | Rn  | Rd
""")
class DataProcessing1Source(Instruction):
    """RBIT, REV16, REV, REV32, CLZ, CLS.  Arm ARM C4.1, "Data-processing (1 source)".

    Not modelled: PACIA ... XPACD (FEAT_PAuth, opcode2 00001), CTZ, CNT, ABS (FEAT_CSSC).
    """

    sf: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.opcode <= 0b000101 and (self.sf == 1 or self.opcode != 0b000011)

    def execute(self, m: Machine) -> None:
        operand = m.read_x(self.Rn, 64 if self.sf else 32)
        if self.opcode == 0b000000:
            result = concat(*operand.elems(1))  # bit 0 comes first, to the top
        elif self.opcode == 0b000100:
            result = CountLeadingZeroBits(operand)
        elif self.opcode == 0b000101:
            result = CountLeadingSignBits(operand)
        else:
            container_size = 8 << self.opcode  # 16, 32 or 64 bits
            containers = operand.elems(container_size)
            result = concat(*(c.reverse_bytes() for c in reversed(containers)))
        m.write_x(self.Rd, result)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        name = ("rbit", "rev16", "rev32" if self.sf else "rev", "rev", "clz", "cls")[self.opcode]
        return f"{name} {reg(self.Rd, w)}, {reg(self.Rn, w)}"
