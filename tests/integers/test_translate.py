"""What the integers say a term is, against what it is by the definitions of the operations: random DAGs."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
from fuzz_terms import Dag, build, meaning, points, random_dag
from worlds import Mismatch, atom_values, value_of

from armsym.integers.disjunction import alternatives
from armsym.integers.kernel import Kernel
from armsym.integers.polynomial import add
from armsym.integers.translate import Lane, Translator
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Sum, Term, Value, Var, intern, new_table


def check(d: Dag, *, lanes: bool, names: bool = False) -> int:
    """Compare the values of all nodes of a DAG at all its points; returns how many atoms there were.

    With `names` factors of products have names, and what is known of each summand by itself is used.
    """
    built, variables = build(d)
    kernel = Kernel()
    widths = frozenset({8, 16, 32}) if lanes else frozenset[int]()
    signed = {
        intern(v).id: Lane(-(1 << v.width - 1), (1 << v.width - 1) - 1)
        for v in variables.values()
        if lanes and v.width in widths and v.pb == (1 << v.width) - 1
    }
    t = Translator(kernel, lanes=signed, widths=widths, name_factors=names)
    values = [t.value(v) for v in built]
    signs = [t.signed(v, n.width) for v, n in zip(built, d.nodes, strict=True)]
    for at in points(d):
        evaluate = Evaluator({variables[k]: v for k, v in at.items()})
        known: dict[int, int] = {}
        for a, term in t.unknowns.items():
            v = evaluate(term)
            if term.id in signed:
                known[a] = v - (1 << term.width) if v >> (term.width - 1) else v
            else:
                low = term.pb & -term.pb
                assert v % low == 0
                known[a] = v // low
        atoms = atom_values(kernel, known)
        for i, want in enumerate(meaning(d, at)):
            got = value_of(values[i], atoms)
            if got != want:
                raise Mismatch(f"node {i}, {d.nodes[i]}, is {kernel.text(values[i])} = {got}, not {want}, at {at}")
            w = d.nodes[i].width
            want -= (1 << w) if want >> (w - 1) else 0  # noqa: PLW2901
            got = value_of(signs[i], atoms)
            if got != want:
                raise Mismatch(f"node {i}, {d.nodes[i]}, signed, is {kernel.text(signs[i])} = {got}, not {want}")
    return len(kernel.atoms)


@pytest.mark.parametrize(("lanes", "names"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("first", range(0, 600, 50))
def test_values_are_those_of_the_terms(first: int, lanes: bool, names: bool) -> None:
    assert sum(check(random_dag(seed), lanes=lanes, names=names) for seed in range(first, first + 50)) > 100


def _agree(t: Translator, v: Value, at: dict[Var, int]) -> int:
    """The value of a term at a point, by its polynomial; it is what the term is there."""
    assert isinstance(v, Term)
    evaluate = Evaluator(at)
    polynomial = t.value(v)
    known = {}
    for a, u in t.unknowns.items():
        known[a] = evaluate(u) // (u.pb & -u.pb)
    got = value_of(polynomial, atom_values(t.kernel, known))
    assert got == evaluate(v)
    return got


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("names", [False, True])
def test_slices_of_a_vector(seed: int, names: bool) -> None:
    """A vector register that is not looked into is lanes; any bits of it are those bits, also across lanes."""
    new_table()
    rng = random.Random(seed)
    x, y = Var("x", 128), Var("y", 128, pb=rng.getrandbits(128) | 1)
    t = Translator(Kernel(), name_factors=names)
    edges = [0, 1, 31, 32, 33, 63, 64, 95, 96, 127]
    for _ in range(12):
        lo = rng.choice(edges) if rng.random() < 0.5 else rng.randrange(128)
        n = rng.choice([1, 2, 31, 32, 33, 64, 128])
        n = min(n, 128 - lo)
        a = ops.extract(128, rng.choice([x, y]), lo, n)
        for v in (a, ops.add(n, a, ops.extract(128, x, 0, n)), ops.xor(n, a, rng.getrandbits(n))):
            for value in (0, (1 << 128) - 1, rng.getrandbits(128), 1 << rng.randrange(128)):
                if isinstance(v, Term):
                    _agree(t, v, {x: value, y: value & y.pb})


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("names", [False, True])
def test_fields_with_bits_that_cannot_be_set(seed: int, names: bool) -> None:
    """A slice through bits that are 0 is one slice; other bits, or ones of a constant, may stand in the gaps."""
    new_table()
    rng = random.Random(seed)
    w = rng.choice([8, 16, 64])
    x, z = Var("x", w, pb=rng.getrandbits(w) & rng.getrandbits(w) | 1 << (w - 1) | 1), Var("z", w)
    t = Translator(Kernel(), name_factors=names)
    terms: list[Value] = []
    for _ in range(8):
        s = rng.randrange(w)
        v = ops.lsr(w, x, s) if rng.random() < 0.5 else ops.lsl(w, x, s)
        v = ops.and_(w, v, rng.getrandbits(w) | rng.getrandbits(w))
        gaps = 0 if isinstance(v, int) else ~intern(v).pb & (1 << w) - 1
        terms += [v, ops.xor(w, v, rng.getrandbits(w)), ops.xor(w, v, ops.and_(w, z, gaps & rng.getrandbits(w)))]
    for v in terms:
        for value in (0, (1 << w) - 1, rng.getrandbits(w), rng.getrandbits(w)):
            if isinstance(v, Term):
                _agree(t, v, {x: value & x.pb, z: rng.getrandbits(w)})


def test_a_slice_through_bits_that_cannot_be_set_is_one_quotient_less_another() -> None:
    new_table()
    x = Var("x", 64, pb=0x0FFFFFFC0FFFFFFC)
    t = Translator(Kernel())
    p = t.value(ops.and_(64, ops.lsr(64, x, 26), (1 << 26) - 1))
    assert len(p) == 2


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("lanes", [False, True])
def test_chains_of_carries(seed: int, lanes: bool) -> None:
    """Numbers of several limbs, added and subtracted with carries as the instructions do it: the sum adds up."""
    new_table()
    rng = random.Random(seed)
    w, n = rng.choice([4, 8, 16]), rng.randint(2, 4)
    a = [Var(f"a{k}", w) for k in range(n)]
    b = [Var(f"b{k}", w) for k in range(n)]
    carry: Value = rng.choice([0, 1])
    out: list[Value] = []
    subtract = rng.random() < 0.5
    for x, y in zip(a, b, strict=True):
        y_: Value = ops.xor(w, y, (1 << w) - 1) if subtract else y
        wide = ops.add(w + 1, ops.zext(w, x, w + 1), ops.zext(w, intern(y_), w + 1))  # type: ignore[arg-type]
        wide = ops.add(w + 1, wide, carry if isinstance(carry, int) else ops.zext(1, carry, w + 1))
        low = ops.add(w, ops.add(w, x, y_), carry if isinstance(carry, int) else ops.zext(1, carry, w))
        out.append(low)
        assert isinstance(wide, Term)
        carry = ops.extract(w + 1, wide, w, 1)
    kernel = Kernel()
    t = Translator(kernel, widths=frozenset({w}) if lanes else frozenset())
    for _ in range(20):
        at = {v: rng.choice([0, (1 << w) - 1, rng.getrandbits(w)]) for v in (*a, *b)}
        evaluate = Evaluator(at)
        polynomials = [t.value(v) for v in out]
        atoms = atom_values(kernel, {k: evaluate(u) for k, u in t.unknowns.items()})
        total = sum(value_of(p, atoms) << w * k for k, p in enumerate(polynomials))
        sum_of = sum(evaluate(v) << w * k for k, v in enumerate(out))
        assert total == sum_of


OPERATIONS: dict[str, Callable[[int, Term, Term, Term], Value]] = {
    "add": lambda w, a, b, c: ops.add(w, ops.add(w, a, b), c),
    "sub": lambda w, a, b, c: ops.sub(w, ops.sub(w, a, b), c),
    "number": lambda w, a, b, c: ops.sub(w, ops.add(w, ops.add(w, a, 1), 1 << w - 1), 3),
    "scale": lambda w, a, b, c: ops.mul(w, ops.add(w, a, b), 3),
    "negative": lambda w, a, b, c: ops.neg(w, ops.add(w, a, b)),
    "ite": lambda w, a, b, c: ops.ite(w, ops.extract(w, c, 0, 1), ops.add(w, a, b), ops.sub(w, a, 1)),
    "low": lambda w, a, b, c: ops.extract(w, intern(ops.add(w, a, ops.add(w, b, c))), 0, w - 1),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("w", [2, 5, 8, 64])
def test_the_origin_of_a_sum_is_an_equation(name: str, w: int) -> None:
    """Of what a sum was made: the same number, at edges and at random."""
    new_table()
    rng = random.Random(w)
    a, b, c = (Var(n, w) for n in "abc")
    found = 0
    v = OPERATIONS[name](w, a, b, c)
    todo = [v]
    edges = [0, 1, (1 << w) - 1, 1 << w - 1, (1 << w - 1) - 1]
    while todo:
        t = todo.pop()
        if not isinstance(t, Sum) or t.origin is None:
            continue
        found += 1
        o = t.origin
        todo += [x for x in o[1:] if isinstance(x, Term)]
        full = 1 << t.width
        for _ in range(60):
            evaluate = Evaluator({x: rng.choice([*edges, rng.getrandbits(w)]) for x in (a, b, c)})
            if o[0] == "add":
                want = (
                    (evaluate(o[1]) + o[3] * evaluate(o[2])) if isinstance(o[2], Term) else evaluate(o[1]) + o[3] * o[2]
                )
            elif o[0] == "scale":
                want = evaluate(o[1]) * o[2]
            elif o[0] == "low":
                want = evaluate(o[1])
            else:
                want = evaluate(o[2]) if evaluate(o[1]) else evaluate(o[3])
            assert evaluate(t) == want % full
    assert found or not isinstance(v, Sum)


def test_a_counter_remembers_its_start_only() -> None:
    """Adding numbers again and again makes no chain that would stay in memory."""
    new_table()
    x = Var("x", 64)
    v: Value = x
    for _ in range(1000):
        v = ops.add(64, v, 3)
    assert isinstance(v, Sum)
    assert v.origin == ("add", x, 3000, 1)


def _or_of(rng: random.Random, w: int, words: list[Value]) -> Value:
    """The OR of words, two at a time in any order."""
    while len(words) > 1:
        a, b = (words.pop(rng.randrange(len(words))) for _ in "ab")
        words.append(ops.or_(w, a, b))
    return words[0]


def _is_zero(w: int, v: Value, variables: list[Var], rng: random.Random) -> set[int]:
    """[v = 0] in integers is what it is by the evaluator: all words 0, one bit of them set, any.

    Returns the terms, by id, that its unknowns stand for.
    """
    t = Translator(Kernel())
    p = t.value(ops.eq(w, v, 0))
    points = [[0] * len(variables)]
    points += [
        [1 << b if k == j else 0 for k in range(len(variables))] for j in range(len(variables)) for b in range(w)
    ]
    points += [[(1 << w) - 1] * len(variables)]
    points += [[rng.choice([0, 1, rng.getrandbits(w)]) for _ in variables] for _ in range(20)]
    for at in points:
        evaluate = Evaluator(dict(zip(variables, at, strict=True)))
        atoms = atom_values(t.kernel, {a: evaluate(u) // (u.pb & -u.pb) for a, u in t.unknowns.items()})
        assert value_of(p, atoms) == int(evaluate(v) == 0), at
    made_of: set[int] = set()
    todo = [a for m in p for a in m]
    while todo:
        a = todo.pop()
        if a not in made_of:
            made_of.add(a)
            todo += [b for m in t.kernel.atoms[a].E or {} for b in m]
    return {u.id for a, u in t.unknowns.items() if a in made_of}


@pytest.mark.parametrize("n", range(2, 11))
@pytest.mark.parametrize("w", [2, 3, 8])
def test_that_an_or_is_zero_is_said_of_its_words(n: int, w: int) -> None:
    """Also of so many words that products are not written out; no unknown but the words is left."""
    new_table()
    rng = random.Random(n)
    words = [Var(f"a{k}", w) for k in range(n)]
    v = _or_of(rng, w, list(words))
    assert isinstance(v, Term)
    assert len(alternatives(v)) == n
    assert _is_zero(w, v, words, rng) == {intern(u).id for u in words}


@pytest.mark.parametrize("seed", range(60))
def test_what_is_not_quite_an_or_is_not_taken_for_one(seed: int) -> None:
    """A constant, a product too many, too few or of other bits; and ORs of shifted or masked words."""
    new_table()
    rng = random.Random(seed)
    w, n = 4, rng.randint(2, 8)
    words = [Var(f"a{k}", w) for k in range(n)]

    def some() -> Value:
        a = rng.choice(words)
        return rng.choice([a, ops.lsl(w, a, 1), ops.and_(w, a, 6), ops.lsr(w, a, 2)])

    v = _or_of(rng, w, [some() for _ in range(n)])
    wrong = rng.choice([0, 1, ops.and_(w, some(), some()), some(), ops.and_(w, v, some())])
    v = ops.xor(w, v, wrong)
    _is_zero(w, v, words, rng)


def test_an_or_with_a_bit_turned_over_is_its_only_part() -> None:
    new_table()
    v = ops.xor(4, ops.or_(4, Var("a", 4), Var("b", 4)), 2)
    assert isinstance(v, Term)
    ((m, mask),) = alternatives(v)
    assert m.factors == ((intern(v), 0),)
    assert mask == 15


def test_what_one_path_knows_is_no_origin() -> None:
    """An oracle that knows the negated condition only gives a branch: that they are equal holds on its path alone."""
    new_table()
    x, y, c = Var("x", 8), Var("y", 8), Var("c", 1)
    negated = ops.xor(1, c, 1)
    branch, other = ops.add(8, x, y), ops.add(8, x, 5)
    before = ops.set_oracle(lambda t: 0 if t is c else None)
    try:
        assert ops.ite(8, negated, branch, other) is branch
    finally:
        ops.set_oracle(before)
    assert isinstance(branch, Sum)
    assert branch.origin == ("add", x, y, 1)


def test_a_bit_and_its_opposite_are_one_atom() -> None:
    """A product of bits gets a name where it selects; its complement is one less the name."""
    new_table()
    x, y = Var("x", 1), Var("y", 1)
    joined = ops.and_(1, x, y)
    assert isinstance(joined, Term)
    both = intern(joined)
    for first, second in ((both, ops.xor(1, both, 1)), (ops.xor(1, both, 1), both)):
        t = Translator(Kernel())
        one, other = t.selector(first), t.selector(second)
        assert add(one, other) == {(): 1}
        assert len([m for m in one if m]) == 1


@pytest.mark.parametrize(
    "name", ["sub with carry", "add with carry", "quotient by 7", "quotient by 1", "quotient by 200"]
)
def test_values_that_random_terms_miss(name: str) -> None:
    """What an instruction of three operands computes, and quotients by numbers, at edges of a word of 8 bits."""
    new_table()
    a, b, c = Var("a", 8), Var("b", 8), Var("c", 1)
    made: dict[str, tuple[Value, Callable[[int, int, int], int]]] = {
        "sub with carry": (ops.add(8, ops.sub(8, a, b), ops.zext(1, c, 8)), lambda x, y, z: x - y + z),
        "add with carry": (ops.add(8, ops.add(8, a, b), ops.zext(1, c, 8)), lambda x, y, z: x + y + z),
        "quotient by 7": (ops.udiv(8, a, 7), lambda x, y, z: x // 7),
        "quotient by 1": (ops.udiv(8, a, 1), lambda x, y, z: x),
        "quotient by 200": (ops.udiv(8, a, 200), lambda x, y, z: x // 200),
    }
    v, meaning_of = made[name]
    kernel = Kernel()
    t = Translator(kernel)
    p = t.value(v)
    for x, y, z in product((0, 1, 6, 7, 8, 127, 128, 199, 200, 254, 255), (0, 1, 127, 128, 255), (0, 1)):
        evaluate = Evaluator({a: x, b: y, c: z})
        atoms = atom_values(kernel, {k: evaluate(u) for k, u in t.unknowns.items()})
        assert value_of(p, atoms) == meaning_of(x, y, z) % 256


SUMS: dict[str, Callable[[Term, Term, int], Value]] = {
    "its low bits": lambda a, b, n: ops.extract(6, intern(ops.add(6, a, b)), 0, n),  # type: ignore[arg-type]
    "another's low bits": lambda a, b, n: ops.extract(6, intern(ops.sub(6, a, b)), 0, n),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("which", SUMS)
@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize("shift", [-2, -1, 0, 1, 3])
@pytest.mark.parametrize("const", [0, 0b010110])
def test_a_sum_beside_its_low_bits(which: str, n: int, shift: int, const: int) -> None:
    """s ^ low(s), moved against each other or not: in place it is bits of s, and nothing unknown but a and b."""
    new_table()
    a, b = Var("a", 6), Var("b", 6)
    s, low = intern(ops.add(6, a, b)), SUMS[which](a, b, n)  # type: ignore[arg-type]
    assert isinstance(low, Term)
    wide = ops.zext(n, low, 6)
    moved = ops.lsl(6, wide, shift) if shift >= 0 else ops.lsr(6, wide, -shift)
    v = ops.xor(6, ops.xor(6, s, moved), const)
    kernel = Kernel()
    t = Translator(kernel)
    P = t.value(v)
    if which == "its low bits" and not shift:
        assert {intern(u) for u in t.unknowns.values()} == {a, b}
    for x, y in product(range(64), repeat=2):
        evaluate = Evaluator({a: x, b: y})
        total = x + y
        narrow = (total if which == "its low bits" else x - y) % (1 << n)
        expected = total % 64 ^ (narrow << shift if shift >= 0 else narrow >> -shift) % 64 ^ const
        assert value_of(P, atom_values(kernel, {k: evaluate(u) for k, u in t.unknowns.items()})) == expected


MASKED: dict[str, Callable[[Term, Term, Term], Value]] = {
    "a mask turned over": lambda x, c, d: ops.xor(
        3, x, ops.ite(3, c, ops.xor(3, ops.sext(1, d, 3), 7), ops.sext(1, d, 3))
    ),
    "a bit less 1": lambda x, c, d: ops.xor(3, x, ops.sub(3, ops.zext(1, c, 3), 1)),
    "0 less a bit": lambda x, c, d: ops.xor(3, x, ops.neg(3, ops.zext(1, c, 3))),
    "a bit less 2": lambda x, c, d: ops.xor(3, x, ops.sub(3, ops.zext(1, c, 3), 2)),
    "three times a bit less 1": lambda x, c, d: ops.xor(3, x, ops.sub(3, ops.mul(3, ops.zext(1, c, 3), 3), 1)),
    "two numbers": lambda x, c, d: ops.xor(3, x, ops.ite(3, c, ops.add(3, x, 1), x)),
}


@pytest.mark.parametrize("which", MASKED)
def test_what_a_mask_turns_over(which: str) -> None:
    """x ^ mask for a mask made by arithmetic: the number is right, and where it is a mask nothing is unknown."""
    new_table()
    x, c, d = Var("x", 3), Var("c", 1), Var("d", 1)
    v = MASKED[which](x, c, d)
    kernel = Kernel()
    t = Translator(kernel)
    P = t.value(v)
    if which in ("a mask turned over", "a bit less 1", "0 less a bit"):
        assert {intern(u) for u in t.unknowns.values()} <= {x, c, d}
    for a, e, f in product(range(8), range(2), range(2)):
        evaluate = Evaluator({x: a, c: e, d: f})
        atoms = atom_values(kernel, {k: evaluate(u) // (u.pb & -u.pb) for k, u in t.unknowns.items()})
        assert value_of(P, atoms) == evaluate(v)


@pytest.mark.parametrize("more", [-1, 0, 1, 2])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_distance_of_two_numbers(more: int, swapped: bool) -> None:
    """ite(a < b, b - a + more, a - b): with more = 0 it is |a - b|, of which the sign is the only bit."""
    new_table()
    a, b = Var("a", 3), Var("b", 3)
    c = ops.ult(3, b, a) if swapped else ops.ult(3, a, b)
    v = ops.ite(3, c, ops.add(3, ops.sub(3, b, a), more % 8), ops.sub(3, a, b))
    kernel = Kernel()
    t = Translator(kernel)
    P = t.value(v)
    if not more and not swapped:
        assert not any(len(m) == 2 and all(kernel.is_bit(x) for x in m) for m in P)
    for x, y in product(range(8), repeat=2):
        evaluate = Evaluator({a: x, b: y})
        atoms = atom_values(kernel, {k: evaluate(u) for k, u in t.unknowns.items()})
        chosen = (y - x + more if (y < x if swapped else x < y) else x - y) % 8
        assert value_of(P, atoms) == evaluate(v) == chosen
