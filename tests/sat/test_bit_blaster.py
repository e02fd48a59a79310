"""Scripts as clauses, against what operations mean on plain integers; no solver takes part.

Where all variables have values, unit propagation finds the value of every gate: so it is either led to a contradiction
or to a model of all clauses, and both are compared with the meaning.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
from fuzz_terms import build, meaning, points, random_dag
from planting import Bug, plant

from armsym.discharge.smtlib import script
from armsym.sat import gates, vectors
from armsym.sat import script as reading
from armsym.sat.gates import FALSE, TRUE, Gates, TooLarge
from armsym.sat.script import Unreadable, clauses_of
from armsym.terms import ops
from armsym.terms.node import Op, Value, Var, new_table

MODULES: tuple[ModuleType, ...] = (gates, vectors, reading)


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def propagated(clauses: Sequence[Sequence[int]], given: Sequence[int] = ()) -> set[int] | None:
    """All literals that follow of the clauses and literals by unit propagation; None for a contradiction."""
    at: dict[int, list[int]] = {}
    for k, c in enumerate(clauses):
        for x in c:
            at.setdefault(x, []).append(k)
    true: set[int] = set()
    todo = list(given)
    for c in clauses:
        if not c:
            return None
        if len(c) == 1:
            todo.append(c[0])
    while todo:
        x = todo.pop()
        if x in true:
            continue
        if -x in true:
            return None
        true.add(x)
        for k in at.get(-x, ()):
            if any(y in true for y in clauses[k]):
                continue
            left = [y for y in set(clauses[k]) if -y not in true]
            if not left:
                return None
            if len(left) == 1:
                todo.append(left[0])
    return true


def is_model(clauses: Sequence[Sequence[int]], true: set[int]) -> bool:
    variables = {abs(x) for c in clauses for x in c}
    return len(true) == len(variables) and all(any(x in true for x in c) for c in clauses)


def signed(a: int, w: int) -> int:
    return a - (a >> w - 1 << w)


Meaning = Callable[[int, int, int], int]
VECTORS: dict[str, Meaning] = {
    "add": lambda w, a, b: a + b,
    "multiply": lambda w, a, b: a * b,
    "xor": lambda w, a, b: a ^ b,
    "and_": lambda w, a, b: a & b,
    "quotient": lambda w, a, b: a // b if b else -1,
    "shift_left": lambda w, a, b: a << b,
    "shift_right": lambda w, a, b: a >> b,
    "shift_right_signed": lambda w, a, b: signed(a, w) >> b,
}
BITS: dict[str, Meaning] = {
    "equal": lambda w, a, b: int(a == b),
    "less": lambda w, a, b: int(a < b),
    "less_signed": lambda w, a, b: int(signed(a, w) < signed(b, w)),
}


def wrong(name: str, widths: Sequence[int] = (1, 2, 3, 4, 5)) -> list[str]:
    """Where an operation is not what it means, for all values: both free, one or both constant, one for both."""
    found = []
    means = {**VECTORS, **BITS}[name]
    for w in widths:
        g = Gates()
        a, b = (tuple(g.new() for _ in range(w)) for _ in range(2))
        pairs: list[tuple[int | None, int | None, bool]] = [(None, None, False), (None, None, True)]
        pairs += [(x, y, False) for x, y in product([None, *range(1 << w)], repeat=2) if (x, y) != (None, None)]
        for x, y, same in pairs:
            first = a if x is None else vectors.constant(x, w)
            second = first if same else b if y is None else vectors.constant(y, w)
            out = getattr(vectors, name)(g, first, second)
            result = (out,) if name in BITS else out
            for p in range(1 << w) if x is None else (x,):
                for q in (p,) if same else range(1 << w) if y is None else (y,):
                    given = [v if p >> k & 1 else -v for k, v in enumerate(a)]
                    given += [] if same else [v if q >> k & 1 else -v for k, v in enumerate(b)]
                    value = number(evaluated(g, given), result)
                    if value != means(w, p, q) % (1 << len(result)):
                        found.append(f"{name} of {w} bits: {p}, {q} gives {value}")
    return found


_evaluated: dict[tuple[int, int, tuple[int, ...]], set[int]] = {}


def evaluated(g: Gates, given: list[int]) -> set[int]:
    key = (id(g), len(g.clauses), tuple(given))
    if key not in _evaluated:
        _evaluated.clear()
        _evaluated[key] = propagated(g.clauses, given) or set()
    return _evaluated[key]


def number(true: set[int], bits: Sequence[int]) -> int | None:
    if any(x not in true and -x not in true for x in bits):
        return None
    return sum(1 << k for k, x in enumerate(bits) if x in true)


@pytest.mark.parametrize("name", [*VECTORS, *BITS])
def test_each_operation_for_all_values(name: str) -> None:
    assert wrong(name, (1, 2, 3)) == []


GATES: dict[str, Callable[..., int]] = {
    "and_": lambda a, b: a & b,
    "or_": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "choose": lambda c, a, b: a if c else b,
    "majority": lambda a, b, c: int(a + b + c > 1),
}


def wrong_gates(name: str) -> list[str]:
    """Where a gate is not what it means, whatever its inputs are: constants, one variable or its negation, several."""
    found = []
    means = GATES[name]
    count = means.__code__.co_argcount
    for inputs in product((TRUE, FALSE, 2, -2, 3, -3, 4, -4), repeat=count):
        g = Gates()
        assert [g.new() for _ in range(3)] == [2, 3, 4]
        out = getattr(g, name)(*inputs)
        again = getattr(g, name)(*inputs)
        for values in product((0, 1), repeat=3):
            given = [v if x else -v for v, x in zip((2, 3, 4), values, strict=True)]
            true = propagated(g.clauses, given)
            if true is None or again != out or (out in true) == (-out in true):
                found.append(f"{name}{inputs}: no value at {values}")
            elif (out in true) != bool(means(*(int(x in true) for x in inputs))):
                found.append(f"{name}{inputs} is wrong at {values}")
    return found


@pytest.mark.parametrize("name", GATES)
def test_each_gate_for_all_inputs(name: str) -> None:
    assert wrong_gates(name) == []


def wrong_script(text: str, satisfiable: bool) -> bool:
    """Whether the clauses of a script, all of whose variables have values, say otherwise."""
    clauses = clauses_of(text)
    true = propagated(clauses)
    return (
        true is not None and is_model(clauses, true) if not satisfiable else true is None or not is_model(clauses, true)
    )


def wrong_terms(seed: int, seen: set[str]) -> list[str]:
    """The nodes of a random DAG that have another value in clauses."""
    d = random_dag(seed)
    built, variables = build(d)
    found = []
    at = points(d)[2]
    facts = [ops.eq(v.width, v, at[i]) for i, v in variables.items()]
    for n, t, want in zip(d.nodes, built, meaning(d, at), strict=True):
        if isinstance(t, int):
            continue
        seen.add(t.kind if isinstance(t, Op) else type(t).__name__)
        if wrong_script(script(facts, t, want, n.width), False) or propagated(
            clauses_of(script(facts, t, want, n.width))
        ):
            found.append(f"seed {seed}: {t} is not {want:#x} at {at}")
        if wrong_script(script(facts, t, want ^ 1, n.width), True):
            found.append(f"seed {seed}: {t} is {want ^ 1:#x} at {at}")
    return found


def test_random_terms_have_the_values_they_mean() -> None:
    seen: set[str] = set()
    # (The last ones look things up in tables.)
    assert [w for seed in (*range(45), 134, 139, 145, 197) for w in wrong_terms(seed, seen)] == []
    assert {"mul", "udiv", "clmul", "shl", "lshr", "ashr", "ite", "eq", "ult", "slt", "select", "table", "Poly"} <= seen


BUGS = [
    Bug(Gates, "and_", "self.add(-g, a)", "self.add(-g, b)"),
    Bug(Gates, "and_", "self.add(g, -a, -b)", "pass"),
    Bug(Gates, "and_", "a == -b", "a == b"),
    Bug(Gates, "xor", "sign = 1 if (a > 0) == (b > 0) else -1", "sign = 1"),
    Bug(Gates, "xor", "self.add(-g, -a, -b)", "pass"),
    Bug(Gates, "xor", "FALSE if a == b else TRUE", "TRUE if a == b else FALSE"),
    Bug(Gates, "choose", "return a if c == TRUE else b", "return b if c == TRUE else a"),
    Bug(Gates, "choose", "c, a, b = -c, b, a", "c = -c"),
    Bug(Gates, "choose", "return -self.xor(c, a)", "return self.xor(c, a)"),
    Bug(Gates, "majority", "return a if a == b else c", "return c if a == b else a"),
    Bug(Gates, "majority", "return b if b == c else a", "return b"),
    Bug(Gates, "majority", "((a, b), (a, c), (b, c))", "((a, b), (a, c))"),
    Bug(vectors, "_sum", "carry = g.majority(x, y, carry)", "carry = g.and_(x, y)"),
    Bug(vectors, "_subtract", "TRUE", "FALSE"),
    Bug(vectors, "multiply", "_subtract(g, total, part)[0]", "add(g, total, part)"),
    Bug(vectors, "multiply", "value -= digit", "value -= 1"),
    Bug(vectors, "multiply", "g.and_(x, y)", "g.or_(x, y)"),
    Bug(vectors, "_moved", "a[: max(0, len(a) - k)]", "a[k:]"),
    Bug(vectors, "quotient", "(*b, FALSE)", "(*b, b[-1])"),
    Bug(vectors, "quotient", "tuple(reversed(bits))", "tuple(bits)"),
    Bug(vectors, "equal", "same = g.and_(same, -g.xor(x, y))", "same = -g.xor(x, y)"),
    Bug(vectors, "less", "carry = TRUE", "carry = FALSE"),
    Bug(vectors, "less", "return -carry", "return carry"),
    Bug(vectors, "less_signed", "-b[-1]", "b[-1]"),
    Bug(vectors, "_shifted", "away = g.or_(away, x)", "pass"),
    Bug(vectors, "_shifted", "1 << k < w", "1 << k <= w // 2"),
    Bug(vectors, "shift_right_signed", "(sign,) * k", "(FALSE,) * k"),
]


@pytest.mark.parametrize("bug", BUGS, ids=lambda b: f"{b.name}: {b.new}")
def test_planted_defects_are_found(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(bug, monkeypatch, MODULES)
    found = any(wrong_gates(name) for name in GATES) or any(wrong(name, (1, 2, 3)) for name in (*VECTORS, *BITS))
    assert found


# -- the reader -------------------------------------------------------------------------------------

READER = [
    Bug(reading._Reader, "value", "bits[low : high + 1]", "bits[low:high]"),
    Bug(reading._Reader, "value", "self._bits(b, len(then))))", "then))"),
    Bug(reading._Reader, "command", "self.gates.add(*(() if literal == FALSE else (literal,)))", "pass"),
    Bug(reading._Reader, "_applied", "same = self.gates.and_(same, vectors.equal(self.gates, a, b))", "pass"),
    Bug(reading._Reader, "_applied", "self.gates.add(-same, x, -y)", "pass"),
    Bug(reading._Reader, "_bits", "int(item[2:], 2)", "0"),
]
HEAD = "(set-logic QF_UFBV)(declare-fun f ((_ BitVec 2) (_ BitVec 1)) (_ BitVec 2))"
#: Scripts, and whether they have a model.
SCRIPTS = [
    ("(assert (= (f #b01 #b1) #b10))(assert (= (f #b01 #b1) #b10))", True),
    ("(assert (= (f #b01 #b1) #b10))(assert (= (f #b01 #b1) #b11))", False),
    ("(assert (= (f #b01 #b1) #b10))(assert (= (f #b01 #b0) #b11))", True),
    ("(assert (= (f #b01 #b1) #b10))(assert (= (f #b11 #b1) #b11))", True),
    (
        "(declare-fun x () (_ BitVec 2))(assert (= x #b01))(assert (= (f x #b1) #b10))(assert (= (f #b01 #b1) #b00))",
        False,
    ),
    (
        "(declare-fun x () (_ BitVec 2))(assert (= x #b01))(assert (= (f x #b1) #b00))(assert (= (f #b01 #b1) #b10))",
        False,
    ),
    (
        "(declare-fun x () (_ BitVec 2))(assert (= x #b00))(assert (= (f x #b1) #b10))(assert (= (f #b01 #b1) #b01))",
        True,
    ),
    ("(assert (= ((_ extract 1 1) #b10) #b1))(assert (= (f #b00 #b0) #b00))", True),
    ("(assert (= ((_ extract 0 0) #b10) #b1))", False),
    ("(assert (= ((_ zero_extend 1) #b1) #b01))(assert (= (f #b00 #b0) #b00))", True),
    ("(assert (= (ite (= #b1 #b1) #b10 #b01) #b10))(assert (= (f #b00 #b0) #b00))", True),
    ("(assert (= (ite (= #b1 #b0) #b10 #b01) #b10))", False),
    ("(assert (distinct (_ bv3 2) #b11))", False),
]


def wrong_scripts() -> list[str]:
    return [t for t, has in SCRIPTS if (propagated(clauses_of(f"{HEAD}{t}(check-sat)")) is not None) != has]


def test_functions_and_lists() -> None:
    assert wrong_scripts() == []


@pytest.mark.parametrize("bug", READER, ids=lambda b: b.new)
def test_planted_defects_of_the_reader_are_found(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(bug, monkeypatch, MODULES)
    with suppress(Unreadable):
        assert wrong_scripts()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(set-logic QF_UFBV)",
        "(set-logic QF_BV)(check-sat)",
        "(check-sat)(check-sat)",
        "(check-sat)(assert (= #b1 #b0))",
        "(check-sat",
        "check-sat",
        "())(check-sat)",
        ")(check-sat)",
        "(push 1)(check-sat)",
        "(assert #b1)(check-sat)",
        "(assert x)(check-sat)",
        "(assert (= x #b1))(check-sat)",
        "(assert (= #b1 #b01))(check-sat)",
        "(assert (= #b1))(check-sat)",
        "(assert (= #b1 #b1 #b1))(check-sat)",
        "(assert (= #b2 #b2))(check-sat)",
        "(assert (= #b #b))(check-sat)",
        "(assert (= (_ bv2 1) #b1))(check-sat)",
        "(assert (= (_ bv0 0) (_ bv0 0)))(check-sat)",
        "(assert (= (_ bv00 1) #b0))(check-sat)",
        "(assert (= ((_ extract 2 0) #b10) #b1))(check-sat)",
        "(assert (= ((_ extract 0 1) #b10) #b1))(check-sat)",
        "(assert (= ((_ sign_extend 1) #b1) #b11))(check-sat)",
        "(assert (= (bvnand #b1 #b1) #b0))(check-sat)",
        "(assert (= (bvadd #b1 #b1 #b1) #b1))(check-sat)",
        "(assert (= (bvadd #b1 #b11) #b1))(check-sat)",
        "(assert (= (ite #b1 #b1 #b1) #b1))(check-sat)",
        "(assert (= (= #b1 #b1) (= #b1 #b1)))(check-sat)",
        "(declare-fun x () (_ BitVec 0))(check-sat)",
        "(declare-fun x () (_ BitVec 99999999))(check-sat)",
        "(declare-fun x () (_ BitVec 1))(declare-fun x () (_ BitVec 1))(check-sat)",
        "(declare-fun bvadd () (_ BitVec 1))(check-sat)",
        "(declare-fun #b1 () (_ BitVec 1))(check-sat)",
        "(declare-fun x () Bool)(check-sat)",
        "(define-fun x () (_ BitVec 2) #b1)(check-sat)",
        "(define-fun x () (_ BitVec 1) x)(check-sat)",
        "(define-fun x ((y (_ BitVec 1))) (_ BitVec 1) #b1)(check-sat)",
        "(declare-fun f ((_ BitVec 1)) (_ BitVec 1))(assert (= (f #b11) #b1))(check-sat)",
        "(declare-fun f ((_ BitVec 1)) (_ BitVec 1))(assert (= (f #b1 #b1) #b1))(check-sat)",
        "(declare-fun f ((_ BitVec 1)) (_ BitVec 1))(assert (= f #b1))(check-sat)",
        '(set-info :source "x")(check-sat)',
        "(assert (! (= #b1 #b1) :named a))(check-sat)",
        "(assert (= ((_ zero_extend 99999999) #b1) #b1))(check-sat)",
    ],
)
def test_what_is_not_read_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        clauses_of(text)


def test_deep_scripts_and_comments_are_read() -> None:
    deep = "(bvxor #b1 " * 20_001 + "#b0" + ")" * 20_001
    assert propagated(clauses_of(f"; (check-sat)\n(assert (= {deep} #b1)) ; )\n(check-sat)")) is not None
    assert propagated(clauses_of(f"(assert (= {deep} #b0))(check-sat)")) is None


def test_there_is_a_limit() -> None:
    x: Value = Var("x", 64)
    text = script((), ops.ult(64, ops.mul(64, x, x), 5), 1)
    count = len(clauses_of(text))
    assert len(clauses_of(text, count)) == count
    with pytest.raises(TooLarge, match=f"more than {count - 1} clauses"):
        clauses_of(text, count - 1)
