"""Cryptographic AES."""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.cryptographic.functions import (
    AESInvMixColumns,
    AESInvShiftRows,
    AESInvSubBytes,
    AESMixColumns,
    AESShiftRows,
    AESSubBytes,
)


def _aese(d: Bits, n: Bits) -> Bits:
    return Bits.from_elems(AESSubBytes(AESShiftRows((d ^ n).elems(8))))


def _aesd(d: Bits, n: Bits) -> Bits:
    return Bits.from_elems(AESInvSubBytes(AESInvShiftRows((d ^ n).elems(8))))


def _aesmc(_: Bits, n: Bits) -> Bits:
    return AESMixColumns(n)


def _aesimc(_: Bits, n: Bits) -> Bits:
    return AESInvMixColumns(n)


_OPERATIONS: dict[int, tuple[str, Callable[[Bits, Bits], Bits]]] = {
    0b00100: ("aese", _aese),
    0b00101: ("aesd", _aesd),
    0b00110: ("aesmc", _aesmc),
    0b00111: ("aesimc", _aesimc),
}


@instruction("""
    31 24    | 23 22 | 21 17 | 16 12  | 11 10 | 9 5 | 4 0
    01001110 | size  | 10100 | opcode | 10    | Rn  | Rd
""")
class CryptoAES(Instruction):
    """AESE, AESD, AESMC, AESIMC.  Arm ARM C4.1, "Cryptographic AES"."""

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
        return f"{_OPERATIONS[self.opcode][0]} v{self.Rd}.16b, v{self.Rn}.16b"
