"""Z3 expressions as values: each operation at all values, there and back for each class, and what is refused."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import z3
from test_export import function, random_numbers

import armsym
from armsym.bits import Bits, Prop
from armsym.conform.symbolic import _run_on_terms
from armsym.conform.words import ClassWords
from armsym.errors import InputError
from armsym.isa import Instruction
from armsym.terms import Evaluator, new_table, var
from semantics import A64
from semantics.cryptographic import functions


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a, b: -a,
    "not": lambda a, b: ~a,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "udiv": z3.UDiv,
    "urem": z3.URem,
    "shl": lambda a, b: a << b,
    "lshr": z3.LShR,
    "ashr": lambda a, b: a >> b,
    "ext_rotate_left": z3.RotateLeft,
    "ext_rotate_right": z3.RotateRight,
    "concat": lambda a, b: z3.Concat(a, b, a),
    "extract": lambda a, b: z3.Extract(1, 0, a),
    "extract one": lambda a, b: z3.Extract(1, 1, a),
    "zero_ext": lambda a, b: z3.ZeroExt(2, a),
    "zero_ext 0": lambda a, b: z3.ZeroExt(0, a),
    "sign_ext": lambda a, b: z3.SignExt(2, a),
    "repeat": lambda a, b: z3.RepeatBitVec(3, a),
    "eq": lambda a, b: a == b,
    "distinct": lambda a, b: z3.Distinct(a, b, a + b),
    "ult": z3.ULT, "ule": z3.ULE, "ugt": z3.UGT, "uge": z3.UGE,
    "slt": lambda a, b: a < b, "sle": lambda a, b: a <= b, "sgt": lambda a, b: a > b, "sge": lambda a, b: a >= b,
    "ite": lambda a, b: z3.If(z3.ULT(a, b), a, a * b),
    "ite of booleans": lambda a, b: z3.If(z3.ULT(a, b), a == 1, b == 2),
    "and of booleans": lambda a, b: z3.And(a == 1, b == 2, a != b),
    "or of booleans": lambda a, b: z3.Or(a == 1, b == 2, a == b),
    "xor of booleans": lambda a, b: z3.Xor(a == 1, b == 2),
    "not of booleans": lambda a, b: z3.Not(a == 1),
    "implies": lambda a, b: z3.Implies(a == 1, b == 2),
    "equivalent": lambda a, b: (a == 1) == (b == 2),
    "true": lambda a, b: z3.BoolVal(True),
    "false": lambda a, b: z3.BoolVal(False),
    "number": lambda a, b: z3.BitVecVal(5, 7),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("simplified", [False, True])
def test_each_operation_at_all_values(name: str, width: int, simplified: bool) -> None:
    a, b = z3.BitVecs("a b", width)
    x, y = Bits(width, var("x", width)), Bits(width, var("y", width))
    expression = OPERATIONS[name](a, b)
    if simplified:
        expression = z3.simplify(expression)
    on_terms = armsym.from_z3(expression, names={"a": x, "b": y})
    assert isinstance(on_terms, Prop) == isinstance(expression, z3.BoolRef)
    value = (on_terms.bit if isinstance(on_terms, Prop) else on_terms).value
    for m, n in itertools.product(range(1 << width), repeat=2):
        at = z3.simplify(z3.substitute(expression, (a, z3.BitVecVal(m, width)), (b, z3.BitVecVal(n, width))))
        said = int(z3.is_true(at)) if isinstance(at, z3.BoolRef) else at.as_long()
        assert Evaluator({x.value: m, y.value: n})(value) == said, (m, n)  # type: ignore[dict-item]
        on_numbers = armsym.from_z3(expression, names={"a": Bits(width, m), "b": Bits(width, n)})
        assert (on_numbers.bit if isinstance(on_numbers, Prop) else on_numbers).uint == said


def test_rotations_by_numbers() -> None:
    a = z3.BitVec("a", 5)
    for n in (0, 1, 4, 5, 6):
        for turn, ours in ((z3.RotateLeft, Bits.rol), (z3.RotateRight, Bits.ror)):
            got = armsym.from_z3(turn(a, n), names={"a": Bits(5, 0b10110)})
            assert (got == ours(Bits(5, 0b10110), n)).value is True


@pytest.mark.parametrize("cls", A64.classes, ids=lambda c: c.__name__)
def test_there_and_back(cls: type[Instruction]) -> None:
    rng = random.Random(cls.__name__)
    for k, i in enumerate(ClassWords(cls, 3).instructions(3)):
        if k == 3:
            break
        _, run = _run_on_terms(i, aligned=False)
        values = [v for _, address, value in run.log for v in (address, value)]
        if (m := run.machine) is not None:
            values += [m.x[n] for n in range(31) if m.written_x >> n & 1]
            values += [m.v[n] for n in range(32) if m.written_v >> n & 1]
            if m.written_flags:
                values += [m.nzcv.bits]
        for v in values:
            back = armsym.from_z3(armsym.to_z3(v), among=[v])
            assert isinstance(back, Bits)
            assert back.width == v.width
            for _ in range(2):
                evaluate = Evaluator(random_numbers([v.value], rng), function)
                assert evaluate(back.value) == evaluate(v.value), (i, v)


def test_bits_that_a_variable_has_not() -> None:
    p = Bits(64, var("p", 64, possible=2**64 - 16))
    back = armsym.from_z3(armsym.to_z3(p), among=[p])
    assert (back == p).value is True


def test_functions_are_those_of_the_values() -> None:
    x = Bits(8, var("x", 8))
    boxed = functions._aes_sbox(x)
    assert (armsym.from_z3(armsym.to_z3(boxed), among=[boxed]) == boxed).value is True
    with pytest.raises(InputError, match=r"the function aes_sbox/8 of .8,. bits is not known"):
        armsym.from_z3(armsym.to_z3(boxed), among=[x])


def test_deep_expressions_are_read() -> None:
    a = z3.BitVec("a", 64)
    e = a
    for k in range(20_000):
        e = e * 3 + k if k % 2 else e ^ k
    assert isinstance(armsym.from_z3(e, names={"a": Bits(64, 7)}), Bits)


@pytest.mark.parametrize(("make", "message"), [
    (lambda a: z3.BitVec("b", 8), "the constant b is not known .known: a"),
    (lambda a: z3.Bool("a"), "the constant a is of sort Bool, what it stands for of BitVec.8."),
    (lambda a: z3.BitVec("a", 9), "is of sort BitVec.9."),
    (lambda a: a / 3, "bvsdiv"),
    (lambda a: z3.SRem(a, a), "bvsrem"),
    (lambda a: a % 3, "bvsmod"),
    (lambda a: z3.BV2Int(a) > 3, "has no counterpart"),
    (lambda a: z3.Int("n") > z3.Int("m"), "the constant . is not known"),
    (lambda a: z3.ForAll([a], a == 1), "quantifiers"),
    (lambda a: z3.Select(z3.Array("m", a.sort(), a.sort()), a), "the constant m is not known"),
    (lambda a: z3.Function("f", a.sort(), a.sort())(a), "the function f of .8,. bits is not known"),
    (lambda a: z3.Int("n"), "takes a bit vector or a Boolean"),
    (lambda a: 5, "takes a bit vector or a Boolean of Z3's, not int"),
    (lambda a: None, "not NoneType"),
    (lambda a: z3.AtMost(a == 1, a == 2, 1), "has no counterpart"),
])  # fmt: skip
def test_what_is_refused(make: Callable[[Any], Any], message: str) -> None:
    e = make(z3.BitVec("a", 8))
    with pytest.raises(InputError, match=message):
        armsym.from_z3(e, names={"a": Bits(8, 3)})


def test_what_names_and_among_take() -> None:
    for more in ({"names": {"a": 3}}, {"among": [3]}):
        with pytest.raises(InputError, match=r"neither Bits nor Prop|among lists Bits and Prop"):
            armsym.from_z3(z3.BitVec("a", 8), **more)
