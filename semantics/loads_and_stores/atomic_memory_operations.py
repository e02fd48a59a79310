"""Atomic memory operations: of these, only the load-acquire RCpc register."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address, check_alignment
from semantics.syntax import reg


@instruction("""
    31 30 | 29 27 | 26 | 25 24 | 23 22 | 21 | 20 16 | 15 | 14 12 | 11 10 | 9 5 | 4 0
    size  | 111   | 0  | 00    | 10    | 1  | 11111 | 1  | 100   | 00    | Rn  | Rt
""")
class LoadAcquireRCpc(Instruction):
    """LDAPR, LDAPRB, LDAPRH.  Arm ARM C4.1, "Atomic memory operations", A = 1, R = 0, Rs = 11111.

    The read-modify-write operations of the class (LDADD, SWP, ...) are not modelled.
    """

    size: int
    Rn: int
    Rt: int

    def execute(self, m: Machine) -> None:
        dbytes = 1 << self.size
        address = base_address(m, self.Rn)
        check_alignment(address, dbytes)
        m.write_x(self.Rt, m.load(address, dbytes))

    def assembly(self, pc: int) -> str:
        suffix = ("b", "h", "", "")[self.size]
        rt = reg(self.Rt, 64 if self.size == 0b11 else 32)
        return f"ldapr{suffix} {rt}, [{reg(self.Rn, sp=True)}]"
