"""Montgomery's and Barrett's reductions, and what is true of their results.

Menezes, van Oorschot and Vanstone, Handbook of Applied Cryptography (1996), chapter 14; the signed form is FIPS 204's
(appendix A).  All on ints.  Code need not follow these steps: a proof asks for a congruence (`montgomery_sides`) and
for a range (`redc_bound`, `signed_redc_bound`, `rounding_barrett_bound`), which the functions here show to hold.
"""

from __future__ import annotations

from typing import TypeVar

from specs.rings import Ring

__all__ = [
    "barrett",
    "barrett_quotient",
    "montgomery_multiply",
    "montgomery_sides",
    "redc",
    "redc_bound",
    "redc_once",
    "rounding_barrett",
    "rounding_barrett_bound",
    "signed_redc",
    "signed_redc_bound",
]

R_ = TypeVar("R_", bound=Ring)


def montgomery_sides(result: R_, T: R_, R: int) -> tuple[R_, R_]:
    """Two sides, congruent modulo m exactly when the result is T R^-1, for gcd(R, m) = 1: result R and T.

    Section 14.3.2; a Montgomery product of x and y is the case T = x y.
    """
    return result * R, T


def redc(T: int, m: int, b: int, n: int) -> int:
    """T R^-1 mod m, for R = b^n, gcd(m, b) = 1, 0 <= m < R and 0 <= T < m R.  Algorithm 14.32.

    Raises `ValueError` where the algorithm's conditions on its input do not hold.
    """
    R: int = b**n
    if not 0 < m < R or not 0 <= T < m * R:
        raise ValueError(f"m = {m} and T = {T} do not lie below R = {R} and m R")
    m_prime = -pow(m, -1, b) % b
    # 1. A <- T.
    A = T
    # 2. For i from 0 to n - 1: u_i <- a_i m' mod b; A <- A + u_i m b^i.
    for i in range(n):
        a_i = A // b**i % b
        u_i = a_i * m_prime % b
        A += u_i * m * b**i
    # 3. A <- A / b^n.
    A //= R
    # 4. If A >= m then A <- A - m.
    if m <= A:
        A -= m
    # 5. Return A.
    return A


def redc_once(T: int, m: int, R: int) -> int:
    """(T + u m) / R with u = T m' mod R: Montgomery's reduction in one step, without the last subtraction.

    Section 14.3.2, fact 14.29.  Any int T; congruent to T R^-1 modulo m.  Raises `ValueError` unless gcd(m, R) = 1.
    """
    u = T * (-pow(m, -1, R)) % R
    return (T + u * m) // R


def redc_bound(T_below: int, m: int, R: int) -> int:
    """A number that `redc_once` is below, for 0 <= T < T_below: (T + u m) / R < T_below/R + m.  From section 14.3.2.

    For T < m R it is at most 2 m, so that one subtraction ends the reduction.
    """
    return -(-T_below // R) + m


def montgomery_multiply(x: int, y: int, m: int, b: int, n: int) -> int:
    """x y R^-1 mod m, for R = b^n, gcd(m, b) = 1 and 0 <= x, y < m, a digit of x at a time.  Algorithm 14.36."""
    if not 0 <= x < m or not 0 <= y < m or m >= b**n:
        raise ValueError(f"x = {x} and y = {y} do not lie below m = {m}, or m not below {b}^{n}")
    m_prime = -pow(m, -1, b) % b
    # 1. A <- 0.
    A = 0
    # 2. For i from 0 to n - 1: u_i <- (a_0 + x_i y_0) m' mod b; A <- (A + x_i y + u_i m) / b.
    for i in range(n):
        x_i = x // b**i % b
        u_i = (A % b + x_i * (y % b)) * m_prime % b
        A = (A + x_i * y + u_i * m) // b
    # 3. If A >= m then A <- A - m.
    if m <= A:
        A -= m
    # 4. Return A.
    return A


def signed_redc(a: int, q: int, R: int) -> int:
    """(a - t q) / R with t = a q^-1 mod± R, for q odd and R a power of two: congruent to a R^-1 modulo q.

    FIPS 204, appendix A, algorithm 49, where q = 8380417, R = 2^32 and -2^31 q <= a <= 2^31 q.  Here t is taken from
    -R/2 to R/2 - 1, as a register of two's complement holds it.
    """
    t = a * pow(q, -1, R) % R
    if t >= R // 2:
        t -= R
    return (a - t * q) // R


def signed_redc_bound(a_abs: int, q: int, R: int) -> int:
    """The largest |`signed_redc`| there can be for |a| <= a_abs: (a_abs + q R/2) / R, rounded down.

    From FIPS 204, appendix A, algorithm 49: |t| <= R/2.  For |a| <= q R/2 it is at most q.
    """
    return (2 * a_abs + q * R) // (2 * R)


def barrett_quotient(x: int, m: int, b: int, k: int) -> int:
    """q_3, an estimate of floor(x/m) that is at most 2 too small.  Section 14.3.3, algorithm 14.42, step 1.

    For b > 3, b^(k-1) <= m < b^k and 0 <= x < b^(2k); raises `ValueError` otherwise.
    """
    if b <= 3 or not b ** (k - 1) <= m < b**k or not 0 <= x < b ** (2 * k):
        raise ValueError(f"x = {x} or m = {m} do not have the digits that base {b} and k = {k} ask for")
    mu = b ** (2 * k) // m
    q_1 = x // b ** (k - 1)
    q_2: int = q_1 * mu
    q_3: int = q_2 // b ** (k + 1)
    return q_3


def barrett(x: int, m: int, b: int, k: int) -> int:
    """x mod m.  Algorithm 14.42; the conditions are those of `barrett_quotient`."""
    # 1. q_3.
    q_3 = barrett_quotient(x, m, b, k)
    # 2. r <- r_1 - r_2, both modulo b^(k+1).
    r: int = x % b ** (k + 1) - q_3 * m % b ** (k + 1)
    # 3. If r < 0 then r <- r + b^(k+1).
    if r < 0:
        r += b ** (k + 1)
    # 4. While r >= m do r <- r - m.
    while r >= m:
        r -= m
    # 5. Return r.
    return r


def rounding_barrett(a: int, q: int, k: int) -> int:
    """a - q round(a v / 2^k) with v = round(2^k / q), halves rounded up: congruent to a modulo q, and small.

    The signed form of algorithm 14.42 with one multiplication by a constant v, as lattice code has it.
    """
    power: int = 2**k
    v = (2 * power + q) // (2 * q)
    return a - q * ((2 * a * v + power) // (2 * power))


def rounding_barrett_bound(a_abs: int, q: int, k: int) -> int:
    """The largest |`rounding_barrett`| there can be for |a| <= a_abs, rounded down.

    a - q (a v / 2^k + e) with |e| <= 1/2 is a (2^k - q v) / 2^k - q e; algorithm 14.42 itself has no such bound.
    """
    power: int = 2**k
    v = (2 * power + q) // (2 * q)
    return (2 * a_abs * abs(power - q * v) + q * power) // (2 * power)
