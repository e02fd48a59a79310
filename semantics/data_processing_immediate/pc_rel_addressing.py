"""PC-rel. addressing."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm, reg

_PAGE = Bits(64, 0xFFFF_FFFF_FFFF_F000)


@instruction("""
    31 | 30 29 | 28 24 | 23 5  | 4 0
    op | immlo | 10000 | immhi | Rd
""")
class PCRelAddressing(Instruction):
    """ADR, ADRP.  Arm ARM C4.1, "PC-rel. addressing"."""

    op: int
    immlo: int
    immhi: int
    Rd: int

    @cached_property
    def offset(self) -> Bits:
        """SignExtend(immhi:immlo, 64), in pages for ADRP."""
        offset = Bits(21, self.immhi << 2 | self.immlo).sign_extend(64)
        return offset << 12 if self.op else offset

    def execute(self, m: Machine) -> None:
        base = m.pc & _PAGE if self.op else m.pc
        m.write_x(self.Rd, base + self.offset)

    def assembly(self, pc: int) -> str:
        base = Bits(64, pc & ~0xFFF if self.op else pc)
        return f"{'adrp' if self.op else 'adr'} {reg(self.Rd)}, {imm((base + self.offset).uint)}"
