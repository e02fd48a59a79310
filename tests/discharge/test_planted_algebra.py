"""Wrong rules planted in the algebra over GF(2): each is found by its tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
sys.path.insert(0, str(Path(__file__).parent))
import test_algebra
from algebra_cases import RINGS, Wrong, check_forms, check_pairs
from planting import Bug, plant

from armsym.discharge import algebra, gf2, ring
from armsym.discharge.algebra import Algebra
from armsym.terms.node import new_table


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    new_table()
    monkeypatch.setattr(algebra, "_rings", {})
    gf2._convolution.cache_clear()
    yield
    gf2._convolution.cache_clear()
    new_table()


BUGS = {
    "terms met twice stay": Bug(gf2, "_toggle", "u ^ v", "u | v", ()),
    "masked bits are not moved": Bug(gf2, "placed", "items[p + shift]", "items[p]", ()),
    "runs of bits are not moved": Bug(gf2, "placed", "items[first + shift : last + shift]", "items[first:last]", ()),
    "constants are not masked": Bug(gf2, "moved", "& mask & ones(width)", "& ones(width)", ()),
    "a row too far": Bug(gf2, "_outer", "(low.bit_length() - 1)", "low.bit_length()", ()),
    "constant and constant": Bug(gf2, "conjunction", "f.const & g.const", "0", ()),
    "constant and bit": Bug(gf2, "conjunction", "0, f.const, n", "0, g.const, n", ()),
    "carry-less products do not move": Bug(gf2, "_convolved", "(2 * n - 1 - p)", "(2 * n - 1)", ()),
    "carry-less products end early": Bug(gf2, "_convolved", "for p in range(2 * n)", "for p in range(n)", ()),
    "a bit is met at one place alone": Bug(gf2, "_layers", "max(map(len, places), default=0)", "1", ()),
    "one place of a bit for all": Bug(gf2, "_layers", "at[k]", "at[0]", ()),
    "runs have one place": Bug(gf2, "_runs", "first + length", "first", ()),
    "rows of whole bytes stay": Bug(gf2, "_narrowed", "<< q * width", "<< q * wide", ()),
    "products with constants do not move": Bug(gf2, "carryless", "-i, ones", "0, ones", ()),
    "rows are miscounted": Bug(gf2, "entries", "q += 8", "q += 7", ()),
    "squares are not spread": Bug(Algebra, "_square", "items[::2]", "items[:n]", ()),
    "squares are taken for the word": Bug(Algebra, "_square", "_mapped(items, self.ring.roots)", "items", ()),
    "constants of squares": Bug(Algebra, "_square", "1 << 2 * p", "1 << p", ()),
    "any product is recognised": Bug(Algebra, "_recognised", "if rest:", "if rest < 0:", ()),
    "a product that is nearly one": Bug(Algebra, "_recognised", "rest ^= positions[q]", "rest = 0", ()),
    "constants in factors are forgotten": Bug(Algebra, "_ring_product", "if const:", "if const < 0:", ()),
    "products of constants are forgotten": Bug(Algebra, "_ring_product", "times(f.const, g.const)", "0", ()),
    "one position for another": Bug(Algebra, "_ring_product", "[v[i]] * w", "v", ()),
    "moved factors are taken as they are": Bug(Algebra, "_plain", "and v == same", "", ()),
    "every even product is a square": Bug(Algebra, "_root", "half != a.factors[1::2]", "len(a.factors) & 1", ()),
    "squares are renamed": Bug(Algebra, "canonical", "_mapped(v, self.ring.squares)", "v", ()),
    "maps are not transposed": Bug(
        algebra,
        "_mapped",
        "sum(((item & c).bit_count() & 1) << j for j, c in enumerate(columns))",
        "sum(columns[j] for j in bits(item))",
        (),
    ),
    "squares of bits vanish": Bug(algebra, "_folded", "linear[p] ^= 1 << q", "pass", ()),
    "constants of polynomials are forgotten": Bug(Algebra, "_of_words", "t.const", "0", ()),
    "associativity is not looked at": Bug(ring, "_moves_through", "return False", "continue", ()),
    "a part is everything": Bug(ring, "_associative", "if len(powers) == width", "if len(powers) > 1", ()),
    "constants of definitions": Bug(algebra, "_look", "form.const or form.linear", "form.linear", ()),
    "linear parts of definitions": Bug(algebra, "_look", "form.const or form.linear", "form.const", ()),
}


def _tests() -> None:
    for name in RINGS:
        check_forms(name, 12, 3)
        check_pairs(name, 30, 4)
    for why in test_algebra.NOT_RINGS:
        test_algebra.test_other_functions_are_no_products(why)
    test_algebra.test_entries_of_a_matrix()
    for height, width, n in test_algebra.SIZES:
        test_algebra.test_carry_less_products_of_masks(height, width, n)


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_planted_bug_is_found(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a wrong value, a false equation that is shown, or a function taken for a product."""
    plant(bug, monkeypatch, (algebra, gf2, ring))
    with pytest.raises((Wrong, AssertionError, IndexError, ValueError)):
        _tests()


def test_nothing_is_found_without_a_bug() -> None:
    """The same call passes when nothing is planted."""
    _tests()
