"""The arithmetic specifications on `armsym.dsl.Integer`, the numbers of claims, as proofs run them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import prod

from armsym.bits import Bits
from armsym.dsl import Integer, Relation, congruent, within
from armsym.integers.expression import IntegerLike, Quotient, integer
from armsym.terms.node import Var
from specs import fips203, fips204, fips204_rounding, poly1305, rfc7748, rfc8032
from specs.fips204_rounding import decomposition_claims, high_bits, low_bits, use_hint
from specs.sp800_186 import P256, jacobian_add, jacobian_curve_equation, jacobian_double

rng = random.Random("integers")

Numbers = list[IntegerLike]


def at(x: IntegerLike, values: dict[str, int]) -> int:
    """A polynomial in 64-bit variables read as signed numbers, and in floor quotients, at values of these."""
    if isinstance(x, int):
        return x
    total = 0
    for monomial, c in x.terms.items():
        factors = []
        for leaf in monomial:
            if isinstance(leaf, Quotient):
                factors.append(at(leaf.of, values) // leaf.m)
                continue
            assert isinstance(leaf, tuple)
            signed, width, term = leaf
            assert signed
            assert width == 64
            assert isinstance(term, Var)
            factors.append(values[term.name])
        total += c * prod(factors)
    return total


def agree(function: Callable[[Numbers], Sequence[IntegerLike]], count: int, q: int) -> None:
    """On unknowns and then at numbers, it is congruent modulo q to what it is on the numbers; equal for q = 0."""
    names = [f"v{k}" for k in range(count)]
    symbolic = function([integer(Bits(64, Var(name, 64)), signed=True) for name in names])
    assert any(isinstance(x, Integer) for x in symbolic)
    edges = [[0] * count, [-1] * count, [2**63 - 1] * count, [-(2**63)] * count]
    for numbers in [*edges, *([rng.randrange(-(2**63), 2**63) for _ in names] for _ in range(3))]:
        concrete = function(list(numbers))
        values = dict(zip(names, numbers, strict=True))
        for s, c in zip(symbolic, concrete, strict=True):
            assert isinstance(c, int)
            difference = at(s, values) - c
            assert (difference % q if q else difference) == 0


def test_transforms() -> None:
    agree(fips203.NTT, 256, fips203.Q)
    agree(fips203.NTTinverse, 256, fips203.Q)
    agree(fips204.NTT, 256, fips204.Q)
    agree(fips204.NTTinverse, 256, fips204.Q)


def test_products_of_transforms() -> None:
    agree(lambda v: fips203.MultiplyNTTs(v[:256], v[256:]), 512, fips203.Q)
    agree(lambda v: fips204.MultiplyNTT(v[:256], v[256:]), 512, fips204.Q)


def test_field_formulas() -> None:
    agree(lambda v: [poly1305.block_step(v[0], v[1], v[2])], 3, poly1305.P)
    agree(lambda v: rfc7748.ladder_step(v[0], v[1], v[2], v[3], v[4]), 5, rfc7748.P)
    agree(lambda v: rfc8032.point_add((v[0], v[1], v[2], v[3]), (v[4], v[5], v[6], v[7])), 8, rfc8032.P)
    agree(lambda v: rfc8032.double((v[0], v[1], v[2], v[3])), 4, rfc8032.P)
    agree(lambda v: jacobian_double(P256, (v[0], v[1], v[2])), 3, P256.p)
    agree(lambda v: jacobian_add(P256, (v[0], v[1], v[2]), (v[3], v[4], v[5])), 6, P256.p)
    agree(lambda v: jacobian_curve_equation(P256, (v[0], v[1], v[2])), 3, P256.p)


def test_a_numbers_point_can_be_added() -> None:
    """Z = 1, or a whole point of numbers, beside unknowns: as in mixed addition, and by a table."""
    agree(lambda v: jacobian_add(P256, (v[0], v[1], v[2]), (v[3], v[4], 1)), 5, P256.p)
    agree(lambda v: jacobian_add(P256, (v[0], v[1], v[2]), (*P256.G, 1)), 3, P256.p)


def test_rounding_by_floor_quotients() -> None:
    """Equal, not only congruent, for any input: these functions reduce what they are given."""
    agree(lambda v: [fips203.Compress(d, v[0]) for d in (1, 4, 5, 10, 11)], 1, 0)
    agree(lambda v: [fips203.Decompress(d, v[0]) for d in (1, 4, 5, 10, 11)], 1, 0)
    agree(lambda v: fips204_rounding.power2round(v[0]), 1, 0)
    for gamma_2 in ((fips204.Q - 1) // 88, (fips204.Q - 1) // 32):
        agree(lambda v, g=gamma_2: [high_bits(v[0], g), low_bits(v[0], g)], 1, 0)  # type: ignore[misc]
        for h in (0, 1):
            agree(lambda v, g=gamma_2, h=h: [use_hint(h, v[0], g)], 1, 0)  # type: ignore[misc]


def test_what_can_be_claimed() -> None:
    f: Numbers = [integer(Bits(16, Var(f"f{k}", 16)), signed=True) for k in range(256)]
    f_hat = fips203.NTT(f)
    assert isinstance(congruent(f_hat[0], f_hat[1], fips203.Q), Relation)
    assert congruent(fips203.NTT([0] * 256)[0], 0, fips203.Q) is True
    r, r_1, r_0 = f[:3]
    (left, right), bounds = decomposition_claims(r, r_1, r_0, (fips204.Q - 1) // 32)
    assert isinstance(congruent(left, right, fips204.Q), Relation)
    assert all(isinstance(within(low, x, high), Relation) for low, x, high in bounds)
