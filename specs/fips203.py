"""ML-KEM's arithmetic modulo q = 3329: FIPS 203 (August 2024), sections 4.2.1 and 4.3.

The number-theoretic transform and its companions run on anything with +, -, and products with ints
(`specs.rings`): on ints they give the least representatives, on formal sums congruent ones.  Compression asks for
floor quotients by ints as well.
Encodings and sampling are in `specs.fips203_bytes`.
"""

from __future__ import annotations

from typing import TypeVar

from specs.rings import Floors, Linear, Ring, coefficients, mod

__all__ = [
    "GAMMAS",
    "NTT",
    "ZETA",
    "ZETAS",
    "BaseCaseMultiply",
    "BitRev7",
    "Compress",
    "Decompress",
    "MultiplyNTTs",
    "N",
    "NTTinverse",
    "Q",
]

#: The degree n = 256 and the modulus q = 3329.  Section 2.3.
N, Q = 256, 3329

#: A primitive n-th root of unity modulo q.  Sections 2.3 and 4.3.
ZETA = 17

E = TypeVar("E", bound=Linear)
R = TypeVar("R", bound=Ring)
F = TypeVar("F", bound=Floors)


def BitRev7(r: int) -> int:
    """The number whose seven bits are those of r in reverse order.  Section 4.3."""
    if not 0 <= r < 128:
        raise ValueError(f"{r} has no seven bits")
    return sum((r >> k & 1) << (6 - k) for k in range(7))


#: zeta^BitRev7(i) mod q for i = 0 to 127.  Section 4.3; printed in appendix A.
ZETAS = [pow(ZETA, BitRev7(i), Q) for i in range(128)]

#: zeta^(2 BitRev7(i) + 1) mod q: the i-th factor of X^256 + 1 is X^2 - GAMMAS[i].  Section 4.3; appendix A.
GAMMAS = [pow(ZETA, 2 * BitRev7(i) + 1, Q) for i in range(128)]


def NTT(f: list[E]) -> list[E]:
    """The NTT representation of the polynomial with coefficients f_0, ..., f_255.  Algorithm 9."""
    f_hat = coefficients(N, f)
    i = 1
    length = 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[i]
            i += 1
            for j in range(start, start + length):
                t = mod(f_hat[j + length] * zeta, Q)
                f_hat[j + length] = mod(f_hat[j] - t, Q)
                f_hat[j] = mod(f_hat[j] + t, Q)
        length //= 2
    return f_hat


def NTTinverse(f_hat: list[E]) -> list[E]:
    """NTT^-1: the polynomial with the given NTT representation.  Algorithm 10."""
    f = coefficients(N, f_hat)
    i = 127
    length = 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[i]
            i -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = mod(t + f[j + length], Q)
                f[j + length] = mod((f[j + length] - t) * zeta, Q)
        length *= 2
    return [mod(x * 3303, Q) for x in f]


def BaseCaseMultiply(a_0: R, a_1: R, b_0: R, b_1: R, gamma: int) -> tuple[R, R]:
    """The product of a_0 + a_1 X and b_0 + b_1 X modulo X^2 - gamma.  Algorithm 12."""
    c_0 = mod(a_0 * b_0 + mod(a_1 * b_1, Q) * gamma, Q)
    c_1 = mod(a_0 * b_1 + a_1 * b_0, Q)
    return c_0, c_1


def MultiplyNTTs(f_hat: list[R], g_hat: list[R]) -> list[R]:
    """The product of two NTT representations.  Algorithm 11."""
    f_hat, g_hat = coefficients(N, f_hat), coefficients(N, g_hat)
    h_hat: list[R] = []
    for i in range(128):
        f_0, f_1 = f_hat[2 * i : 2 * i + 2]
        g_0, g_1 = g_hat[2 * i : 2 * i + 2]
        h_hat += BaseCaseMultiply(f_0, f_1, g_0, g_1, GAMMAS[i])
    return h_hat


def Compress(d: int, x: F) -> F:
    """round((2^d / q) x) mod 2^d, for d < 12 and x in Z_q.  Equation (4.7); halves are rounded up (section 2.3)."""
    _compressible(d)
    power: int = 2**d
    result: F = (x * (2 * power) + Q) // (2 * Q) % power
    return result


def Decompress(d: int, y: F) -> F:
    """round((q / 2^d) y), for d < 12 and 0 <= y < 2^d.  Equation (4.8)."""
    _compressible(d)
    power: int = 2**d
    result: F = (y * (2 * Q) + power) // (2 * power)
    return result


def _compressible(d: int) -> None:
    """Raises `ValueError` unless 1 <= d < 12.  Section 4.2.1."""
    if not 1 <= d < 12:
        raise ValueError(f"numbers modulo {Q} are compressed to fewer than 12 bits, not to {d}")
