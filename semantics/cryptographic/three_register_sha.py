"""Cryptographic three-register SHA."""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.cryptographic.functions import SHA256hash, SHAchoose, SHAmajority, SHAparity


def _sha1_hash(d: Bits, n: Bits, m: Bits, f: Callable[[Bits, Bits, Bits], Bits]) -> Bits:
    # X is V[d], Y the low word of V[n], W is V[m].
    x0, x1, x2, x3 = d.elems(32)
    y = n[31:0]
    for w_e in m.elems(32):
        y = y + x0.rol(5) + f(x1, x2, x3) + w_e
        x1 = x1.rol(30)
        # <Y,X> = ROL(Y:X, 32)
        y, x3, x2, x1, x0 = x3, x2, x1, x0, y
    return concat(x3, x2, x1, x0)


def _sha1c(d: Bits, n: Bits, m: Bits) -> Bits:
    return _sha1_hash(d, n, m, SHAchoose)


def _sha1p(d: Bits, n: Bits, m: Bits) -> Bits:
    return _sha1_hash(d, n, m, SHAparity)


def _sha1m(d: Bits, n: Bits, m: Bits) -> Bits:
    return _sha1_hash(d, n, m, SHAmajority)


def _sha1su0(d: Bits, n: Bits, m: Bits) -> Bits:
    return concat(n[63:0], d[127:64]) ^ d ^ m


def _sha256h(d: Bits, n: Bits, m: Bits) -> Bits:
    return SHA256hash(d, n, m, True)


def _sha256h2(d: Bits, n: Bits, m: Bits) -> Bits:
    return SHA256hash(n, d, m, False)


def _sha256su1(d: Bits, n: Bits, m: Bits) -> Bits:
    t0 = concat(m[31:0], n[127:32]).elems(32)
    d_words, m_words = d.elems(32), m.elems(32)
    result: list[Bits] = []
    for e in range(4):
        # The last two words depend on the first two of the result.
        t1 = m_words[2 + e] if e < 2 else result[e - 2]
        result.append((t1.ror(17) ^ t1.ror(19) ^ (t1 >> 10)) + d_words[e] + t0[e])
    return Bits.from_elems(result)


# Mnemonic, syntax of Rd and Rn (Rm is always v<m>.4s), operation on V[d], V[n], V[m].
_OPERATIONS: dict[int, tuple[str, str, Callable[[Bits, Bits, Bits], Bits]]] = {
    0b000: ("sha1c", "q{} s{}", _sha1c),
    0b001: ("sha1p", "q{} s{}", _sha1p),
    0b010: ("sha1m", "q{} s{}", _sha1m),
    0b011: ("sha1su0", "v{}.4s v{}.4s", _sha1su0),
    0b100: ("sha256h", "q{} q{}", _sha256h),
    0b101: ("sha256h2", "q{} q{}", _sha256h2),
    0b110: ("sha256su1", "v{}.4s v{}.4s", _sha256su1),
}


@instruction("""
    31 24    | 23 22 | 21 | 20 16 | 15 | 14 12  | 11 10 | 9 5 | 4 0
    01011110 | size  | 0  | Rm    | 0  | opcode | 00    | Rn  | Rd
""")
class CryptoThreeRegisterSHA(Instruction):
    """SHA1C, SHA1P, SHA1M, SHA1SU0, SHA256H, SHA256H2, SHA256SU1.

    Arm ARM C4.1, "Cryptographic three-register SHA".
    """

    size: int
    Rm: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.size == 0 and self.opcode in _OPERATIONS

    def execute(self, m: Machine) -> None:
        operation = _OPERATIONS[self.opcode][2]
        m.write_v(self.Rd, operation(m.read_v(self.Rd), m.read_v(self.Rn), m.read_v(self.Rm)))

    def assembly(self, pc: int) -> str:
        name, registers, _ = _OPERATIONS[self.opcode]
        d, n = registers.split()
        return f"{name} {d.format(self.Rd)}, {n.format(self.Rn)}, v{self.Rm}.4s"
