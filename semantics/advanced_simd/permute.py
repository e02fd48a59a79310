"""Advanced SIMD permute."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd.syntax import arrangement, vectors

# opcode<1:0>; opcode<2> tells the first from the second instruction of each pair.
_UZP, _TRN, _ZIP = 0b01, 0b10, 0b11
_NAMES = {_UZP: "uzp", _TRN: "trn", _ZIP: "zip"}


@instruction("""
    31 | 30 | 29 24  | 23 22 | 21 | 20 16 | 15 | 14 12  | 11 10 | 9 5 | 4 0
    0  | Q  | 001110 | size  | 0  | Rm    | 0  | opcode | 10    | Rn  | Rd
""")
class AdvSIMDPermute(Instruction):
    """UZP1, UZP2, TRN1, TRN2, ZIP1, ZIP2.  Arm ARM C4.1, "Advanced SIMD permute"."""

    Q: int
    size: int
    Rm: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.opcode & 0b11 in _NAMES and not (self.size == 3 and not self.Q)

    def execute(self, m: Machine) -> None:
        datasize = 128 if self.Q else 64
        esize = 8 << self.size
        part = self.opcode >> 2
        kind = self.opcode & 0b11
        operand1 = m.read_v(self.Rn, datasize).elems(esize)
        operand2 = m.read_v(self.Rm, datasize).elems(esize)
        if kind == _UZP:
            result = (operand1 + operand2)[part::2]
        else:
            if kind == _TRN:
                low, high = operand1[part::2], operand2[part::2]
            else:
                half = len(operand1) // 2
                base = half * part
                low, high = operand1[base : base + half], operand2[base : base + half]
            result = [e for pair in zip(low, high, strict=True) for e in pair]
        m.write_v(self.Rd, Bits.from_elems(result))

    def assembly(self, pc: int) -> str:
        name = f"{_NAMES[self.opcode & 0b11]}{(self.opcode >> 2) + 1}"
        return f"{name} {vectors(arrangement(self.size, self.Q), self.Rd, self.Rn, self.Rm)}"
