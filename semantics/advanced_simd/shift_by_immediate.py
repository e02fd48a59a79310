"""Advanced SIMD shift by immediate."""

from __future__ import annotations

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import shifts
from semantics.advanced_simd.functions import Extend, HighestSetBit
from semantics.advanced_simd.syntax import arrangement, vectors
from semantics.syntax import imm

_LONG = 0b10100  # SSHLL, USHLL


@instruction("""
    31 | 30 | 29 | 28 23  | 22 19 | 18 16 | 15 11  | 10 | 9 5 | 4 0
    0  | Q  | U  | 011110 | immh  | immb  | opcode | 1  | Rn  | Rd
""")
class AdvSIMDShiftByImmediate(Instruction):
    """SSHR, USHR, SSRA, SHL, SLI, SRI, SHRN, SSHLL, USHLL, and rounding and saturating forms.

    Arm ARM C4.1, "Advanced SIMD shift by immediate"; the conversions from and to fixed-point are not
    modelled, nor is FPSR.QC, which the saturating instructions set.
    """

    Q: int
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
            return False  # the modified immediate class
        key = self.U, self.opcode
        if key in shifts.SAME_WIDTH:
            return self.size < 3 or self.Q == 1
        return self.size < 3 and (key in shifts.NARROWING or self.opcode == _LONG)

    def execute(self, m: Machine) -> None:
        datasize = 128 if self.Q else 64
        size = self.size
        esize = 8 << size
        key = self.U, self.opcode
        amount = shifts.amount(self.immh, self.immb, self.opcode)
        if key in shifts.SAME_WIDTH:
            f = shifts.SAME_WIDTH[key][1]
            operand = m.read_v(self.Rn, datasize).elems(esize)
            if key in shifts.USES_DESTINATION:
                destination = m.read_v(self.Rd, datasize).elems(esize)
                result = [f(d, n, amount) for d, n in zip(destination, operand, strict=True)]
            else:
                result = [f(n, n, amount) for n in operand]
            m.write_v(self.Rd, Bits.from_elems(result))
        elif key in shifts.NARROWING:
            g = shifts.NARROWING[key][1]
            narrow = Bits.from_elems([g(n, amount) for n in m.read_v(self.Rn).elems(2 * esize)])
            m.write_v(self.Rd, concat(narrow, m.read_v(self.Rd, 64)) if self.Q else narrow)
        else:
            half = m.read_v(self.Rn).elem(self.Q, 64)
            wide = [Extend(n, 2 * esize, bool(self.U)) << amount for n in half.elems(esize)]
            m.write_v(self.Rd, Bits.from_elems(wide))

    def assembly(self, pc: int) -> str:
        key = self.U, self.opcode
        t = arrangement(self.size, self.Q)
        amount = shifts.amount(self.immh, self.immb, self.opcode)
        if key in shifts.SAME_WIDTH:
            return f"{shifts.SAME_WIDTH[key][0]} {vectors(t, self.Rd, self.Rn)}, {imm(amount)}"
        two = "2" if self.Q else ""
        wide = arrangement(self.size + 1, 1)
        if key in shifts.NARROWING:
            return f"{shifts.NARROWING[key][0]}{two} v{self.Rd}.{t}, v{self.Rn}.{wide}, {imm(amount)}"
        letter = "u" if self.U else "s"
        return f"{letter}shll{two} v{self.Rd}.{wide}, v{self.Rn}.{t}, {imm(amount)}"
