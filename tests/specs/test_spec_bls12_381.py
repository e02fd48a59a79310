"""The numbers of BLS12-381 against those that draft-irtf-cfrg-pairing-friendly-curves prints."""

from __future__ import annotations

import pytest

from specs import bls12_381

P = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"
R = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"


def test_numbers_that_are_printed() -> None:
    assert f"{bls12_381.p:x}" == P
    assert f"{bls12_381.r:x}" == R
    assert bls12_381.t == -0xD201000000010000


@pytest.mark.parametrize("n", [bls12_381.p, bls12_381.r])
def test_primes_by_fermat(n: int) -> None:
    assert all(pow(a, n - 1, n) == 1 for a in (2, 3, 5, 7, 11))


def test_order_divides_that_of_the_curve() -> None:
    """p + 1 - (t + 1) points, for the trace is t + 1; the cofactor of the first group is (t - 1)^2 / 3."""
    assert (bls12_381.p - bls12_381.t) % bls12_381.r == 0
    assert (bls12_381.p - bls12_381.t) // bls12_381.r == (bls12_381.t - 1) ** 2 // 3
