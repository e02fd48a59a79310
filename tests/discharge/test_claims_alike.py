"""Truth tables say of a claim what they said of another that is the same but for names, and of no others."""

from __future__ import annotations

import inspect
import random
import textwrap
from collections.abc import Callable, Iterator

import pytest

from armsym.bits import Bits, Prop, ite, look_up, opaque
from armsym.bits.opaque import OpaqueFunction
from armsym.discharge import truth_tables
from armsym.terms.forms import Forms
from armsym.terms.node import Term, Var, new_table

cube = opaque("alike_cube", 4)(lambda b: Bits(4, pow(b.uint, 3, 17) & 15))
fifth = opaque("alike_fifth", 4)(lambda b: Bits(4, pow(b.uint, 5, 17) & 15))

ZERO = Bits(4, 0)
Claim = Callable[[Bits, Bits], Prop]


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def word(possible: int = 15) -> Bits:
    """A word of its own."""
    return Bits(4, Var("x", 4, pb=possible))


def table(f: OpaqueFunction, x: Bits, count: int = 16, wrong: int = 16) -> Bits:
    """What a look-up of the function's first values gives, but for the one at `wrong`, and 0 beyond."""
    return look_up([f(Bits(4, k)) ^ int(k == wrong) for k in range(count)], x, ZERO)


def holds(claim: Prop) -> bool:
    return truth_tables.always(claim.bit.value)


def test_what_is_alike_is_decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[Term] = []
    plain = truth_tables._always

    def counted(claim: Term, free: bool) -> bool:
        decided.append(claim)
        return plain(claim, free)

    monkeypatch.setattr(truth_tables, "_always", counted)
    for _ in range(5):
        x = word() ^ word()
        assert holds(table(cube, x) == cube(x))
    assert len(decided) == 1


#: A true claim of two words, a lie that is nearly the same, and the bits that the words of each may have.
TWINS: dict[str, tuple[Claim, Claim, int, int]] = {
    "bits": (lambda a, b: table(cube, a, 8) == cube(a), lambda a, b: table(cube, a, 8) == cube(a), 7, 15),
    "function": (lambda a, b: table(cube, a) == cube(a), lambda a, b: table(cube, a) == fifth(a), 15, 15),
    "entry": (lambda a, b: table(cube, a) == cube(a), lambda a, b: table(cube, a, wrong=9) == cube(a), 15, 15),
    "added": (
        lambda a, b: table(cube, a ^ b ^ 1) == cube(a ^ b ^ 1),
        lambda a, b: table(cube, a ^ b ^ 1) == cube(a ^ b ^ 2),
        15,
        15,
    ),
    "which word": (lambda a, b: table(cube, a) == cube(a), lambda a, b: table(cube, a) == cube(b), 15, 15),
    "which sum": (
        lambda a, b: table(cube, a ^ b) == cube(a ^ b),
        lambda a, b: table(cube, a ^ b) == cube(a ^ b.rol(1)),
        15,
        15,
    ),
    "modulo": (
        lambda a, b: table(cube, a + b) == cube(a + b),
        lambda a, b: table(cube, a + b) == cube(a + b * 3),
        15,
        15,
    ),
    "choice": (
        lambda a, b: ite(a == 3, cube(a), ZERO) == ite(a == 3, table(cube, a), ZERO),
        lambda a, b: ite(a == 3, cube(a), ZERO) == ite(a == 4, table(cube, a), ZERO),
        15,
        15,
    ),
}


@pytest.mark.parametrize("which", TWINS)
def test_a_lie_beside_its_twin(which: str) -> None:
    true, lie, bits, bits_of_lie = TWINS[which]
    for _ in range(2):
        assert holds(true(word(bits), word(bits)))
        assert not holds(lie(word(bits_of_lie), word(bits_of_lie)))


def _random_claim(rng: random.Random) -> Prop:
    """A claim of two words, or of one twice; true ones are about as many as lies."""
    bits = rng.choice((15, 15, 7, 3))
    a = word(bits)
    b = a if rng.random() < 0.2 else word(rng.choice((15, bits)))

    def argument() -> Bits:
        return rng.choice((a, b, a ^ b, a ^ b ^ rng.randrange(3), a + b, a + b * 3, a & b, a.rol(rng.randrange(3)) ^ b))

    x = argument()
    y = x if rng.random() < 0.8 else argument()
    f = rng.choice((cube, fifth))
    g = f if rng.random() < 0.9 else fifth
    left = table(f, x, rng.choice((16, 16, 8, 4)), rng.choice((16, 16, 9)))
    match rng.randrange(4):
        case 0:
            return ite(x < rng.choice((3, 4)), left, ZERO) == ite(y < 4, g(y), ZERO)
        case 1:
            return (left ^ f(b)) == (g(y) ^ f(b) ^ rng.choice((0, 0, 2)))
        case 2:
            return left.zero_extend(8) + rng.choice((1, 1, 2)) == g(y).zero_extend(8) + 1
        case _:
            return left == g(y) ^ rng.choice((0, 0, 0, 1))


def test_as_if_each_were_decided_by_itself() -> None:
    rng = random.Random(7)
    shown = refused = 0
    for _ in range(300):
        claim = _random_claim(rng)
        with pytest.MonkeyPatch.context() as m:
            m.setattr(truth_tables, "_form", lambda claim: None)
            alone = holds(claim)
        assert holds(claim) is alone, claim
        shown, refused = shown + alone, refused + (not alone)
    assert shown > 50
    assert refused > 50


def _values() -> list[Bits]:
    """Values that differ in more than names, each but little from another."""
    a, b, low = word(), word(), word(7)
    return [
        a, low, a ^ 1, a ^ 2, a ^ b, a + 1, a + 2, a * 3, a * 5, a + b, a + b + 1, a + b * 3, a + a.rol(1),
        a & 3, a & 6, a & b, a & b.rol(1), (a & 3) ^ 4, a << 1, a >> 1, a << 2, a.rol(1), a.rol(2),
        a.zero_extend(8), a.sign_extend(8), cube(a), fifth(a), cube(a ^ 1), cube(a) ^ cube(b), cube(cube(a)),
        fifth(cube(a)), a >> 1 & 1, a >> 2 & 1,
        table(cube, a), table(fifth, a), table(cube, a, 8), table(cube, b + 1),
        ite(a < b, a, b), ite(b < a, a, b), ite(a.slt(b), a, b), ite(a < 3, a, b), ite(a < 5, a, b), ite(a == b, a, b),
    ]  # fmt: skip


def test_what_differs_in_more_than_names_has_other_forms() -> None:
    forms = [truth_tables._form(v.value) for v in _values() if isinstance(v.value, Term)]
    assert None not in forms
    assert len(forms) == len(set(forms)) == len(_values())


def test_names_and_what_was_made_before_do_not_count() -> None:
    forms = [[truth_tables._form(v.value) for v in _values() if isinstance(v.value, Term)] for _ in range(3)]
    assert forms[0] == forms[1] == forms[2]


@pytest.mark.parametrize("width", [8, 2048, 20000])
def test_numbers_of_any_size(width: int) -> None:
    """Python writes down no number of more than 4300 digits: a table of 16 such words is one, and so are masks."""
    entries = [Bits(width, cube(Bits(4, k)).uint << width - 4) for k in range(16)]
    for _ in range(2):
        a = word()
        wide = cube(a).zero_extend(width) << width - 4
        assert holds(look_up(entries, a, entries[0]) == wide)
        assert not holds(look_up([*entries[:15], entries[0]], a, entries[0]) == wide)
        assert not holds(look_up(entries, a, entries[0]) == wide ^ 1 << width - 1)


#: What a form could leave out: whose, which text of its source, and what stands there instead.
DEFECTS = (
    (Forms, "_read", "t.width, self._named[t]", "t.width"),
    (Forms, "_read", '"unknown", t.width, t.pb', '"unknown", t.width'),
    (Forms, "_read", '"application", meant', '"application"'),
    (Forms, "_read", "tuple(self._value(v) for v in t.args)", "()"),
    (Forms, "_read", "t.const, tuple((number", "tuple((number"),
    (Forms, "_read", "(number[u.id], c)", "number[u.id]"),
    (Forms, "_read", "t.const, tuple(entries)", "tuple(entries)"),
    (Forms, "_read", "(number[base.id], s)", "number[base.id]"),
    (Forms, "_read", "factors), mask)", "factors),)"),
    (Forms, "_read", "t.kind, ", ""),
    (Forms, "_value", '("number", v)', '("number",)'),
    (truth_tables, "_form", "for f in definitions_of(t)", "for f in definitions_of(t)[:0]"),
    (truth_tables, "_form", "(*forms.nodes, value)", "value"),
)


@pytest.mark.parametrize(("owner", "name", "right", "wrong"), DEFECTS)
def test_a_form_that_leaves_something_out_is_found(
    owner: object, name: str, right: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = textwrap.dedent(inspect.getsource(getattr(owner, name)))
    assert right in source
    made = dict(vars(inspect.getmodule(owner)))
    exec(source.replace(right, wrong), made)
    monkeypatch.setattr(owner, name, made[name])
    with pytest.raises(AssertionError):
        _all_tests()


def _all_tests() -> None:
    test_what_differs_in_more_than_names_has_other_forms()
    for which in TWINS:
        new_table()
        test_a_lie_beside_its_twin(which)
