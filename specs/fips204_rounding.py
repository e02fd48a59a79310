"""ML-DSA's rounding, hints and norm: FIPS 204 (August 2024), sections 2.3 and 7.4.

`Power2Round` to `UseHint` are the document's algorithms, on ints.  `high_bits`, `low_bits`, `use_hint` and
`power2round` are the same functions without a choice, in floor quotients by ints, so that they run on whatever has
those (`specs.rings.Floors`); tests compare both.
"""

from __future__ import annotations

from typing import TypeVar

from specs.fips204 import Q
from specs.rings import Floors, Ring, mod_pm

__all__ = [
    "D",
    "Decompose",
    "HighBits",
    "LowBits",
    "MakeHint",
    "Power2Round",
    "UseHint",
    "decomposition_claims",
    "high_bits",
    "infinity_norm",
    "is_decomposition",
    "low_bits",
    "power2round",
    "use_hint",
]

#: The number of bits that Power2Round drops.  Section 4, table 1.
D = 13

R = TypeVar("R", bound=Ring)
F = TypeVar("F", bound=Floors)


def infinity_norm(w: list[int]) -> int:
    """The largest |w_i mod± q|.  Section 2.3."""
    return max(abs(mod_pm(w_i, Q)) for w_i in w)


def Power2Round(r: int) -> tuple[int, int]:
    """(r_1, r_0) with r = r_1 2^d + r_0 mod q and -2^(d-1) < r_0 <= 2^(d-1).  Algorithm 35."""
    r_plus = r % Q
    r_0 = mod_pm(r_plus, 2**D)
    return (r_plus - r_0) // 2**D, r_0


def Decompose(r: int, gamma_2: int) -> tuple[int, int]:
    """(r_1, r_0) with r = r_1 (2 gamma_2) + r_0 mod q, for gamma_2 = (q - 1)/88 or (q - 1)/32.  Algorithm 36.

    Raises `ValueError` if 2 gamma_2 does not divide q - 1.
    """
    _steps(gamma_2)
    r_plus = r % Q
    r_0 = mod_pm(r_plus, 2 * gamma_2)
    if r_plus - r_0 == Q - 1:
        return 0, r_0 - 1
    return (r_plus - r_0) // (2 * gamma_2), r_0


def _steps(gamma_2: int) -> int:
    """m = (q - 1)/(2 gamma_2), the number of values of r_1; raises `ValueError` if it is no integer.  Algorithm 40."""
    if gamma_2 < 1 or (Q - 1) % (2 * gamma_2):
        raise ValueError(f"2 gamma_2 = {2 * gamma_2} does not divide q - 1")
    return (Q - 1) // (2 * gamma_2)


def decomposition_claims(r: R, r_1: R, r_0: R, gamma_2: int) -> tuple[tuple[R, R], list[tuple[int, R, int]]]:
    """What says that (r_1, r_0) = Decompose(r, gamma_2) by a congruence and bounds only.  Algorithm 36.

    Two sides that are congruent modulo q, and triples (low, x, high) with low <= x < high.  -gamma_2 <= r_0 <= gamma_2
    would leave two pairs where r_0 is -gamma_2; that is allowed with r_1 = 0 only, and the last triple says so:
    (r_0 + gamma_2) m >= r_1, where r_1 < m.
    """
    m = _steps(gamma_2)
    bounds = [
        (0, r_1, m),
        (-gamma_2, r_0, gamma_2 + 1),
        (0, (r_0 + gamma_2) * m - r_1, 2 * gamma_2 * m + 1),
    ]
    return (r_1 * (2 * gamma_2) + r_0, r), bounds


def is_decomposition(r: int, r_1: int, r_0: int, gamma_2: int) -> bool:
    """Whether the `decomposition_claims` hold of ints, that is, (r_1, r_0) = Decompose(r, gamma_2).  Algorithm 36."""
    (left, right), bounds = decomposition_claims(r, r_1, r_0, gamma_2)
    return (left - right) % Q == 0 and all(low <= x < high for low, x, high in bounds)


def HighBits(r: int, gamma_2: int) -> int:
    """r_1 of Decompose(r).  Algorithm 37."""
    return Decompose(r, gamma_2)[0]


def LowBits(r: int, gamma_2: int) -> int:
    """r_0 of Decompose(r).  Algorithm 38."""
    return Decompose(r, gamma_2)[1]


def MakeHint(z: int, r: int, gamma_2: int) -> int:
    """1 if adding z to r alters the high bits of r, else 0.  Algorithm 39."""
    r_1 = HighBits(r, gamma_2)
    v_1 = HighBits(r + z, gamma_2)
    return int(r_1 != v_1)


def UseHint(h: int, r: int, gamma_2: int) -> int:
    """The high bits of r adjusted by the hint h, 0 or 1.  Algorithm 40."""
    m = _steps(gamma_2)
    r_1, r_0 = Decompose(r, gamma_2)
    if h == 1 and r_0 > 0:
        return (r_1 + 1) % m
    if h == 1 and r_0 <= 0:
        return (r_1 - 1) % m
    return r_1


# -- the same without choices ---------------------------------------------------------------------


def power2round(r: F) -> tuple[F, F]:
    """`Power2Round` by a floor quotient.  Algorithm 35."""
    r_plus = r % Q
    r_1 = (r_plus + (2 ** (D - 1) - 1)) // 2**D
    return r_1, r_plus - r_1 * 2**D


def _step(r: F, gamma_2: int) -> F:
    """r_1 before the last step is taken for 0: 0 to m, of r in 0 to q - 1.  Algorithm 36."""
    result: F = (r + (gamma_2 - 1)) // (2 * gamma_2)
    return result


def high_bits(r: F, gamma_2: int) -> F:
    """`HighBits` by floor quotients.  Algorithm 37."""
    result: F = _step(r % Q, gamma_2) % _steps(gamma_2)
    return result


def low_bits(r: F, gamma_2: int) -> F:
    """`LowBits` by floor quotients; floor(step/m) is 1 for the last step and 0 for the others.  Algorithm 38."""
    r_plus = r % Q
    step = _step(r_plus, gamma_2)
    result: F = r_plus - step * (2 * gamma_2) - step // _steps(gamma_2)
    return result


def use_hint(h: F, r: F, gamma_2: int) -> F:
    """`UseHint` by floor quotients, for h 0 or 1.  Algorithm 40.

    floor((r_0 - 1)/(2 gamma_2)) is -1 if r_0 <= 0, and 0 if r_0 > 0.
    """
    up_or_down = (low_bits(r, gamma_2) - 1) // (2 * gamma_2) * 2 + 1
    result: F = (high_bits(r, gamma_2) + h * up_or_down) % _steps(gamma_2)
    return result
