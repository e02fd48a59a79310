"""What the elaborator makes of sums: conjunctions without a common bit, NOT, choices, carries, low parts, facts."""

from __future__ import annotations

import pytest
from raw_programs import values

from armsym.audit.check import check_certificate
from armsym.audit.raw import Program, ones
from armsym.certify.elaborate import Elaborator, elaborate

p = Program()
A, B, C, D = (p.var(name, ones(32)) for name in "abcd")
BIT = p.var("bit", 1)
WIDE = p.var("wide", ones(64))
M = p.const(ones(32))


def no(x: int) -> int:
    return p.xor(x, M)


def neg(x: int, width: int = 32) -> int:
    return p.mulc(width, x, ones(width))


def ror(x: int, n: int) -> int:
    return p.xor(p.shr(x, n), p.mask(p.shl(x, 32 - n), ones(32)))


def choice(c: int, x: int, y: int) -> int:
    return p.xor(y, p.and_(p.mulc(32, c, ones(32)), p.xor(x, y)))


# RFC 1321, 3.4: G(x, y, z) = (x AND z) OR (y AND NOT z): a sum, for the two have no bit in common
G_SUM = p.add(32, p.add(32, A, p.and_(B, D)), p.and_(C, no(D)))
G_OR = p.xor(p.xor(p.and_(B, D), p.and_(C, no(D))), p.and_(p.and_(B, D), p.and_(C, no(D))))
I_AT_64 = p.add(64, A, p.xor(C, p.xor(p.xor(B, no(D)), p.and_(B, no(D)))))
I_AT_32 = p.add(32, A, p.xor(C, p.xor(p.xor(B, no(D)), p.and_(B, no(D)))))
# XORs of 20 terms, whose products are too many to be multiplied out
X20, Y20 = WIDE, p.var("other", ones(64))
for n in range(1, 20):
    X20, Y20 = p.xor(X20, p.shr(WIDE, n)), p.xor(Y20, p.shr(p.var("other", ones(64)), n))
PAIRS = [
    (p.and_(X20, X20), X20, True),
    (p.and_(X20, Y20), p.and_(Y20, p.xor(X20, p.const(0))), True),
    (p.and_(X20, Y20), p.and_(Y20, p.xor(X20, p.const(1))), False),
    (p.xor(p.xor(X20, X20), p.and_(X20, X20)), X20, True),
    (G_SUM, p.add(32, G_OR, A), True),
    (p.add(32, p.add(32, A, p.and_(B, D)), p.and_(C, D)), p.add(32, A, p.xor(p.and_(B, D), p.and_(C, D))), False),
    (p.mask(I_AT_64, ones(32)), I_AT_32, True),
    (p.add(32, A, neg(B)), p.add(32, p.add(32, A, no(B)), p.const(1)), True),
    (no(p.add(32, A, B)), p.add(32, no(A), neg(B)), True),
    (no(p.add(32, A, B)), p.add(32, no(A), no(B)), False),
    (choice(BIT, A, B), choice(p.xor(BIT, p.const(1)), B, A), True),
    (choice(BIT, A, B), choice(BIT, B, A), False),
    (p.add(32, A, BIT), choice(BIT, p.add(32, A, p.const(1)), A), False),  # true, and no rule shows it
    (p.mask(p.add(64, WIDE, A), ones(32)), p.add(32, p.mask(WIDE, ones(32)), A), True),
    (p.shr(p.add(34, p.mulc(34, A, 4), p.const(3)), 2), A, True),
    (p.shr(p.add(33, p.mulc(33, A, 4), p.const(3)), 2), A, False),
    (ror(p.add(32, A, B), 7), ror(p.add(32, B, A), 7), True),
    (ror(p.add(32, A, B), 7), ror(p.add(32, B, A), 8), False),
    (p.xor(p.shl(p.add(32, A, B), 8), p.const(7)), p.add(40, p.mulc(40, p.add(32, A, B), 256), p.const(7)), True),
]
RUNS = [values(p.instructions, seed) for seed in range(60)]


@pytest.mark.parametrize(("left", "right", "shown"), PAIRS)
def test_sums(left: int, right: int, shown: bool) -> None:
    certificate, rest = elaborate(p, {}, [(left, right)])
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    assert bool(rest) is not shown
    assert not shown or all(run[left] == run[right] for run in RUNS)


def test_the_order_of_claims_is_of_no_account() -> None:
    for pairs in (PAIRS, PAIRS[::-1]):
        elaborator = Elaborator(p)
        for left, right, shown in pairs:
            assert (not elaborator.close({}, [(left, right)])) is shown
        certificate = elaborator.certificate()
        assert check_certificate(certificate) == [[] for _ in certificate.parts]


def test_facts_are_of_their_path_alone() -> None:
    decided = p.app("zero", (p.add(32, A, neg(B)),), 1)
    again = p.app("zero", (p.add(32, neg(B), A),), 1)
    chosen = choice(decided, C, D)
    other = choice(p.xor(again, p.const(1)), D, C)
    elaborator = Elaborator(p)
    assert elaborator.close({}, [(chosen, C), (chosen, D)]) == [(chosen, C), (chosen, D)]
    assert elaborator.close({decided: 1}, [(chosen, C), (chosen, D), (other, C)]) == [(chosen, D)]
    assert elaborator.close({decided: 0}, [(chosen, C), (chosen, D), (other, D)]) == [(chosen, C)]
    inverted = p.xor(decided, p.const(1))
    assert elaborator.close({inverted: 0}, [(chosen, C), (chosen, D), (other, C)]) == [(chosen, D)]
    assert elaborator.close({}, [(chosen, other), (chosen, C)]) == [(chosen, C)]
    certificate = elaborator.certificate()
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    for part in certificate.parts:
        assert part.given or not any(C in claim or D in claim for claim in part.claims)


@pytest.mark.parametrize("bits", [1, 31, 32, 33, 38])
@pytest.mark.parametrize("wider", [33, 64, 100])
def test_low_bits_that_were_summed_wide_are_low_bits_in_a_narrow_sum(bits: int, wider: int) -> None:
    """As a counter of blocks, the low half of a longer number, is extended before it is added to."""
    own = Program()
    longer, a, b = own.var("longer", ones(39)), own.var("a", ones(32)), own.var("b", ones(32))
    low = own.mask(longer, ones(bits))
    wide, again = own.add(wider, low, a), own.add(wider, a, low)
    narrow, other = own.add(32, low, b), own.mask(own.add(64, longer, b), ones(32))
    twice = own.add(32, narrow, wide), own.add(32, own.add(32, a, longer), other)
    claims = [(wide, again), (narrow, other), twice]
    equal = all(run[narrow] == run[other] for run in (values(own.instructions, seed) for seed in range(60)))
    certificate, rest = elaborate(own, {}, claims)
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    # The lowest 33 bits are, modulo 2^32, the lowest 32, too; and twice a number is twice its lowest 31 bits.
    assert equal is (bits >= 32)
    assert rest == ([] if bits >= 32 else [(narrow, other)] if bits == 31 else [(narrow, other), twice])


@pytest.mark.parametrize("claim", [(0, 1), (1, 10**6), (-1, 1)])
def test_a_claim_about_no_instruction_is_refused(claim: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="about instruction"):
        elaborate(p, {}, [claim])
