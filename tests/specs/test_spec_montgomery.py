"""Montgomery's and Barrett's reductions over whole small ranges, and at the edges of the bounds stated of them."""

from __future__ import annotations

import random
from math import gcd

import pytest
from formal import Poly

from specs.fips204 import Q
from specs.montgomery import (
    barrett,
    barrett_quotient,
    montgomery_multiply,
    montgomery_sides,
    redc,
    redc_bound,
    redc_once,
    rounding_barrett,
    rounding_barrett_bound,
    signed_redc,
    signed_redc_bound,
)
from specs.sp800_186 import P256, P384

rng = random.Random("Montgomery")


def test_example_of_the_book() -> None:
    """Example 14.35: m = 72639, b = 10, R = 10^5 and T = 7118368; the same as a product 5792 * 1229."""
    assert redc(7118368, 72639, 10, 5) == 39796
    assert 5792 * 1229 == 7118368
    assert montgomery_multiply(5792, 1229, 72639, 10, 5) == 39796


@pytest.mark.parametrize(("b", "n"), [(2, 1), (2, 4), (4, 2), (3, 2), (10, 1)])
def test_reduction_of_every_number(b: int, n: int) -> None:
    """All m prime to b and below R, all T below m R."""
    R = b**n
    for m in (m for m in range(1, R) if gcd(m, b) == 1):
        inverse = pow(R, -1, m) if m > 1 else 0
        for T in range(m * R):
            expected = T * inverse % m
            assert redc(T, m, b, n) == expected
            once = redc_once(T, m, R)
            assert once in (expected, expected + m)
            left, right = montgomery_sides(once, T, R)
            assert (left - right) % m == 0
        assert max(redc_once(T, m, R) for T in range(m * R)) < redc_bound(m * R, m, R) == 2 * m
        for x in range(m):
            for y in range(m):
                assert montgomery_multiply(x, y, m, b, n) == x * y * inverse % m


def test_bound_of_one_reduction_for_every_limit() -> None:
    """`redc_bound` holds for each limit on T, also far above m R, and is sharp somewhere."""
    sharp = 0
    for m in (1, 3, 13, 15):
        largest = -1
        for T in range(4 * 16 * 16):
            largest = max(largest, redc_once(T, m, 16))
            assert largest < redc_bound(T + 1, m, 16)
            sharp += largest == redc_bound(T + 1, m, 16) - 1
    assert sharp > 0


def test_reduction_at_the_edges_of_the_curves() -> None:
    for E, n in ((P256, 4), (P384, 6)):
        for m in (E.p, E.n):
            R = 2 ** (64 * n)
            for T in (0, 1, m - 1, m, R - 1, R, (m - 1) ** 2, m * R - 1, rng.randrange(m * R)):
                assert redc(T, m, 2**64, n) == T * pow(R, -1, m) % m
            for x, y in ((0, m - 1), (m - 1, m - 1), (1, R % m), (rng.randrange(m), rng.randrange(m))):
                assert montgomery_multiply(x, y, m, 2**64, n) == x * y * pow(R, -1, m) % m


@pytest.mark.parametrize("q", [1, 3, 7, 13, 15])
def test_signed_reduction(q: int) -> None:
    """All a with |a| <= q R/2 and beyond, R = 16: congruent, and within the bound, which is reached."""
    R = 16
    reached = 0
    for limit in range(2 * q * R):
        for a in (limit, -limit):
            r = signed_redc(a, q, R)
            assert (r * R - a) % q == 0
            assert abs(r) <= signed_redc_bound(limit, q, R)
            reached += abs(r) == signed_redc_bound(limit, q, R)
    assert reached > 0
    assert signed_redc_bound(q * R // 2, q, R) == q


def test_signed_reduction_of_fips_204() -> None:
    """Appendix A: the result lies strictly between -q and q but for a = 2^31 q, where this t gives q."""
    R, edge = 2**32, 2**31 * Q
    for a in (0, 1, -1, -edge, 1 - edge, edge - 1, *(rng.randint(-edge, edge - 1) for _ in range(1000))):
        r = signed_redc(a, Q, R)
        assert r % Q == a * pow(R, -1, Q) % Q
        assert -Q < r < Q
    assert signed_redc(edge, Q, R) == Q


@pytest.mark.parametrize(("b", "k"), [(4, 1), (4, 2), (5, 2), (16, 1)])
def test_barrett_of_every_number(b: int, k: int) -> None:
    """All m and x of the right sizes; the quotient is at most 2 too small, as section 14.3.3 shows."""
    short = set()
    for m in range(b ** (k - 1), b**k):
        for x in range(b ** (2 * k)):
            assert barrett(x, m, b, k) == x % m
            short.add(x // m - barrett_quotient(x, m, b, k))
    assert short <= {0, 1, 2}
    assert 1 in short


def test_barrett_of_large_numbers() -> None:
    """Words of 64 bits, at the ends of the range of x and near multiples of m."""
    for m in (P256.n, P384.n):
        b, k = 2**64, m.bit_length() // 64
        for x in (0, m - 1, m, m * m - 1, m * m, b ** (2 * k) - 1, rng.randrange(b ** (2 * k))):
            assert barrett(x, m, b, k) == x % m


@pytest.mark.parametrize(("q", "k"), [(3, 4), (5, 3), (7, 6), (13, 5), (3329, 26)])
def test_rounding_reduction(q: int, k: int) -> None:
    """Every number to the edge of a signed word: congruent, and within the bound."""
    for limit in range(2**15 + 1):
        bound = rounding_barrett_bound(limit, q, k)
        for a in (limit, -limit):
            r = rounding_barrett(a, q, k)
            assert (r - a) % q == 0
            assert abs(r) <= bound


def test_rounding_reduction_of_every_16_bit_number_is_centered() -> None:
    """q = 3329 and k = 26: for |a| <= 2^15 the result is the least in absolute value."""
    assert rounding_barrett_bound(2**15, 3329, 26) == 1664
    for a in range(-(2**15), 2**15):
        assert rounding_barrett(a, 3329, 26) % 3329 == a % 3329
        assert -1664 <= rounding_barrett(a, 3329, 26) <= 1664


def test_sides_on_polynomials() -> None:
    left, right = montgomery_sides(Poly.unknown("r"), Poly.unknown("a") * Poly.unknown("b"), 2**256)
    assert left.of == {("r",): 2**256}
    assert right.of == {("a", "b"): 1}


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="do not lie below R = 16"):
        redc(0, 16, 2, 4)
    with pytest.raises(ValueError, match="do not lie below R = 16"):
        redc(15 * 16, 15, 2, 4)
    with pytest.raises(ValueError, match="do not lie below R = 16"):
        redc(-1, 15, 2, 4)
    with pytest.raises(ValueError, match="not invertible"):
        redc(0, 6, 2, 4)
    with pytest.raises(ValueError, match="not invertible"):
        redc_once(0, 6, 16)
    for x, y in ((15, 0), (0, 15), (-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="do not lie below m = 15"):
            montgomery_multiply(x, y, 15, 2, 4)
    with pytest.raises(ValueError, match="not below 2\\^4"):
        montgomery_multiply(0, 0, 17, 2, 4)
    for x, m, b, k in ((0, 1, 3, 1), (0, 4, 4, 1), (16, 3, 4, 1), (-1, 3, 4, 1), (0, 3, 4, 2)):
        with pytest.raises(ValueError, match="do not have the digits"):
            barrett(x, m, b, k)
