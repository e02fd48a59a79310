"""Products of numbers of any length in AWS-LC, column by column, as s2n-bignum has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armsym.dsl import (
    Bits,
    Claims,
    IntegerFamily,
    IntegerLike,
    Number,
    Proof,
    Region,
    State,
    Theorem,
    congruent,
    ite,
    proof,
)
from crypto_examples.aws_lc.any_length import MOST
from crypto_examples.wheels import AWS_LC


@dataclass(frozen=True)
class Columns:
    """What is so of the columns of a product x y, x of m words and y of n; words beyond are 0.

    Column k is the sum of x[j] y[k - j], `sum(i, k)` its terms with j < i, `below(k)` the sum of 2^(64 c) column(c) for
    all c < k.
    """

    x: Number
    y: Number
    sum: IntegerFamily
    below: Callable[[Bits], IntegerLike]
    #: Called with k: that `below(k)` is x y modulo 2^(64 k).
    product: Callable[[Bits], None]
    #: Called with i and k: that sum(i, k) is 0, where i + n <= k + 1; that sum(i, k) = sum(k + 1, k) where i > k, and
    #: sum(m, k) = sum(i, k) where i >= m.
    none_yet: Theorem
    no_more: Callable[[Bits, Bits], None]


def columns_of(p: Proof, x: Region, m: Bits, y: Region, n: Bits) -> Columns:
    """The columns of the product of what two regions hold on entry."""
    X = p.number(x.blocks(1, 64), name="of_x")
    Y = X if y is x else p.number(y.blocks(1, 64), name="of_y")
    x_at, y_at = x.blocks(1, 64).upto(m), y.blocks(1, 64).upto(n)
    U, I, zero = X.unit, p.integer, Bits(64, 0)  # noqa: E741

    def add(total: IntegerLike, more: IntegerLike) -> IntegerLike:
        return total + more

    column = p.fold_ints(add, start=0, over=lambda j, k: I(x_at(j)) * I(y_at(k - j)), name="column")
    # The first columns of the first i rows, and one row: y, i places higher.
    columns = p.fold_ints(add, start=0, over=lambda k, i: U(k) * column(i, k), name="columns")
    row = p.fold_ints(add, start=0, over=lambda k, i: U(k) * I(y_at(k - i)), name="row")

    def always(*_: Bits) -> Bits:
        return Bits(64, 2**61 - 1)

    units = p.induction("units", lambda j, i: {"unit": U(i + j) == U(i) * U(j)}, upto=always)
    before = p.induction("before", lambda k, i: {"row": row(k, i) == 0}, upto=lambda i: i)

    def of_within(j: Bits, i: Bits) -> None:
        units(j, i)
        before(i, i)

    within = p.induction("within", lambda j, i: {"row": row(i + j, i) == U(i) * Y(j)}, upto=lambda i: n, by=of_within)
    after = p.induction("after", lambda j, i: {"row": row(i + n + j, i) == row(i + n, i)}, upto=always)
    low = p.induction("low", lambda j, i: {"words": congruent(Y(i + j), Y(i), U(i))}, upto=always, by=units)
    no_rows = p.induction("no_rows", lambda k: {"columns": columns(k, 0) == 0}, upto=always)
    one_more = p.induction(
        "one_more",
        lambda k, i: {"columns": columns(k, i + 1) == columns(k, i) + I(x_at(i)) * row(k, i)},
        upto=always,
    )

    def of_a_row(i: Bits, k: Bits) -> None:
        """That row i is U(i) Y(n), modulo U(k)."""
        no_rows(k)
        one_more(k, i)
        # Of no column yet,
        before(k, i)
        units(i - k, k)
        # of some words of y,
        within(k - i, i)
        low(n - (k - i), k - i)
        units(k - i, i)
        # of all.
        within(n, i)
        after(k - i - n, i)

    product = p.induction(
        "product",
        lambda i, k: {"columns": congruent(columns(k, i), X(i) * Y(n), U(k))},
        upto=lambda k: m,
        cases=lambda i, k: [k <= i, k <= i + n],
        by=of_a_row,
    )
    none_yet = p.induction(
        "none_yet", lambda i, k: {"column": column(i, k) == 0}, upto=lambda k: ite(k + 1 > n, k + 1 - n, zero)
    )
    past_y = p.induction("past_y", lambda j, k: {"column": column(k + 1 + j, k) == column(k + 1, k)}, upto=always)
    past_x = p.induction("past_x", lambda j, k: {"column": column(m + j, k) == column(m, k)}, upto=always)

    def no_more(i: Bits, k: Bits) -> None:
        past_y(i - k - 1, k)
        past_x(i - m, k)

    return Columns(X, Y, column, lambda k: columns(k, m), lambda k: product(m, k), none_yet, no_more)


@proof("bignum_mul", of=AWS_LC)
def bignum_mul(p: Proof) -> None:
    """`void bignum_mul(uint64_t p, uint64_t *z, uint64_t m, uint64_t *x, uint64_t n, uint64_t *y)`.

    z = x y modulo 2^(64 p).  z has p words and lies apart from x and y, of m and n words.
    """
    size, m, n = (p.nat(name, high=MOST) for name in "pmn")
    x, y = p.region("xs", m * 8, access="r"), p.region("ys", n * 8, access="r")
    z = p.region("zs", size * 8, access="rw")
    p.call(x0=size, x1=z, x2=m, x3=x, x4=n, x5=y)
    p.modifies(z)
    columns = columns_of(p, x, m, y, n)
    X, Y, U, I = columns.x, columns.y, columns.x.unit, p.integer  # noqa: E741
    outer, inner = sorted(p.routine.all_loops, key=lambda loop: loop.head)
    p.split(outer, lambda s, k: k + 1 < m)
    p.split(outer, lambda s, k: k + 1 < n)

    def done(s: State, k: Bits) -> Claims:
        """What z holds when k columns are done, with the carry."""
        for i in (k, m):  # where the last column ended
            columns.none_yet(i, k - 1)
            columns.no_more(i, k - 1)
        return {"sum": z.number(k, at=s) + U(k) * (I(s.x6) + 2**64 * I(s.x7)) == columns.below(k)}

    @p.invariant(outer, upto=size)
    def _(s: State, k: Bits) -> Claims:
        return done(s, k)

    @p.invariant(inner, upto=m)
    def _(s: State, t: Bits) -> Claims:
        k = s.x9
        i = ite(k + 1 < m, k + 1, m) - s.x10
        columns.none_yet(i, k)
        total = I(s.x6) + 2**64 * I(s.x7) + 2**128 * I(s.x8)
        return {
            "left": [s.x10 >= 1, s.x10 <= m - t],
            "words": [i < m, i <= k, k - i < n],
            "sum": z.number(k, at=s) + U(k) * total == columns.below(k) + U(k) * columns.sum(i, k),
            "top": I(s.x8) <= I(t),
        }

    @p.ensures
    def _(s: State) -> Claims:
        done(s, size)
        columns.product(size)
        return {"product": congruent(z.number(size, at=s), X(m) * Y(n), U(size))}


@proof("bignum_sqr", of=AWS_LC)
def bignum_sqr(p: Proof) -> None:
    """`void bignum_sqr(uint64_t p, uint64_t *z, uint64_t n, uint64_t *x)`: z = x^2 mod 2^(64 p).

    z has p words and lies apart from x, of n words.
    """
    size, n = (p.nat(name, high=MOST) for name in "pn")
    x, z = p.region("xs", n * 8, access="r"), p.region("zs", size * 8, access="rw")
    p.call(x0=size, x1=z, x2=n, x3=x)
    p.modifies(z)
    columns = columns_of(p, x, n, x, n)
    X, U, I, zero = columns.x, columns.x.unit, p.integer, Bits(64, 0)  # noqa: E741
    column, x_at = columns.sum, x.blocks(1, 64).upto(n)
    mirrored = p.induction(
        "mirrored",
        lambda i, k: {"column": column(k + 1, k) - column(k + 1 - i, k) == column(i, k)},
        upto=lambda k: k + 1,
    )
    odd = p.induction(
        "odd",
        lambda _, h, k: {"column": column(k + 1, k) == 2 * column(h, k)},
        upto=lambda h, k: zero,
        where=lambda h, k: [k + 1 == h + h],
        by=lambda _, h, k: mirrored(h, k),
    )
    even = p.induction(
        "even",
        lambda _, h, k: {"column": column(k + 1, k) == 2 * column(h, k) + I(x_at(h)) * I(x_at(h))},
        upto=lambda h, k: zero,
        where=lambda h, k: [k == h + h],
        by=lambda _, h, k: mirrored(h, k),
    )
    outer, inner = sorted(p.routine.all_loops, key=lambda loop: loop.head)
    p.split(outer, lambda s, k: k + 1 < n)
    p.split(outer, lambda s, k: k == 0)

    def ended(s: State, k: Bits) -> None:
        """What is so of the last of k columns: where it ended, and its midst."""
        c = k - 1
        for i in (n, k):
            columns.no_more(i, c)
        for h in (s.x8, k >> 1):
            columns.none_yet(h, c)
            odd(zero, h, c)
            even(zero, h, c)

    @p.invariant(outer, upto=size)
    def _(s: State, k: Bits) -> Claims:
        ended(s, k)
        return {"sum": z.number(k, at=s) + U(k) * (I(s.x15) + 2**64 * I(s.x14)) == columns.below(k)}

    @p.invariant(inner, upto=n)
    def _(s: State, t: Bits) -> Claims:
        k, i = s.x7, s.x8
        columns.none_yet(i, k)
        return {
            "words": [i < s.x13, i < n, i <= k, k - i < n],
            "sum": I(s.x4) + 2**64 * I(s.x5) + 2**128 * I(s.x6) == column(i, k),
            "top": I(s.x6) <= I(t),
        }

    @p.ensures
    def _(s: State) -> Claims:
        ended(s, s.x7)
        columns.product(size)
        return {"square": congruent(z.number(size, at=s), X(n) * X(n), U(size))}
