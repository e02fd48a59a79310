"""Conditional select."""

from __future__ import annotations

from armsym.bits import ite
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import ConditionHolds
from semantics.syntax import CONDITIONS, reg


@instruction("""
    31 | 30 | 29 | 28  21   | 20 16 | 15 12 | 11 | 10 | 9 5 | 4 0
    sf | op | 0  | 11010100 | Rm    | cond  | 0  | o2 | Rn  | Rd
""")
class ConditionalSelect(Instruction):
    """CSEL, CSINC, CSINV, CSNEG.  Arm ARM C4.1, "Conditional select"."""

    sf: int
    op: int
    Rm: int
    cond: int
    o2: int
    Rn: int
    Rd: int

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        result = m.read_x(self.Rm, datasize)
        if self.op:
            result = ~result
        if self.o2:
            result = result + 1
        m.write_x(self.Rd, ite(ConditionHolds(self.cond, m), m.read_x(self.Rn, datasize), result))

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd, rn, rm = reg(self.Rd, w), reg(self.Rn, w), reg(self.Rm, w)
        kind = self.op << 1 | self.o2
        # The aliases name the condition under which the changed operand is taken.
        if kind and self.Rn == self.Rm and self.cond < 0b1110:
            inverse = CONDITIONS[self.cond ^ 1]
            if kind == 0b11:
                return f"cneg {rd}, {rn}, {inverse}"
            if self.Rn == 31:
                return f"{('', 'cset', 'csetm')[kind]} {rd}, {inverse}"
            return f"{('', 'cinc', 'cinv')[kind]} {rd}, {rn}, {inverse}"
        return f"{('csel', 'csinc', 'csinv', 'csneg')[kind]} {rd}, {rn}, {rm}, {CONDITIONS[self.cond]}"
