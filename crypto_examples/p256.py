"""Arithmetic modulo the prime and the order of P-256, as OpenSSL's assembly has it: SP 800-186, section 3.2.1.3.

Numbers are in Montgomery's form, multiplied by R = 2**256 modulo the modulus.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Integer, Proof
from crypto_examples.fields import Field
from specs.sp800_186 import P256

__all__ = ["OPERATIONS", "R", "field"]

R = 2**256

Value = Callable[[Integer | int, Integer | int], Integer | int]

#: By the end of a routine's name: its operands, modulus, what it is times what, and how far down its stack goes.
OPERATIONS: dict[str, tuple[str, int, Value, int, int]] = {
    "mul_mont": ("ab", P256.p, lambda a, b: a * b, R, 32),
    "sqr_mont": ("a", P256.p, lambda a, _: a * a, R, 32),
    "ord_mul_mont": ("ab", P256.n, lambda a, b: a * b, R, 64),
    "add": ("ab", P256.p, lambda a, b: a + b, 1, 16),
    "sub": ("ab", P256.p, lambda a, b: a - b, 1, 16),
    "neg": ("a", P256.p, lambda a, _: -a, 1, 16),
    "mul_by_2": ("a", P256.p, lambda a, _: a * 2, 1, 16),
    "mul_by_3": ("a", P256.p, lambda a, _: a * 3, 1, 16),
    "div_by_2": ("a", P256.p, lambda a, _: a, 2, 16),
    "to_mont": ("a", P256.p, lambda a, _: a * R, 1, 32),
    "from_mont": ("a", P256.p, lambda a, _: a, R, 32),
}


def field(operation: str) -> Callable[[Proof], None]:
    """The proof function of `ecp_nistz256_` and an operation."""
    operands, modulus, value, times, stack = OPERATIONS[operation]

    def prove(p: Proof) -> None:
        f = Field(p, modulus, operands=operands, stack=stack)
        a = f.operand("a")
        f.gives(value(a, f.operand("b") if "b" in operands else a), times=times)

    return prove
