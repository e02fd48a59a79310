"""Arithmetic modulo P-256's prime and order, of AWS-LC."""

from __future__ import annotations

from armsym.dsl import proof
from crypto_examples.p256 import OPERATIONS, field, order_squares
from crypto_examples.wheels import AWS_LC

#: What the wheel has as assembly: its `ecp_nistz256_add` is compiled C that adds points.
_OPERATIONS = [name for name in OPERATIONS if name not in ("add", "to_mont", "from_mont")]

for _operation in _OPERATIONS:
    proof(_symbol := f"ecp_nistz256_{_operation}", of=AWS_LC, name=f"aws_lc_{_symbol}")(field(_operation))
proof(_symbol := "ecp_nistz256_ord_sqr_mont", of=AWS_LC, name=f"aws_lc_{_symbol}")(order_squares)
