"""Data-processing (2 source)."""

from __future__ import annotations

from armsym.bits import Bits, ite
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import reg

_NAMES = {
    0b000010: "udiv",
    0b000011: "sdiv",
    0b001000: "lsl",
    0b001001: "lsr",
    0b001010: "asr",
    0b001011: "ror",
}
_SIZES = "bhwx"


@instruction("""
    31 | 30 | 29 | 28  21   | 20 16 | 15 10  | 9 5 | 4 0
    sf | 0  | 0  | 11010110 | Rm    | opcode | Rn  | Rd
""")
class DataProcessing2Source(Instruction):
    """UDIV, SDIV, LSLV, LSRV, ASRV, RORV, CRC32*.  Arm ARM C4.1, "Data-processing (2 source)".

    Not modelled: SUBP, SUBPS, IRG, GMI (FEAT_MTE), PACGA (FEAT_PAuth), SMAX ... UMIN (FEAT_CSSC).
    """

    sf: int
    Rm: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        if self.opcode >> 3 == 0b010:  # CRC32*: a doubleword in Xm exactly when sf is set
            return self.sf == (self.opcode & 0b11 == 0b11)
        return self.opcode in _NAMES

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        if self.opcode >> 3 == 0b010:
            size = 8 << (self.opcode & 0b11)
            m.write_x(self.Rd, _crc(m.read_x(self.Rn, 32), m.read_x(self.Rm, size), self.opcode >> 2 & 1))
            return
        operand1 = m.read_x(self.Rn, datasize)
        operand2 = m.read_x(self.Rm, datasize)
        if self.opcode >> 3 == 0b001:
            amount = operand2 & (datasize - 1)  # UInt(operand2) MOD datasize
            shift_type = self.opcode & 0b11
            if shift_type == 0b00:
                result = operand1.shl(amount)
            elif shift_type == 0b01:
                result = operand1.lshr(amount)
            else:
                result = operand1.ashr(amount) if shift_type == 0b10 else operand1.rotr(amount)
        else:
            result = _signed_quotient(operand1, operand2) if self.opcode & 1 else operand1.udiv(operand2)
        m.write_x(self.Rd, result)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        if self.opcode >> 3 == 0b010:
            size = self.opcode & 0b11
            name = "crc32c" if self.opcode & 0b100 else "crc32"
            rm = reg(self.Rm, 64 if size == 3 else 32)
            return f"{name}{_SIZES[size]} {reg(self.Rd, 32)}, {reg(self.Rn, 32)}, {rm}"
        return f"{_NAMES[self.opcode]} {reg(self.Rd, w)}, {reg(self.Rn, w)}, {reg(self.Rm, w)}"


def _signed_quotient(a: Bits, b: Bits) -> Bits:
    """RoundTowardsZero(SInt(a) / SInt(b)), 0 when b is 0; the least number over -1 is itself."""
    # The absolute value of the least number is right as an unsigned one.
    top = a.width - 1
    negative_a, negative_b = a[top] == 1, b[top] == 1
    quotient = ite(negative_a, -a, a).udiv(ite(negative_b, -b, b))
    return ite(negative_a ^ negative_b, -quotient, quotient)


def _power_series_inverse(polynomial: int) -> int:
    """The 64 low coefficients of 1 / polynomial over GF(2); its constant coefficient is 1."""
    inverse, rest = 0, 1
    for k in range(64):
        if rest >> k & 1:
            inverse |= 1 << k
            rest ^= polynomial << k
    return inverse


# x^32 + ... + 1 of CRC-32 (0x04C11DB7) and CRC-32C (0x1EDC6F41), bits reversed: bit 0 stands for x^32.
_POLYNOMIALS = (0xEDB88320 << 1 | 1, 0x82F63B78 << 1 | 1)
_DIVISORS = tuple((Bits(64, p), Bits(64, _power_series_inverse(p))) for p in _POLYNOMIALS)


def _crc(acc: Bits, value: Bits, castagnoli: int) -> Bits:
    """The CRC of `acc` extended by `value` (8 to 64 bits).

    The manual reverses the bits, divides from the top by the polynomial and reverses back.
    This divides the unreversed bits from the bottom: the quotient that clears the low bits
    is their product with the inverse of the polynomial, and the remainder is what is left.
    """
    polynomial, inverse = _DIVISORS[castagnoli]
    size = value.width
    dividend = acc.zero_extend(64) ^ value.zero_extend(64)
    quotient = dividend.clmul(inverse)[size - 1 : 0].zero_extend(64)
    return (dividend.zero_extend(128) ^ quotient.clmul(polynomial))[size + 31 : size]
