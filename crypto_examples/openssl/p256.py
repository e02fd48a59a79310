"""Arithmetic modulo P-256's prime and order, of OpenSSL 4.0.3."""

from __future__ import annotations

from armsym.dsl import proof
from crypto_examples.p256 import OPERATIONS, field
from crypto_examples.wheels import OPENSSL_4_0

for _operation in OPERATIONS:
    proof(_symbol := f"ecp_nistz256_{_operation}", of=OPENSSL_4_0, name=f"openssl_{_symbol}")(field(_operation))
