"""Cryptographic four-register."""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits, concat
from armsym.isa import Instruction, instruction
from armsym.machine import Machine


def _eor3(n: Bits, m: Bits, a: Bits) -> Bits:
    return n ^ m ^ a


def _bcax(n: Bits, m: Bits, a: Bits) -> Bits:
    return n ^ (m & ~a)


def _sm3ss1(n: Bits, m: Bits, a: Bits) -> Bits:
    high = (n.elem(3, 32).rol(12) + m.elem(3, 32) + a.elem(3, 32)).rol(7)
    return concat(high, Bits(96, 0))


_OPERATIONS: dict[int, tuple[str, str, Callable[[Bits, Bits, Bits], Bits]]] = {
    0b00: ("eor3", "16b", _eor3),
    0b01: ("bcax", "16b", _bcax),
    0b10: ("sm3ss1", "4s", _sm3ss1),
}


@instruction("""
    31 23     | 22 21 | 20 16 | 15 | 14 10 | 9 5 | 4 0
    110011100 | Op0   | Rm    | 0  | Ra    | Rn  | Rd
""")
class CryptoFourRegister(Instruction):
    """EOR3, BCAX, SM3SS1.  Arm ARM C4.1, "Cryptographic four-register"."""

    Op0: int
    Rm: int
    Ra: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        return self.Op0 in _OPERATIONS

    def execute(self, m: Machine) -> None:
        operation = _OPERATIONS[self.Op0][2]
        m.write_v(self.Rd, operation(m.read_v(self.Rn), m.read_v(self.Rm), m.read_v(self.Ra)))

    def assembly(self, pc: int) -> str:
        name, t, _ = _OPERATIONS[self.Op0]
        return f"{name} v{self.Rd}.{t}, v{self.Rn}.{t}, v{self.Rm}.{t}, v{self.Ra}.{t}"
