"""AWS-LC's squares and products of 16 and 32 words: what is planted in them, or in what they call, is not proved."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from shipped import image_of, with_word

import crypto_examples
from armsym.proof.registry import ProofDefinition, discover
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from crypto_examples.wheels import AWS_LC
from semantics import A64

SQUARE_8, SQUARE_16, SQUARE_32 = "Lbignum_ksqr_16_32_local_sqr_8_16", "bignum_ksqr_16_32", "bignum_ksqr_32_64"
PRODUCT_8, PRODUCT_16 = "Lbignum_kmul_16_32_local_mul_8_16", "bignum_kmul_16_32"


@cache
def definitions() -> dict[str, ProofDefinition]:
    return {d.name: d for d in discover(Path(crypto_examples.__file__).parent / "aws_lc" / "karatsuba.py")}


def broken(name: str, symbol: str, offset: int, before: int, after: int) -> ProofResult:
    """The answer of a proof where one word of a function is another."""
    d, changed = definitions()[name], with_word(image_of(AWS_LC), symbol, offset, before, after)
    return prove(d, name=name, image=changed, symbol=d.symbol, isa=A64)


#: function, offset, the word there, the word put there
REFUTED = {
    "ADCS for SBCS of the last borrow": (SQUARE_16, 0x264, 0xFA1F0318, 0xBA1F0318),
    "EQ for CC of the sign": (SQUARE_16, 0x60, 0xDA9F23F3, 0xDA9F13F3),
    "a difference not made positive": (SQUARE_32, 0x1C8, 0xDA1F03F0, 0xAA1F03F0),
    "the top bit of twice the product dropped": (SQUARE_8, 0x54C, 0x9A1F03F3, 0xAA1F03F3),
    "words 6, 7 for 4, 5": (SQUARE_8, 0x550, 0xA9420C02, 0xA9430C02),
    "ADD for ADC in the product": (SQUARE_8, 0x528, 0x9A130231, 0x8B130231),
    "a mask of two signs, one left out": (PRODUCT_8, 0x528, 0xCA180021, 0xAA0103E1),
    "one of two signs left out": (PRODUCT_16, 0x16C, 0xCA1303BD, 0xD503201F),
    "XZR for the mask of a negative sum": (PRODUCT_16, 0x358, 0xBA1A03BB, 0xBA1A03FB),
    "another half of a vector": (SQUARE_8, 0x348, 0x4E083C34, 0x4E183C34),
}


@pytest.mark.parametrize("bug", REFUTED)
def test_bug_is_refuted(bug: str) -> None:
    symbol, offset, before, after = REFUTED[bug]
    r = broken(symbol, symbol, offset, before, after)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None


def test_a_dropped_carry_that_hardly_any_number_has_is_refuted() -> None:
    """From words 12, 13 to words 14, 15: numbers with all ones below are few, and found at edges."""
    assert broken(SQUARE_8, SQUARE_8, 0x598, 0xBA1F0063, 0xAB1F0063).status is Status.REFUTED


def test_a_square_is_not_proved_by_one_that_is_broken() -> None:
    r = broken(SQUARE_16, SQUARE_8, 0x550, 0xA9420C02, 0xA9430C02)
    assert r.status is not Status.PROVED


def test_a_product_is_not_proved_by_one_that_is_broken() -> None:
    r = broken(PRODUCT_16, PRODUCT_8, 0x528, 0xCA180021, 0xAA0103E1)
    assert r.status is not Status.PROVED
