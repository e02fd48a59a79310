"""Advanced SIMD modified immediate."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.functions import AdvSIMDExpandImm, VFPExpandImm
from semantics.advanced_simd.syntax import arrangement, float_immediate
from semantics.syntax import imm


@instruction("""
    31 | 30 | 29 | 28 19      | 18 16 | 15 12 | 11 | 10 | 9 5   | 4 0
    0  | Q  | op | 0111100000 | abc   | cmode | o2 | 1  | defgh | Rd
""")
class AdvSIMDModifiedImmediate(Instruction):
    """MOVI, MVNI, ORR and BIC (vector, immediate), FMOV (vector, immediate).

    Arm ARM C4.1, "Advanced SIMD modified immediate".
    """

    Q: int
    op: int
    abc: int
    cmode: int
    o2: int
    defgh: int
    Rd: int

    @property
    def imm8(self) -> int:
        """The eight bits of the immediate."""
        return self.abc << 5 | self.defgh

    @property
    def accumulates(self) -> bool:
        """Whether this is ORR or BIC: the immediate is combined with V[d]."""
        return self.cmode < 0b1100 and self.cmode & 1 == 1

    def allocated(self) -> bool:
        if self.o2:
            return self.cmode == 0b1111 and self.op == 0  # FMOV of half-precision numbers
        return not (self.cmode == 0b1111 and self.op == 1 and self.Q == 0)

    def execute(self, m: Machine) -> None:
        if self.o2:
            imm64 = sum(VFPExpandImm(self.imm8, 16) << k for k in range(0, 64, 16))
        else:
            imm64 = AdvSIMDExpandImm(self.op, self.cmode, self.imm8)
        inverted = self.op == 1 and self.cmode < 0b1110  # MVNI, BIC
        if inverted:
            imm64 ^= (1 << 64) - 1
        immediate = Bits(128, imm64 << 64 | imm64) if self.Q else Bits(64, imm64)
        if self.accumulates:
            operand = m.read_v(self.Rd, immediate.width)
            immediate = operand & immediate if inverted else operand | immediate
        m.write_v(self.Rd, immediate)

    def assembly(self, pc: int) -> str:
        if self.cmode == 0b1111:
            t = arrangement(1 if self.o2 else 3 if self.op else 2, self.Q)
            return f"fmov v{self.Rd}.{t}, {float_immediate(self.imm8)}"
        if self.cmode == 0b1110:
            if not self.op:
                return f"movi v{self.Rd}.{arrangement(0, self.Q)}, {imm(self.imm8)}"
            imm64 = AdvSIMDExpandImm(1, 0b1110, self.imm8)
            # Sixteen characters at least, the prefix among them, and 0 without one: C's %#016llx.
            value = f"{imm64:#016x}" if imm64 else "0" * 16
            return f"movi {f'v{self.Rd}.2d' if self.Q else f'd{self.Rd}'}, #{value}"
        plain, inverted = ("orr", "bic") if self.accumulates else ("movi", "mvni")
        name = inverted if self.op else plain
        kind = self.cmode >> 1
        t = arrangement(1 if kind in {0b100, 0b101} else 2, self.Q)
        if kind == 0b110:
            shift = f", msl #{16 if self.cmode & 1 else 8}"
        else:
            amount = 8 * (kind & 0b11 if kind < 0b100 else kind & 1)
            shift = f", lsl #{amount}" if amount else ""
        return f"{name} v{self.Rd}.{t}, {imm(self.imm8)}{shift}"
