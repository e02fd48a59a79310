"""Arithmetic modulo P-256's prime and order, of BoringSSL."""

from __future__ import annotations

from armsym.dsl import proof
from crypto_examples.p256 import OPERATIONS, field
from crypto_examples.wheels import BORINGSSL

#: What the wheel has as assembly.
_OPERATIONS = [name for name in OPERATIONS if name not in ("add", "to_mont", "from_mont")]

for _operation in _OPERATIONS:
    proof(_symbol := f"ecp_nistz256_{_operation}", of=BORINGSSL, name=f"boringssl_{_symbol}")(field(_operation))
