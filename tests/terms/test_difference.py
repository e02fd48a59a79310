"""Where two terms first part, by hand: the part is the smallest one, it is marked, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.bits import Bits, concat, ite
from armsym.symbolic_memory import variable
from armsym.terms import ops
from armsym.terms.difference import Difference, difference, marked_texts, show_condition
from armsym.terms.node import intern

x, y, z = (variable(name, 32, secret=True) for name in "xyz")
n = variable("n", 64, secret=False)


def _apart(a: Bits, b: Bits) -> Difference:
    found = difference(a.width, a.value, b.value)
    assert found is not None
    return found


def _applied(v: Bits, name: str = "H") -> Bits:
    return Bits(32, ops.apply(name, 32, [(v.width, v.value)], secret=True))


def _deep(v: Bits) -> Bits:
    """`v` under twelve functions and sums: deeper than a text goes, and in a row longer than it shows."""
    for k in range(12):
        others = [_applied(n + j, f"G{k}") for j in range(9)]
        v = _applied(v + sum(others[1:], others[0]))
    return v


#: Two values, and the parts in which they differ; made in each test, for terms live as long as their table does.
PAIRS: list[Callable[[], tuple[Bits, Bits, Bits, Bits]]] = [
    lambda: (x + y + 1, x + z + 1, y, z),
    lambda: (x * (y + 1) + z, x * (y + z) + z, Bits(32, 1), z),
    lambda: (_applied(n), _applied(n + 1), n, n + 1),
    lambda: (_applied(n) + y, _applied(n, "K") + y, _applied(n), _applied(n, "K")),
    lambda: (ite(n == 3, x, y), ite(n == 4, x, y), Bits(64, 3), Bits(64, 4)),
    lambda: (_deep(x), _deep(y), x, y),
    lambda: (x, Bits(32, 0), x, Bits(32, 0)),
    lambda: (Bits(32, 7), Bits(32, 8), Bits(32, 7), Bits(32, 8)),
]


@pytest.mark.parametrize("pair", PAIRS)
def test_the_first_part_that_differs(pair: Callable[[], tuple[Bits, Bits, Bits, Bits]]) -> None:
    a, b, first, second = pair()
    d = _apart(a, b)
    summands = {"(y + 1)", "(y + z)"}
    if str(d.first) in summands:  # of two sums with nothing but `y` in common the summands are marked
        texts = marked_texts(d)
        assert "[[1]]" in texts[0]
        assert "[[z]]" in texts[1]
        return
    assert difference(a.width, d.first, first.value) is None
    assert difference(a.width, d.second, second.value) is None
    for text in marked_texts(d)[:2]:
        assert text.count("[[") == text.count("]]") == 1


def test_what_is_one_term_does_not_differ() -> None:
    for v in (x + y, x ^ y, _applied(n), Bits(32, 0), Bits(32, 2**32 - 1)):
        assert difference(32, v.value, v.value) is None
    assert difference(32, (x + y).value, (y + x).value) is None


def test_summands_and_their_numbers_are_marked() -> None:
    assert marked_texts(_apart(x + y + 1, x + y + 3))[:2] == ("(x + y + [[1]])", "(x + y + [[3]])")
    assert marked_texts(_apart(x + y, x + y + 3))[:2] == ("(x + y)", "(x + y + [[3]])")
    assert marked_texts(_apart(x + y * 3, x - y))[:2] == ("(x + [[3*y]])", "(x - [[y]])")


def test_of_words_side_by_side_only_those_that_differ_are_told() -> None:
    """And their exclusive or is short: what is equal cancels."""
    d = _apart(concat(x, y, z), concat(x, z, z))
    assert d.bits == (2**32 - 1) << 32
    assert marked_texts(d) == (
        "(z ^ [[(y << 32)]] ^ (x << 64))",
        "(z ^ [[(z << 32)]] ^ (x << 64))",
        "((y << 32) ^ (z << 32))",
    )
    wide = _apart(concat(x, y, _applied(n), z), concat(x, y, _applied(n), x))
    assert marked_texts(wide)[2] == "(z ^ x)"
    assert wide.bits == 2**32 - 1


def test_one_bit_is_told() -> None:
    for bit in (0, 31):
        assert _apart(x ^ Bits(32, 1 << bit), x).bits == 1 << bit


def test_deep_parts_are_shown_with_what_is_next_to_them() -> None:
    first, second, _ = marked_texts(_apart(_deep(x), _deep(y)))
    assert first.startswith("... ")
    assert "[[x]]" in first
    assert "[[y]]" in second
    assert len(first) < 600


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (n == 3, "n == 3"),
        (~(n == 3), "n != 3"),
        (n < 5, "n <u 5"),
        (~(n < 5), "n >=u 5"),
        (n.slt(5), "n <s 5"),
        (~n.slt(5), "n >=s 5"),
    ],
)
def test_conditions_in_words(claim: Bits, text: str) -> None:
    assert show_condition(claim.bit.value) == text  # type: ignore[attr-defined]


def test_a_bit_is_a_condition_by_itself() -> None:
    low = x[0]
    assert not isinstance(low.value, int)
    assert show_condition(intern(low.value)) == "bit 0 of x is 1"
    assert show_condition((~x[31]).value) == "bit 31 of x is 0"
    assert show_condition(1) == "true"
    assert show_condition(0) == "false"


def test_nothing_is_marked_where_no_marks_are() -> None:
    assert "[[" not in str(_deep(x))
