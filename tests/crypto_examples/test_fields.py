"""Carry bugs of the kind that have shipped, planted in AWS-LC's field arithmetic: none is proved, most are refuted."""

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

AWS = Path(crypto_examples.__file__).parent / "aws_lc"


@cache
def definitions() -> dict[str, ProofDefinition]:
    names = (
        "p256",
        "nist_fields",
        "neon_fields",
        "neon_p521",
        "curve25519",
        "limbs",
        "any_length",
        "products",
        "emontredc",
    )
    return {d.name: d for n in names for d in discover(AWS / f"{n}.py")}


def broken(name: str, symbol: str, offset: int, before: int, after: int) -> ProofResult:
    """The answer of a proof where one word of a function is another."""
    d, changed = definitions()[name], with_word(image_of(AWS_LC), symbol, offset, before, after)
    return prove(d, name=name, image=changed, symbol=d.symbol, isa=A64)


#: proof, function, offset, the word there, the word put there
REFUTED = {
    "EQ for CS in the last addition": ("bignum_sub_p384", 0x30, 0xDA9F23E3, 0xDA9F03E3),
    "no addition of the prime": ("bignum_sub_p384", 0x30, 0xDA9F23E3, 0xAA1F03E3),
    "SUBS for SBCS": ("bignum_sub_p384", 0x1C, 0xFA030108, 0xEB030108),
    "limbs 0, 1 for 2, 3": ("bignum_sub_p384", 0x14, 0xA9410C44, 0xA9400C44),
    "no final subtraction": ("bignum_add_p384", 0x5C, 0xDA9F03E3, 0xAA1F03E3),
    "the top carry dropped": ("bignum_add_p384", 0x30, 0x9A1F03E3, 0xAA1F03E3),
    "ADDS for ADCS": ("bignum_add_p384", 0x1C, 0xBA030108, 0xAB030108),
    "minus 0 is p": ("bignum_neg_p384", 0x24, 0xDA9F03E2, 0x92800002),
    "SUB for SBC": ("bignum_neg_p384", 0x48, 0xDA090049, 0xCB090049),
    "minus 0 is 2^521 - 1": ("bignum_neg_p521", 0x38, 0xDA9F03E2, 0x92800002),
    "a mask of 8 bits for 9": ("bignum_neg_p521", 0x5C, 0x92402042, 0x92401C42),
    "EQ for NE": ("bignum_neg_p25519", 0x34, 0x9A9F1042, 0x9A9F0042),
    "EQ for CC in the last subtraction": ("ecp_nistz256_mul_mont", 0x1BC, 0x9A8831CE, 0x9A8801CE),
    "no final subtraction of a product": ("ecp_nistz256_mul_mont", 0x1BC, 0x9A8831CE, 0xAA0E03EE),
    "NE for EQ in the last subtraction": ("bignum_montmul_p384_alt", 0x420, 0x9A93018C, 0x9A93118C),
    "a carry into the top word dropped": ("bignum_montmul_p384_alt", 0x3F0, 0xBA010231, 0xAB010231),
    "EQ for CC of Karatsuba's sign with Neon": ("bignum_montmul_p384", 0x44, 0xDA9F23EA, 0xDA9F13EA),
    "a low product for a high one": ("bignum_montsqr_p384", 0xE8, 0x4E083C71, 0x4E083E91),
    "EQ for CC of Karatsuba's sign in a square with Neon": ("bignum_sqr_p521", 0x3C, 0xDA9F23EC, 0xDA9F13EC),
    "a mask of 8 bits for 9 of the square's top word": ("bignum_sqr_p521", 0x840, 0x92402021, 0x92401C21),
    "EQ for CC of the sign of a product's halves with Neon": ("bignum_mul_p521", 0x494, 0xDA9F23F7, 0xDA9F13F7),
    "a mask of 8 bits for 9 of the complement": ("bignum_mul_p521", 0x6FC, 0x92402133, 0x92401D33),
    "a carry into the middle product's top word dropped": ("bignum_mul_p521", 0x78C, 0x9A0B00D8, 0x8B0B00D8),
    "a carry above the sum of eight words dropped": ("bignum_mul_p521", 0x7D8, 0x9A1F032B, 0xAA1903EB),
    "a carry into the product's upper half dropped": ("bignum_mul_p521", 0x7E8, 0xBA0A01AA, 0xAB0A01AA),
    "EQ for CS at the end of a comparison": ("bignum_ge", 0x40, 0x9A9F37E0, 0x9A9F17E0),
    "SUBS for SBCS in a loop": ("bignum_optsub", 0x1C, 0xFA0600A5, 0xEB0600A5),
    "a loop that begins with a borrow": ("bignum_optsub", 0xC, 0xEB1F03E7, 0xAB1F03E7),
    "subtracted where it was not asked": ("bignum_optsub", 0x8, 0xDA9F03E3, 0xDA9F13E3),
    "the carry for the borrow": ("bignum_optsub", 0x30, 0x9A9F27E0, 0x9A9F37E0),
    "all rows but the one asked": ("bignum_copy_row_from_table", 0x2C, 0xDA9F13E6, 0xDA9F03E6),
    "NE for EQ in the choice of an entry": ("ecp_nistz256_select_w5", 0x2C, 0xDA9F13EB, 0xDA9F03EB),
    "OR for AND of the estimated quotient's mend": ("bignum_tomont_p384", 0x98, 0x8A0B0129, 0xAA0B0129),
    "a borrow of the quotient's multiple dropped": ("bignum_madd_n25519_alt", 0x1CC, 0xFA06018C, 0xEB06018C),
    "a wrong sign of Karatsuba's middle": ("bignum_madd_n25519", 0x64, 0xDA902210, 0xDA903210),
    "a carry of Karatsuba's middle dropped": ("bignum_madd_n25519", 0x74, 0xBA0B014A, 0xAB0B014A),
    "Karatsuba's mask left out above": ("bignum_madd_n25519", 0x90, 0x9A10016B, 0x9A1F016B),
    "ADDS for ADCS in a column": ("bignum_mul", 0x58, 0xBA0B00E7, 0xAB0B00E7),
    "the carry of a column forgotten": ("bignum_mul", 0x6C, 0xAA0703E6, 0xAA1F03E6),
    "ADDS for ADCS in the double of half a column": ("bignum_sqr", 0x74, 0xBA0500A5, 0xAB0500A5),
    "squares in odd columns, and not in even ones": ("bignum_sqr", 0x80, 0x54000121, 0x54000120),
    "ADDS for ADCS of a Neon product's low word": ("bignum_emontredc_8n", 0xBC, 0xBA0E0294, 0xAB0E0294),
    "a sign left out of Karatsuba's upper word": ("bignum_emontredc_8n", 0x4EC, 0xBA0C0318, 0xBA1F0318),
    "the carry of the row before forgotten": ("bignum_emontredc_8n", 0xD34, 0xAB1C039F, 0xAB1F03FF),
    "ADDS for ADCS of what four words carry": ("bignum_emontredc_8n", 0x528, 0xBA0C02ED, 0xAB0C02ED),
    "the wrong half of a vector in the inner loop": ("bignum_emontredc_8n", 0xADC, 0x4E183F14, 0x4E083F14),
    "a word of the multiple left out": ("bignum_mod_n25519", 0xC8, 0xFA090089, 0xFA1F0089),
    # Of a carry that few inputs have: numbers by chance do not show these, words at edges do.
    "no final subtraction, which random numbers do not need": ("bignum_deamont_p384", 0x198, 0xDA9F33EA, 0xAA1F03EA),
    "no prime added, which hardly any number needs": ("bignum_montmul_p384", 0x630, 0xDA9F23F7, 0xAA1F03F7),
    "what waits is not all added": ("bignum_montsqr_p384", 0x33C, 0x9A1F010B, 0xAA0803EB),
    "a limb left out of the OR": ("bignum_nonzero_6", 0x18, 0xAA020063, 0xAA030063),
    "a borrow dropped in the comparison": ("bignum_add_p384", 0x4C, 0xBA1F011F, 0xAB1F011F),
    "a limb left out of minus's OR": ("bignum_neg_p384", 0x18, 0xAA090103, 0xAA080103),
    "a borrow dropped in the comparison with p": ("ecp_nistz256_mul_mont", 0x1B8, 0xFA1F027F, 0xEB1F027F),
    "CS for NE": ("bignum_add_p384", 0x5C, 0xDA9F03E3, 0xDA9F33E3),
    "a counter that sets the carry": ("bignum_ge", 0x20, 0xD1000442, 0xF1000442),
    "the low words do not count": ("bignum_ge", 0x18, 0xFA0600BF, 0xEB0600BF),
    "of the longer number only the last word counts": ("bignum_ge", 0x30, 0xFA1F00BF, 0xEB1F00BF),
    "the same of the other number": ("bignum_ge", 0x70, 0xFA0503FF, 0xEB0503FF),
    "the third word of a column forgotten": ("bignum_mul", 0x5C, 0x9A1F0108, 0xAA0803E8),
    "the third word of a column's carry forgotten": ("bignum_mul", 0x70, 0xAA0803E7, 0xAA1F03E7),
    "the carry above a column dropped": ("bignum_sqr", 0xB0, 0x9A1F00CE, 0xAA0603EE),
    "no row of any table": ("bignum_copy_row_from_table", 0x44, 0xAA0A016B, 0x8A0A016B),
    "rows counted by 32 bits": ("bignum_copy_row_from_table", 0x28, 0xEB0400BF, 0x6B0400BF),
    "rows of 16 words counted by 32 bits": ("bignum_copy_row_from_table_16", 0x24, 0xEB0300DF, 0x6B0300DF),
}


def answer(case: tuple[str, int, int, int]) -> ProofResult:
    name, offset, before, after = case
    if name.startswith("ecp") and "select" not in name:  # the wrapper has the proof, the inner function the bug
        return broken(f"aws_lc_{name}", f"__{name}", offset, before, after)
    return broken(name, name, offset, before, after)


@pytest.mark.parametrize("bug", REFUTED)
def test_bug_is_refuted(bug: str) -> None:
    r = answer(REFUTED[bug])
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind in ("ensures", "invariant")
