"""Numbers, terms, the evaluator, substitution and Z3 agree on random expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from armsym.bits import Bits, Prop, concat, ite, look_up, opaque, select
from armsym.discharge.z3_bridge import Bridge
from armsym.errors import WidthError
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator, Occurrences, Substitution, free_terms, occurs
from armsym.terms.node import App, Op, Term, Value, Var, intern, new_table, ones
from armsym.terms.walk import below, children, size

WIDTHS = (1, 3, 8, 16, 32, 64)

sbox = opaque("rules_sbox", 8)(lambda a: (a * 7 + 3) ^ a.ror(3))


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


#: (name, function of three operands of one width and a small number)
STEPS: dict[str, Callable[[Bits, Bits, Bits, int], Bits]] = {
    "add": lambda a, b, c, n: a + b,
    "sub": lambda a, b, c, n: a - b,
    "neg": lambda a, b, c, n: -a,
    "mul": lambda a, b, c, n: a * b,
    "times": lambda a, b, c, n: a * (n & ones(a.width)),
    "plus": lambda a, b, c, n: a + (n & ones(a.width)),
    "xor": lambda a, b, c, n: a ^ b,
    "and": lambda a, b, c, n: a & b,
    "mask": lambda a, b, c, n: a & (n * 0x9D & ones(a.width)),
    "or": lambda a, b, c, n: a | b,
    "not": lambda a, b, c, n: ~a,
    "lsl": lambda a, b, c, n: a << n % (a.width + 1),
    "lsr": lambda a, b, c, n: a >> n % (a.width + 1),
    "asr": lambda a, b, c, n: a.asr(n % (a.width + 2)),
    "ror": lambda a, b, c, n: a.ror(n),
    "rol": lambda a, b, c, n: a.rol(n),
    "shl": lambda a, b, c, n: a.shl(b),
    "lshr": lambda a, b, c, n: a.lshr(b),
    "ashr": lambda a, b, c, n: a.ashr(b),
    "udiv": lambda a, b, c, n: a.udiv(b),
    "clmul": lambda a, b, c, n: a.clmul(b)[a.width - 1 : 0] ^ a.clmul(b)[2 * a.width - 1 : a.width],
    "swap": lambda a, b, c, n: _swap(a, n),
    "mixed": lambda a, b, c, n: _swap(a, n) + _swap(b, n),
    "wide sum": lambda a, b, c, n: (
        (a.zero_extend(2 * a.width) + b.zero_extend(2 * a.width))[2 * a.width - 1 : a.width] | c
    ),
    "signed": lambda a, b, c, n: (a.sign_extend(a.width + 7) - b.sign_extend(a.width + 7))[a.width + 6 : 7],
    "equal": lambda a, b, c, n: ite(a == b, b, c),
    "less": lambda a, b, c, n: ite(a < b, a, b + 1),
    "signed less": lambda a, b, c, n: ite(a.slt(b) | (c == a), c, a),
    "select": lambda a, b, c, n: select(a if a.width <= 64 else a[63:0], [b, c ^ n % 2, a + b, c]),
    "conditions": lambda a, b, c, n: ite(((a == b) ^ (b <= c)) & ~(a >= c), a + b, a + c),
    "table": lambda a, b, c, n: look_up(_numbers(a.width, n), a[min(7, a.width - 1) : 0], Bits(a.width, n % 2)) ^ c,
    "wide index": lambda a, b, c, n: look_up(_numbers(a.width, n), b, Bits(a.width, 0)) + c,
    "table of data": lambda a, b, c, n: look_up([a, b, ~a], c[min(7, a.width - 1) : 0], b),
    "flag": lambda a, b, c, n: (a > b).bit.zero_extend(a.width) + c if a.width > 1 else (a > b).bit,
}


def test_look_up_of_uneven_widths() -> None:
    """A table and what it gives beyond its end have one width, wherever the index points."""
    table = [Bits(8, 1), Bits(4, 2)]
    for index in (Bits(8, 1), Bits(8, Var("i", 8))):
        with pytest.raises(WidthError, match=r"not \[4, 8\] bits"):
            look_up(table, index, Bits(8, 0))


def _numbers(w: int, n: int) -> list[Bits]:
    return [Bits.wrap(w, 1 + k * n * 0x9E37) for k in range(n % 20)]


def _swap(a: Bits, n: int) -> Bits:
    if a.width == 1:
        return a
    k = 1 + n % (a.width - 1)
    return concat(a[k - 1 : 0], a[a.width - 1 : k])


@st.composite
def programs(draw: st.DrawFn) -> tuple[int, list[tuple[str, int, int, int, int]]]:
    """A width, and steps (operation, three earlier values, number)."""
    w = draw(st.sampled_from(WIDTHS))
    count = draw(st.integers(1, 9))
    steps = []
    for k in range(count):
        back = st.integers(0, 3 + k)
        steps.append(
            (draw(st.sampled_from(sorted(STEPS))), draw(back), draw(back), draw(back), draw(st.integers(0, 200)))
        )
    return w, steps


def _run(w: int, steps: list[tuple[str, int, int, int, int]], start: list[Bits]) -> list[Bits]:
    values = list(start)
    for name, a, b, c, n in steps:
        values.append(STEPS[name](values[a], values[b], values[c], n))
    return values


@settings(max_examples=120, deadline=None)
@given(programs(), st.data())
def test_all_readings_agree(program: tuple[int, list[tuple[str, int, int, int, int]]], data: st.DataObject) -> None:
    """The program on numbers = the evaluated term = the substituted term = Z3's expression at the same numbers."""
    w, steps = program
    half = ones(max(1, w // 2))
    variables = [Var("x", w), Var("y", w), Var("low", w, pb=half)]
    symbols = [*(Bits(w, v) for v in variables), Bits(w, 1)]
    result = _run(w, steps, symbols)[-1]
    for _ in range(3):
        numbers = [
            data.draw(st.one_of(st.sampled_from([0, ones(w), 1]), st.integers(0, ones(w)))) & v.pb for v in variables
        ]
        expected = _run(w, steps, [*(Bits(w, n) for n in numbers), Bits(w, 1)])[-1].uint
        where = dict(zip(variables, numbers, strict=True))
        assert Evaluator(where)(result.value) == expected
        replaced: dict[Term, Value] = {v: where[v] for v in variables}
        assert Substitution(replaced)(result.value) == expected
        bridge = Bridge()
        e = bridge(result.value, w)
        pairs = [(z, z3.BitVecVal(where[v], w)) for v, z in bridge.variables.values()]
        assert z3.simplify(z3.substitute(e, *pairs)).as_long() == expected


@settings(max_examples=80, deadline=None)
@given(programs(), st.data())
def test_substitution_agrees_with_evaluation(
    program: tuple[int, list[tuple[str, int, int, int, int]]], data: st.DataObject
) -> None:
    """Terms put in place of variables: evaluating the result is evaluating with the terms' values."""
    w, steps = program
    x, y, z, u, v = (Var(n, w) for n in "xyzuv")
    result = _run(w, steps, [Bits(w, x), Bits(w, y), Bits(w, z), Bits(w, 1)])[-1].value
    a = data.draw(
        st.sampled_from(
            [
                Bits(w, u) + Bits(w, v),
                Bits(w, u) ^ Bits(w, v),
                ~Bits(w, u),
                Bits(w, v).ror(1),
                Bits(w, u) * 2 + 1 if w > 1 else Bits(w, u),
            ]
        )
    )
    replaced = Substitution({x: a.value, y: u, z: x})(result)
    if isinstance(result, Term):
        inside = Occurrences(x)
        assert inside(result) == occurs([x], result) == (x in free_terms(result))
        for some_of in ([], [x, y], [u], [v, z], [u, v, x]):
            assert occurs(some_of, result) == bool(set(some_of) & free_terms(result))
        some = Substitution({x: a.value})(result)
        assert Substitution({x: a.value}, alone=lambda t: not inside(t))(result) is some
    where = {t: data.draw(st.integers(0, ones(w))) for t in (x, u, v)}
    inner = Evaluator(where)
    direct = Evaluator({x: inner(a.value), y: where[u], z: where[x]})
    assert inner(replaced) == direct(result)


def test_uninterpreted_functions_are_evaluated_by_the_one_who_asks() -> None:
    """An application needs `apply`; with the definition it has the value of the function on numbers."""
    x, y = Bits(8, Var("x", 8)), Bits(8, Var("y", 8))
    t = sbox(x + y) ^ sbox(x)
    assert {type(f) for f in free_terms(t.value)} == {Var, App}
    names = {f.name: f for f in free_terms(t.value) if isinstance(f, Var)}
    where = {names["x"]: 0x35, names["y"]: 0xF0}
    with pytest.raises(KeyError):
        Evaluator(where)(t.value)

    def apply(name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
        assert (name, width, widths) == ("rules_sbox", 8, (8,))
        return sbox(Bits(8, args[0])).uint

    expected = (sbox(Bits(8, 0x25)) ^ sbox(Bits(8, 0x35))).uint
    assert Evaluator(where, apply)(t.value) == expected


def test_a_variable_without_a_value_is_an_error() -> None:
    """Nothing is invented for it."""
    with pytest.raises(KeyError):
        Evaluator({})(Var("x", 8))


def test_substitution_keeps_secrecy() -> None:
    """A secret function of a variable stays secret when the variable becomes public."""
    from armsym.terms import ops

    x, i = Var("x", 64), Var("i", 64, secret=False)
    cell = ops.apply("region[]", 64, [(64, x)], secret=True)
    moved = Substitution({x: i})(cell)
    assert isinstance(moved, App)
    assert ops.is_secret(moved)
    assert ops.apply("region[]", 64, [(64, i)], secret=True) is moved


@pytest.mark.parametrize("kind", ["mul", "and", "udiv", "shl", "lshr", "ashr", "clmul", "eq", "ult", "slt"])
def test_operations_mean_the_same_to_evaluator_and_bridge(kind: str) -> None:
    """Every operation node, on all pairs of 3-bit numbers, by `Evaluator` and by Z3."""
    from armsym.terms import node

    x, y = Var("x", 3), Var("y", 3)
    width = {"clmul": 6, "eq": 1, "ult": 1, "slt": 1}.get(kind, 3)
    t = node.op(kind, width, 3, (x, y))
    bridge = Bridge()
    e = bridge(t, width)
    zx, zy = bridge.variables[x.id][1], bridge.variables[y.id][1]
    reference: dict[str, Callable[[Bits, Bits], Bits]] = {
        "mul": lambda a, b: a * b,
        "and": lambda a, b: a & b,
        "udiv": lambda a, b: a.udiv(b),
        "shl": lambda a, b: a.shl(b),
        "lshr": lambda a, b: a.lshr(b),
        "ashr": lambda a, b: a.ashr(b),
        "clmul": lambda a, b: a.clmul(b),
        "eq": lambda a, b: (a == b).bit,
        "ult": lambda a, b: (a < b).bit,
        "slt": lambda a, b: a.slt(b).bit,
    }
    assert isinstance(t, Op)
    for a in range(8):
        for b in range(8):
            expected = reference[kind](Bits(3, a), Bits(3, b)).uint
            assert Evaluator({x: a, y: b})(t) == expected
            got = z3.simplify(z3.substitute(e, (zx, z3.BitVecVal(a, 3)), (zy, z3.BitVecVal(b, 3))))
            assert got.as_long() == expected


def test_ite_means_the_same_to_evaluator_and_bridge() -> None:
    """Also under a condition that is a comparison."""
    x, y = Bits(4, Var("x", 4)), Bits(4, Var("y", 4))
    t = ite((x * y < y) & ~(x == 3), x * y, y.udiv(x))
    assert isinstance(t.value, Term)
    bridge = Bridge()
    e = bridge(t.value, 4)
    variables = {v.name: (v, z) for v, z in bridge.variables.values()}
    for a in range(16):
        for b in range(16):
            cond = (a * b & 15) < b and a != 3
            expected = a * b & 15 if cond else (b // a if a else 0)
            assert Evaluator({variables["x"][0]: a, variables["y"][0]: b})(t.value) == expected
            pairs = [(variables["x"][1], z3.BitVecVal(a, 4)), (variables["y"][1], z3.BitVecVal(b, 4))]
            assert z3.simplify(z3.substitute(e, *pairs)).as_long() == expected


def test_select_means_the_same_to_evaluator_and_bridge() -> None:
    """Also past the last element, and where the index cannot reach all of them."""
    i, x = Var("i", 64, pb=7), Var("x", 4)
    cases: list[list[Value]] = [[x, 9, x, 3, 1], [x, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
    for elements in cases:
        t = ops.select(4, i, elements)
        bridge = Bridge()
        e = bridge(t, 4)
        zi, zx = bridge.variables[i.id][1], bridge.variables[x.id][1]
        for k in range(8):
            expected = elements[k] if k < len(elements) else 0
            expected = 11 if expected is x else expected
            assert Evaluator({i: k, x: 11})(t) == expected
            assert Substitution({i: k, x: 11})(t) == expected
            got = z3.simplify(z3.substitute(e, (zi, z3.BitVecVal(k, 64)), (zx, z3.BitVecVal(11, 4))))
            assert got.as_long() == expected


def test_select_forgets_what_the_index_cannot_reach() -> None:
    """So that the same bytes of a larger buffer are the same value."""
    i, x, y = Var("i", 64, pb=3), Var("x", 8), Var("y", 8)
    assert ops.select(8, i, [x, 1, y, 2, x, x]) is ops.select(8, i, [x, 1, y, 2, 7])
    assert ops.select(8, i, [x, 1, y, 2]) is not ops.select(8, i, [x, 1, y, 3])


def test_conditions_are_conditions() -> None:
    """A claim written with Python's own operators says what it seems to say."""
    p, q = Prop(True), Prop(False)
    assert (p == q).value is False
    assert (p != q).value is True
    x = Bits(4, Var("x", 4))
    symbolic = (x == 1) != (x == 2)
    assert isinstance(symbolic, Prop)
    assert not symbolic.is_concrete


def test_deep_terms_need_no_recursion() -> None:
    """Secrecy, size, variables, occurrence, substitution and value of a term of many layers."""
    x, y = Var("x", 8), Var("y", 8, secret=False)
    t: Value = x
    for _ in range(5000):
        t = ops.udiv(8, ops.add(8, t, 1), y)
    assert isinstance(t, Term)
    assert ops.is_secret(t)
    assert not ops.is_secret(Substitution({x: y})(t))
    assert size(t) == 10_002
    assert free_terms(t) == {x, y}
    assert Occurrences(x)(t)
    # At 1 each layer adds 1; by 0 all is 0.
    assert Evaluator({x: 3, y: 1})(t) == (3 + 5000) % 256
    assert Evaluator({x: 3, y: 0})(t) == 0
    assert next(below(t, x)) is x
    assert len(list(below(t, t, 7))) == 10_002


def test_what_is_older_than_all_that_is_replaced_is_not_looked_into() -> None:
    """A term has a greater id than each that it is made of; so does its one representative."""
    x = Var("x", 8)
    old = Bits(8, x) + 7 ^ Bits(8, x).ror(3)
    y = Var("y", 8)
    new = (old * Bits(8, y) ^ sbox(old) ^ Bits(8, y)).value
    assert isinstance(new, Term)
    for t in below(new):
        assert all(c.id < t.id for c in children(t) if isinstance(c, Term))
    put = Substitution({y: 0})
    assert put(new) is intern_of(sbox(old).value)
    assert put(old.value) is intern_of(old.value)
    at_one = Substitution({x: 1, y: 0})(new)
    assert isinstance(at_one, App)
    assert at_one.args == (8 ^ 0x20,)
    assert Substitution({})(new) is intern_of(new)
    # An application may be replaced, and so may what is in one.
    app = next(t for t in below(new) if isinstance(t, App))
    assert Substitution({app: 0, y: 0})(new) == 0
    for some in ([y], [x, y], [app]):
        assert occurs(some, new)
    for none in ([], [Var("z", 8)]):
        assert not occurs(none, new)
    assert not occurs([y], old.value)
    assert not occurs([x], 5)
    assert {t.id for t in below(new, since=y.id)} == {t.id for t in below(new) if t.id >= y.id}


def intern_of(v: Value) -> Value:
    """The representative of a value."""
    return intern(v) if isinstance(v, Term) else v
