"""Advanced SIMD scalar three same."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.advanced_simd import elements as op
from semantics.advanced_simd.elements import BHSD, HS, Binary, D
from semantics.advanced_simd.syntax import scalars

_ONLY_D = frozenset({D})

# (U, opcode): mnemonic, operation on the elements of V[n] and V[m], sizes.
_OPERATIONS: dict[tuple[int, int], tuple[str, Binary, frozenset[int]]] = {
    (0, 0b00001): ("sqadd", op.saturating_add(False), BHSD),
    (0, 0b00101): ("sqsub", op.saturating_sub(False), BHSD),
    (0, 0b00110): ("cmgt", op.cmgt, _ONLY_D),
    (0, 0b00111): ("cmge", op.cmge, _ONLY_D),
    (0, 0b01000): ("sshl", op.shift_by_register(False, False, False), _ONLY_D),
    (0, 0b01001): ("sqshl", op.shift_by_register(False, False, True), BHSD),
    (0, 0b01010): ("srshl", op.shift_by_register(False, True, False), _ONLY_D),
    (0, 0b01011): ("sqrshl", op.shift_by_register(False, True, True), BHSD),
    (0, 0b10000): ("add", op.add, _ONLY_D),
    (0, 0b10001): ("cmtst", op.cmtst, _ONLY_D),
    (0, 0b10110): ("sqdmulh", op.sqdmulh(False), HS),
    (1, 0b00001): ("uqadd", op.saturating_add(True), BHSD),
    (1, 0b00101): ("uqsub", op.saturating_sub(True), BHSD),
    (1, 0b00110): ("cmhi", op.cmhi, _ONLY_D),
    (1, 0b00111): ("cmhs", op.cmhs, _ONLY_D),
    (1, 0b01000): ("ushl", op.shift_by_register(True, False, False), _ONLY_D),
    (1, 0b01001): ("uqshl", op.shift_by_register(True, False, True), BHSD),
    (1, 0b01010): ("urshl", op.shift_by_register(True, True, False), _ONLY_D),
    (1, 0b01011): ("uqrshl", op.shift_by_register(True, True, True), BHSD),
    (1, 0b10000): ("sub", op.sub, _ONLY_D),
    (1, 0b10001): ("cmeq", op.cmeq, _ONLY_D),
    (1, 0b10110): ("sqrdmulh", op.sqdmulh(True), HS),
}


@instruction("""
    31 30 | 29 | 28 24 | 23 22 | 21 | 20 16 | 15 11  | 10 | 9 5 | 4 0
    01    | U  | 11110 | size  | 1  | Rm    | opcode | 1  | Rn  | Rd
""")
class AdvSIMDScalarThreeSame(Instruction):
    """ADD, SUB, comparisons, shifts by a register, saturating arithmetic (scalar).

    Arm ARM C4.1, "Advanced SIMD scalar three same"; the floating-point instructions of the class are not
    modelled, nor is FPSR.QC, which the saturating instructions set.
    """

    U: int
    size: int
    Rm: int
    opcode: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        operation = _OPERATIONS.get((self.U, self.opcode))
        return operation is not None and self.size in operation[2]

    def execute(self, m: Machine) -> None:
        esize = 8 << self.size
        f = _OPERATIONS[self.U, self.opcode][1]
        m.write_v(self.Rd, f(m.read_v(self.Rn, esize), m.read_v(self.Rm, esize)))

    def assembly(self, pc: int) -> str:
        return f"{_OPERATIONS[self.U, self.opcode][0]} {scalars(self.size, self.Rd, self.Rn, self.Rm)}"
