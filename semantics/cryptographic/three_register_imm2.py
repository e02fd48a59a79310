"""Cryptographic three-register, imm2."""

from __future__ import annotations

from armsym.bits import concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.cryptographic.functions import SHAchoose, SHAmajority, SHAparity

_NAMES = ("sm3tt1a", "sm3tt1b", "sm3tt2a", "sm3tt2b")


@instruction("""
    31 21       | 20 16 | 15 14 | 13 12 | 11 10  | 9 5 | 4 0
    11001110010 | Rm    | 10    | imm2  | opcode | Rn  | Rd
""")
class CryptoThreeRegisterImm2(Instruction):
    """SM3TT1A, SM3TT1B, SM3TT2A, SM3TT2B.  Arm ARM C4.1, "Cryptographic three-register, imm2"."""

    Rm: int
    imm2: int
    opcode: int
    Rn: int
    Rd: int

    def execute(self, m: Machine) -> None:
        w = m.read_v(self.Rm).elem(self.imm2, 32)
        n3 = m.read_v(self.Rn).elem(3, 32)
        d0, d1, d2, d3 = m.read_v(self.Rd).elems(32)
        if self.opcode in {0b00, 0b10}:
            t = SHAparity(d1, d2, d3)
        elif self.opcode == 0b01:
            t = SHAmajority(d3, d1, d2)
        else:
            t = SHAchoose(d3, d2, d1)
        if self.opcode < 0b10:
            ss2 = n3 ^ d3.rol(12)
            tt1 = t + d0 + ss2 + w
            result = concat(tt1, d3, d2.rol(9), d1)
        else:
            tt2 = t + d0 + n3 + w
            result = concat(tt2 ^ tt2.rol(9) ^ tt2.rol(17), d3, d2.rol(19), d1)
        m.write_v(self.Rd, result)

    def assembly(self, pc: int) -> str:
        return f"{_NAMES[self.opcode]} v{self.Rd}.4s, v{self.Rn}.4s, v{self.Rm}.s[{self.imm2}]"
