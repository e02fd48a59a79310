"""Arithmetic modulo the primes of P-384 and P-521, of AWS-LC (s2n-bignum).

Five routines of the wheel are not here, for the search ends without an answer after minutes.  `bignum_tomont_p384`: six
rounds of 2^64 * x with an estimated quotient; what is left modulo p has quotients that do not meet.
`bignum_montmul_p384`, `bignum_montsqr_p384`, `bignum_mul_p521`, `bignum_sqr_p521` (Neon): products of 64 bits put
together from halves of 32, which would have to be named with a = 2^32 * h + l kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from armsym.dsl import Integer, Proof, proof
from crypto_examples.fields import Field
from crypto_examples.wheels import AWS_LC
from specs.sp800_186 import P384, P521

#: Montgomery's factor of P-384.
R = 2**384

Number = Integer | int


class Operation(NamedTuple):
    """`times` * result = `value` of the operands modulo a prime; the rest is as `Field` has it."""

    modulus: int
    operands: str
    value: Callable[[Number, Number], Number]
    times: int = 1
    stack: int = 0
    below_modulus: bool = True


OPERATIONS = {
    "add_p384": Operation(P384.p, "ab", lambda a, b: a + b),
    "sub_p384": Operation(P384.p, "ab", lambda a, b: a - b),
    "neg_p384": Operation(P384.p, "a", lambda a, _: -a),
    "deamont_p384": Operation(P384.p, "a", lambda a, _: a, R, below_modulus=False),
    "montmul_p384_alt": Operation(P384.p, "ab", lambda a, b: a * b, R, 32),
    "montsqr_p384_alt": Operation(P384.p, "a", lambda a, _: a * a, R, 16),
    "add_p521": Operation(P521.p, "ab", lambda a, b: a + b),
    "sub_p521": Operation(P521.p, "ab", lambda a, b: a - b),
    "neg_p521": Operation(P521.p, "a", lambda a, _: -a),
    "mul_p521_alt": Operation(P521.p, "ab", lambda a, b: a * b, 1, 144),
    "sqr_p521_alt": Operation(P521.p, "a", lambda a, _: a * a, 1, 64),
}


def _field(o: Operation) -> Callable[[Proof], None]:
    def prove(p: Proof) -> None:
        f = Field(p, o.modulus, operands=o.operands, stack=o.stack, below_modulus=o.below_modulus)
        a = f.operand("a")
        f.gives(o.value(a, f.operand("b") if "b" in o.operands else a), times=o.times)

    return prove


for _name, _operation in OPERATIONS.items():
    proof(_symbol := f"bignum_{_name}", of=AWS_LC, name=_symbol)(_field(_operation))
