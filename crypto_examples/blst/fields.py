"""Arithmetic modulo the prime and the order of BLS12-381, of blst.

The routines are given the modulus, and -1 / modulus modulo 2^64 where they multiply; here both are those of the curve.
Numbers are in Montgomery's form, multiplied by R = 2^384 or 2^256.

Two routines are not here: of `mul_by_8_mod_384` neither value nor range is shown, of `mul_by_3_mod_256` not the value;
both double a number before it is reduced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from armsym.dsl import Integer, Proof, proof
from crypto_examples.blst.modulus import given_modulus
from crypto_examples.fields import Field
from crypto_examples.wheels import BLST
from specs import bls12_381

Number = Integer | int


class Operation(NamedTuple):
    """`times` * result = `value` of the operands modulo a prime; `stack` is how far SP goes down.

    After the operands comes the modulus, and after it, if `multiplies`, -1 / modulus.
    """

    modulus: int
    operands: str
    value: Callable[[Number, Number], Number]
    times: int = 1
    stack: int = 0
    multiplies: bool = False


P, N = bls12_381.p, bls12_381.r

OPERATIONS = {
    "add_mod_384": Operation(P, "ab", lambda a, b: a + b, stack=48),
    "sub_mod_384": Operation(P, "ab", lambda a, b: a - b, stack=48),
    "mul_by_3_mod_384": Operation(P, "a", lambda a, _: a * 3, stack=48),
    "div_by_2_mod_384": Operation(P, "a", lambda a, _: a, times=2, stack=48),
    "mul_mont_384": Operation(P, "ab", lambda a, b: a * b, 2**384, 128, multiplies=True),
    "sqr_mont_384": Operation(P, "a", lambda a, _: a * a, 2**384, 224, multiplies=True),
    "from_mont_384": Operation(P, "a", lambda a, _: a, 2**384, 128, multiplies=True),
    "add_mod_256": Operation(N, "ab", lambda a, b: a + b),
    "sub_mod_256": Operation(N, "ab", lambda a, b: a - b),
    "mul_mont_sparse_256": Operation(N, "ab", lambda a, b: a * b, 2**256, 64, multiplies=True),
    "sqr_mont_sparse_256": Operation(N, "a", lambda a, _: a * a, 2**256, 64, multiplies=True),
    "from_mont_256": Operation(N, "a", lambda a, _: a, 2**256, 64, multiplies=True),
}


def _field(o: Operation) -> Callable[[Proof], None]:
    def prove(p: Proof) -> None:
        f = Field(p, o.modulus, operands=o.operands, stack=o.stack)
        given_modulus(p, o.modulus, len(o.operands) + 1, multiplies=o.multiplies)
        a = f.operand("a")
        f.gives(o.value(a, f.operand("b") if "b" in o.operands else a), times=o.times)

    return prove


for _symbol, _operation in OPERATIONS.items():
    proof(_symbol, of=BLST, name=f"blst_{_symbol}")(_field(_operation))
