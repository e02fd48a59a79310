"""ML-DSA's arithmetic modulo q = 8380417: FIPS 204 (August 2024), sections 7.4 to 7.6.

The transform and its companions run on anything with +, -, and products with ints (`specs.rings`): on ints they
give the least representatives, on formal sums congruent ones.  What rounds works on ints.
Packing and sampling are in `specs.fips204_bytes`.
"""

from __future__ import annotations

from typing import TypeVar

from specs.rings import Linear, Ring, coefficients, mod, mod_pm

__all__ = [
    "NTT",
    "ZETA",
    "ZETAS",
    "AddNTT",
    "BitRev8",
    "D",
    "Decompose",
    "HighBits",
    "LowBits",
    "MakeHint",
    "MultiplyNTT",
    "N",
    "NTTinverse",
    "Power2Round",
    "Q",
    "UseHint",
    "infinity_norm",
    "is_decomposition",
    "multiply_mod",
]

#: The degree 256 and the modulus q = 2^23 - 2^13 + 1.  Section 2.3 and table 1.
N, Q = 256, 2**23 - 2**13 + 1

#: The number of bits that Power2Round drops.  Section 4, table 1.
D = 13

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


def multiply_mod(f: list[R], g: list[R]) -> list[R]:
    """f g modulo X^256 + 1 by the definition of the ring R_q, without any transform.  Section 2.3.

    It takes 65,536 products, and says what `NTT`, `MultiplyNTT` and `NTTinverse` together compute.
    """
    f, g = coefficients(N, f), coefficients(N, g)
    h = [x * 0 for x in f]
    for i in range(N):
        for j in range(N):
            product = f[i] * g[j]
            k = (i + j) % N
            h[k] = mod(h[k] + product if i + j < N else h[k] - product, Q)
    return h


def infinity_norm(w: list[int]) -> int:
    """The largest |w_i mod± q|.  Section 2.3."""
    return max(abs(mod_pm(w_i, Q)) for w_i in w)


def Power2Round(r: int) -> tuple[int, int]:
    """(r_1, r_0) with r = r_1 2^d + r_0 mod q and -2^(d-1) < r_0 <= 2^(d-1).  Algorithm 35."""
    r_plus = r % Q
    r_0 = mod_pm(r_plus, 2**D)
    return (r_plus - r_0) // 2**D, r_0


def Decompose(r: int, gamma_2: int) -> tuple[int, int]:
    """(r_1, r_0) with r = r_1 (2 gamma_2) + r_0 mod q, for gamma_2 = (q - 1)/88 or (q - 1)/32.  Algorithm 36."""
    if (Q - 1) % (2 * gamma_2):
        raise ValueError(f"2 gamma_2 = {2 * gamma_2} does not divide q - 1")
    r_plus = r % Q
    r_0 = mod_pm(r_plus, 2 * gamma_2)
    if r_plus - r_0 == Q - 1:
        return 0, r_0 - 1
    return (r_plus - r_0) // (2 * gamma_2), r_0


def is_decomposition(r: int, r_1: int, r_0: int, gamma_2: int) -> bool:
    """Whether (r_1, r_0) = Decompose(r, gamma_2), without a division: a congruence and bounds.  Algorithm 36.

    The bounds leave one pair for each residue class: q - 1 pairs with -gamma_2 < r_0, and (0, -gamma_2).
    """
    congruent = (r_1 * (2 * gamma_2) + r_0 - r) % Q == 0
    high = 0 <= r_1 < (Q - 1) // (2 * gamma_2)
    low = -gamma_2 < r_0 <= gamma_2 or (r_0 == -gamma_2 and r_1 == 0)
    return congruent and high and low


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
    m = (Q - 1) // (2 * gamma_2)
    r_1, r_0 = Decompose(r, gamma_2)
    if h == 1 and r_0 > 0:
        return (r_1 + 1) % m
    if h == 1 and r_0 <= 0:
        return (r_1 - 1) % m
    return r_1
