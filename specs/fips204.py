"""ML-DSA's arithmetic modulo q = 8380417: FIPS 204 (August 2024), sections 7.5 and 7.6.

The transform and its companions run on anything with +, -, and products with ints (`specs.rings`): on ints they
give the least representatives, on formal sums congruent ones.
Rounding and hints are in `specs.fips204_rounding`, packing and sampling in `specs.fips204_bytes`.
"""

from __future__ import annotations

from typing import TypeVar

from specs.rings import Linear, Ring, coefficients, mod

__all__ = [
    "NTT",
    "ZETA",
    "ZETAS",
    "AddNTT",
    "BitRev8",
    "MultiplyNTT",
    "N",
    "NTTinverse",
    "Q",
]

#: The degree 256 and the modulus q = 2^23 - 2^13 + 1.  Section 2.3 and table 1.
N, Q = 256, 2**23 - 2**13 + 1

#: A 512-th root of unity modulo q.  Section 4, table 1, and section 7.5.
ZETA = 1753

E = TypeVar("E", bound=Linear)
R = TypeVar("R", bound=Ring)


def BitRev8(m: int) -> int:
    """The number whose eight bits are those of m in reverse order.  Algorithm 43."""
    if not 0 <= m < 256:
        raise ValueError(f"{m} has no eight bits")
    return sum((m >> k & 1) << (7 - k) for k in range(8))


#: zeta^BitRev8(k) mod q for k = 0 to 255; the first is not used.  Section 7.5; printed in appendix B.
ZETAS = [pow(ZETA, BitRev8(k), Q) for k in range(256)]


def NTT(w: list[E]) -> list[E]:
    """The NTT of the polynomial with coefficients w_0, ..., w_255.  Algorithm 41."""
    w_hat = coefficients(N, w)
    m = 0
    length = 128
    while length >= 1:
        for start in range(0, N, 2 * length):
            m += 1
            z = ZETAS[m]
            for j in range(start, start + length):
                t = mod(w_hat[j + length] * z, Q)
                w_hat[j + length] = mod(w_hat[j] - t, Q)
                w_hat[j] = mod(w_hat[j] + t, Q)
        length //= 2
    return w_hat


def NTTinverse(w_hat: list[E]) -> list[E]:
    """NTT^-1: the polynomial with the given NTT.  Algorithm 42."""
    w = coefficients(N, w_hat)
    m = 256
    length = 1
    while length < 256:
        for start in range(0, N, 2 * length):
            m -= 1
            z = -ZETAS[m]
            for j in range(start, start + length):
                t = w[j]
                w[j] = mod(t + w[j + length], Q)
                w[j + length] = mod((t - w[j + length]) * z, Q)
        length *= 2
    # f = 256^-1 mod q
    f = 8347681
    return [mod(x * f, Q) for x in w]


def AddNTT(a_hat: list[E], b_hat: list[E]) -> list[E]:
    """The sum, coefficient by coefficient.  Algorithm 44."""
    return [mod(a + b, Q) for a, b in zip(coefficients(N, a_hat), coefficients(N, b_hat), strict=True)]


def MultiplyNTT(a_hat: list[R], b_hat: list[R]) -> list[R]:
    """The product, coefficient by coefficient.  Algorithm 45."""
    return [mod(a * b, Q) for a, b in zip(coefficients(N, a_hat), coefficients(N, b_hat), strict=True)]
