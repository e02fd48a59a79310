"""Load/store ordered."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address, check_alignment
from semantics.syntax import reg


@instruction("""
    31 30 | 29 23   | 22 | 21 | 20 16 | 15 | 14 10 | 9 5 | 4 0
    size  | 0010001 | L  | 0  | 11111 | o0 | 11111 | Rn  | Rt
""")
class LoadStoreOrdered(Instruction):
    """LDAR, STLR, LDLAR, STLLR and their B and H forms.  Arm ARM C4.1, "Load/store ordered".

    The manual's should-be-one fields Rs and Rt2 must be ones here.  One core sees its own
    accesses in program order, so the ordering has no effect of its own.
    """

    size: int
    L: int
    o0: int
    Rn: int
    Rt: int

    def execute(self, m: Machine) -> None:
        dbytes = 1 << self.size
        address = base_address(m, self.Rn)
        check_alignment(address, dbytes)
        if self.L:
            m.write_x(self.Rt, m.load(address, dbytes))
        else:
            m.store(address, m.read_x(self.Rt, 8 * dbytes))

    def assembly(self, pc: int) -> str:
        name = ("ld" if self.L else "st") + ("" if self.o0 else "l") + ("ar" if self.L else "lr")
        suffix = ("b", "h", "", "")[self.size]
        rt = reg(self.Rt, 64 if self.size == 0b11 else 32)
        return f"{name}{suffix} {rt}, [{reg(self.Rn, sp=True)}]"
