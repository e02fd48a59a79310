"""Cryptographic two-register SHA."""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine


def _sha1h(_: Bits, n: Bits) -> Bits:
    return n[31:0].rol(30)


def _sha1su1(d: Bits, n: Bits) -> Bits:
    t0, t1, t2, t3 = (d ^ (n >> 32)).elems(32)
    return concat(t3.rol(1) ^ t0.rol(2), t2.rol(1), t1.rol(1), t0.rol(1))


def _sha256su0(d: Bits, n: Bits) -> Bits:
    words = d.elems(32)
    t = [*words[1:], n[31:0]]
    return Bits.from_elems([(e.ror(7) ^ e.ror(18) ^ (e >> 3)) + w for e, w in zip(t, words, strict=True)])


_OPERATIONS: dict[int, tuple[str, Callable[[Bits, Bits], Bits]]] = {
    0b00000: ("sha1h s{}, s{}", _sha1h),
    0b00001: ("sha1su1 v{}.4s, v{}.4s", _sha1su1),
    0b00010: ("sha256su0 v{}.4s, v{}.4s", _sha256su0),
}


@instruction("""
    31 24    | 23 22 | 21 17 | 16 12  | 11 10 | 9 5 | 4 0
    01011110 | size  | 10100 | opcode | 10    | Rn  | Rd
""")
class CryptoTwoRegisterSHA(Instruction):
    """SHA1H, SHA1SU1, SHA256SU0.  Arm ARM C4.1, "Cryptographic two-register SHA"."""

    size: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.size == 0 and self.opcode in _OPERATIONS

    def execute(self, m: Machine) -> None:
        operation = _OPERATIONS[self.opcode][1]
        m.write_v(self.Rd, operation(m.read_v(self.Rd), m.read_v(self.Rn)))

    def assembly(self, pc: int) -> str:
        return _OPERATIONS[self.opcode][0].format(self.Rd, self.Rn)
