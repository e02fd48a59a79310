"""Each operation of the normal form, proved by Z3 at several widths and tried on random numbers at any width."""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from rule_cases import OPERATIONS, GaveUp, Operation, Wrong, build, cases, kinds, prove

from armsym.discharge.z3_bridge import Bridge
from armsym.terms import arithmetic, choices, conditions, linear, ops, poly, slices
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import App, Sum, Term, Value, Var, intern, new_table, ones

#: Of the pairs, one in so many is proved at this width (up to 8 bits all those with a constant are).
EVERY = {1: 5, 2: 5, 4: 5, 5: 7, 8: 13, 32: 61, 64: 97, 128: 131}


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def prove_operation(o: Operation, w: int, every: int = 1) -> int:
    """Prove the operation on operands of every kind; raises `Wrong`.  Returns the number of cases."""
    bridge = Bridge()
    claims = []
    for case in cases(o, w, every):
        result = build(o, w, case.args)
        n = o.result(w)
        label = f"{o.name} at width {w} of {case.label}"
        got = bridge(result, n)
        claims.append((label, got, o.z3(w, *(bridge(a, w) for a in case.args))))
        if isinstance(result, Term):
            t = intern(result)
            if t.pb >> n:
                raise Wrong(f"{label}: possible bits above the width")
            # What the term says about its own bits must be true as well.
            claims.append((f"{label}: known zeros", got & z3.BitVecVal(ones(n) & ~t.pb, n), z3.BitVecVal(0, n)))
    given_up = prove(bridge, claims)
    # Arithmetic of wide words is not always for bit-blasting: then the smaller widths carry the proof.
    if len(given_up) > (len(claims) // 5 if w > 8 else len(claims) // 100):
        raise GaveUp(str(given_up))
    return len(claims)


@pytest.mark.parametrize(
    ("name", "w"),
    [pytest.param(o.name, w, id=f"{o.name}-{w}: {o.functions}") for o in OPERATIONS.values() for w in o.widths],
)
def test_rule_is_proved(name: str, w: int) -> None:
    """The term equals Z3's operation for all values, and its known zeros are zero."""
    assert prove_operation(OPERATIONS[name], w, 7 if OPERATIONS[name].only else EVERY[w]) > 5


@pytest.mark.parametrize(
    "name", ["add", "sub", "xor", "and_", "concat", "concat of parts", "linear_view", "poly_view", "neg", "sext"]
)
def test_rule_is_proved_at_128_bits(name: str) -> None:
    """The widths of vector registers."""
    assert prove_operation(OPERATIONS[name], 128, EVERY[128]) > 5


CONDITIONS = ("bit", "var", "not", "xor", "sum", "0", "1", "eq", "ult")


@pytest.mark.parametrize("w", [1, 4, 8, 32])
def test_ite_is_proved(w: int) -> None:
    """choices.ite choices._common: conditions of every kind, common summands, constants, one-bit branches."""
    bridge, claims = Bridge(), []
    branches = kinds(w)
    conditions = {k: v for k, v in kinds(1).items() if k in CONDITIONS}
    x, y = branches["var"], branches["var y"]
    conditions["eq"], conditions["ult"] = ops.eq(w, x, y), ops.ult(w, x, y)
    pairs = [(p, q) for p in branches for q in branches]
    for label, c in conditions.items():
        for p, q in pairs[:: 31 if w > 1 else 61]:
            result = ops.ite(w, c, branches[p], branches[q])
            expected = z3.If(bridge(c, 1) == 1, bridge(branches[p], w), bridge(branches[q], w))
            claims.append((f"ite at width {w} of {label}, {p}, {q}", bridge(result, w), expected))
            if isinstance(result, Term):
                claims.append(
                    (
                        f"ite pb {label}, {p}, {q}",
                        bridge(result, w) & z3.BitVecVal(ones(w) & ~intern(result).pb, w),
                        z3.BitVecVal(0, w),
                    )
                )
    assert len(claims) > 100
    assert not prove(bridge, claims)


def test_ite_takes_common_summands_out() -> None:
    """ite(c, s + a, s + b) = s + ite(c, a, b), so that a conditional carry stays linear."""
    x, y, z, c = (Var("x", 64), Var("y", 64), Var("z", 64), Var("c", 1))
    t = ops.ite(64, c, ops.add(64, x, y), ops.add(64, x, z))
    assert isinstance(t, Sum)
    assert t.terms.get(x) == 1


@pytest.mark.parametrize("w", [4, 8])
def test_and_beyond_the_product_limit(w: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """poly.and_poly keeps an operation node where the product would have too many monomials."""
    monkeypatch.setattr(poly, "PRODUCT_LIMIT", 1)
    assert prove_operation(OPERATIONS["and_"], w, 13) > 5
    assert prove_operation(OPERATIONS["or_"], w, 13) > 5


def test_apply_is_a_function_of_its_arguments() -> None:
    """ops.apply: equal arguments give the same node, others do not."""
    x, y = Var("x", 8), Var("y", 8)
    one = ops.apply("f", 8, [(8, ops.add(8, x, y))])
    assert ops.apply("f", 8, [(8, ops.add(8, y, x))]) is one
    assert ops.apply("f", 8, [(8, x)]) is not one
    assert ops.apply("g", 8, [(8, ops.add(8, x, y))]) is not one
    assert ops.apply("f", 8, [(8, 5)]) is not ops.apply("f", 8, [(16, 5)])


@pytest.mark.parametrize("w", [1, 4, 8, 32])
def test_arguments_keep_their_value(w: int) -> None:
    """choices.argument: what an uninterpreted function is given equals what was written."""
    bridge, claims = Bridge(), []
    for name, v in kinds(w).items():
        got = ops.apply("f", 8, [(w, v)])
        assert isinstance(got, App)
        claims.append((f"argument {name} at width {w}", bridge(got.args[0], w), bridge(v, w)))
    assert not prove(bridge, claims)


def test_secrecy_follows_data() -> None:
    """ops.is_secret: a term is secret exactly when a secret variable occurs in it."""
    public, secret = Var("p", 8, secret=False), Var("s", 8)
    for o in OPERATIONS.values():
        if o.arity != 2 or 8 not in o.widths:
            continue
        clean, mixed = o.term(8, public, ops.add(8, public, 1)), o.term(8, public, secret)
        assert not ops.is_secret(clean), o.name
        assert ops.is_secret(mixed), o.name
    chosen = ops.ite(8, ops.eq(8, secret, 1), public, ops.add(8, public, 1))
    assert ops.is_secret(chosen)
    assert not ops.is_secret(ops.xor(8, ops.xor(8, secret, public), secret))
    assert not ops.is_secret(5)


def test_oracle_is_asked_and_restored() -> None:
    """ops.set_oracle: `ite` takes the branch the oracle knows of, and keeps both when it does not."""
    c, x, y = Var("c", 1), Var("x", 8), Var("y", 8)
    previous = ops.set_oracle(lambda t: 1)
    try:
        assert ops.ite(8, c, x, y) is x
        ops.set_oracle(lambda t: 0)
        assert ops.ite(8, c, x, y) is y
        ops.set_oracle(lambda t: None)
        assert isinstance(ops.ite(8, c, x, y), Term)
        assert ops.ite(8, c, x, y) not in (x, y)
    finally:
        ops.set_oracle(previous)


def test_every_operation_is_covered() -> None:
    """A function of the normal form that no test of an operation names is one that nobody proved."""
    covered = {f for o in OPERATIONS.values() for f in o.functions.split()}
    covered |= {"choices.ite", "choices._ite", "choices._common", "choices.set_oracle", "ops.apply", "ops.is_secret"}
    covered |= {"ops._parts", "ops._is_secret"}  # of is_secret
    covered |= {"linear._added"}  # of add_linear: tests/integers/test_translate.py
    for module in (poly, linear, slices, arithmetic, conditions, choices, ops):
        short = module.__name__.rpartition(".")[2]
        for name, f in inspect.getmembers(module, inspect.isfunction):
            if f.__module__ == module.__name__:
                assert f"{short}.{name}" in covered, f"{short}.{name} has no test"


# -- random numbers, at any width ---------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_rule_on_random_numbers(data: st.DataObject) -> None:
    """The same operations evaluated: the term's value is the operation on its operands' values."""
    w = data.draw(
        st.one_of(st.integers(1, 9), st.sampled_from([16, 24, 31, 32, 33, 63, 64, 65, 127, 128, 129])), "width"
    )
    o = data.draw(st.sampled_from(sorted(OPERATIONS)), "operation")
    operation = OPERATIONS[o]
    if o == "rotr_by" and w & (w - 1):
        w = 16
    if o == "select":
        w = min(w, 64)  # an index has 64 bits: an operand of more cannot be widened to one
    made = kinds(w)
    named = sorted(k for k, v in made.items() if isinstance(v, Term) or not operation.terms)
    chosen = [data.draw(st.sampled_from(named), "operand") for _ in range(operation.arity)]
    args = tuple(made[k] for k in chosen)
    if not any(isinstance(a, Term) for a in args):
        return
    result = build(operation, w, args)
    rng = random.Random(data.draw(st.integers(0, 2**32), "seed"))
    values: dict[int, int] = {}

    def value(v: Var) -> int:
        if v.id not in values:
            values[v.id] = rng.choice([0, ones(v.width), rng.getrandbits(v.width), 1 << rng.randrange(v.width)]) & v.pb
        return values[v.id]

    for _ in range(6):
        values.clear()
        ev = Evaluator(value)
        got, expected = ev(result), operation.number(w, *(ev(a) for a in args))
        assert got == expected, f"{o} at width {w} of {chosen}: {got:#x}, not {expected:#x}"
        if isinstance(result, Term):
            assert not got & ~intern(result).pb, f"{o} of {chosen}: a bit known to be 0 is 1"


# -- canonical: what must be one node -----------------------------------------------------------


def _same(a: Value, b: Value) -> bool:
    return intern(a) is intern(b) if isinstance(a, Term) and isinstance(b, Term) else a == b


def test_both_forms_of_a_shifted_term_meet() -> None:
    """linear.make_sum, poly.constant_below: x * 2**k + c is concat(x, c), and NOT x is -x - 1."""
    x = Var("x", 64)
    assert _same(ops.xor(64, x, ones(64)), ops.sub(64, ones(64), x))
    by_or = ops.or_(64, ops.lsl(64, x, 4), 5)
    assert _same(by_or, ops.add(64, ops.mul(64, x, 16), 5))
    assert _same(ops.xor(64, ops.lsl(64, x, 4), 5), by_or)


def test_parts_of_a_sum_make_the_sum_again() -> None:
    """slices.low_bits_beside_their_sum: the halves of x + y, put together, are x + y."""
    x, y = Var("x", 64), Var("y", 64)
    s = ops.add(64, x, y)
    assert isinstance(s, Term)
    halves = ops.concat(64, [(32, ops.extract(64, s, 32, 32)), (32, ops.extract(64, s, 0, 32))])
    assert _same(halves, s)
    swapped = ops.concat(64, [(32, ops.extract(64, s, 0, 32)), (32, ops.extract(64, s, 32, 32))])
    assert _same(swapped, ops.ror(64, s, 32))


def test_equations_have_one_form() -> None:
    """conditions.eq: a = b, b = a and a - b = 0 are one node; equations that parity refutes are 0."""
    x, y = Var("x", 64), Var("y", 64)
    forms: list[Any] = [
        ops.eq(64, x, y),
        ops.eq(64, y, x),
        ops.eq(64, ops.sub(64, x, y), 0),
        ops.eq(64, ops.sub(64, y, x), 0),
    ]
    forms.append(ops.eq(64, ops.add(64, x, 7), ops.add(64, y, 7)))
    assert all(_same(f, forms[0]) for f in forms)
    even = ops.add(64, ops.mul(64, x, 2), ops.mul(64, y, 4))
    assert ops.eq(64, even, 3) == 0
    aligned = Var("a", 64, pb=ones(64) & ~15)
    assert ops.eq(64, ops.add(64, aligned, ops.mul(64, x, 16)), 8) == 0


@pytest.mark.parametrize("n", [1, 4, 8, 32, 64, 128])
def test_elements_are_what_extract_gives(n: int) -> None:
    """Each by itself, of numbers, of sums cut in two, of what was extended, and of products; and as numbers, too."""
    x, y = Var("x", 32), Var("y", 32, pb=0xFFFF00FF)
    s = ops.add(32, x, y)
    assert isinstance(s, Term)
    narrow = ops.zext(32, s, 128)
    assert isinstance(narrow, Term)
    several = [
        narrow,
        ops.lsl(128, narrow, 9),
        ops.ror(128, narrow, 20),
        ops.concat(128, [(32, s), (32, x), (32, ops.and_(32, x, y)), (32, ops.xor(32, s, 0x80000001))]),
        ops.concat(128, [(64, 5), (32, s), (32, s)]),
        ops.add(128, ops.zext(32, x, 128), narrow),
        ops.and_(128, ops.ror(128, narrow, 1), (1 << 127) | (1 << 8) | 1),
    ]
    numbers = {x: 0x89ABCDEF, y: 0xFFFF0037}
    for v in several:
        assert isinstance(v, Term)
        found = ops.elements(128, v, n)
        assert len(found) == 128 // n
        for e, part in enumerate(found):
            alone = ops.extract(128, v, e * n, n)
            assert (intern(part) if isinstance(part, Term) else part) is (
                intern(alone) if isinstance(alone, Term) else part if part == alone else None
            )
            assert Evaluator(numbers)(part) == Evaluator(numbers)(v) >> e * n & ones(n)
