"""A term that can only be 0 is the constant 0; and taking common summands out of an `ite` ends.

Each was once a false statement, an assertion that failed, or a recursion without end.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from armsym.terms import choices, linear, node, ops, poly
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Sum, Term, Value, Var, intern, mono, new_table, ones


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()


def at(v: Value, values: dict[Var, int]) -> int:
    return Evaluator(values)(v)


def masked(y: Var, mask: int) -> Term:
    t = ops.and_(y.width, y, mask)
    assert isinstance(t, Term)
    return t


def test_a_summand_that_is_always_0_decides_nothing() -> None:
    """(y & 0b1100) * 12 + x + 1 == 0 is x == 15, for 4 * 12 = 48 is 0 modulo 16."""
    x, y = Var("x", 4), Var("y", 4)
    total = ops.add(4, ops.add(4, ops.mul(4, masked(y, 12), 12), x), 1)
    claim = ops.eq(4, total, 0)
    assert isinstance(claim, Term)
    for i, j in itertools.product(range(16), repeat=2):
        assert at(claim, {x: i, y: j}) == (i == 15)


def test_a_summand_that_is_always_0_read_in_a_wider_word() -> None:
    """The same product zero-extended is 0 as well; as a term without possible bits it divided by 0."""
    x, y = Var("x", 8), Var("y", 4)
    product = ops.mul(4, masked(y, 12), 12)
    assert product == 0
    wide = product if isinstance(product, int) else ops.zext(4, product, 8)
    claim = ops.eq(8, ops.add(8, ops.add(8, x, wide), 1), 0)
    assert isinstance(claim, Term)
    for i, j in itertools.product(range(256), range(16)):
        assert at(claim, {x: i, y: j}) == (i == 255)


@pytest.mark.parametrize("w", [1, 2, 4, 8, 64, 128])
def test_at_the_edge_of_the_side_condition(w: int) -> None:
    """(y & -2**j) * 2**k can only be 0 exactly from j + k = w on."""
    for j in {0, 1, w // 2, w - 1} & set(range(w)):
        y = Var("y", w, pb=ones(w) & -(1 << j))
        for k in range(max(w - j - 2, 0), w):
            for odd in (1, 3, ones(w)):
                product = ops.mul(w, y, odd << k)
                assert (product == 0) == (j + k >= w), (j, k, odd)


def test_differing_coefficients_of_the_same_multiple_cancel() -> None:
    """5y - y = 0 if y is a multiple of 4 in 4 bits; 3y - y is not."""
    y = Var("y", 4, pb=0b1100)
    assert ops.sub(4, ops.mul(4, y, 5), y) == 0
    left = ops.sub(4, ops.mul(4, y, 3), y)
    assert isinstance(left, Term)
    assert at(left, {y: 4}) == 8
    assert ops.eq(4, ops.mul(4, y, 5), y) == 1
    x = Var("x", 4)
    assert ops.sub(4, ops.add(4, x, ops.mul(4, y, 5)), y) is x


def test_what_vanishes_only_in_the_low_bits_of_a_sum() -> None:
    """The low half of 16x + 3z + 1 does not know x; nor that of 4(x & -4) + 3z + 1."""
    x, z = Var("x", 8), Var("z", 8)
    for t in (ops.mul(8, x, 16), ops.mul(8, masked(x, 0xFC), 4)):
        total = ops.add(8, ops.add(8, t, ops.mul(8, z, 3)), 1)
        assert isinstance(total, Sum)
        low = linear.narrow(total, 4)
        assert isinstance(low, Term)
        for i, j in itertools.product((0, 1, 2, 3, 4, 7, 8, 15, 16, 128, 255), repeat=2):
            assert at(low, {x: i, z: j}) == at(total, {x: i, z: j}) % 16


def test_an_and_kept_as_a_node_of_words_without_a_common_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poly, "PRODUCT_LIMIT", 0)
    x, y = Var("x", 8, pb=0xF0), Var("y", 8, pb=0x0F)
    assert ops.and_(8, x, y) == 0
    z = Var("z", 8, pb=0x1F)
    assert isinstance(ops.and_(8, x, z), Term)


def test_nothing_that_can_only_be_0_becomes_a_term() -> None:
    with pytest.raises(ValueError, match="variable v: none of its 8 bits is possible"):
        Var("v", 8, pb=0x100)
    y = Var("y", 4, pb=0b1100)
    with pytest.raises(AssertionError, match="can only be 0"):
        intern(Sum(4, {y: 12, Var("x", 4): 1}, 1))
    with pytest.raises(AssertionError, match="monomial at no bit"):
        intern(node.Poly(4, {mono(y, 0): 0}, 0))
    with pytest.raises(AssertionError, match="beyond its width"):
        intern(node.Poly(4, {mono(y, -1): 0b11000}, 0))
    with pytest.raises(AssertionError, match="can only be 0"):
        intern(node.Poly(4, {}, 0))
    with pytest.raises(AssertionError, match="can only be 0"):
        node.op("and", 4, 4, (y, y), 0)


def rotations(x: Var, k: int) -> Iterator[Value]:
    """Sums of shifted parts of x, and their negatives and complements."""
    w = x.width
    low, high = ops.extract(w, x, 0, w - k), ops.extract(w, x, w - k, k)
    for s in (
        ops.concat(w, [(w - k, low), (k, high)]),
        ops.concat(w, [(w - k, low), (k, 0)]),
        ops.lsr(w, x, k),
        ops.add(w, ops.lsl(w, x, k), ops.lsr(w, x, w - k)),
        ops.add(w, ops.lsl(w, x, k), ops.lsr(w, x, k)),
        ops.sub(w, ops.lsl(w, x, k), ops.lsr(w, x, k)),
    ):
        for t in (s, ops.neg(w, s), ops.xor(w, s, ones(w)), ops.neg(w, ops.add(w, s, 1))):
            yield t
            yield ops.neg(w, ops.add(w, t, x))


@pytest.mark.parametrize("w", [2, 4, 8])
def test_a_choice_between_a_sum_and_the_sum_plus_a_part_of_it(w: int) -> None:
    """ite(c, s, s + x): what is shared is read as other summands than those it was made of."""
    x, c = Var("x", w), Var("c", 1)
    values = range(1 << w) if w < 8 else (0, 1, 2, 85, 127, 128, 129, 254, 255)
    for k in range(1, w):
        for s in rotations(x, k):
            for other in (x, ops.lsl(w, x, 1), ops.lsr(w, x, 1)):
                more = ops.add(w, s, other)
                for a, b in ((s, more), (more, s)):
                    t = ops.ite(w, c, a, b)
                    for i, bit in itertools.product(values, (0, 1)):
                        env = {x: i, c: bit}
                        assert at(t, env) == at(a if bit else b, env)


def test_taking_common_summands_out_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were there always something in common, it would end, and be right."""
    x, y, z, c = Var("x", 8), Var("y", 8), Var("z", 8), Var("c", 1)
    rounds = 0

    def again(w: int, a: Value, b: Value) -> tuple[Value, Value, Value]:
        nonlocal rounds
        rounds += 1
        return x, ops.sub(w, a, x), ops.sub(w, b, x)

    monkeypatch.setattr(choices, "_common", again)
    a, b = ops.add(8, x, ops.mul(8, y, 3)), ops.add(8, x, ops.mul(8, z, 5))
    t = ops.ite(8, c, a, b)
    assert rounds == choices.COMMON_ROUNDS
    for bit in (0, 1):
        env = {x: 200, y: 99, z: 7, c: bit}
        assert at(t, env) == at(a if bit else b, env)
