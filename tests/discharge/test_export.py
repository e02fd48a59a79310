"""What is exported to Z3 and to SMT-LIB means what the evaluator says, for every instruction class."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext

import pytest
import z3

import armsym
from armsym.bits import Bits, OpaqueFunction, Prop, concat, ite, look_up, opaque, select
from armsym.conform.symbolic import _run_on_terms
from armsym.conform.words import ClassWords
from armsym.errors import InputError
from armsym.isa import Instruction
from armsym.terms import Evaluator, Var, new_table, ops, var
from armsym.terms.derivations import Derivations
from armsym.terms.evaluate import free_terms
from armsym.terms.kinds import KINDS
from armsym.terms.node import App, Term, Value, intern, ones
from semantics import A64
from semantics.cryptographic import functions

#: Classes whose instructions change no register, flag or memory on terms: there is nothing to export.
NOTHING_CHANGES = {
    "Barriers", "ExceptionGeneration", "Hints", "PermanentlyUndefined", "PSTATE",
}  # fmt: skip
#: Classes whose instructions write variables and numbers only: no operation is executed on terms.
COPIES = {"FloatImmediate", "PCRelAddressing", "UnconditionalBranchImmediate", "UnconditionalBranchRegister"}
WORDS, MODELS = 6, 3
ODD = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def function(name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
    """Some function or other of that name: bits from the middle of a product."""
    joined = 0
    for w, a in zip(widths, args, strict=True):
        joined = joined << w | a
    return (joined * ODD + len(name)) >> 16 & ones(width)


def same_in_z3(a: App) -> tuple[z3.FuncDeclRef, z3.BitVecRef]:
    """The same function as a body that may be put in place of the application's function."""
    wide = sum(a.widths) + 128 + a.width + 16
    joined = [z3.Var(k, z3.BitVecSort(w)) for k, w in enumerate(a.widths)]
    whole = z3.Concat(*joined) if len(joined) > 1 else joined[0]
    total = z3.ZeroExt(wide - whole.size(), whole) * z3.BitVecVal(ODD, wide) + z3.BitVecVal(len(a.name), wide)
    sorts = [z3.BitVecSort(w) for w in (*a.widths, a.width)]
    declared = z3.Function(f"{a.name}/{'.'.join(map(str, a.widths))}", *sorts)
    return declared, z3.Extract(16 + a.width - 1, 16, total)


def z3_says(value: Bits | Prop, numbers: dict[Var, int], raw: Derivations | None = None) -> int:
    """The exported expression at these numbers, by Z3 alone."""
    e = armsym.to_z3(value, raw=raw)
    if raw is not None:
        # What was executed may speak of more than what is left of it.
        extra = {c.get_id(): c for c in constants_of(e)}
        e = z3.substitute(e, *((c, z3.BitVecVal(n, c.size())) for c, n in named(extra.values(), numbers)))
    bits = value.bit if isinstance(value, Prop) else value
    met = free_terms(bits.value)
    apps = {(a.name, a.widths, a.width): a for a in met if isinstance(a, App)}
    if apps:
        e = z3.substitute_funs(e, *(same_in_z3(a) for a in apps.values()))
    constants = [(z3.BitVec(f"{t.name}!{t.id}", t.width), t) for t in met if isinstance(t, Var)]
    if constants:
        # What a variable may not have set is masked in the expression: hand it set.
        e = z3.substitute(e, *((c, z3.BitVecVal(numbers[t] | ones(t.width) & ~t.pb, t.width)) for c, t in constants))
    e = z3.simplify(e)
    if isinstance(value, Prop):
        assert z3.is_true(e) or z3.is_false(e), e
        return int(z3.is_true(e))
    assert z3.is_bv_value(e), e
    return int(e.as_long())


def constants_of(e: z3.ExprRef) -> Iterator[z3.BitVecRef]:
    """The constants of an expression."""
    seen, todo = set(), [e]
    while todo:
        x = todo.pop()
        if x.get_id() in seen:
            continue
        seen.add(x.get_id())
        todo.extend(x.children())
        if x.num_args() == 0 and x.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            yield x


def named(constants: Iterable[z3.BitVecRef], numbers: dict[Var, int]) -> Iterator[tuple[z3.BitVecRef, int]]:
    """The numbers of constants whose variables have one; 5 for a variable that no value has left."""
    by_name = {f"{t.name}!{t.id}": n | ones(t.width) & ~t.pb for t, n in numbers.items()}
    for c in constants:
        yield c, by_name.get(c.decl().name(), 5 & ones(c.size()))


def random_numbers(values: list[Value], rng: random.Random) -> dict[Var, int]:
    """Numbers for all variables of the values: edges as often as not."""
    found = {t for v in values for t in free_terms(v) if isinstance(t, Var)}
    chosen = {}
    for t in sorted(found, key=lambda t: t.id):
        edges = (0, 1, ones(t.width), 1 << t.width - 1, rng.getrandbits(t.width), rng.getrandbits(t.width))
        chosen[t] = rng.choice(edges) & t.pb
    return chosen


@pytest.mark.parametrize("cls", A64.classes, ids=lambda c: c.__name__)
@pytest.mark.parametrize("raw", [False, True], ids=["normal", "raw"])
def test_z3_agrees_with_the_evaluator(cls: type[Instruction], raw: bool) -> None:
    rng, compared, noted = random.Random(cls.__name__), 0, 0
    for k, i in enumerate(ClassWords(cls, 7).instructions(WORDS)):
        if k == WORDS:
            break
        made = Derivations()
        with made.noting() if raw else nullcontext():
            _, run = _run_on_terms(i, aligned=False)
            if run.stop == "alignment":
                _, run = _run_on_terms(i, aligned=True)
            # (Flags are computed when they are asked for.)
            values: list[Bits | Prop] = [b for _, address, value in run.log for b in (address, value)]
            if (m := run.machine) is not None:
                written = [m.x[n] for n in range(31) if m.written_x >> n & 1]
                written += [m.v[n] for n in range(32) if m.written_v >> n & 1]
                values += written + ([m.sp] if m.written_x >> 31 & 1 else [])
                if m.written_flags:
                    values += [m.nzcv.N, m.nzcv.Z, m.nzcv.C, m.nzcv.V]
                if m.branch_condition is not None:
                    values.append(m.branch_condition)
                if m.branch_target is not None:
                    values.append(m.branch_target)
        plain = [(v.bit if isinstance(v, Prop) else v).value for v in values]
        for _ in range(MODELS):
            numbers = random_numbers(plain, rng)
            evaluate = Evaluator(numbers, function)
            for v, p in zip(values, plain, strict=True):
                assert z3_says(v, numbers, made if raw else None) == evaluate(p), (i, v)
                compared += 1
        noted += sum(isinstance(p, Term) and made.of(intern(p)) is not None for p in plain)
    assert (compared >= WORDS) == (cls.__name__ not in NOTHING_CHANGES), compared
    assert raw or not noted
    assert noted or not raw or cls.__name__ in NOTHING_CHANGES | COPIES


def test_what_was_executed_is_kept() -> None:
    x, y = Bits(8, var("x", 8)), Bits(8, var("y", 8))
    made = Derivations()
    with made.noting():
        first = x + y
        second = first ^ y
        third = (second ^ y) - y
    assert third.value is x.value
    assert str(armsym.to_z3(third, raw=made)) == str(armsym.to_z3(x)), "a variable is itself"
    fourth = armsym.to_z3(second, raw=made)
    assert fourth.decl().kind() == z3.Z3_OP_BXOR
    assert fourth.arg(0).decl().kind() == z3.Z3_OP_BADD
    after = (x - y).value
    assert isinstance(after, Term)
    assert made.of(intern(after)) is None, "nothing is noted afterwards"


def test_elements_are_noted_each() -> None:
    """Else all that a vector was made of would be as in the normal form, wherever its elements are taken."""
    x, y = Bits(32, var("x", 32)), Bits(32, var("y", 32))
    made = Derivations()
    with made.noting():
        whole = x * y - y
        parts = whole.elems(8)
        joined = concat(parts[0] + parts[3], parts[1])
    for k, part in enumerate(parts):
        assert isinstance(part.value, Term)
        said = armsym.to_z3(part, raw=made)
        assert said.decl().kind() == z3.Z3_OP_EXTRACT
        assert said.params() == [8 * k + 7, 8 * k]
        assert said.arg(0).decl().kind() == z3.Z3_OP_BSUB
    assert str(armsym.to_z3(joined, raw=made)).count("*") == 3
    later = (x * y).elems(16)[1].value
    assert isinstance(later, Term)
    assert made.of(intern(later)) is None, "nothing is noted afterwards"


def test_what_was_made_of_itself_comes_to_an_end() -> None:
    """A term that was there before is not explained by what is made of it."""
    x, y = Bits(8, var("x", 8)), Bits(8, var("y", 8))
    old = x * 3 + y
    made = Derivations()
    with made.noting():
        new = old ^ x
        again = new ^ x
        boxed = functions._aes_sbox(old) ^ old
        back = boxed ^ functions._aes_sbox(old)
    assert isinstance(again.value, Term)
    assert isinstance(old.value, Term)
    assert intern(again.value) is intern(old.value)
    for v in (new, again, boxed, back):
        assert z3.is_bv(armsym.to_z3(v, raw=made))


def test_notes_are_not_taken_where_a_path_decides() -> None:
    previous = ops.set_oracle(lambda t: 1)
    try:
        with pytest.raises(ValueError, match="nobody"), Derivations().noting():
            pass
    finally:
        ops.set_oracle(previous)
    with pytest.raises(InputError, match="what Derivations noted"):
        armsym.to_z3(Bits(1, 0), raw=3)  # type: ignore[arg-type]


def operations(w: int) -> dict[str, Callable[[Bits, Bits], Bits | Prop]]:
    """Each operation that can be noted, of vectors of w bits (a power of two), at the edges of its numbers."""
    found: dict[str, Callable[[Bits, Bits], Bits | Prop]] = {
        "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "neg": lambda x, y: -x, "mul": lambda x, y: x * y,
        "udiv": Bits.udiv, "clmul": Bits.clmul, "xor": lambda x, y: x ^ y, "and": lambda x, y: x & y,
        "or": lambda x, y: x | y, "eq": lambda x, y: x == y, "ult": lambda x, y: x < y, "slt": Bits.slt,
        "shl_by": Bits.shl, "lshr_by": Bits.lshr, "ashr_by": Bits.ashr, "rotr_by": Bits.rotr,
        "ite": lambda x, y: ite(x < y, x + 1, y), "select": lambda x, y: select(x, [x, y, x ^ y]),
        "concat": lambda x, y: concat(x, y, x), "zext": lambda x, y: (x + y).zero_extend(w + 3),
        "sext": lambda x, y: (x * y).sign_extend(w + 3),
        "elements": lambda x, y: Bits.from_elems((x * y).elems(max(w // 2, 1))[::-1]),
        "table": lambda x, y: look_up([Bits(5, k * 7 % 32) for k in range(3)], x, Bits(5, 1)),
    }  # fmt: skip
    for n in (0, 1, w - 1, w, w + 1, 2 * w + 1, 1 << w):
        found |= {f"lsl {n}": lambda x, y, n=n: (x + y) << n, f"lsr {n}": lambda x, y, n=n: (x + y) >> n}  # type: ignore[misc]
        found |= {f"asr {n}": lambda x, y, n=n: (x + y).asr(n), f"ror {n}": lambda x, y, n=n: (x + y).ror(n)}  # type: ignore[misc]
    for hi, lo in ((w - 1, 0), (w - 1, w - 1), (0, 0), (w - 1, w // 2)):
        found[f"extract {hi} {lo}"] = lambda x, y, hi=hi, lo=lo: (x * y)[hi:lo]  # type: ignore[misc]
    return found


@pytest.mark.parametrize("w", [1, 2, 4, 8])
def test_each_operation_as_executed(w: int) -> None:
    """At all values of small vectors, and at edges of eight bits: what Z3 says of the note is what numbers give."""
    edges = range(1 << w) if w <= 4 else (0, 1, 2, 7, 8, 9, 127, 128, 254, 255)
    for name, do in operations(w).items():
        x, y = Bits(w, var("x", w)), Bits(w, var("y", w))
        made = Derivations()  # its own: the first note of a term stays
        with made.noting():
            symbolic = do(x, y)
        noted, a, b = armsym.to_z3(symbolic, raw=made), armsym.to_z3(x), armsym.to_z3(y)
        for m, n in itertools.product(edges, repeat=2):
            expected = do(Bits(w, m), Bits(w, n))
            at = z3.simplify(z3.substitute(noted, (a, z3.BitVecVal(m, w)), (b, z3.BitVecVal(n, w))))
            said = at.as_long() if isinstance(expected, Bits) else z3.is_true(at)
            assert said == (expected.uint if isinstance(expected, Bits) else expected.value), (name, w, m, n)


def test_a_wrong_export_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above fails where an operation is given another meaning."""
    x, y = Bits(64, var("x", 64)), Bits(64, var("y", 64))
    value = x.udiv(y)
    numbers = {t: 0 for t in free_terms(value.value) if isinstance(t, Var)}
    assert z3_says(value, numbers) == 0
    wrong = dataclasses.replace(KINDS["udiv"], z3=lambda z, t, a, b: z.UDiv(a, b))
    monkeypatch.setitem(KINDS, "udiv", wrong)
    assert z3_says(value, numbers) == ones(64)


def test_bits_that_cannot_be_set_are_masked() -> None:
    """No model of an exported expression sets a bit that the variable does not have."""
    p = Bits(64, var("p", 64, possible=ones(64) & ~15))
    solver = z3.Solver()
    solver.add(armsym.to_z3(p) == 8)
    assert solver.check() == z3.unsat
    solver = z3.Solver()
    solver.add(armsym.to_z3(p) == 16)
    assert solver.check() == z3.sat


def test_equal_names_stay_apart_and_calls_meet() -> None:
    a, b = Bits(8, var("a", 8)), Bits(8, var("a", 8))
    solver = z3.Solver()
    solver.add(armsym.to_z3(a) != armsym.to_z3(b))
    assert solver.check() == z3.sat
    solver = z3.Solver()
    solver.add(armsym.to_z3(a) + armsym.to_z3(b) != armsym.to_z3(a + b))
    assert solver.check() == z3.unsat


def test_an_s_box_is_uninterpreted_unless_defined() -> None:
    x = Bits(8, var("x", 8))
    value = functions._aes_sbox(x)
    assert isinstance(functions._aes_sbox, OpaqueFunction)
    solver = z3.Solver()
    solver.add(armsym.to_z3(value) == 0x7C, armsym.to_z3(x) != 1)
    assert solver.check() == z3.sat, "any function may have this value anywhere"
    solver = z3.Solver()
    defined = armsym.to_z3(value, defined=[functions._aes_sbox])
    solver.add(defined == 0x7C, armsym.to_z3(x) != 1)
    assert solver.check() == z3.unsat, "FIPS 197, figure 7: the S-box is 7c at 01, and a permutation"
    for k in (0, 1, 0x53, 0xFF):
        at = z3.simplify(z3.substitute(defined, (armsym.to_z3(x), z3.BitVecVal(k, 8))))
        assert at.as_long() == functions._aes_sbox(Bits(8, k)).uint


def test_what_is_no_value_or_no_table_is_refused() -> None:
    with pytest.raises(InputError, match="takes Bits or a Prop, not int 5"):
        armsym.to_z3(5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="lists opaque functions"):
        armsym.to_z3(Bits(1, 0), defined=[len])  # type: ignore[list-item]

    @opaque("wide_for_export", 16)
    def wide(x: Bits) -> Bits:
        return x

    with pytest.raises(InputError, match="is no table"):
        armsym.to_z3(wide(Bits(16, var("x", 16))), defined=[wide])
    with pytest.raises(InputError, match="a fact is a condition, not int 1"):
        armsym.smt2([1])  # type: ignore[list-item]
    with pytest.raises(InputError, match="cannot be a symbol"):
        armsym.smt2([True], {"a|b": Bits(1, 0)})
    with pytest.raises(InputError, match="is Bits, not int 3"):
        armsym.smt2([True], {"a": 3})  # type: ignore[dict-item]


def test_smt2_is_read_by_a_solver() -> None:
    """Z3 reads the text: sat with a model that meets the facts, unsat where they contradict each other."""
    x, y = Bits(32, var("x", 32)), Bits(32, var("y", 32))
    total = ite(x < y, x * 3, y + 1)
    text = armsym.smt2([total == 0xDEAD, x < y], {"total": total, "x": x})
    solver = z3.Solver()
    solver.from_string(text)
    assert solver.check() == z3.sat
    model = solver.model()
    values = {d.name(): model[d].as_long() for d in model.decls() if d.arity() == 0 and model[d] is not None}
    (first,) = [v for n, v in values.items() if n.startswith("x.")]
    assert first * 3 & ones(32) == 0xDEAD
    assert "(define-fun |total| () (_ BitVec 32)" in text
    for facts, verdict in (([x < y, y < x], z3.unsat), ([True], z3.sat), ([False], z3.unsat), ([], z3.sat)):
        solver = z3.Solver()
        solver.from_string(armsym.smt2(facts))
        assert solver.check() == verdict
