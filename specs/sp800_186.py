"""P-256, P-384 and P-521 and their group law: NIST SP 800-186 (February 2023), section 3.2.1 and appendix A.1.1.

Affine points are pairs of least representatives modulo p, or None for the point at infinity, on ints.  A result in
Jacobian coordinates is compared by the equations below, which run on anything with +, - and * (`specs.rings`).
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from specs.rings import Ring, mod

__all__ = [
    "P256",
    "P384",
    "P521",
    "Curve",
    "Point",
    "SumCase",
    "add",
    "from_jacobian",
    "is_sum",
    "jacobian_add",
    "jacobian_curve_equation",
    "jacobian_double",
    "multiply",
    "negate",
    "on_curve",
    "same_point",
    "sum_cases",
    "to_jacobian",
]

R = TypeVar("R", bound=Ring)

#: An affine point, or None for the point at infinity.  Section 2.1.1.
Point = tuple[int, int] | None


class Curve(NamedTuple):
    """y^2 = x^3 + a x + b over GF(p), with a base point G = (G_x, G_y) of prime order n.  Sections 2.1.1 and 3.2.1."""

    p: int
    n: int
    a: int
    b: int
    G_x: int
    G_y: int

    @property
    def G(self) -> tuple[int, int]:
        """The base point."""
        return self.G_x, self.G_y


def _hex(digits: str) -> int:
    """A number as section 3.2.1 prints it: hexadecimal digits in groups of eight."""
    return int(digits.replace(" ", ""), 16)


#: p = 2^256 - 2^224 + 2^192 + 2^96 - 1.  Section 3.2.1, curve P-256.
P256 = Curve(
    p=2**256 - 2**224 + 2**192 + 2**96 - 1,
    n=_hex("ffffffff 00000000 ffffffff ffffffff bce6faad a7179e84 f3b9cac2 fc632551"),
    a=-3,
    b=_hex("5ac635d8 aa3a93e7 b3ebbd55 769886bc 651d06b0 cc53b0f6 3bce3c3e 27d2604b"),
    G_x=_hex("6b17d1f2 e12c4247 f8bce6e5 63a440f2 77037d81 2deb33a0 f4a13945 d898c296"),
    G_y=_hex("4fe342e2 fe1a7f9b 8ee7eb4a 7c0f9e16 2bce3357 6b315ece cbb64068 37bf51f5"),
)

#: p = 2^384 - 2^128 - 2^96 + 2^32 - 1.  Section 3.2.1, curve P-384.
P384 = Curve(
    p=2**384 - 2**128 - 2**96 + 2**32 - 1,
    n=_hex(
        "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffffc7634d81 f4372ddf 581a0db2 48b0a77a ecec196a ccc52973"
    ),
    a=-3,
    b=_hex(
        "b3312fa7 e23ee7e4 988e056b e3f82d19 181d9c6e fe8141120314088f 5013875a c656398d 8a2ed19d 2a85c8ed d3ec2aef"
    ),
    G_x=_hex(
        "aa87ca22 be8b0537 8eb1c71e f320ad74 6e1d3b62 8ba79b9859f741e0 82542a38 5502f25d bf55296c 3a545e38 72760ab7"
    ),
    G_y=_hex(
        "3617de4a 96262c6f 5d9e98bf 9292dc29 f8f41dbd 289a147ce9da3113 b5f0b8c0 0a60b1ce 1d7e819d 7a431d7c 90ea0e5f"
    ),
)

#: p = 2^521 - 1.  Section 3.2.1, curve P-521.
P521 = Curve(
    p=2**521 - 1,
    n=_hex(
        "01ff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff fffffffa"
        "51868783 bf2f966b 7fcc0148 f709a5d0 3bb5c9b8 899c47ae bb6fb71e 91386409"
    ),
    a=-3,
    b=_hex(
        "0051 953eb961 8e1c9a1f 929a21a0 b68540ee a2da725b 99b315f3 b8b48991 8ef109e1"
        "56193951 ec7e937b 1652c0bd 3bb1bf07 3573df88 3d2c34f1 ef451fd4 6b503f00"
    ),
    G_x=_hex(
        "00c6 858e06b7 0404e9cd 9e3ecb66 2395b442 9c648139 053fb521 f828af60 6b4d3dba"
        "a14b5e77 efe75928 fe1dc127 a2ffa8de 3348b3c1 856a429b f97e7e31 c2e5bd66"
    ),
    G_y=_hex(
        "0118 39296a78 9a3bc004 5c8a5fb4 2c7d1bd9 98f54449 579b4468 17afbd17 273e662c"
        "97ee7299 5ef42640 c550b901 3fad0761 353c7086 a272c240 88be9476 9fd16650"
    ),
)


def on_curve(E: Curve, P: Point) -> bool:
    """Whether P is the point at infinity, or satisfies the equation with both coordinates in 0 to p - 1.

    Section 2.1.1; appendix D.1.1.1.
    """
    if P is None:
        return True
    x, y = P
    return 0 <= x < E.p and 0 <= y < E.p and (y**2 - x**3 - E.a * x - E.b) % E.p == 0


def negate(E: Curve, P: Point) -> Point:
    """-P = (x, -y); the point at infinity is its own inverse.  Appendix A.1.1."""
    return None if P is None else (P[0], -P[1] % E.p)


def add(E: Curve, P: Point, Q: Point) -> Point:
    """P + Q for any two points of the curve.  Appendix A.1.1."""
    if P is None:
        return Q
    if Q is None:
        return P
    (x_1, y_1), (x_2, y_2) = P, Q
    if negate(E, P) == Q:
        return None
    numerator, denominator = (3 * x_1**2 + E.a, 2 * y_1) if P == Q else (y_2 - y_1, x_2 - x_1)
    slope = numerator * pow(denominator, -1, E.p)
    x_3 = (slope**2 - x_1 - x_2) % E.p
    y_3 = (slope * (x_1 - x_3) - y_1) % E.p
    return x_3, y_3


def multiply(E: Curve, k: int, P: Point) -> Point:
    """k P, the sum of k points P, for k >= 0, by doubling and adding.  Section 2.1.1, appendix A.1.1."""
    if k < 0:
        raise ValueError(f"a multiple is not negative: {k}")
    total: Point = None
    for bit in f"{k:b}":
        total = add(E, total, total)
        if bit == "1":
            total = add(E, total, P)
    return total


# -- Jacobian coordinates: (X, Y, Z) with Z != 0 is the point (X/Z^2, Y/Z^3), with Z = 0 the point at infinity ------
#
# The document gives affine formulas only.  Those here follow from appendix A.1.1 by x = X/Z^2 and y = Y/Z^3, with
# the denominator of the slope as a factor of the new Z; Hankerson, Menezes and Vanstone, Guide to Elliptic Curve
# Cryptography, section 3.2.2, has the same coordinates.


def to_jacobian(P: Point, Z: int = 1) -> tuple[int, int, int]:
    """A Jacobian triple of P with the given Z, not 0 modulo p; (1, 1, 0) for infinity.  From appendix A.1.1."""
    return (1, 1, 0) if P is None else (P[0] * Z**2, P[1] * Z**3, Z)


def from_jacobian(E: Curve, P: tuple[int, int, int]) -> Point:
    """The affine point (X/Z^2, Y/Z^3), or infinity if Z = 0 modulo p.  From appendix A.1.1."""
    X, Y, Z = P
    if Z % E.p == 0:
        return None
    inverse = pow(Z, -1, E.p)
    return X * inverse**2 % E.p, Y * inverse**3 % E.p


def jacobian_curve_equation(E: Curve, P: tuple[R, R, R]) -> tuple[R, R]:
    """Two sides, congruent modulo p when P is on the curve: Y^2 and X^3 + a X Z^4 + b Z^6.  From section 2.1.1."""
    X, Y, Z = P
    ZZ = mod(Z * Z, E.p)
    Z4 = mod(ZZ * ZZ, E.p)
    return mod(Y * Y, E.p), mod(X * X * X + X * Z4 * E.a + Z4 * ZZ * E.b, E.p)


def same_point(E: Curve, P: tuple[R, R, R], Q: tuple[R, R, R]) -> list[tuple[R, R]]:
    """Pairs, all congruent modulo p exactly when P and Q with Z_1, Z_2 != 0 are one affine point.

    X_1 Z_2^2 = X_2 Z_1^2 and Y_1 Z_2^3 = Y_2 Z_1^3.  They say nothing where Z_1 or Z_2 is 0: there, claim that
    both are.  From appendix A.1.1.
    """
    X_1, Y_1, Z_1 = P
    X_2, Y_2, Z_2 = Q
    ZZ_1, ZZ_2 = mod(Z_1 * Z_1, E.p), mod(Z_2 * Z_2, E.p)
    return [
        (mod(X_1 * ZZ_2, E.p), mod(X_2 * ZZ_1, E.p)),
        (mod(Y_1 * Z_2 * ZZ_2, E.p), mod(Y_2 * Z_1 * ZZ_1, E.p)),
    ]


def jacobian_double(E: Curve, P: tuple[R, R, R]) -> tuple[R, R, R]:
    """2 P for every P on the curve.  From appendix A.1.1.

    The slope is M / (2 Y Z) with M = 3 X^2 + a Z^4, and Z_3 = 2 Y Z.  Z_3 is 0 for the point at infinity and for
    a point of order two, whose doubles are infinity.
    """
    X, Y, Z = P
    ZZ, YY = mod(Z * Z, E.p), mod(Y * Y, E.p)
    S = mod(X * YY * 4, E.p)
    M = mod(X * X * 3 + mod(ZZ * ZZ, E.p) * E.a, E.p)
    X_3 = mod(M * M - S * 2, E.p)
    Y_3 = mod(M * (S - X_3) - YY * YY * 8, E.p)
    return X_3, Y_3, mod(Y * Z * 2, E.p)


def jacobian_add(E: Curve, P: tuple[R, R, R], Q: tuple[R, R, R]) -> tuple[R, R, R]:
    """P + Q for P and Q on the curve, neither at infinity, and P != Q.  From appendix A.1.1.

    The slope is r / (H Z_1 Z_2), and Z_3 = H Z_1 Z_2.  For P = -Q, Z_3 is 0, as it must be.  It is 0 as well if P = Q
    or one of them is infinity, and wrong: P + Q is then `jacobian_double(P)`, Q or P.
    """
    Z_1, Z_2 = P[2], Q[2]
    (U_1, U_2), (S_1, S_2) = same_point(E, P, Q)
    H, r = mod(U_2 - U_1, E.p), mod(S_2 - S_1, E.p)
    HH = mod(H * H, E.p)
    HHH, V = mod(H * HH, E.p), mod(U_1 * HH, E.p)
    X_3 = mod(r * r - HHH - V * 2, E.p)
    Y_3 = mod(r * (V - X_3) - S_1 * HHH, E.p)
    return X_3, Y_3, mod(H * Z_1 * Z_2, E.p)


class SumCase(NamedTuple):
    """What P + Q is where all elements of `zero` are 0 modulo p, and none of `nonzero` is.

    `result` is a Jacobian triple with Z != 0, or None for the point at infinity.
    """

    zero: list[Any]
    nonzero: list[Any]
    result: tuple[Any, Any, Any] | None


def sum_cases(E: Curve, P: tuple[R, R, R], Q: tuple[R, R, R]) -> list[SumCase]:
    """P + Q in every case: of any two points of the curve, just one case applies.  From appendix A.1.1."""
    Z_1, Z_2 = P[2], Q[2]
    (U_1, U_2), (S_1, S_2) = same_point(E, P, Q)
    H, r = mod(U_2 - U_1, E.p), mod(S_2 - S_1, E.p)
    double = jacobian_double(E, P)
    return [
        SumCase([Z_1, Z_2], [], None),
        SumCase([Z_1], [Z_2], Q),
        SumCase([Z_2], [Z_1], P),
        SumCase([], [Z_1, Z_2, H], jacobian_add(E, P, Q)),
        SumCase([H], [Z_1, Z_2, r], None),
        SumCase([H, r], [Z_1, Z_2, double[2]], double),
        SumCase([H, r, double[2]], [Z_1, Z_2], None),  # points of order two, which P-256, P-384 and P-521 have not
    ]


def is_sum(E: Curve, P: tuple[int, int, int], Q: tuple[int, int, int], S: tuple[int, int, int]) -> bool:
    """Whether the Jacobian triple S is P + Q, in every case: what an addition has to compute.  Appendix A.1.1."""
    return from_jacobian(E, S) == add(E, from_jacobian(E, P), from_jacobian(E, Q))
