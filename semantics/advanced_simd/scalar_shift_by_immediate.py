"""Advanced SIMD scalar shift by immediate."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import shifts
from semantics.advanced_simd.functions import HighestSetBit
from semantics.advanced_simd.syntax import scalars
from semantics.syntax import imm

# The plain narrowing shifts have no scalar form.
_NARROWING = {k: v for k, v in shifts.NARROWING.items() if v[0] not in {"shrn", "rshrn"}}


@instruction("""
    31 30 | 29 | 28 23  | 22 19 | 18 16 | 15 11  | 10 | 9 5 | 4 0
    01    | U  | 111110 | immh  | immb  | opcode | 1  | Rn  | Rd
""")
class AdvSIMDScalarShiftByImmediate(Instruction):
    """SSHR, USHR, SSRA, SHL, SLI, SRI, and rounding, saturating and narrowing forms (scalar).

    Arm ARM C4.1, "Advanced SIMD scalar shift by immediate"; the conversions from and to fixed-point are
    not modelled, nor is FPSR.QC, which the saturating instructions set.
    """

    U: int
    immh: int
    immb: int
    opcode: int
    Rn: int
    Rd: int

    @property
    def size(self) -> int:
        """The (narrow) element is 8 << size bits wide."""
        return HighestSetBit(self.immh)

    def allocated(self) -> bool:
        if self.immh == 0:
            return False
        key = self.U, self.opcode
        if key in _NARROWING:
            return self.size < 3
        return key in shifts.SAME_WIDTH and (self.size == 3 or key in shifts.SATURATING)

    def execute(self, m: Machine) -> None:
        esize = 8 << self.size
        key = self.U, self.opcode
        amount = shifts.amount(self.immh, self.immb, self.opcode)
        if key in _NARROWING:
            m.write_v(self.Rd, _NARROWING[key][1](m.read_v(self.Rn, 2 * esize), amount))
        else:
            f = shifts.SAME_WIDTH[key][1]
            m.write_v(self.Rd, f(m.read_v(self.Rd, esize), m.read_v(self.Rn, esize), amount))

    def assembly(self, pc: int) -> str:
        key = self.U, self.opcode
        amount = imm(shifts.amount(self.immh, self.immb, self.opcode))
        if key in _NARROWING:
            wide = scalars(self.size + 1, self.Rn)
            return f"{_NARROWING[key][0]} {scalars(self.size, self.Rd)}, {wide}, {amount}"
        return f"{shifts.SAME_WIDTH[key][0]} {scalars(self.size, self.Rd, self.Rn)}, {amount}"
