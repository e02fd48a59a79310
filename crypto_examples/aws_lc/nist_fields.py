"""Arithmetic modulo the primes of P-384 and P-521, of AWS-LC (s2n-bignum).

Those by Neon instructions are in `neon_fields`; of them `bignum_mul_p521` is not proved yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from armsym.dsl import Claims, Integer, Proof, State, congruent, proof
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


@proof("bignum_tomont_p384", of=AWS_LC)
def bignum_tomont_p384(p: Proof) -> None:
    """A number times R, in six steps of a word each.

    A step begins with a number below the prime, and estimates the quotient of 2**64 times it by its top word.
    """
    f = Field(p, P384.p, operands="a", below_modulus=False)
    f.gives(f.operand("a") * R)

    def step(k: int, at: int, where: tuple[int, ...]) -> None:
        @p.cut(p.routine.entry + at, drop_x=where)
        def claims(s: State) -> Claims:
            x = p.integer([s.x[n] for n in where])
            return {"value": congruent(x, f.operand("a") * 2 ** (64 * k), f.modulus), "reduced": x < f.modulus}

    words = (2, 3, 4, 5, 6, 7)
    for k, at in enumerate((0x48, 0xC0, 0x138, 0x1B0, 0x228, 0x2A0)):
        step(k, at, words)
        # The top word is used up, and in the next step the one that is new is in the register before it.
        words = (8 if words[5] == 7 else words[5] + 1, *words[:5])
