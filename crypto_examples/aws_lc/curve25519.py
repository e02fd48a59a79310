"""Arithmetic modulo the prime of edwards25519, of AWS-LC (s2n-bignum).

Arithmetic modulo its order is not here.  `bignum_madd_n25519`, `bignum_madd_n25519_alt` and `bignum_mod_n25519`
estimate a quotient by the top 4 bits and mend it by one addition; that it is off by one at most is not found.
"""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.fields import Field
from crypto_examples.wheels import AWS_LC
from specs import rfc8032


@proof("bignum_neg_p25519", of=AWS_LC)
def bignum_neg_p25519(p: Proof) -> None:
    f = Field(p, rfc8032.P, operands="a")
    f.gives(-f.operand("a"))
