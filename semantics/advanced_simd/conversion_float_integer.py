"""Conversion between floating-point and integer: only the moves."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.syntax import element, scalars
from semantics.syntax import reg

_FROM_GENERAL = 0b111
_TO_GENERAL = 0b110

# (sf, ptype, rmode): size of the floating-point register or element, as 8 << size bits.
_FORMS = {
    (0, 0b11, 0b00): 1,
    (1, 0b11, 0b00): 1,
    (0, 0b00, 0b00): 2,
    (1, 0b01, 0b00): 3,
    (1, 0b10, 0b01): 3,  # the upper half of the vector
}


@instruction("""
    31 | 30 | 29 | 28 24 | 23 22 | 21 | 20 19 | 18 16  | 15 10  | 9 5 | 4 0
    sf | 0  | S  | 11110 | ptype | 1  | rmode | opcode | 000000 | Rn  | Rd
""")
class ConversionFloatInteger(Instruction):
    """FMOV (general).  Arm ARM C4.1, "Conversion between floating-point and integer".

    The conversions of the class compute with floating-point numbers and are not modelled.
    """

    sf: int
    S: int
    ptype: int
    rmode: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        moves = self.opcode in {_FROM_GENERAL, _TO_GENERAL} and self.S == 0
        return moves and (self.sf, self.ptype, self.rmode) in _FORMS

    def execute(self, m: Machine) -> None:
        width = 8 << _FORMS[self.sf, self.ptype, self.rmode]
        part = self.rmode
        if self.opcode == _TO_GENERAL:
            m.write_x(self.Rd, m.read_v(self.Rn).elem(part, width))
        elif part:
            m.write_v(self.Rd, m.read_v(self.Rd).with_elem(1, m.read_x(self.Rn)))
        else:
            m.write_v(self.Rd, m.read_x(self.Rn, width))

    def assembly(self, pc: int) -> str:
        size = _FORMS[self.sf, self.ptype, self.rmode]
        general = 64 if self.sf else 32
        if self.opcode == _TO_GENERAL:
            source = element(self.Rn, size, 1) if self.rmode else scalars(size, self.Rn)
            return f"fmov {reg(self.Rd, general)}, {source}"
        destination = element(self.Rd, size, 1) if self.rmode else scalars(size, self.Rd)
        return f"fmov {destination}, {reg(self.Rn, general)}"
