"""Equations between products over GF(2): shown only when they hold, and when they hold as code has them."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from algebra_cases import RINGS, check_forms, check_pairs, modular

from armsym.bits import Bits, concat, opaque
from armsym.discharge import gf2
from armsym.discharge.algebra import equal, ring_of, speaks_of_products
from armsym.terms.node import Var, new_table
from specs.gcm import multiply


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def test_entries_of_a_matrix() -> None:
    """Row and column of each 1, in rows of 5 and of 20 bits."""
    rng = random.Random(5)
    for width in (5, 20):
        ones = {(rng.randrange(width), rng.randrange(width)) for _ in range(30)}
        assert sorted(gf2.entries(sum(1 << q * width + r for q, r in ones), width)) == sorted(ones)


#: Bits of the first and of the second word, and positions of each operand.
SIZES = [(1, 1, 1), (3, 7, 4), (8, 8, 8), (5, 9, 6), (20, 16, 3), (2, 17, 9)]


@pytest.mark.parametrize(("height", "width", "n"), SIZES)
def test_carry_less_products_of_masks(height: int, width: int, n: int) -> None:
    """By definition: at p, of bit q and bit r, the parity of the (i, j) with i + j = p where both masks have them."""
    rng = random.Random(height * width)
    few = [[1 << (i * 3 % height) for i in range(n)], [0] * n, [(1 << height) - 1] * n, [1] * n]
    for rows in [*few, *([rng.getrandbits(height) for _ in range(n)] for _ in range(4))]:
        columns = [rng.choice((0, (1 << width) - 1, rng.getrandbits(width), 1 << width - 1)) for _ in range(n)]
        items = gf2._convolved(rows, columns, height, width)
        assert len(items) == 2 * n
        for p, item in enumerate(items):
            places = [i for i in range(n) if 0 <= p - i < n]
            for q in range(height):
                for r in range(width):
                    met = sum(rows[i] >> q & columns[p - i] >> r & 1 for i in places)
                    assert item >> q * width + r & 1 == met & 1
            assert item >> height * width == 0


@pytest.mark.parametrize("name", RINGS)
def test_form_has_the_value_of_its_term(name: str) -> None:
    """As read off the form by its definition, before and after products are recognised."""
    assert check_forms(name, 30, 1) > 150


@pytest.mark.parametrize(("name", "least"), [("algebra_gf16", 0.9), ("algebra_gf256", 0.9), ("algebra_x4", 0.6)])
def test_what_is_shown_is_true(name: str, least: float) -> None:
    """Random equations, compared with all values: none is shown that is false, and most that are true are."""
    true, shown = check_pairs(name, 120, 2)
    assert true > 40
    assert shown >= least * true


def test_products_without_a_ring() -> None:
    """Carry-less products by themselves: Karatsuba, and products of 64 bits."""
    x, y = (Bits(64, Var(n, 64)) for n in "xy")
    (x0, x1), (y0, y1) = x.elems(32), y.elems(32)
    low, high = x0.clmul(y0), x1.clmul(y1)
    middle = (x0 ^ x1).clmul(y0 ^ y1) ^ low ^ high
    whole = low.zero_extend(128) ^ (middle.zero_extend(128) << 32) ^ (high.zero_extend(128) << 64)
    assert equal(128, whole.value, x.clmul(y).value) == (True, None)
    assert equal(128, (whole ^ 1).value, x.clmul(y).value) == (False, None)
    assert equal(128, (whole ^ (low.zero_extend(128) << 32)).value, x.clmul(y).value) == (False, None)


def test_squares() -> None:
    """A carry-less square has the bits at twice their places; written as a product of different terms too."""
    x, y = (Bits(32, Var(n, 32)) for n in "xy")
    spread = Bits.from_elems([e for k in range(32) for e in (x[k], Bits(1, 0))])
    assert equal(64, x.clmul(x).value, spread.value)[0]
    twisted = (x ^ y).clmul(x) ^ y.clmul(x)
    assert equal(64, twisted.value, spread.value)[0]
    assert not equal(64, twisted.value, (spread ^ 4).value)[0]


def test_products_of_products_are_not_shown_without_a_ring() -> None:
    """Degree 3 is refused, not guessed."""
    x, y, z = (Bits(8, Var(n, 8)) for n in "xyz")
    left, right = x.clmul(y)[7:0].clmul(z), z.clmul(y.clmul(x)[7:0])
    assert left.value is right.value
    assert equal(16, left.value, x.clmul(z.clmul(y)[7:0]).value) == (False, None)


def test_the_field_of_gcm() -> None:
    """x^128 + x^7 + x^2 + x + 1 with reversed bits is recognised; its laws by name and by another reduction."""
    ring = ring_of(multiply)
    assert ring is not None
    assert (ring.width, ring.unit) == (128, 127)
    assert ring.times(1 << 126, 1 << 0) == 0b11100001 << 120  # x * x^127 = x^128
    H, X, Y = (Bits(128, Var(n, 128)) for n in "HXY")
    H2 = multiply(H, H)
    one = multiply(multiply(X, H) ^ Y, H)
    for other, holds in (
        (multiply(X, H2) ^ multiply(H, Y), True),
        (multiply(H, multiply(H, X)) ^ multiply(Y, H), True),
        (multiply(X, H2) ^ multiply(H2, Y), False),
        (multiply(X, H) ^ multiply(H, Y), False),
        (multiply(X, H2), False),
        (multiply(X, H2) ^ multiply(H, Y) ^ 1, False),
    ):
        assert equal(128, one.value, other.value)[0] is holds


@pytest.mark.parametrize(("tail", "holds"), [(0x87, True), (0x86, False), (0x8D, False), (0x85, False)])
def test_wrong_modulus(tail: int, holds: bool) -> None:
    """Reduction by x^128 + x^7 + x^2 + x + 1, on bits in the usual order, and by other polynomials."""
    x, h = (Bits(128, Var(n, 128)) for n in "xh")

    def reflected(a: Bits) -> Bits:
        return concat(*(a[k] for k in range(128)))

    product = reflected(x).clmul(reflected(h))
    for _ in range(2):
        product = product[127:0].zero_extend(256) ^ product[255:128].clmul(Bits(128, tail))
    assert equal(128, reflected(product[127:0]).value, multiply(x, h).value)[0] is holds


def _matrices(a: Bits, b: Bits) -> Bits:
    """Of 2 by 2: associative, not commutative."""
    rows = [[a[0], a[1]], [a[2], a[3]]], [[b[0], b[1]], [b[2], b[3]]]
    (p, q) = rows
    return Bits.from_elems([p[i][0] & q[0][j] ^ p[i][1] & q[1][j] for i in range(2) for j in range(2)])


def _around(a: Bits, b: Bits, rest: Bits) -> Bits:
    """The commutative product with unit 1 in which vectors without bit 0 have the product `rest`."""
    e, f = a[0].sign_extend(4), b[0].sign_extend(4)
    return (b & e) ^ (a & f) ^ (e & f & 1) ^ rest


def _of_powers(a: Bits, b: Bits) -> Bits:
    """1, x, y = x * x, z = x * y are everything; x * z = 0, but (x * x) * (x * x) = 1."""
    both = [a[k] & b[k] for k in range(4)]
    return _around(a, b, Bits.from_elems([both[2], Bits(1, 0), both[1], a[1] & b[2] ^ a[2] & b[1]]))


def _of_parts(a: Bits, b: Bits) -> Bits:
    """1, x, y, z: all products with x are 0; y * y = z, y * z = y, z * z = 0, so (y * y) * z is not y * (y * z)."""
    zero = Bits(1, 0)
    return _around(a, b, Bits.from_elems([zero, zero, a[2] & b[3] ^ a[3] & b[2], a[2] & b[2]]))


NOT_RINGS = {
    "not bilinear": lambda a, b: a & b & (a << 1),
    "a constant": lambda a, b: modular(4, 3)(a, b) ^ 1,
    "not linear in one": lambda a, b: modular(4, 3)(a, b) ^ a,
    "a sum": lambda a, b: a ^ b,
    "an or": lambda a, b: a | b,
    "no unit among basis vectors": lambda a, b: a & b,
    "no unit": lambda a, b: modular(4, 3)(a, b) << 1,
    "not commutative": _matrices,
    "not associative": _of_powers,
    "associative in part": _of_parts,
    "of higher degree": lambda a, b: modular(4, 3)(modular(4, 3)(a, b), b),
    "an error": lambda a, b: a.zero_extend(2),
    "asks for a number": lambda a, b: Bits(4, a.uint),
}


_fresh_number = count()


@pytest.mark.parametrize("why", NOT_RINGS)
def test_other_functions_are_no_products(why: str) -> None:
    """Their applications stay what they are: nothing is known of them."""
    name = f"algebra_other_{next(_fresh_number)}"
    f = opaque(name, 4)(NOT_RINGS[why])
    assert ring_of(f) is None
    x, y, z = (Bits(4, Var(n, 4)) for n in "xyz")
    for left, right in ((f(x, y), f(y, x)), (f(f(x, y), z), f(x, f(y, z))), (f(x ^ z, y), f(x, y) ^ f(z, y))):
        assert speaks_of_products(left.value, right.value)
        assert equal(4, left.value, right.value) == (False, None)


def test_two_definitions_are_not_looked_at() -> None:
    """Which of them is meant is another obligation; here nothing is concluded from either."""
    f, g = (opaque("algebra_twice", 4)(modular(4, 3)) for _ in range(2))
    x, y = (Bits(4, Var(n, 4)) for n in "xy")
    left, right = f(x, y).value, f(y, x).value
    shown, ring = equal(4, left, right)
    assert shown
    assert ring is not None
    g(x, x)
    assert equal(4, left, right) == (False, None)


def test_a_product_of_another_proof_is_no_product() -> None:
    """What a name meant before `new_table` is forgotten, and what it means now is not said of older terms."""
    f = opaque("algebra_again", 4)(modular(4, 3))
    x, y = (Bits(4, Var(n, 4)) for n in "xy")
    old = f(x, y).value, f(y, x).value
    assert equal(4, *old)[0]
    new_table()
    assert equal(4, *old) == (False, None)
    f(x, x)
    assert equal(4, *old) == (False, None)
    assert equal(4, f(x, y).value, f(y, x).value)[0]


def test_products_of_two_rings_do_not_mix() -> None:
    """Of two products in one claim, neither is used."""
    x, y = (Bits(4, Var(n, 4)) for n in "xy")
    f, g = RINGS["algebra_gf16"], RINGS["algebra_x4"]
    assert equal(4, f(x, y).value, f(y, x).value)[0]
    assert equal(4, (f(x, y) ^ g(x, y)).value, (f(y, x) ^ g(x, y)).value)[0] is False
    assert equal(4, f(x, y).value, g(x, y).value)[0] is False
