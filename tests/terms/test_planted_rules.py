"""Wrong rules, of the kind one writes: each is found by the tests of its rule.

A planted bug is an edit of one function's source.  When the source changes so that an edit no longer
applies, the test says so: the table is to be kept up.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import rule_cases
from rule_cases import OPERATIONS, Wrong
from test_rules import prove_operation

from armsym.terms import evaluate, linear, node, ops, poly
from armsym.terms.node import Mono, new_table

MODULES = (node, poly, linear, ops, evaluate, rule_cases)


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


@dataclass(frozen=True)
class Bug:
    """In `owner.name`, `old` written as `new`; found by one of `rules` at width `w`."""

    owner: ModuleType | type
    name: str
    old: str
    new: str
    rules: tuple[str, ...]
    w: int = 8


BUGS = {
    "and: valid bits are not moved with the factors": Bug(
        Mono, "__init__", "base.pb >> s if s >= 0 else base.pb << -s", "base.pb", ("and_", "or_", "add")
    ),
    "and: a product of constants is lost": Bug(poly, "and_poly", "ca & cb)", "0)", ("and_",)),
    "and: the constant of the left factor is ignored": Bug(poly, "and_poly", "if ca:", "if ca and not cb:", ("and_",)),
    "and: equal products are not cancelled": Bug(
        poly, "_toggle", "out.get(m, 0) ^ mask", "out.get(m, 0) | mask", ("and_", "or_")
    ),
    "and: one factor of a product is dropped": Bug(
        Mono, "times", "seen.update({(b.id, s): (b, s) for b, s in other.factors})", "pass", ("and_",)
    ),
    "and: low mask of a sum one bit short": Bug(
        ops, "and_", "n = b.bit_length()", "n = max(1, b.bit_length() - 1)", ("and_",)
    ),
    "xor: overlapping masks are joined": Bug(poly, "xor_poly", "old ^ mask", "old | mask", ("xor", "or_")),
    "xor: the other constant is lost": Bug(poly, "xor_poly", "out, ca ^ cb", "out, ca", ("xor",)),
    "ror: the high part moves the wrong way": Bug(poly, "ror_poly", "m.shift(-up)", "m.shift(up)", ("ror[1]",)),
    "ror: the constant is only shifted": Bug(
        poly, "ror_poly", "(const >> n | const << up) & full", "const >> n", ("ror[1]", "ror[2]")
    ),
    "lsl: bits above the width stay": Bug(poly, "_shifted", "(mask << k) & full", "mask << k", ("lsl[2]", "lsl[3]")),
    "lsr: the shift of the factors is forgotten": Bug(poly, "lsr_poly", "m.shift(n)", "m", ("lsr[1]",)),
    "asr: the sign is one place short": Bug(
        poly, "asr_poly", "range(width - n, width)", "range(width - n + 1, width)", ("asr[1]", "asr[2]")
    ),
    "sext: the sign bit is the one below": Bug(
        poly, "sext_poly", "spread_bit(a, width - 1,", "spread_bit(a, max(0, width - 2),", ("sext",)
    ),
    "extract: the constant is not moved": Bug(
        poly, "extract_poly", "(const >> lo) & full", "const & full", ("extract[high half]", "extract[middle]")
    ),
    "concat: parts do not move up": Bug(poly, "concat_poly", "mask << at", "mask", ("concat", "concat of parts")),
    "concat: joining brings masked bits back": Bug(
        poly, "_refuse_sums", "mask & k.valid", "k.valid", ("concat of clipped parts",)
    ),
    "sum as parts: the small constant is lost": Bug(
        poly,
        "_split_low_constant",
        "return {mono(rest, 0): rest.pb}, small",
        "return {mono(rest, 0): rest.pb}, 0",
        ("poly_view",),
    ),
    "sum as parts: the step is doubled": Bug(
        poly, "_split_low_constant", "t.const & (step - 1) if step", "t.const & (2 * step - 1) if step", ("poly_view",)
    ),
    "sum as parts: carries ignored": Bug(
        linear, "_disjoint", "k = low_bits.bit_length()", "k = max(1, low_bits.bit_length() - 1)", ("add",), 4
    ),
    "sum as parts: low constant may meet low bits": Bug(
        linear, "_disjoint", "if low_const & low_bits or k >= width", "if k >= width", ("add", "sub")
    ),
    "sum of a shifted term: the constant meets it": Bug(
        linear,
        "make_sum",
        "not const & pb and (const == 0 or const & (pb & -pb) - 1 == const or isinstance(t, Poly))",
        "True",
        ("add", "sub"),
    ),
    "narrow: the constant is forgotten": Bug(
        linear,
        "narrow",
        "make_sum(width, out, const & full)",
        "make_sum(width, out, 0)",
        ("narrow", "extract[low half]"),
    ),
    "narrow: coefficients are forgotten": Bug(
        linear,
        "narrow",
        "_accumulate(out, v, c * d, full)",
        "_accumulate(out, v, d, full)",
        ("narrow", "extract[low half]"),
    ),
    "scale: the constant is not scaled": Bug(linear, "_times", "(const * k + plus)", "(const + plus)", ("neg", "mul")),
    "sub: coefficients that meet are added": Bug(
        linear, "add_linear", "_accumulate(out, t, sign * c, full)", "_accumulate(out, t, c, full)", ("sub",)
    ),
    "sub: the other's constant is added": Bug(linear, "add_linear", "(ca + sign * cb)", "(ca + cb)", ("sub",)),
    "linear view: a shifted part loses its shift": Bug(
        linear,
        "_linear_parts",
        "_accumulate(out, u, d << -s, full)",
        "_accumulate(out, u, d, full)",
        ("linear_view", "add"),
    ),
    "linear view: any mask is a whole part": Bug(
        linear, "_whole_parts", "s > 0 or mask != m.valid & full", "s > 0", ("linear_view", "add")
    ),
    "linear view: a constant that meets the bits": Bug(
        linear, "_linear_parts", "if const & used:", "if const & used & 1:", ("linear_view", "add")
    ),
    "linear view: NOT is -u": Bug(linear, "_linear_parts", "(-c - 1)", "(-c)", ("linear_view", "add")),
    "eq: parity without the terms' known zeros": Bug(ops, "eq", "z = c * (t.pb & -t.pb)", "z = 2 * c", ("eq",), 4),
    "eq: the constant keeps its sign": Bug(ops, "eq", "-const & ones(w)", "const", ("eq",), 4),
    "eq: negated, but for the constant": Bug(
        ops, "eq", "terms, const = linear_view(negated)", "terms, _ = linear_view(negated)", ("eq",), 4
    ),
    "eq: out of reach is equal": Bug(
        ops, "eq", "if const & ~reach:\n            return 0", "if const & ~reach:\n            return 1", ("eq",), 4
    ),
    "ult: a bound that may be met": Bug(ops, "ult", "if a.pb < b:", "if a.pb <= b:", ("ult",)),
    "ult: possible bits as the value": Bug(ops, "ult", "if a >= b.pb:", "if a >= b.pb >> 1:", ("ult",)),
    "slt: the sign of the wrong bit": Bug(ops, "slt", "extract(w, x, w - 1, 1)", "extract(w, x, 0, 1)", ("slt",)),
    "udiv: a power of two shifts once too often": Bug(ops, "udiv", "b.bit_length() - 1", "b.bit_length()", ("udiv",)),
    "table: entries cut off too early": Bug(
        ops, "table", "w << index.pb.bit_length()", "w << index.pb.bit_count()", ("table",)
    ),
    "table: an affine map without its constant": Bug(
        ops, "table", "columns, entries & ones(w))", "columns, 0)", ("table of an affine map",), 4
    ),
    "table: columns of an affine map where the index is known to be 1": Bug(
        poly, "affine_poly", "if ones_of_a >> k & 1:", "if False:", ("table of an affine map",), 4
    ),
    "table: one bit twice in an affine map": Bug(
        poly,
        "affine_poly",
        "_toggle(out, m.shift(by), bits)",
        "out[m.shift(by)] = bits",
        ("table of an affine map",),
        4,
    ),
    "table: what is affine at unit vectors is so everywhere": Bug(
        ops, "_columns", "for i, total in list(known.items()):", "for i, total in [(0, 0)]:", ("table",), 4
    ),
    "table: possible bits of the last entry only": Bug(ops, "table", "pb |= entries", "pb = entries", ("table",), 4),
    "clmul: the last bit is left out": Bug(ops, "clmul", "for k in range(w):", "for k in range(w - 1):", ("clmul",)),
    "concat: the swapped parts of a sum are the sum": Bug(
        poly, "_refuse_sums", "k = mono(base, at)", "k = mono(base, s)", ("concat of swapped parts",)
    ),
    "lsr: the quotient of a sum that wraps": Bug(linear, "exact_quotient", "most >> t.width", "False", ("lsr[1]",)),
    "lsr: the quotient of a sum of other summands": Bug(
        linear, "exact_quotient", "if c & step:", "if c & step >> 1:", ("lsr[1]", "lsr[2]"), 4
    ),
    "select: one element too few": Bug(ops, "select", "[: index.pb + 1]", "[: index.pb]", ("select",), 4),
    "select: possible bits of the last element only": Bug(ops, "select", "pb |= e", "pb = e", ("select",)),
    "select: past the last is the last": Bug(
        ops, "select", "if index < len(elements) else 0", "if index < len(elements) else elements[-1]", ("select",)
    ),
    "shift by data: an amount of w leaves the value": Bug(
        ops, "_shift_by", "n = min(b, w)", "n = b % w", ("shl_by", "lshr_by")
    ),
    "rotate by data: no way back": Bug(ops, "rotr_by", "neg(w, amount)", "amount", ("rotr_by",)),
    "pb: a sum has the low zeros of its last term": Bug(node, "intern", "low |= unit", "low = unit", ("add",), 4),
    "sum: summands that meet replace each other": Bug(
        linear, "_accumulate", "(out.get(t, 0) + c)", "c", ("add", "sub")
    ),
    "sum: an even coefficient is dropped": Bug(
        linear, "_accumulate", "v & 1 or v * (t.pb & -t.pb) & full", "v & 1", ("add",)
    ),
}


def plant(bug: Bug, monkeypatch: pytest.MonkeyPatch, modules: Sequence[object] = MODULES) -> None:
    """Replace the function wherever it was imported to."""
    original: Callable[..., Any] = getattr(bug.owner, bug.name)
    source = textwrap.dedent(inspect.getsource(original))
    assert bug.old in source, f"{bug.name} no longer reads {bug.old!r}: update the table of planted bugs"
    home = sys.modules[original.__module__]
    made: dict[str, Any] = {}
    code = "from __future__ import annotations\n" + source.replace(bug.old, bug.new)
    exec(compile(code, f"<planted in {bug.name}>", "exec"), home.__dict__, made)
    wrong = made[bug.name]
    if isinstance(bug.owner, type):
        monkeypatch.setattr(bug.owner, bug.name, wrong)
        return
    for module in modules:
        if vars(module).get(bug.name) is original:
            monkeypatch.setattr(module, bug.name, wrong)


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_planted_bug_is_found(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule tests fail on it: by a counterexample, or because the normal form contradicts itself."""
    plant(bug, monkeypatch)
    found = []
    for rule in bug.rules:
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
