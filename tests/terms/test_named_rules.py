"""Each named rule of the normal form: proved by Z3, its condition seen to hold and to fail, a defect in it found."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import z3
from planting import rewritten

sys.path.insert(0, str(Path(__file__).parent))
from rule_cases import Wrong, prove
from rule_operands import FAMILIES, family

from armsym.discharge.z3_bridge import Bridge
from armsym.terms import ops
from armsym.terms.node import Var, new_table
from armsym.terms.rules import RULES, counted, rule

WIDTHS = (1, 2, 4, 8, 32)
#: Applications of one rule that are proved at each width.
PROVED = 40
#: Operands it is tried on, to find so many.
TRIED = 1500


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def prove_rule(name: str, w: int) -> tuple[int, int]:
    """Prove one rule at one width; how often its condition held and failed.  Raises `Wrong`."""
    r, f = RULES[name], family(name)
    rng = random.Random(f"{name} {w}")
    operands = [args for args, _ in zip(f.operands(w, rng), range(TRIED), strict=False)]
    rng.shuffle(operands)
    bridge, claims, held, failed = Bridge(), [], 0, 0
    for args in operands:
        result = r.apply(*args)
        if result is None:
            failed += 1
            continue
        held += 1
        if held <= PROVED:
            claims.append((f"{name} of {args} gives {result}", f.right(bridge, args, result), f.left(bridge, *args)))
    given_up = prove(bridge, claims)
    if len(given_up) > (len(claims) // 4 if w > 8 else 0):
        raise AssertionError(f"Z3 does not decide {given_up}")
    return held, failed


@pytest.mark.parametrize("name", RULES)
def test_rule_holds(name: str) -> None:
    """At every width; and there are arguments for which the condition holds, and others for which it does not."""
    held = failed = 0
    for w in WIDTHS:
        new_table()
        h, f = prove_rule(name, w)
        held, failed = held + h, failed + f
    assert held > 10, "the condition hardly ever holds: the rule is not tried"
    assert (failed > 10) is not RULES[name].when.startswith("always")


#: Rule -> edits of its function: each makes it wrong.
DEFECTS: dict[str, tuple[tuple[str, str], ...]] = {
    "summand: only 0": (("c * (t.pb & -t.pb) & full", "c * (t.pb & -t.pb) & full >> 1"),),
    "sum: one term": (("if const or", "if"), ("if c == 1", "if c & 1")),
    "sum: complement": (("if c != const", "if c & 1 == 0"), ("c0 ^ const", "c0")),
    "sum: shifted term": (("if const & pb or", "if"), ("m.shift(-k)", "m")),
    "sum: low beside high": (
        ("low_const & low_bits or ", ""),
        ("c & step:", "c & step >> 1:"),
        ("const_high = const >> k", "const_high = 0"),
    ),
    "sum: no bit in common": (
        ("and_poly(width, u, v) == 0", "True"),
        ("if c == 1", "if c & 1"),
        ("const + c", "const - c"),
        ("del out[u], out[v]", "del out[u]"),
    ),
    "bits: a whole term": (("const == 0 and ", ""), ("mask == base.pb", "mask & base.pb")),
    "sum as bits: constant below": (
        ("t.const & (step - 1)", "t.const & (2 * step - 1)"),
        ("const << k | small", "const | small"),
    ),
    "bits as sum: complement": (("if t.const != full", "if not t.const & 1"), ("(-c - 1)", "(-c)")),
    "bits as sum: whole parts": (
        ("mask & used or ", ""),
        ("mask != m.valid & full", "mask & 1 == 0"),
        ("d << k", "d"),
    ),
    "bits as sum: part of a narrower sum": (("w <= base.width + k", "w <= base.width + k + 1"), ("c * e", "e")),
    "bits as sum: beside a constant": (("or t.const & _used(t)", ""), ("c + t.const", "c - t.const")),
    "low bits: of a sum": (("c * d", "d"), ("const & full)", "0)")),
    "extract: low bits of a sum": (("lo == 0 and ", ""),),
    "extract: what was extended": (("lo == 0 and ", ""), (" and a.origin.width == n", "")),
    "extract: low bits of a sum among others": (("return out, const_low & mask", "return out, 0"), ("v & mask)", "v)")),
    "and: low bits of a sum": (("b & (b + 1)", "b & 1 == 0"), ("b.bit_length()", "max(1, b.bit_length() - 1)")),
    "lsr: exact quotient": (("most >> w", "False"), ("c & step", "c & step >> 1")),
    "concat: low bits beside their sum": (
        ("narrow(base, low.width) is not low", "False"),
        ("(base, s - base.width)", "(base, s)"),
    ),
    "udiv: by zero": (("return 0", "return 1"),),
    "udiv: by a power of two": (("b.bit_length() - 1", "b.bit_length()"), (" and not b & (b - 1)", "")),
    "clmul: by a number": (("range(w)", "range(w - 1)"),),
    "shift by data: a number": (("n = min(b, w)", "n = b % w"),),
    "eq: itself": (("if a is b", "if type(a) is type(b)"),),
    "eq: of bits": (("xor(1, xor(1, a, b), 1)", "xor(1, a, b)"), ("w == 1", "isinstance(b, int)")),
    "eq: bits of sums": (("together(w, b)", "together(w, a)"), ("return eq(w, x, y)", "return eq(w, x, x)")),
    "eq: polynomials": (("int(difference == 0)", "1"), ("const)), const)", "const)), 0)")),
    "zero: a bit that is 1": (("const & ~reach", "const"),),
    "eq: sums": (("-const & ones(w)", "const"),),
    "zero: the other sign": (("else linear_view(negated)", "else (linear_view(negated)[0], const)"),),
    "zero: parity": (("const & (low - 1)", "const & low"), ("c * (t.pb & -t.pb)", "2 * c")),
    "ult: never": (("a == ones(w)", "a == ones(w) >> 1"),),
    "ult: always": (("a.pb < b", "a.pb <= b"),),
    "ult: out of reach": (("a >= b.pb", "a >= b.pb >> 1"),),
    "ult: below 1": (("b == 1", "b"),),
    "ult: above 0": (("xor(1, eq(w, b, 0), 1)", "eq(w, b, 0)"),),
    "slt: itself": (("return 0", "return 1"),),
    "slt: below 0": (("w - 1, 1)", "0, 1)"),),
    "ite: negated condition": (("b, a, rounds)", "a, b, rounds)"), (" and c.const", "")),
    "ite: of bits": (("xor(1, b, and_", "xor(1, a, and_"),),
    "ite: numbers one bit apart": (("d.bit_length() - 1", "0"), (" and not d & (d - 1)", "")),
    "ite: numbers": (("xor(w, b,", "xor(w, a,"),),
    "ite: one term": (("x is y", "type(x) is type(y)"),),
    "ite: common summands": (
        ("add(w, shared,", "add(w, 0,"),
        ("rest_a, rest_b, rounds - 1", "rest_b, rest_a, rounds - 1"),
    ),
    "table: an affine map": (("entries & ones(w))", "0)"),),
}


def test_every_rule_has_a_defect() -> None:
    """Also in the other direction: no table speaks of rules that are gone."""
    assert set(DEFECTS) == set(RULES)
    used = {n if n in FAMILIES else n.partition(":")[0] for n in RULES}
    assert used == set(FAMILIES)


@pytest.mark.parametrize(
    ("name", "old", "new"), [(n, *d) for n, defects in DEFECTS.items() for d in defects], ids=lambda v: str(v)[:40]
)
def test_defect_is_found(name: str, old: str, new: str) -> None:
    """By the proof of the rule by itself: a counterexample, or a term that contradicts itself."""
    r = RULES[name]
    found = None
    with r.replaced(rewritten(r.apply, old, new)):
        for w in (4, 8, 2, 1):
            new_table()
            try:
                prove_rule(name, w)
            except (
                Wrong,
                AssertionError,
                AttributeError,
                LookupError,
                RecursionError,
                ValueError,
                z3.Z3Exception,
            ) as e:
                found = e
                break
    assert found, f"{name} is taken for right with {new!r} in place of {old!r}"


def test_the_page_lists_the_rules() -> None:
    """docs/rules.md has each rule, its equation and its condition, in the order of the code, and no other."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "rules.md").read_text("utf-8")
    rows = [line.replace("\\|", "<bar>").split("|")[1:4] for line in text.splitlines() if line.startswith("| ")][1:]
    listed = [[cell.replace("<bar>", "|").strip() for cell in row] for row in rows]
    assert listed == [[r.name, f"`{r.says}`", r.when] for r in RULES.values()], "run python bench/rules.py --write"


def test_names_are_names_of_one_rule() -> None:
    with pytest.raises(ValueError, match="two rules of the normal form are called 'sum: one term'"):
        rule("sum: one term", "", when="")(lambda: None)


def test_counting_is_off_when_it_is_over() -> None:
    """Rules are counted where they apply, and are the same functions afterwards."""
    before = {n: r.apply for n, r in RULES.items()}
    x, y = Var("x", 8), Var("y", 8)
    with counted() as seen:
        assert ops.ult(8, x, 0) == 0
        assert ops.udiv(8, x, 4) is not None
        ops.slt(8, x, y)
    assert seen["ult: never"] == 1
    assert seen["udiv: by a power of two"] == 1
    assert seen["slt: itself"] == 0
    assert {n: r.apply for n, r in RULES.items()} == before
