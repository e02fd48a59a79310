"""Wrong rules, of the kind one writes: each is found by the tests of the operation it belongs to."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from planting import TERMS, Bug, plant

sys.path.insert(0, str(Path(__file__).parent))
import rule_cases
from rule_cases import OPERATIONS, Wrong
from test_rules import prove_operation

from armsym.terms import arithmetic, choices, conditions, kinds, linear, node, poly, slices
from armsym.terms.node import Mono, new_table

#: The package's function of this name hides the module.
evaluate = importlib.import_module("armsym.terms.evaluate")

MODULES = (*TERMS, evaluate, rule_cases)


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


BUGS = {
    "and: valid bits are not moved with the factors": Bug(
        Mono, "__init__", "base.pb >> s if s >= 0 else base.pb << -s", "base.pb", ("and_", "or_", "add")
    ),
    "and: a product of constants is lost": Bug(poly, "and_poly", "ca & cb)", "0)", ("and_",)),
    "and: the constant of the left factor is ignored": Bug(poly, "and_poly", "if ca:", "if ca and not cb:", ("and_",)),
    "and: equal products are not cancelled": Bug(
        poly, "toggle", "out.get(m, 0) ^ mask", "out.get(m, 0) | mask", ("and_", "or_")
    ),
    "and: one factor of a product is dropped": Bug(
        Mono, "times", "seen.update({(b.id, s): (b, s) for b, s in other.factors})", "pass", ("and_",)
    ),
    "and: low mask of a sum one bit short": Bug(
        slices.low_ones, "", "n = b.bit_length()", "n = max(1, b.bit_length() - 1)", ("and_",)
    ),
    "xor: overlapping masks are joined": Bug(poly, "xor_poly", "old ^ mask", "old | mask", ("xor", "or_")),
    "xor: the other constant is lost": Bug(poly, "xor_poly", "out, ca ^ cb", "out, ca", ("xor",)),
    "ror: the high part moves the wrong way": Bug(poly, "ror_poly", "m.shift(-up)", "m.shift(up)", ("ror[1]",)),
    "ror: the constant is only shifted": Bug(
        poly, "ror_poly", "(const >> n | const << up) & full", "const >> n", ("ror[1]", "ror[2]")
    ),
    "lsl: bits above the width stay": Bug(poly, "shifted", "(mask << k) & full", "mask << k", ("lsl[2]", "lsl[3]")),
    "lsr: the shift of the factors is forgotten": Bug(poly, "lsr_poly", "m.shift(n)", "m", ("lsr[1]",)),
    "asr: the sign is one place short": Bug(
        poly, "asr_poly", "range(width - n, width)", "range(width - n + 1, width)", ("asr[1]", "asr[2]")
    ),
    "sext: the sign bit is the one below": Bug(
        poly, "sext_poly", "spread_bit(a, width - 1,", "spread_bit(a, max(0, width - 2),", ("sext",)
    ),
    "extract: the constant is not moved": Bug(
        slices, "extract", "const >> lo & full", "const & full", ("extract[high half]", "extract[middle]")
    ),
    "concat: parts do not move up": Bug(slices, "concat", "mask << at", "mask", ("concat", "concat of parts")),
    "concat: joining brings masked bits back": Bug(
        slices.low_bits_beside_their_sum,
        "",
        "mask & mono(base, s).valid",
        "mono(base, s).valid ^ (out.get(mono(base, s), 0))",
        ("concat of clipped parts",),
    ),
    "sum as parts: the small constant is lost": Bug(
        poly.constant_below,
        "",
        "return {mono(rest, 0): rest.pb}, small",
        "return {mono(rest, 0): rest.pb}, 0",
        ("poly_view",),
    ),
    "sum as parts: the step is doubled": Bug(
        poly.constant_below, "", "t.const & (step - 1) if step", "t.const & (2 * step - 1) if step", ("poly_view",)
    ),
    "sum as parts: carries ignored": Bug(
        linear.low_beside_high, "", "k = low_bits.bit_length()", "k = max(1, low_bits.bit_length() - 1)", ("add",), 4
    ),
    "sum as parts: low constant may meet low bits": Bug(
        linear.low_beside_high, "", "if low_const & low_bits or k >= width", "if k >= width", ("add", "sub")
    ),
    "sum of a shifted term: the constant meets it": Bug(
        linear.shifted_term,
        "",
        "const & pb or not (const == 0 or const & (pb & -pb) - 1 == const or isinstance(t, Poly))",
        "False",
        ("add", "sub"),
    ),
    "narrow: the constant is forgotten": Bug(
        linear.low_bits_of_a_sum,
        "",
        "make_sum(width, out, const & full)",
        "make_sum(width, out, 0)",
        ("narrow", "extract[low half]"),
    ),
    "narrow: coefficients are forgotten": Bug(
        linear.low_bits_of_a_sum,
        "",
        "accumulate(out, v, c * d, full)",
        "accumulate(out, v, d, full)",
        ("narrow", "extract[low half]"),
    ),
    "scale: the constant is not scaled": Bug(linear, "scale", "const * k & full", "const", ("neg", "mul")),
    "sub: coefficients that meet are added": Bug(
        linear, "add_linear", "accumulate(out, t, sign * c, full)", "accumulate(out, t, c, full)", ("sub",)
    ),
    "sub: the other's constant is added": Bug(linear, "add_linear", "(ca + sign * cb)", "(ca + cb)", ("sub",)),
    "linear view: a shifted part loses its shift": Bug(
        linear.whole_parts,
        "",
        "accumulate(out, u, d << k, full)",
        "accumulate(out, u, d, full)",
        ("linear_view", "add"),
    ),
    "linear view: any mask is a whole part": Bug(
        linear.whole_parts, "", "s > 0 or mask != m.valid & full", "s > 0", ("linear_view", "add")
    ),
    "linear view: a constant that meets the bits": Bug(
        linear.whole_parts, "", "used = const", "used = 0", ("linear_view", "add")
    ),
    "linear view: NOT is -u": Bug(linear.complement_of_a_sum, "", "(-c - 1)", "(-c)", ("linear_view", "add")),
    "eq: parity without the terms' known zeros": Bug(
        conditions.parity, "", "z = c * (t.pb & -t.pb)", "z = 2 * c", ("eq",), 4
    ),
    "eq: the constant keeps its sign": Bug(conditions.equal_sums, "", "-const & ones(w)", "const", ("eq",), 4),
    "eq: negated, but for the constant": Bug(
        conditions.least_sign, "", "else linear_view(negated)", "else (linear_view(negated)[0], const)", ("eq",), 4
    ),
    "eq: out of reach is equal": Bug(conditions.bit_out_of_reach, "", "return 0 if", "return 1 if", ("eq",), 4),
    "ult: a bound that may be met": Bug(conditions.always_less, "", "a.pb < b", "a.pb <= b", ("ult",)),
    "ult: possible bits as the value": Bug(conditions.out_of_reach, "", "a >= b.pb", "a >= b.pb >> 1", ("ult",)),
    "slt: the sign of the wrong bit": Bug(
        conditions.negative, "", "extract(w, a, w - 1, 1)", "extract(w, a, 0, 1)", ("slt",)
    ),
    "udiv: a power of two shifts once too often": Bug(
        arithmetic.by_a_power_of_two, "", "b.bit_length() - 1", "b.bit_length()", ("udiv",)
    ),
    "table: entries cut off too early": Bug(
        choices, "table", "w << index.pb.bit_length()", "w << index.pb.bit_count()", ("table",)
    ),
    "table: an affine map without its constant": Bug(
        choices.affine_table, "", "columns, entries & ones(w))", "columns, 0)", ("table of an affine map",), 4
    ),
    "table: columns of an affine map where the index is known to be 1": Bug(
        poly, "affine_poly", "if ones_of_a >> k & 1:", "if False:", ("table of an affine map",), 4
    ),
    "table: one bit twice in an affine map": Bug(
        poly,
        "affine_poly",
        "toggle(out, m.shift(by), bits)",
        "out[m.shift(by)] = bits",
        ("table of an affine map",),
        4,
    ),
    "table: what is affine at unit vectors is so everywhere": Bug(
        choices, "_columns", "for i, total in list(known.items()):", "for i, total in [(0, 0)]:", ("table",), 4
    ),
    "table: possible bits of the last entry only": Bug(
        kinds, "_possible_table", "bits |= entries", "bits = entries", ("table",), 4
    ),
    "clmul: the last bit is left out": Bug(
        arithmetic.by_a_number, "", "for k in range(w):", "for k in range(w - 1):", ("clmul",)
    ),
    "concat: the swapped parts of a sum are the sum": Bug(
        slices.low_bits_beside_their_sum, "", "(base, s - base.width)", "(base, s)", ("concat of swapped parts",)
    ),
    "lsr: the quotient of a sum that wraps": Bug(slices.exact_quotient, "", "most >> w", "False", ("lsr[1]",)),
    "lsr: the quotient of a sum of other summands": Bug(
        slices.exact_quotient, "", "if c & step:", "if c & step >> 1:", ("lsr[1]", "lsr[2]"), 4
    ),
    "select: one element too few": Bug(choices, "select", "[: index.pb + 1]", "[: index.pb]", ("select",), 4),
    "select: possible bits of the last element only": Bug(
        kinds, "_possible_select", "bits |= e", "bits = e", ("select",)
    ),
    "select: past the last is the last": Bug(
        choices, "select", "if index < len(elements) else 0", "if index < len(elements) else elements[-1]", ("select",)
    ),
    "shift by data: an amount of w leaves the value": Bug(
        arithmetic.by_a_known_amount, "", "n = min(b, w)", "n = b % w", ("shl_by", "lshr_by")
    ),
    "rotate by data: no way back": Bug(arithmetic, "rotr_by", "neg(w, amount)", "amount", ("rotr_by",)),
    "pb: a sum has the low zeros of its last term": Bug(node, "_intern_sum", "low |= unit", "low = unit", ("add",), 4),
    "sum: summands that meet replace each other": Bug(linear, "accumulate", "(out.get(t, 0) + c)", "c", ("add", "sub")),
    "sum: an even coefficient is dropped": Bug(
        linear, "accumulate", "v & 1 or vanishes.apply(full, t, v) is None", "v & 1", ("add",)
    ),
}


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_planted_bug_is_found(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule tests fail on it: by a counterexample, or because the normal form contradicts itself."""
    plant(bug, monkeypatch, MODULES)
    found = []
    for rule in bug.tests:
        new_table()
        try:
            prove_operation(OPERATIONS[rule], bug.w, 1 if bug.w == 4 else 5)
        except (Wrong, AssertionError, AttributeError, RecursionError, ValueError, z3_error()) as e:
            found.append(e)
            break
    assert found, "the rule tests pass with the bug in place"


def z3_error() -> type[Exception]:
    """What Z3 raises on a number that does not fit."""
    import z3

    found: type[Exception] = z3.Z3Exception
    return found


def test_rules_pass_without_a_bug() -> None:
    """The same call proves everything when nothing is planted."""
    for rule in ("add", "and_", "eq"):
        assert prove_operation(OPERATIONS[rule], 4, 9) > 5
