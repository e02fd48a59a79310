"""SP 800-186: the constants against a certificate's explicit parameters, the group law against `cryptography`."""

from __future__ import annotations

import base64
import itertools
import random

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from formal import Poly
from spec_vectors import records

from specs.sp800_186 import (
    P256,
    P384,
    P521,
    Curve,
    Point,
    add,
    from_jacobian,
    is_sum,
    jacobian_add,
    jacobian_curve_equation,
    jacobian_double,
    multiply,
    negate,
    on_curve,
    same_point,
    sum_cases,
    to_jacobian,
)

rng = random.Random("SP 800-186")
CURVES = [(P256, ec.SECP256R1(), 256), (P384, ec.SECP384R1(), 384), (P521, ec.SECP521R1(), 521)]
by_curve = pytest.mark.parametrize(("E", "curve", "bits"), CURVES, ids=["P-256", "P-384", "P-521"])

Triple = tuple[int, int, int]


def is_probable_prime(n: int) -> bool:
    """Miller and Rabin's test with forty bases."""
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for _ in range(40):
        x = pow(rng.randrange(2, n - 1), d, n)
        if x in (1, n - 1):
            continue
        if all((x := x * x % n) != n - 1 for _ in range(s - 1)):
            return False
    return True


@by_curve
def test_constants(E: Curve, curve: ec.EllipticCurve, bits: int) -> None:
    """p, a, b, G and n as DER has them in a public key with explicit parameters that another program wrote."""
    size = (bits + 7) // 8
    pem = cryptography_vectors.open_vector_file(f"asymmetric/EC/secp{bits}r1-pub-explicit-no-seed.pem", "r").read()
    der = base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-")))
    G = b"\x04" + E.G_x.to_bytes(size, "big") + E.G_y.to_bytes(size, "big")
    for number in (E.p, E.a % E.p, E.b, E.n):
        assert number.to_bytes(size, "big") in der
    assert G in der
    assert is_probable_prime(E.p)
    assert is_probable_prime(E.n)
    assert on_curve(E, E.G)
    assert multiply(E, E.n, E.G) is None


def public(k: int, curve: ec.EllipticCurve) -> Point:
    numbers = ec.derive_private_key(k, curve).public_key().public_numbers()
    return numbers.x, numbers.y


@by_curve
def test_multiples_of_the_base_point(E: Curve, curve: ec.EllipticCurve, bits: int) -> None:
    for k in (1, 2, 3, 4, 2 ** (bits // 2), E.n - 2, E.n - 1, *(rng.randrange(1, E.n) for _ in range(3))):
        assert multiply(E, k, E.G) == public(k, curve)
    assert multiply(E, 0, E.G) is None
    assert multiply(E, 5, None) is None


@by_curve
def test_sums_of_points(E: Curve, curve: ec.EllipticCurve, bits: int) -> None:
    """j G + k G = (j + k) G, all but the addition by `cryptography`; equal and opposite points among them."""
    j = rng.randrange(1, E.n // 2)
    for k in (1, j, j + 1, rng.randrange(1, E.n // 2)):
        assert add(E, public(j, curve), public(k, curve)) == public(j + k, curve)
    assert add(E, public(j, curve), public(E.n - j, curve)) is None
    assert negate(E, public(j, curve)) == public(E.n - j, curve)


@by_curve
def test_diffie_hellman(E: Curve, curve: ec.EllipticCurve, bits: int) -> None:
    k, other = rng.randrange(1, E.n), ec.derive_private_key(rng.randrange(1, E.n), curve)
    numbers = other.public_key().public_numbers()
    shared = multiply(E, k, (numbers.x, numbers.y))
    assert shared is not None
    ours = ec.derive_private_key(k, curve).exchange(ec.ECDH(), other.public_key())
    assert ours == shared[0].to_bytes((bits + 7) // 8, "big")


@by_curve
def test_points_of_nist(E: Curve, curve: ec.EllipticCurve, bits: int) -> None:
    """Public keys of FIPS 186-3's validation, good ones, out of range and not on the curve."""
    vectors = [v for v in records("asymmetric/ECDSA/FIPS_186-3/PKV.rsp") if v["MODE"] == f"P-{bits}"]
    results = [v["RESULT"][0] for v in vectors]
    assert set(results) == {"P", "F"}
    for v, result in zip(vectors, results, strict=True):
        assert on_curve(E, (int(v["QX"], 16), int(v["QY"], 16))) == (result == "P")


def test_edges_of_on_curve() -> None:
    assert on_curve(P256, None)
    assert from_jacobian(P256, to_jacobian(None)) is None
    assert to_jacobian(P256.G) == (*P256.G, 1)
    assert not on_curve(P256, (0, 0))
    assert not on_curve(P256, (P256.G_x + P256.p, P256.G_y))
    assert not on_curve(P256, (P256.G_x, P256.G_y - P256.p))
    with pytest.raises(ValueError, match="not negative: -1"):
        multiply(P256, -1, P256.G)


# -- small curves, all points ---------------------------------------------------------------------

#: Curves over fields of 11 to 23 elements, with a = -3 as on the large ones, and with another a.
SMALL = [Curve(p, 0, a, b, 0, 0) for p, a, b in ((23, -3, 7), (11, 1, 6), (13, -3, 3), (17, 2, 2))]


def points(E: Curve) -> list[Point]:
    return [None, *((x, y) for x in range(E.p) for y in range(E.p) if on_curve(E, (x, y)))]


def test_small_curves_have_every_case() -> None:
    """None is singular, and among them are points of order two."""
    assert all((4 * E.a**3 + 27 * E.b**2) % E.p for E in SMALL)
    assert any(P is not None and P[1] == 0 for E in SMALL for P in points(E))


@pytest.mark.parametrize("E", SMALL, ids=str)
def test_group(E: Curve) -> None:
    """Closed, commutative, associative, with inverses: all triples of points."""
    of = points(E)
    for P, Q in itertools.product(of, repeat=2):
        S = add(E, P, Q)
        assert S in of
        assert add(E, Q, P) == S
        for R in of:
            assert add(E, S, R) == add(E, P, add(E, Q, R))
    for P in of:
        assert add(E, P, negate(E, P)) is None
        assert add(E, P, None) == P


@pytest.mark.parametrize("E", SMALL, ids=str)
def test_three_points_on_a_line_sum_to_nothing(E: Curve) -> None:
    """What defines the group: P, Q and -(P + Q) lie on one line, here by a determinant."""
    for P, Q in itertools.combinations(points(E)[1:], 2):
        S = negate(E, add(E, P, Q))
        assert P is not None
        assert Q is not None
        if S is None:
            assert P[0] == Q[0]
        else:
            assert ((Q[0] - P[0]) * (S[1] - P[1]) - (S[0] - P[0]) * (Q[1] - P[1])) % E.p == 0


def triples(E: Curve, P: Point) -> list[Triple]:
    """Representatives of a point, some with coordinates out of 0 to p - 1."""
    if P is None:
        return [(1, 1, 0), (4, 8, E.p)]
    return [to_jacobian(P, Z) for Z in (1, 2, E.p - 1)]


@pytest.mark.parametrize("E", SMALL, ids=str)
def test_jacobian_formulas(E: Curve) -> None:
    """Every pair of points in several representations: the formulas where they hold, and where they do not."""
    for P in points(E):
        for p in triples(E, P):
            assert from_jacobian(E, p) == P
            left, right = jacobian_curve_equation(E, p)
            assert left == right or P is None
            assert from_jacobian(E, jacobian_double(E, p)) == add(E, P, P)
            assert is_sum(E, p, p, jacobian_double(E, p))
    for P, Q in itertools.product(points(E), repeat=2):
        for p, q in itertools.product(triples(E, P), triples(E, Q)):
            S = jacobian_add(E, p, q)
            assert all(0 <= c < E.p for c in S)
            if P is not None and Q is not None:
                assert all(a == b for a, b in same_point(E, p, q)) == (P == Q)
                assert from_jacobian(E, S) == (add(E, P, Q) if P != Q else None)
            if P is not None and Q is not None and P != Q:
                assert is_sum(E, p, q, S)
            if P is None or Q is None or (P == Q and add(E, P, P) is not None):
                assert S[2] == 0
                assert is_sum(E, p, q, S) == (P is None and Q is None)


@pytest.mark.parametrize("E", SMALL, ids=str)
def test_cases_of_a_sum(E: Curve) -> None:
    """Of any two points just one case applies, and says what the sum is; every case occurs."""
    seen = set()
    for P, Q in itertools.product(points(E), repeat=2):
        for p, q in itertools.product(triples(E, P), triples(E, Q)):
            cases = sum_cases(E, p, q)
            (k,) = (
                k
                for k, case in enumerate(cases)
                if all(x % E.p == 0 for x in case.zero) and all(x % E.p for x in case.nonzero)
            )
            seen.add(k)
            result = cases[k].result
            assert (None if result is None else from_jacobian(E, result)) == add(E, P, Q)
            assert (result is None) == (add(E, P, Q) is None)
    has_order_two = any(P is not None and P[1] == 0 for P in points(E))
    assert seen == set(range(7 if has_order_two else 6))


def test_jacobian_formulas_on_unknowns() -> None:
    """On polynomials they are what they are on numbers."""
    unknowns = {name: Poly.unknown(name) for name in ("X1", "Y1", "Z1", "X2", "Y2", "Z2")}
    P = unknowns["X1"], unknowns["Y1"], unknowns["Z1"]
    Q = unknowns["X2"], unknowns["Y2"], unknowns["Z2"]
    assert len(sum_cases(P256, P, Q)) == 7
    total, double = jacobian_add(P256, P, Q), jacobian_double(P256, P)
    left, right = jacobian_curve_equation(P256, P)
    for _ in range(3):
        values = {name: rng.randrange(P256.p) for name in unknowns}
        p = values["X1"], values["Y1"], values["Z1"]
        q = values["X2"], values["Y2"], values["Z2"]
        assert tuple(c.at(values) % P256.p for c in total) == jacobian_add(P256, p, q)
        assert tuple(c.at(values) % P256.p for c in double) == jacobian_double(P256, p)
        assert (left.at(values) % P256.p, right.at(values) % P256.p) == jacobian_curve_equation(P256, p)
    assert from_jacobian(P256, jacobian_add(P256, to_jacobian(multiply(P256, 2, P256.G), 77), to_jacobian(P256.G))) == (
        multiply(P256, 3, P256.G)
    )


# -- a wrong standard is seen ---------------------------------------------------------------------


@pytest.mark.parametrize("field", ["p", "n", "b", "G_x", "G_y"])
def test_one_wrong_bit_of_a_constant_is_caught(field: str) -> None:
    for E, curve, bits in CURVES:
        wrong = E._replace(**{field: getattr(E, field) ^ 4})
        with pytest.raises(AssertionError):
            test_constants(wrong, curve, bits)


def test_a_wrong_doubling_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """3 X^2 - 3 Z^4 on a curve with another a."""
    right = jacobian_double

    def wrong(E: Curve, P: Triple) -> Triple:
        return right(E._replace(a=-3), P)

    monkeypatch.setitem(globals(), "jacobian_double", wrong)
    with pytest.raises(AssertionError):
        test_jacobian_formulas(SMALL[1])
