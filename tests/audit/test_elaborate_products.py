"""Claims about products over GF(2): what the elaborator finds, the checker accepts, and no other."""

from __future__ import annotations

import pytest
from proved_checkers import agreed, with_tools
from raw_programs import values

from armsym.audit.check import check_certificate
from armsym.audit.hints import Certificate, read, write
from armsym.audit.raw import Program, ones
from armsym.audit.rules import Checker, RefusedError
from armsym.certify.columns import inverse
from armsym.certify.elaborate import elaborate

BLOCK = ones(128)


def shown(program: Program, left: int, right: int) -> bool:
    certificate, rest = elaborate(program, {}, [(left, right)])
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    again = read(write(Certificate(program, certificate.parts)).splitlines())
    assert again.parts == certificate.parts
    equal = all(run[left] == run[right] for run in (values(program.instructions, k) for k in range(30)))
    assert equal or rest
    return not rest


def times(p: Program, a: int, b: int) -> int:
    return p.app("gf128.mul", (a, b), BLOCK)


def multiplied_by_hand(
    p: Program, x: int, y: int, powers: tuple[int, ...] = (0, 1, 2, 7), karatsuba: bool = True
) -> int:
    """The product of GCM's field by carry-less products of halves, reduced by x^128 = x^7 + x^2 + x + 1."""
    (a, b), (c, d) = ((p.mask(n, ones(64)), p.shr(n, 64)) for n in (x, y))
    low, high = (p.app("clmul", pair, ones(127)) for pair in ((a, c), (b, d)))
    if karatsuba:
        sums = p.app("clmul", (p.xor(a, b), p.xor(c, d)), ones(127))
        middle = p.xor(p.xor(sums, low), high)
    else:
        middle = p.xor(p.app("clmul", (a, d), ones(127)), p.app("clmul", (b, c), ones(127)))
    # As 255 bits, in which x^k has the weight 2^(254 - k); then 256, so that halves are halves.
    whole = p.shl(p.xor(p.xor(low, p.shl(middle, 64)), p.shl(high, 128)), 1)
    for _ in range(2):
        rest = p.mask(whole, BLOCK)
        whole = p.xor(whole, rest)
        for power in powers:
            whole = p.xor(whole, p.shl(rest, 128 - power))
    return p.shr(whole, 128)


def words(p: Program, count: int) -> list[int]:
    return [p.var(f"w{k}", BLOCK) for k in range(count)]


@pytest.mark.parametrize(("powers", "karatsuba", "equal"), [
    ((0, 1, 2, 7), True, True), ((0, 1, 2, 7), False, True), ((0, 1, 2, 6), True, False), ((0, 1, 2), False, False),
])  # fmt: skip
def test_a_reduction_of_carryless_products(powers: tuple[int, ...], karatsuba: bool, equal: bool) -> None:
    p = Program()
    x, y = words(p, 2)
    assert shown(p, multiplied_by_hand(p, x, y, powers, karatsuba), times(p, x, y)) == equal


def test_the_checker_from_coq_says_the_same_of_reductions() -> None:
    with_tools("coqc", "ocamlfind")
    certificates = []
    for power in (7, 6):
        p = Program()
        x, y = words(p, 2)
        by_hand, product = multiplied_by_hand(p, x, y), times(p, x, y)
        certificate, rest = elaborate(p, {}, [(by_hand, product)])
        assert rest == []
        # Of a reduction by x^6 in place of x^7 the same hints show nothing.
        p.instructions = [("Shl", i[1], 128 - power) if i[0] == "Shl" and i[2] == 121 else i for i in p.instructions]
        certificates.append(Certificate(p, certificate.parts))
    verdicts = agreed(certificates)
    assert verdicts[0] == [[] for _ in certificates[0].parts]
    assert verdicts[1] is None


def test_squares_and_products_of_products() -> None:
    p = Program()
    (x,) = words(p, 1)
    square = multiplied_by_hand(p, x, x)
    assert shown(p, square, times(p, x, x))
    fourth = multiplied_by_hand(p, square, square)
    assert shown(p, fourth, times(p, times(p, times(p, x, x), x), x))
    assert not shown(p, fourth, times(p, times(p, x, x), x))
    assert shown(p, multiplied_by_hand(p, square, x), times(p, x, times(p, x, x)))


def test_sums_are_multiplied_by_a_factor_at_once() -> None:
    # Y (i + 2) of GHASH from two products that are reduced together.
    p = Program()
    y, a, b, h = words(p, 4)
    squared = times(p, h, h)
    one = multiplied_by_hand(p, p.xor(y, a), squared)
    two = multiplied_by_hand(p, b, h)
    step = times(p, p.xor(times(p, p.xor(y, a), h), b), h)
    assert shown(p, p.xor(one, two), step)
    assert not shown(p, p.xor(one, two), times(p, p.xor(times(p, y, h), b), h))


def test_factors_in_any_order() -> None:
    p = Program()
    a, b, c, d = words(p, 4)
    one = times(p, times(p, times(p, d, b), c), a)
    assert shown(p, one, times(p, times(p, a, b), times(p, d, c)))
    assert not shown(p, one, times(p, times(p, a, b), times(p, c, c)))
    assert shown(p, times(p, p.xor(a, times(p, b, c)), d), p.xor(times(p, d, a), times(p, b, times(p, c, d))))
    assert not shown(p, times(p, p.xor(a, times(p, b, c)), d), p.xor(times(p, d, a), times(p, b, c)))


def test_a_carryless_product_by_a_number() -> None:
    p = Program()
    x = p.mask(p.shr(p.var("x", BLOCK), 3), ones(64))
    product = p.app("clmul", (p.const(0xC2), x), ones(72))
    by_hand = p.xor(p.xor(p.shl(x, 1), p.shl(x, 6)), p.shl(x, 7))
    assert shown(p, product, by_hand)
    assert not shown(p, p.app("clmul", (p.const(0xC3), x), ones(72)), by_hand)
    assert shown(p, p.app("clmul", (p.const(0), x), ones(72)), p.const(0))


def test_no_more_values_of_two_groups_than_the_checker_takes() -> None:
    p = Program()
    x, y, z = p.var("x", ones(255)), p.var("y", ones(511)), p.var("z", ones(512))
    for second, accepted in ((y, True), (z, False)):
        one, other = p.and_(x, second), p.and_(second, x)
        hint = ("bilinear", one, other, (x,), (), (second,), (one, other))
        checker = Checker(p)
        checker.step(("polyatom", x))
        if accepted:
            checker.step(hint)
        else:
            with pytest.raises(RefusedError, match="131328 values"):
                checker.step(hint)


def test_the_inverse_of_a_map() -> None:
    columns = [0b011, 0b110, 0b100]
    for k, column in enumerate(inverse(columns)):
        out = 0
        for n in range(3):
            out ^= columns[n] * (column >> n & 1)
        assert out == 1 << k
    with pytest.raises(ValueError, match="does not follow"):
        inverse([0b11, 0b11])
