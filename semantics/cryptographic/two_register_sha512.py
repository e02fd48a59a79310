"""Cryptographic two-register SHA 512."""

from __future__ import annotations

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.cryptographic.functions import SM4Sbox


def _sha512su0(d: Bits, n: Bits) -> Bits:
    w0, w1 = d.elems(64)
    x0 = n[63:0]
    low = w0 + (w1.ror(1) ^ w1.ror(8) ^ (w1 >> 7))
    high = w1 + (x0.ror(1) ^ x0.ror(8) ^ (x0 >> 7))
    return concat(high, low)


def _sm4e(d: Bits, n: Bits) -> Bits:
    r0, r1, r2, r3 = d.elems(32)
    for roundkey in n.elems(32):
        intval = SM4Sbox(r3 ^ r2 ^ r1 ^ roundkey)
        intval = intval ^ intval.rol(2) ^ intval.rol(10) ^ intval.rol(18) ^ intval.rol(24) ^ r0
        r0, r1, r2, r3 = r1, r2, r3, intval
    return concat(r3, r2, r1, r0)


_OPERATIONS = {
    0b00: ("sha512su0 v{}.2d, v{}.2d", _sha512su0),
    0b01: ("sm4e v{}.4s, v{}.4s", _sm4e),
}


@instruction("""
    31 12                | 11 10  | 9 5 | 4 0
    11001110110000001000 | opcode | Rn  | Rd
""")
class CryptoTwoRegisterSHA512(Instruction):
    """SHA512SU0, SM4E.  Arm ARM C4.1, "Cryptographic two-register SHA 512"."""

    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.opcode in _OPERATIONS

    def execute(self, m: Machine) -> None:
        operation = _OPERATIONS[self.opcode][1]
        m.write_v(self.Rd, operation(m.read_v(self.Rd), m.read_v(self.Rn)))

    def assembly(self, pc: int) -> str:
        return _OPERATIONS[self.opcode][0].format(self.Rd, self.Rn)
