"""Cryptographic three-register SHA 512."""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.cryptographic.functions import SM4Sbox


def _sha512h(d: Bits, n: Bits, m: Bits) -> Bits:
    w0, w1 = d.elems(64)
    x0, x1 = n.elems(64)
    y0, y1 = m.elems(64)
    msigma1 = y1.ror(14) ^ y1.ror(18) ^ y1.ror(41)
    high = ((y1 & x0) ^ (~y1 & x1)) + msigma1 + w1
    tmp = high + y0
    msigma1 = tmp.ror(14) ^ tmp.ror(18) ^ tmp.ror(41)
    low = ((tmp & y1) ^ (~tmp & x0)) + msigma1 + w0
    return concat(high, low)


def _sha512h2(d: Bits, n: Bits, m: Bits) -> Bits:
    w0, w1 = d.elems(64)
    x0 = n[63:0]
    y0, y1 = m.elems(64)
    nsigma0 = y0.ror(28) ^ y0.ror(34) ^ y0.ror(39)
    high = ((x0 & y1) ^ (x0 & y0) ^ (y1 & y0)) + nsigma0 + w1
    nsigma0 = high.ror(28) ^ high.ror(34) ^ high.ror(39)
    low = ((high & y0) ^ (high & y1) ^ (y1 & y0)) + nsigma0 + w0
    return concat(high, low)


def _sha512su1(d: Bits, n: Bits, m: Bits) -> Bits:
    return Bits.from_elems(
        [
            w + (x.ror(19) ^ x.ror(61) ^ (x >> 6)) + y
            for w, x, y in zip(d.elems(64), n.elems(64), m.elems(64), strict=True)
        ]
    )


def _rax1(_: Bits, n: Bits, m: Bits) -> Bits:
    return Bits.from_elems([x ^ y.rol(1) for x, y in zip(n.elems(64), m.elems(64), strict=True)])


def _sm3partw1(d: Bits, n: Bits, m: Bits) -> Bits:
    m_words = m.elems(32)
    result: list[Bits] = []
    for e, dn in enumerate((d ^ n).elems(32)):
        # The last word takes the first of the result in place of a word of V[m].
        w = dn ^ (m_words[e + 1] if e < 3 else result[0]).rol(15)
        result.append(w ^ w.rol(15) ^ w.rol(23))
    return Bits.from_elems(result)


def _sm3partw2(d: Bits, n: Bits, m: Bits) -> Bits:
    tmp = [x ^ y.rol(7) for x, y in zip(n.elems(32), m.elems(32), strict=True)]
    result = [x ^ y for x, y in zip(d.elems(32), tmp, strict=True)]
    tmp2 = tmp[0].rol(15)
    result[3] = result[3] ^ tmp2 ^ tmp2.rol(15) ^ tmp2.rol(23)
    return Bits.from_elems(result)


def _sm4ekey(_: Bits, n: Bits, m: Bits) -> Bits:
    r0, r1, r2, r3 = n.elems(32)
    for const in m.elems(32):
        intval = SM4Sbox(r3 ^ r2 ^ r1 ^ const)
        intval = intval ^ intval.rol(13) ^ intval.rol(23) ^ r0
        r0, r1, r2, r3 = r1, r2, r3, intval
    return concat(r3, r2, r1, r0)


# (O, opcode): syntax, operation on V[d], V[n], V[m].
_OPERATIONS: dict[tuple[int, int], tuple[str, Callable[[Bits, Bits, Bits], Bits]]] = {
    (0, 0b00): ("sha512h q{}, q{}, v{}.2d", _sha512h),
    (0, 0b01): ("sha512h2 q{}, q{}, v{}.2d", _sha512h2),
    (0, 0b10): ("sha512su1 v{}.2d, v{}.2d, v{}.2d", _sha512su1),
    (0, 0b11): ("rax1 v{}.2d, v{}.2d, v{}.2d", _rax1),
    (1, 0b00): ("sm3partw1 v{}.4s, v{}.4s, v{}.4s", _sm3partw1),
    (1, 0b01): ("sm3partw2 v{}.4s, v{}.4s, v{}.4s", _sm3partw2),
    (1, 0b10): ("sm4ekey v{}.4s, v{}.4s, v{}.4s", _sm4ekey),
}


@instruction("""
    31 21       | 20 16 | 15 | 14 | 13 12 | 11 10  | 9 5 | 4 0
    11001110011 | Rm    | 1  | O  | 00    | opcode | Rn  | Rd
""")
class CryptoThreeRegisterSHA512(Instruction):
    """SHA512H, SHA512H2, SHA512SU1, RAX1, SM3PARTW1, SM3PARTW2, SM4EKEY.

    Arm ARM C4.1, "Cryptographic three-register SHA 512".
    """

    Rm: int
    O: int  # noqa: E741 - the manual's name
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return (self.O, self.opcode) in _OPERATIONS

    def execute(self, m: Machine) -> None:
        operation = _OPERATIONS[self.O, self.opcode][1]
        m.write_v(self.Rd, operation(m.read_v(self.Rd), m.read_v(self.Rn), m.read_v(self.Rm)))

    def assembly(self, pc: int) -> str:
        return _OPERATIONS[self.O, self.opcode][0].format(self.Rd, self.Rn, self.Rm)
