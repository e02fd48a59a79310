"""System register move."""

from __future__ import annotations

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import NZCV, Machine
from semantics.syntax import reg


@instruction("""
    31 22      | 21 | 20 | 19 | 18 16 | 15 12 | 11 8 | 7 5 | 4 0
    1101010100 | L  | 1  | 1  | 011   | 0100  | 0010 | op2 | Rt
""")
class SystemRegisterMove(Instruction):
    """MRS, MSR (register) of NZCV and DIT.  Arm ARM C4.1, "System register move".

    Both registers have op0 3, op1 3, CRn 4, CRm 2; NZCV has op2 0 and DIT has op2 5.  The
    diagram fixes what they share, because no other system register is modelled.
    """

    L: int
    op2: int
    Rt: int

    def allocated(self) -> bool:
        return self.op2 in {0b000, 0b101}

    def execute(self, m: Machine) -> None:
        if self.op2 == 0b000:
            if self.L:
                m.write_x(self.Rt, concat(Bits(32, 0), m.nzcv.bits, Bits(28, 0)))
            else:
                m.write_nzcv(NZCV.of_bits(m.read_x(self.Rt)[31:28]))
        elif self.L:
            m.write_x(self.Rt, concat(Bits(39, 0), m.dit, Bits(24, 0)))
        else:
            m.dit = m.read_x(self.Rt)[24]

    def assembly(self, pc: int) -> str:
        name, rt = "dit" if self.op2 else "nzcv", reg(self.Rt)
        return f"mrs {rt}, {name}" if self.L else f"msr {name}, {rt}"
