"""Numbers of any length in OpenSSL."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.montgomery import bn_mul_mont_of_any_length
from crypto_examples.montgomery4 import bn_mul4x_mont_of_any_length
from crypto_examples.wheels import OPENSSL_4_0


@proof("bn_mul_mont", of=OPENSSL_4_0, name="openssl_bn_mul_mont")
def bn_mul_mont(p: Proof) -> None:
    """Whatever the core is said to be able to do, which the routine looks at for other lengths."""
    p.global_("OPENSSL_armv8_rsa_neonized", 32)
    bn_mul_mont_of_any_length(p)


@proof("__bn_mul4x_mont", of=OPENSSL_4_0, name="openssl_bn_mul4x_mont")
def bn_mul4x_mont(p: Proof) -> None:
    """What bn_mul_mont goes to for multiples of 4, unless it chooses other code: by itself."""
    bn_mul4x_mont_of_any_length(p)
