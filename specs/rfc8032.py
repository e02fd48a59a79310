"""The curve edwards25519 and Ed25519: RFC 8032 (January 2017), sections 3 and 5.1.

Addition and doubling run on anything with +, - and * (`specs.rings`): on ints they give least representatives.
"""

from __future__ import annotations

from typing import TypeVar

from specs.rings import Ring, mod
from specs.sha512 import sha512

__all__ = [
    "BASE",
    "IDENTITY",
    "D",
    "L",
    "P",
    "affine_add",
    "curve_equation",
    "decode",
    "double",
    "encode",
    "extended",
    "multiply",
    "point_add",
    "public_key",
    "same_point",
    "sign",
    "to_affine",
    "verify",
]

#: The prime 2^255 - 19, and the order of the base point.  Section 5.1, table 1.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493

#: d = -121665/121666 modulo p.  Section 5.1, table 1.
D = -121665 * pow(121666, -1, P) % P

R = TypeVar("R", bound=Ring)

#: An affine point (x, y), and its extended homogeneous coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, x y = T/Z.
Affine = tuple[int, int]
Extended = tuple[int, int, int, int]


def extended(P1: Affine) -> Extended:
    """(x, y, 1, x y).  Section 5.1.4."""
    return P1[0], P1[1], 1, P1[0] * P1[1] % P


def to_affine(P1: Extended) -> Affine:
    """(X/Z, Y/Z), for Z != 0, which holds for every point.  Section 5.1.4."""
    inverse = pow(P1[2], -1, P)
    return P1[0] * inverse % P, P1[1] * inverse % P


def affine_add(P1: Affine, P2: Affine) -> Affine:
    """The sum of any two points of -x^2 + y^2 = 1 + d x^2 y^2.  Section 3, with a = -1."""
    (x_1, y_1), (x_2, y_2) = P1, P2
    t = D * x_1 * x_2 * y_1 * y_2
    x_3 = (x_1 * y_2 + x_2 * y_1) * pow(1 + t, -1, P)
    y_3 = (y_1 * y_2 + x_1 * x_2) * pow(1 - t, -1, P)
    return x_3 % P, y_3 % P


def curve_equation(P1: tuple[R, R, R, R]) -> list[tuple[R, R]]:
    """Pairs congruent modulo p when the point is one of the curve: Z^2(Y^2 - X^2) = Z^4 + d X^2 Y^2 and X Y = Z T.

    From section 5.1 by x = X/Z and y = Y/Z.  Z != 0 has to be claimed apart.
    """
    X, Y, Z, T = P1
    XX, YY, ZZ = mod(X * X, P), mod(Y * Y, P), mod(Z * Z, P)
    return [
        (mod(ZZ * (YY - XX), P), mod(ZZ * ZZ + mod(XX * YY, P) * D, P)),
        (mod(X * Y, P), mod(Z * T, P)),
    ]


def same_point(P1: tuple[R, R, R, R], P2: tuple[R, R, R, R]) -> list[tuple[R, R]]:
    """Pairs congruent modulo p exactly when both, with Z != 0, are one affine point.  Section 5.1.4."""
    return [(mod(P1[0] * P2[2], P), mod(P2[0] * P1[2], P)), (mod(P1[1] * P2[2], P), mod(P2[1] * P1[2], P))]


def point_add(P1: tuple[R, R, R, R], P2: tuple[R, R, R, R]) -> tuple[R, R, R, R]:
    """The sum of any two points, equal ones and the neutral one among them.  Section 5.1.4."""
    X1, Y1, Z1, T1 = P1
    X2, Y2, Z2, T2 = P2
    A = mod((Y1 - X1) * (Y2 - X2), P)
    B = mod((Y1 + X1) * (Y2 + X2), P)
    C = mod(T1 * 2 * D * T2, P)
    D_ = mod(Z1 * 2 * Z2, P)
    E, F, G, H = B - A, D_ - C, D_ + C, B + A
    return mod(E * F, P), mod(G * H, P), mod(F * G, P), mod(E * H, P)


def double(P1: tuple[R, R, R, R]) -> tuple[R, R, R, R]:
    """The double of any point; T is not used.  Section 5.1.4."""
    X1, Y1, Z1, _ = P1
    A = mod(X1 * X1, P)
    B = mod(Y1 * Y1, P)
    C = mod(Z1 * Z1 * 2, P)
    H = A + B
    E = mod(H - (X1 + Y1) * (X1 + Y1), P)
    G = A - B
    F = C + G
    return mod(E * F, P), mod(G * H, P), mod(F * G, P), mod(E * H, P)


#: The neutral element (0, 1).  Section 5.1.4.
IDENTITY: Extended = (0, 1, 1, 0)


def multiply(k: int, P1: Extended) -> Extended:
    """k times the point, for k >= 0, by doubling and adding.  Sections 5.1.4 and 5.1.5."""
    if k < 0:
        raise ValueError(f"a multiple is not negative: {k}")
    total = IDENTITY
    for bit in f"{k:b}":
        total = double(total)
        if bit == "1":
            total = point_add(total, P1)
    return total


def encode(P1: Extended) -> bytes:
    """The 32 bytes of y, least significant first, with the least significant bit of x on top.  Section 5.1.2."""
    x, y = to_affine(P1)
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Extended | None:
    """The point of 32 bytes; None where decoding fails.  Section 5.1.3."""
    if len(data) != 32:
        return None
    # 1. The sign of x, and y, which must be reduced.
    number = int.from_bytes(data, "little")
    x_0, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    # 2. x^2 = u / v; the candidate root (u/v)^((p+3)/8) = u v^3 (u v^7)^((p-5)/8).
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    # 3. Three cases.
    if v * x * x % P == -u % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if v * x * x % P != u:
        return None
    # 4. The right one of both roots.
    if x == 0 and x_0 == 1:
        return None
    if x & 1 != x_0:
        x = P - x
    return extended((x, y))


#: The base point B.  Section 5.1, table 1.
BASE = extended(
    (
        15112221349535400772501151409588531511454012693041857206046113283949847762202,
        46316835694926478169428394003475163141307993866256225615783033603165251855960,
    )
)


def _secret(secret: bytes) -> tuple[int, bytes]:
    """The scalar s and the prefix of a secret key of 32 bytes.  Section 5.1.5, steps 1 and 2; section 5.1.6, step 1."""
    if len(secret) != 32:
        raise ValueError(f"a secret key has 32 bytes, not {len(secret)}")
    h = sha512(secret)
    s = int.from_bytes(h[:32], "little")
    s &= 2**254 - 8
    s |= 2**254
    return s, h[32:]


def public_key(secret: bytes) -> bytes:
    """The public key of a secret key, 32 bytes each.  Section 5.1.5."""
    return encode(multiply(_secret(secret)[0], BASE))


def _hash_mod_L(*parts: bytes) -> int:
    """SHA-512 of the parts put together, as a little-endian number modulo L.  Section 5.1.6, steps 2 and 4."""
    return int.from_bytes(sha512(b"".join(parts)), "little") % L


def sign(secret: bytes, message: bytes) -> bytes:
    """The signature of 64 bytes.  Section 5.1.6, with PH the identity and an empty dom2."""
    s, prefix = _secret(secret)
    A = encode(multiply(s, BASE))
    r = _hash_mod_L(prefix, message)
    R = encode(multiply(r, BASE))
    k = _hash_mod_L(R, A, message)
    return R + ((r + k * s) % L).to_bytes(32, "little")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is valid, by the equation with the cofactor: [8][S]B = [8]R + [8][k]A'.  Section 5.1.7."""
    if len(signature) != 64:
        return False
    A, R, S = decode(public), decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if A is None or R is None or S >= L:
        return False
    k = _hash_mod_L(signature[:32], public, message)
    left = multiply(8 * S, BASE)
    right = multiply(8, point_add(R, multiply(k, A)))
    return to_affine(left) == to_affine(right)
