"""The second translation of terms: what a solver makes of a script is what the terms mean on plain integers.

The meaning is that of `fuzz_terms`, which shares no code with the terms; the solver is Bitwuzla.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bitwuzla")
sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
from fuzz_terms import build, meaning, points, random_dag
from planting import Bug, plant

from armsym.bits import Bits, opaque
from armsym.discharge import smtlib
from armsym.discharge.second import ask
from armsym.discharge.smtlib import script
from armsym.terms import ops
from armsym.terms.node import Op, Term, Value, Var, intern, new_table, op

SECONDS = 20.0
DAGS = 250

mystery = opaque("smtlib_mystery", 8)(lambda a: a + 1)


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def says(facts: list[Value], term: Value, value: int, width: int = 1) -> str:
    return ask(script(facts, term, value, width), SECONDS).answer


def wrong_on(seed: int, seen: Counter[str] | None = None) -> list[str]:
    """The nodes of a random DAG that a script gives another number than they have, at two assignments."""
    d = random_dag(seed)
    built, variables = build(d)
    wrong = []
    for at in points(d)[1:3]:
        facts = [ops.eq(v.width, v, at[i]) for i, v in variables.items()]
        for n, t, want in zip(d.nodes, built, meaning(d, at), strict=True):
            if isinstance(t, int):
                continue
            if seen is not None:
                seen[t.kind if isinstance(t, Op) else type(t).__name__] += 1
            if says(facts, t, want, n.width) != "unsat":
                wrong.append(f"seed {seed}: {t} is not {want:#x} at {at}")
    return wrong


def test_random_terms_mean_what_they_say() -> None:
    seen: Counter[str] = Counter()
    assert [w for seed in range(DAGS) for w in wrong_on(seed, seen)] == []
    kinds = {"mul", "udiv", "clmul", "shl", "lshr", "ashr", "ite", "eq", "ult", "slt", "select", "table"}
    assert kinds | {"Var", "Sum", "Poly"} <= seen.keys()


def test_a_value_that_a_term_does_not_have_is_not_shown() -> None:
    """Scripts are not unsatisfiable by some fault of their own."""
    for seed in range(20):
        d = random_dag(seed)
        new_table()
        built: list[Value] = []
        for i, n in enumerate(d.nodes):
            built.append(
                Var(f"v{i}", n.width, pb=d.possible[i]) if n.kind == "var" else n.build([built[a] for a in n.args])
            )
        for at in points(d)[:2]:
            facts = [ops.eq(d.nodes[i].width, built[i], v) for i, v in at.items()]
            values = meaning(d, at)
            assert all(
                says(facts, t, want ^ 1, n.width) == "sat"
                for n, t, want in zip(d.nodes, built, values, strict=True)
                if isinstance(t, Term)
            )


EDGES = (0, 1, 7, 8, 9, 127, 128, 254, 255)


@pytest.mark.parametrize(
    ("kind", "means"),
    [
        ("mul", lambda a, b: a * b % 256),
        ("udiv", lambda a, b: a // b if b else 0),
        ("shl", lambda a, b: a << b & 255),
        ("lshr", lambda a, b: a >> b),
        ("ashr", lambda a, b: (a - 256 * (a > 127)) >> b & 255),
        ("and", lambda a, b: a & b),
        ("eq", lambda a, b: int(a == b)),
        ("ult", lambda a, b: int(a < b)),
        ("slt", lambda a, b: int(a - 256 * (a > 127) < b - 256 * (b > 127))),
    ],
)
def test_operations_at_their_edges(kind: str, means: Callable[[int, int], int]) -> None:
    """Shifts by the width and more, division by 0, the signs."""
    a, b = Var("a", 8), Var("b", 8)
    width = 1 if kind in ("eq", "ult", "slt") else 8
    t = op(kind, width, 8, (a, b))
    for x in EDGES:
        for y in EDGES:
            facts = [ops.eq(8, a, x), ops.eq(8, b, y)]
            assert says(facts, t, means(x, y), width) == "unsat", (x, y)


def test_every_place_of_a_table_and_beyond() -> None:
    i, j = Var("i", 4), Var("j", 64)
    entries = [3, 1, 0, 2, 3]
    packed = sum(e << 2 * k for k, e in enumerate(entries))
    table, element = op("table", 2, 4, (i, packed)), op("select", 2, 2, (j, *entries))
    for k in range(16):
        want = entries[k] if k < len(entries) else 0
        assert says([ops.eq(4, i, k)], table, want, 2) == "unsat"
        assert says([ops.eq(64, j, k)], element, want, 2) == "unsat"
    assert says([ops.eq(64, j, 2**64 - 1)], element, 0, 2) == "unsat"


def test_functions_are_any_function_and_variables_any_number() -> None:
    x, y = Var("x", 8), Var("y", 8)
    f, g = (mystery(Bits(8, v)).value for v in (x, y))
    assert isinstance(f, Term)
    same = ops.eq(8, f, g)
    assert says([ops.eq(8, x, y)], same, 1) == "unsat"
    assert says([], same, 1) == "sat"
    # What its definition says is not used.
    assert says([ops.eq(8, x, 1)], f, 2, 8) == "sat"


def test_bits_known_to_be_0_are() -> None:
    x = Var("x", 8, pb=0x3C)
    assert says([], ops.ult(8, x, 0x3D), 1) == "unsat"
    assert says([], ops.ult(8, x, 0x3C), 1) == "sat"
    assert says([], ops.eq(8, ops.and_(8, x, 3), 0), 1) == "unsat"


def test_facts_are_assumed_and_a_false_one_implies_anything() -> None:
    x = Var("x", 8)
    assert says([ops.ult(8, x, 5)], ops.ult(8, x, 6), 1) == "unsat"
    assert says([ops.ult(8, x, 5)], ops.ult(8, x, 4), 1) == "sat"
    assert says([0], 0, 1) == "unsat"
    assert says([1], 0, 1) == "sat"


def test_a_script_does_not_depend_on_which_variables_are_meant() -> None:
    def question() -> str:
        x, y = Var("x", 8), Var("y", 8)
        return script([ops.ult(8, x, y)], ops.ult(8, y, x), 0)

    assert question() == question()


@pytest.mark.parametrize("name", ["a|b", "a\\b", "é", "a b", "x;y", 'q"', "x!1"])
def test_any_name_is_a_symbol_of_its_own(name: str) -> None:
    x, y = Var(name, 8), Var(name, 8)
    assert says([ops.ult(8, x, 5)], ops.ult(8, x, 6), 1) == "unsat"
    assert says([ops.ult(8, x, 5)], ops.ult(8, y, 6), 1) == "sat"


def test_deep_terms() -> None:
    """Translated without recursion, and read without."""
    t: Value = Var("x", 8)
    for _ in range(3000):
        t = op("udiv", 8, 8, (intern(t) if isinstance(t, Term) else t, 3))
    assert says([], ops.ult(8, t, 86), 1) == "unsat"


def test_an_operation_without_a_meaning_is_an_error() -> None:
    x = Var("x", 8)
    with pytest.raises(AssertionError, match="no SMT-LIB meaning for the operation pow"):
        script([], op("pow", 8, 8, (x, x)), 0, 8)


# -- wrong translations ---------------------------------------------------------------------------

W = smtlib._Writer
#: (where, function, its text, the wrong one)
BUGS: dict[str, tuple[Any, str, str, str]] = {
    "a factor is read at the place below": (W, "_product", "_constant(s, n)", "_constant(max(s - 1, 0), n)"),
    "a factor is not moved up": (W, "_product", "_constant(-s, width)", "_constant(0, width)"),
    "the mask is lost": (W, "_product", "_constant(mask, width)", "_constant(ones(width), width)"),
    "a coefficient is lost": (W, "_meaning", "_constant(c, w)", "_constant(1, w)"),
    "a constant summand is lost": (W, "_meaning", '"bvadd", [*parts, _constant(t.const, w)]', '"bvadd", parts'),
    "a constant is lost": (W, "_meaning", '"bvxor", [*parts, _constant(t.const, w)]', '"bvxor", parts'),
    "division by 0 is as in SMT-LIB": (W, "_operation", "(= {y} {_constant(0, n)}) ", "(distinct {y} {y}) "),
    "a condition is turned round": (W, "_operation", "#b1) {self._inner(a, n)}", "#b0) {self._inner(a, n)}"),
    "the top bit of a multiplier is lost": (W, "_operation", "for k in range(n)", "for k in range(n - 1)"),
    "elements stand one place on": (smtlib, "_chosen", "_constant(k, width)", "_constant(max(k - 1, 0), width)"),
}


@pytest.mark.parametrize("bug", BUGS.values(), ids=list(BUGS))
def test_a_wrong_translation_is_found(bug: tuple[Any, str, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    plant(Bug(*bug, ()), monkeypatch, (smtlib,))
    assert any(wrong_on(seed) for seed in range(DAGS))


@pytest.mark.parametrize(
    ("table", "kind", "wrong"),
    [
        ("_COMPARED", "ult", "bvule"),
        ("_COMPARED", "ult", "bvslt"),
        ("_COMPARED", "slt", "bvult"),
        ("_SAME", "lshr", "bvashr"),
        ("_SAME", "ashr", "bvlshr"),
        ("_SAME", "shl", "bvlshr"),
    ],
)
def test_a_wrong_operator_is_found(table: str, kind: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(getattr(smtlib, table), kind, wrong)
    assert any(wrong_on(seed) for seed in range(DAGS))
