"""The field and the order of BLS12-381: draft-irtf-cfrg-pairing-friendly-curves, section 4.2.1.

Both come from the parameter t of the family of curves BLS12 (Barreto, Lynn and Scott).
"""

from __future__ import annotations

__all__ = ["p", "r", "t"]

#: The parameter of the curve.
t = -(2**63 + 2**62 + 2**60 + 2**57 + 2**48 + 2**16)

#: The order of the groups, a prime.
r = t**4 - t**2 + 1

#: The prime over which the curve is defined.
p = (t - 1) ** 2 * r // 3 + t
