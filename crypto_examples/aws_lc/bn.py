"""Montgomery multiplication of numbers of any length in AWS-LC: its older code, which OpenSSL's is as well."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.montgomery import bn_mul_mont_of_any_length
from crypto_examples.montgomery4 import bn_mul4x_mont_of_any_length
from crypto_examples.wheels import AWS_LC


@proof("bn_mul_mont", of=AWS_LC, name="aws_lc_bn_mul_mont")
def bn_mul_mont(p: Proof) -> None:
    """The code for lengths that are no multiple of 4."""
    bn_mul_mont_of_any_length(p)


@proof("bn_mul_mont", of=AWS_LC, name="aws_lc_bn_mul4x_mont")
def bn_mul4x_mont(p: Proof) -> None:
    """The code for lengths that are multiples of 4, `__bn_mul4x_mont`."""
    bn_mul4x_mont_of_any_length(p)
