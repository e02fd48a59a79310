"""System register move."""

from __future__ import annotations

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import NZCV, Machine
from semantics.syntax import reg

#: By op1, CRm, op2.
_REGISTERS = {(0b011, 0b0010, 0b000): "nzcv", (0b011, 0b0010, 0b101): "dit", (0b000, 0b0001, 0b000): "sp_el0"}


@instruction("""
    31 22      | 21 | 20 | 19 | 18 16 | 15 12 | 11 8 | 7 5 | 4 0
    1101010100 | L  | 1  | 1  | op1   | 0100  | CRm  | op2 | Rt
""")
class SystemRegisterMove(Instruction):
    """MRS, MSR (register) of NZCV and DIT, MRS of SP_EL0.  Arm ARM C4.1, "System register move".

    All have op0 3 and CRn 4.  NZCV and DIT have op1 3, CRm 2 and op2 0 and 5; SP_EL0 has op1 0, CRm 1 and op2 0.
    No other system register is modelled.
    """

    L: int
    op1: int
    CRm: int
    op2: int
    Rt: int

    @property
    def _name(self) -> str | None:
        return _REGISTERS.get((self.op1, self.CRm, self.op2))

    def allocated(self) -> bool:
        # SP_EL0 is the kernel's to write: a routine that does is none that could be proved.
        return self._name is not None and (self._name != "sp_el0" or bool(self.L))

    def assumption(self) -> str | None:
        if self._name != "sp_el0":
            return None
        return (
            "SP_EL0 may be read (EL1 or higher, PSTATE.SP is 1), does not change while the routine runs, "
            "and its value is public"
        )

    def execute(self, m: Machine) -> None:
        match self._name, self.L:
            case "sp_el0", 1:
                m.write_x(self.Rt, m.read_sp_el0())
            case "nzcv", 1:
                m.write_x(self.Rt, concat(Bits(32, 0), m.nzcv.bits, Bits(28, 0)))
            case "nzcv", _:
                m.write_nzcv(NZCV.of_bits(m.read_x(self.Rt)[31:28]))
            case "dit", 1:
                m.write_x(self.Rt, concat(Bits(39, 0), m.dit, Bits(24, 0)))
            case "dit", _:
                m.dit = m.read_x(self.Rt)[24]

    def assembly(self, pc: int) -> str:
        name, rt = self._name, reg(self.Rt)
        return f"mrs {rt}, {name}" if self.L else f"msr {name}, {rt}"
