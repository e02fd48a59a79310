"""Arithmetic modulo P-256's prime and order, of ring."""

from __future__ import annotations

from armsym.dsl import proof
from crypto_examples.p256 import field
from crypto_examples.ring.names import PREFIX
from crypto_examples.wheels import RING

#: Names of ring, and of the operations of `ecp_nistz256_` in OpenSSL.
_OPERATIONS = {
    "p256_mul_mont": "mul_mont",
    "p256_sqr_mont": "sqr_mont",
    "ecp_nistz256_neg": "neg",
    "p256_scalar_mul_mont": "ord_mul_mont",
}

for _symbol, _operation in _OPERATIONS.items():
    proof(PREFIX + _symbol, of=RING, name=f"ring_{_symbol}")(field(_operation))
