"""Arithmetic modulo the prime and the order of edwards25519, of AWS-LC (s2n-bignum)."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.fields import Field
from crypto_examples.wheels import AWS_LC
from specs import rfc8032


@proof("bignum_neg_p25519", of=AWS_LC)
def bignum_neg_p25519(p: Proof) -> None:
    f = Field(p, rfc8032.P, operands="a")
    f.gives(-f.operand("a"))
