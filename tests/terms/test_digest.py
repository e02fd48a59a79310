"""Digests of terms: the same for what is made anew, and never one for two."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from armsym.bits import Bits
from armsym.symbolic_memory import variable
from armsym.terms import ops
from armsym.terms.digest import TermDigests, digest_of, key_of
from armsym.terms.node import new_table

W = 16


def v(name: str, width: int = W, *, secret: bool = True, possible: int | None = None) -> Bits:
    return variable(name, width, secret=secret, possible=possible)


def h(name: str, *args: Bits, width: int = W, secret: bool = True) -> Bits:
    return Bits(width, ops.apply(name, width, [(a.width, a.value) for a in args], secret=secret))


#: No two of them are the same, whatever their variables are.
TERMS: list[Callable[[], Bits]] = [
    lambda: Bits(W, 0),
    lambda: Bits(W, 1),
    lambda: v("a"),
    lambda: v("b"),
    lambda: v("a", 17),
    lambda: v("a", secret=False),
    lambda: v("a", possible=0x7FFF),
    lambda: v("a") + 1,
    lambda: v("a") + 2,
    lambda: v("a") + v("b"),
    lambda: v("a") + v("b") * 3,
    lambda: v("a") * 3 + v("b"),
    lambda: v("a") ^ 1,
    lambda: v("a") ^ v("b"),
    lambda: v("a") & v("b"),
    lambda: v("a") ^ (v("b") << 1),
    lambda: v("a") ^ (v("b") >> 1),
    lambda: v("a") & 0xFF,
    lambda: v("a") & 0xFF00,
    lambda: h("f", v("a")),
    lambda: h("g", v("a")),
    lambda: h("f", v("a", secret=False), secret=False),
    lambda: h("f", v("a", secret=False)),
    lambda: h("f", v("a"), v("b")),
    lambda: h("f", v("b"), v("a")),
    lambda: h("f", v("a"), Bits(W, 1)),
    lambda: h("f", Bits(W, 1), v("a")),
    lambda: h("f", v("a"), width=17),
    lambda: v("a") * v("b"),
    lambda: (v("a") + 1) * v("b"),
    lambda: ((v("a") < v("b")).bit).zero_extend(W),
    lambda: ((v("b") < v("a")).bit).zero_extend(W),
    lambda: ((v("a") < 5).bit).zero_extend(W),
    lambda: ((v("a") == v("b")).bit).zero_extend(W),
]


def test_the_same_in_another_table_and_order() -> None:
    first = [TermDigests().of(make().value) for make in TERMS]
    new_table()
    assert [TermDigests().of(make().value) for make in reversed(TERMS)][::-1] == first


def test_two_variables_of_one_name() -> None:
    """Nothing else than the name tells variables, so no other may have it."""
    a = v("a")
    assert TermDigests().of((a + a * a).value)
    with pytest.raises(ValueError, match="two variables of the name a"):
        TermDigests().of((a + v("a") * a).value)


def test_no_two_alike() -> None:
    made = [TermDigests().of(make().value) for make in TERMS]
    for (j, a), (k, b) in combinations(enumerate(made), 2):
        assert a != b, (TERMS[j]().value, TERMS[k]().value)


def test_sums_have_no_order() -> None:
    a, b = v("a"), v("b")
    assert TermDigests().of((a + b).value) == TermDigests().of((b + a).value)
    assert TermDigests().of((a ^ b).value) == TermDigests().of((b ^ a).value)


def test_of_a_deep_term() -> None:
    x = v("a")
    for k in range(5000):
        x = h("f", x + k)
    assert len(TermDigests().of(x.value)) == 32


PARTS: list[tuple[object, ...]] = [
    (),
    ((),),
    ("",),
    (0,),
    (False,),
    (None,),
    (b"",),
    (1,),
    (True,),
    ("1",),
    (b"1",),
    (-1,),
    ("True",),
    ("None",),
    ("a", "b"),
    ("ab",),
    ("a", "", "b"),
    (("a",), "b"),
    ("a", ("b",)),
    (("a", "b"),),
    ("a;",),
    ("s1:a",),
    (16,),
    (1, 0),
    ("10",),
    (1 << 64,),
    ((1,), (0,)),
    ("i1;",),
]


def test_what_is_written_is_told_apart() -> None:
    assert len({digest_of(p) for p in PARTS}) == len(PARTS)
    assert len({key_of(p) for p in PARTS}) == len(PARTS)


def test_a_key_is_of_what_is_equal_not_of_which_object_it_is() -> None:
    text = "".join(["po", "ly"])  # not the interned one
    pair = (text, 1 << 70)
    assert key_of((pair, pair)) == key_of((("poly", 1 << 70), (text, (1 << 69) * 2)))
    assert key_of(((1 << 30,), -(1 << 30))) != key_of(((1 << 30,), 1 << 30))
    with pytest.raises(ValueError, match="unmarshallable"):
        key_of((object(),))


@pytest.mark.parametrize("other", [1.0, [1], {1}, object()])
def test_of_nothing_else(other: object) -> None:
    with pytest.raises(TypeError, match="no digest of"):
        digest_of((other,))
