"""Addresses in the file under a mask of low bits: what is shown of them, at the edges of what may be."""

from __future__ import annotations

import pytest

from armsym.audit.check import check_certificate
from armsym.audit.raw import Program, ones
from armsym.certify.elaborate import elaborate

PAGES = ones(64) & ~4095


def shown(program: Program, left: int, right: int) -> bool:
    certificate, rest = elaborate(program, {}, [(left, right)])
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    return not rest


def at(p: Program, *numbers: int, possible: int = PAGES) -> int:
    """Where a file is loaded, and these."""
    total = p.var("image", possible)
    for number in numbers:
        total = p.add(64, total, p.const(number & ones(64)))
    return total


@pytest.mark.parametrize("constant", [0, 64, 0x7AAD50, 0x7AA040, 0x7AAFFF, 0xFFF, 0x1000, -1, -16, ones(63)])
@pytest.mark.parametrize("cleared", [1, 63, 64, 0x800, 4095])
def test_a_mask_acts_on_the_constant_alone(constant: int, cleared: int) -> None:
    p = Program()
    masked = p.mask(at(p, constant), ones(64) & ~cleared)
    assert shown(p, masked, at(p, constant & ones(64) & ~cleared))


def test_constants_one_after_the_other_are_one() -> None:
    p = Program()
    masked = p.mask(at(p, 0x7AAD50, 16), ones(64) & ~64)
    assert shown(p, masked, at(p, 0x7AAD20))


@pytest.mark.parametrize(
    ("constant", "mask", "claimed", "possible"),
    [
        (0x7AAD50, ones(64) & ~64, 0x7AAD50, PAGES),  # the bit stays
        (0x7AAD50, ones(64) & ~64, 0x7AAD18, PAGES),  # another one goes
        (0x7AA040, ones(64) & ~64, 0x7A9000, PAGES),  # the page before
        (0x7AAD50, ones(64) & ~0x1000, 0x7AAD50, PAGES),  # a bit that the image may have
        (0x7AAD40, ones(64) & ~0x1000, 0x7AAD40, PAGES),
        (0x7AAD50, ones(63) & ~64, 0x7AAD10, PAGES),  # the highest bit goes, too
        (0x7AAD50, ones(64) & ~64, 0x7AAD10, ones(64) & ~63),  # the image may have the bit that is cleared
    ],
)
def test_what_is_false_is_not_shown(constant: int, mask: int, claimed: int, possible: int) -> None:
    p = Program()
    assert not shown(p, p.mask(at(p, constant, possible=possible), mask), at(p, claimed, possible=possible))


@pytest.mark.parametrize("constant", [0, 64, 0x7AAD50, 0x7AAFFF, 0xFFF, 0x1000, -1, -16, ones(63)])
@pytest.mark.parametrize("changed", [1, 0x30, 64, 4095])
def test_an_xor_acts_on_the_constant_alone(constant: int, changed: int) -> None:
    p = Program()
    for operands in ((at(p, constant), p.const(changed)), (p.const(changed), at(p, constant))):
        assert shown(p, p.xor(*operands), at(p, (constant & ones(64)) ^ changed))


@pytest.mark.parametrize(
    ("constant", "changed", "claimed", "possible"),
    [
        (0x7AAD50, 0x30, 0x7AAD80, PAGES),  # added
        (0x7AAD50, 0x30, 0x7AAD40, PAGES),  # cleared
        (0x7AAD50, 0x30, 0x7AAD50, PAGES),
        (0x7AA040, 0x1000, 0x7AB040, PAGES),  # a bit that the image may have
        (0x7AAD50, 1 << 63, 0x7AAD50, PAGES),
        (0x7AAD50, 0x30, 0x7AAD60, ones(64) & ~31),
    ],
)
def test_what_is_false_of_an_xor_is_not_shown(constant: int, changed: int, claimed: int, possible: int) -> None:
    p = Program()
    changing = p.xor(at(p, constant, possible=possible), p.const(changed))
    assert not shown(p, changing, at(p, claimed, possible=possible))
