"""Advanced SIMD copy."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.functions import LowestSetBit
from semantics.advanced_simd.syntax import arrangement, element
from semantics.syntax import reg

_DUP_ELEMENT, _DUP_GENERAL, _INS_GENERAL, _SMOV, _UMOV = 0b0000, 0b0001, 0b0011, 0b0101, 0b0111


@instruction("""
    31 | 30 | 29 | 28 21    | 20 16 | 15 | 14 11 | 10 | 9 5 | 4 0
    0  | Q  | op | 01110000 | imm5  | 0  | imm4  | 1  | Rn  | Rd
""")
class AdvSIMDCopy(Instruction):
    """DUP (element, general), INS (element, general), SMOV, UMOV.  Arm ARM C4.1, "Advanced SIMD copy"."""

    Q: int
    op: int
    imm5: int
    imm4: int
    Rn: int
    Rd: int

    @property
    def size(self) -> int:
        """The element is 8 << size bits wide."""
        return LowestSetBit(self.imm5)

    @property
    def index(self) -> int:
        """The element that imm5 names."""
        return self.imm5 >> (self.size + 1)

    def allocated(self) -> bool:
        if self.imm5 & 0b1111 == 0:
            return False
        if self.op:
            return self.Q == 1  # INS (element)
        if self.imm4 in {_DUP_ELEMENT, _DUP_GENERAL}:
            return self.size < 3 or self.Q == 1
        if self.imm4 == _INS_GENERAL:
            return self.Q == 1
        if self.imm4 == _SMOV:
            return self.size < (3 if self.Q else 2)
        if self.imm4 == _UMOV:
            return self.size == 3 if self.Q else self.size < 3
        return False

    def execute(self, m: Machine) -> None:
        size, index = self.size, self.index
        esize = 8 << size
        if self.op:
            # The low bits of imm4 are ignored.
            element = m.read_v(self.Rn).elem(self.imm4 >> size, esize)
            m.write_v(self.Rd, m.read_v(self.Rd).with_elem(index, element))
        elif self.imm4 == _INS_GENERAL:
            m.write_v(self.Rd, m.read_v(self.Rd).with_elem(index, m.read_x(self.Rn, esize)))
        elif self.imm4 == _SMOV:
            m.write_x(self.Rd, m.read_v(self.Rn).elem(index, esize).sign_extend(64 if self.Q else 32))
        elif self.imm4 == _UMOV:
            m.write_x(self.Rd, m.read_v(self.Rn).elem(index, esize))
        else:
            elements = (128 if self.Q else 64) // esize
            from_vector = self.imm4 == _DUP_ELEMENT
            element = m.read_v(self.Rn).elem(index, esize) if from_vector else m.read_x(self.Rn, esize)
            m.write_v(self.Rd, Bits.from_elems([element] * elements))

    def assembly(self, pc: int) -> str:
        size, index = self.size, self.index
        t = arrangement(size, self.Q)
        if self.op:
            return f"mov {element(self.Rd, size, index)}, {element(self.Rn, size, self.imm4 >> size)}"
        general = 64 if size == 3 else 32
        if self.imm4 == _DUP_ELEMENT:
            return f"dup v{self.Rd}.{t}, {element(self.Rn, size, index)}"
        if self.imm4 == _DUP_GENERAL:
            return f"dup v{self.Rd}.{t}, {reg(self.Rn, general)}"
        if self.imm4 == _INS_GENERAL:
            return f"mov {element(self.Rd, size, index)}, {reg(self.Rn, general)}"
        if self.imm4 == _SMOV:
            return f"smov {reg(self.Rd, 64 if self.Q else 32)}, {element(self.Rn, size, index)}"
        name = "mov" if size >= 2 else "umov"
        return f"{name} {reg(self.Rd, general)}, {element(self.Rn, size, index)}"
