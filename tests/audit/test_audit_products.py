"""Products of words in what a bundle says: equal whichever factor is the first; nothing else is a product."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from exporting import exported
from lying import RET, Lie, straight

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle, Relation
from armsym.audit.elf import Elf
from armsym.audit.raw import ones
from armsym.audit.text import read, write

MUL, UMULH, MNEG = 0x9B027C20, 0x9BC27C20, 0x9B02FC20  # of X0, X1, X2
UADDLP, FMOV = 0x6EA02800, 0x9E660000  # of V0.2D, V0.4S; of X0, D0


def _told(code: int, first: int, second: int, bits: int = ones(128)) -> Lie:
    """X0 is a half of the product of two registers, of X1 and X2 in truth: the lower one of MUL, the upper of UMULH."""
    lie = straight(code, RET)
    t = lie.case.table
    product = t.app("mul", tuple(t.var(f"x{n}_in", ones(64)) for n in (first, second)), bits)
    lie.returns(t.shr(product, 64) if code == UMULH else t.mask(product, ones(64)))
    return lie


@pytest.mark.parametrize("code", [MUL, UMULH])
def test_halves_of_a_product_are_audited_in_either_order(code: int, tmp_path: Path) -> None:
    for factors in ((1, 2), (2, 1)):
        verdict = _told(code, *factors).verdict(tmp_path)
        assert verdict.audited, verdict.refused


@pytest.mark.parametrize(
    ("code", "factors"), [(MUL, (1, 1)), (MUL, (1, 3)), (UMULH, (2, 2)), (UMULH, (0, 2)), (MNEG, (1, 2))]
)
def test_other_products_are_refused(code: int, factors: tuple[int, int], tmp_path: Path) -> None:
    verdict = _told(code, *factors).verdict(tmp_path)
    assert verdict.refused
    assert not verdict.audited


@pytest.mark.parametrize("bits", [ones(127), ones(64), 1, 0, ones(128) ^ 1, ones(128) ^ 1 << 64])
def test_a_product_that_does_not_fit_is_none(bits: int, tmp_path: Path) -> None:
    verdict = _told(MUL, 1, 2, bits).verdict(tmp_path)
    assert any(f"mul of these words gives more than what is within {bits:#x}" in r for r in verdict.refused)


def test_a_product_is_of_two_words(tmp_path: Path) -> None:
    lie = straight(MUL, RET)
    t = lie.case.table
    words = tuple(t.var(f"x{n}_in", ones(64)) for n in (1, 2, 3))
    for arguments in (words, words[:1]):
        lie.case.ensures.clear()
        lie.returns(t.mask(t.app("mul", arguments, ones(192)), ones(64)))
        assert any("the function mul is none of the contract's" in r for r in lie.verdict(tmp_path).refused)


@pytest.mark.parametrize(("halves", "true"), [((0, 1), True), ((1, 0), True), ((0, 2), False), ((0, 0), False)])
def test_neighbours_are_added_in_twice_the_width(halves: tuple[int, int], true: bool, tmp_path: Path) -> None:
    """FMOV's time is no concern here."""
    lie = straight(UADDLP, FMOV, RET)
    lie.case.alike = {"fmov"}
    t = lie.case.table
    v = t.var("v0_in", ones(128))
    first, second = (t.mask(t.shr(v, 32 * k), ones(32)) for k in halves)
    lie.returns(t.add(64, first, second))
    assert lie.verdict(tmp_path).audited is true


@pytest.fixture(scope="module")
def square() -> tuple[Bundle, Path]:
    """A square of 8 words, by Neon's products of halves of words."""
    proofs = Path(__file__).resolve().parents[2] / "crypto_examples" / "aws_lc" / "karatsuba.py"
    return exported(proofs, "Lbignum_ksqr_16_32_local_sqr_8_16")


def _verdict(bundle: Bundle, path: Path) -> Verdict:
    elf = Elf.read(path)
    return audit(read(write(bundle)), elf, elf.symbol(bundle.symbol)[0])


@pytest.mark.wheels
def test_a_square_of_eight_words_is_audited(square: tuple[Bundle, Path]) -> None:
    verdict = _verdict(*square)
    assert verdict.audited, verdict.refused


@pytest.mark.wheels
def test_a_spoiled_square_is_refused(square: tuple[Bundle, Path]) -> None:
    bundle, path = square
    case = bundle.cases[0]
    (claim,) = case.relations
    more = replace(claim, terms=(*claim.terms, (1, ())))
    assert not _verdict(replace(bundle, cases=[replace(case, relations=[more])]), path).audited
    for number in (1, 2, 3, 15):  # what a cut says of integers is one too much
        cut = case.cuts[number]
        lies = [Relation(r.name, r.modulus, r.low, r.high, (*r.terms, (1, ()))) for r in cut.relations]
        spoiled = case.cuts | {number: replace(cut, relations=lies)}
        assert not _verdict(replace(bundle, cases=[replace(case, cuts=spoiled)]), path).audited
