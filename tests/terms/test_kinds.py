"""Each operation that stays a node is one row, and everything that reads terms covers the row or refuses it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import z3

sys.path.insert(0, str(Path(__file__).parent))
from fuzz_terms import MEANING

from armsym.discharge import algebra, integers, truth_tables
from armsym.discharge.z3_bridge import Bridge
from armsym.terms import kinds, ops
from armsym.terms.evaluate import Evaluator, Substitution
from armsym.terms.kinds import KINDS, make
from armsym.terms.node import App, Op, Term, Value, Var, new_table, ones
from armsym.terms.show import show


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def _select(w: int, i: int, *elements: int) -> int:
    return elements[i] if i < len(elements) else 0


#: What each row means, from the tests' own table, on numbers of w bits.
EXPECTED: dict[str, Callable[..., int]] = {
    **{k: MEANING[k] for k in ("mul", "udiv", "clmul", "eq", "ult", "slt", "ite")},
    "and": MEANING["and_"],
    "shl": MEANING["shl_by"],
    "lshr": MEANING["lshr_by"],
    "ashr": MEANING["ashr_by"],
    "select": _select,
    "table": lambda w, i, entries: entries >> i * 5,
}

READERS = (truth_tables, integers, algebra)

W = 3
#: The last entry but one is 0, and the table ends before the index does.
TABLE = 0b00101_00000_11010_00001_10000


def node_of(kind: str) -> tuple[Op, list[Var]]:
    """A node of this kind on variables: three bits each, but for conditions and indices."""
    x, y, c = Var("x", W), Var("y", W, pb=0b110), Var("c", 1)
    i = Var("i", 64, pb=7)
    args: tuple[Value, ...] = {"ite": (c, x, y), "select": (i, x, 5, y, 2), "table": (x, TABLE)}.get(kind, (x, y))
    width = {"clmul": 2 * W, "eq": 1, "ult": 1, "slt": 1, "table": 5}.get(kind, W)
    t = make(kind, width, W, args)
    assert isinstance(t, Op)
    return t, [a for a in args if isinstance(a, Var)]


def numbers_of(at: dict[Var, int]) -> dict[Term, Value]:
    """The same, as what to put in place of terms."""
    return dict(at.items())


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_means_one_thing_to_all(kind: str) -> None:
    """At all values: the number, Z3, the possible bits and the rebuilt operation are what the definition says."""
    t, variables = node_of(kind)
    bridge = Bridge()
    e = bridge(t, t.width)
    other: dict[Term, Value] = {v: Var(v.name + "'", v.width) for v in variables}  # rebuilt, without known zeros
    rebuilt = Substitution(other)(t)
    assert rebuilt is not t
    reached = 0
    for values in itertools.product(*([v for v in range(8) if not v & ~x.pb] for x in variables)):
        at = dict(zip(variables, values, strict=True))
        numbers = [a if isinstance(a, int) else at[a] for a in t.args if isinstance(a, (int, Var))]
        expected = EXPECTED[kind](W, *numbers) & ones(t.width)
        assert Evaluator(at)(t) == expected, at
        assert Substitution(numbers_of(at))(t) == expected
        there = {new: at[v] for v, new in other.items() if isinstance(v, Var) and isinstance(new, Var)}
        assert Evaluator(there)(rebuilt) == expected
        pairs = [(z, z3.BitVecVal(at[v], v.width)) for v, z in bridge.variables.values()]
        assert z3.simplify(z3.substitute(e, *pairs)).as_long() == expected
        reached |= expected
    assert not reached & ~t.pb, "a bit that the row calls impossible"


def test_every_row_has_a_meaning_here() -> None:
    """And the table of meanings has nothing else."""
    assert set(EXPECTED) == set(KINDS)
    assert all(row.name == kind for kind, row in KINDS.items())


@pytest.mark.parametrize("kind", KINDS)
def test_every_reader_covers_the_row_or_refuses_it(kind: str) -> None:
    for reader in READERS:
        assert (kind in reader.COVERED) != (kind in reader.REFUSED), f"{reader.__name__} says nothing of {kind}"
    t, _ = node_of(kind)
    # The arguments, so far as the row says their widths, are those of the node.
    widths = KINDS[kind].widths(t)
    assert len(widths) == len(t.args)
    for a, w in zip(t.args, widths, strict=True):
        assert not isinstance(a, Term) or a.width == w
        assert w or isinstance(a, int)
    assert (KINDS[kind].sign or kind) in show(t)


def test_no_reader_speaks_of_what_is_no_row() -> None:
    for reader in READERS:
        assert set(KINDS) == reader.COVERED | reader.REFUSED


def test_a_kind_without_a_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everywhere, and by name: nobody takes it for anything."""
    x, y = Var("x", W), Var("y", W)
    with pytest.raises(KeyError, match="cube"):
        make("cube", W, W, (x, y))
    monkeypatch.setitem(kinds.KINDS, "cube", KINDS["mul"])
    t = make("cube", 1, W, (x, y))
    assert isinstance(t, Op)
    claim = ops.eq(W, make("cube", W, W, (y, x)), 3)
    for ask in (
        lambda: integers.Integers().add(t),
        lambda: integers.Integers().implies(claim, 100),
        lambda: truth_tables.always(t),
        lambda: algebra.equal(1, t, 0),
    ):
        with pytest.raises(AssertionError, match="cube"):
            ask()


def test_a_refused_row_is_only_an_unknown() -> None:
    """What a discharger does not look into may be anything: it shows nothing of it that is not so of all."""
    for kind in KINDS:
        t, _ = node_of(kind)
        claim = ops.ult(t.width, 0, t)  # true of none of them for all values
        if kind in truth_tables.REFUSED:
            assert not truth_tables.always(claim)
        if kind in integers.REFUSED:
            assert not integers.Integers().implies(claim, 1000).holds
        if kind in algebra.REFUSED:
            assert not algebra.equal(t.width, t, 0)[0]
            assert algebra.equal(t.width, t, t)[0]


def test_an_application_is_no_row() -> None:
    assert not isinstance(ops.apply("f", 8, [(8, Var("x", 8))]), Op)
    assert isinstance(ops.apply("f", 8, [(8, Var("x", 8))]), App)
