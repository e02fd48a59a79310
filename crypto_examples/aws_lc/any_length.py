"""Numbers of any length in AWS-LC, as s2n-bignum has them: arrays of 64-bit words, the least significant first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.dsl import Bits, Claims, Integer, Proof, Relation, State, Words, ite, lanes, proof
from crypto_examples.wheels import AWS_LC

#: Words in an array: its bytes are then fewer than 2**63.
MOST = 2**60 - 1


def at_least(bit: Integer | int, x: Integer | int, y: Integer | int) -> list[Relation | bool]:
    """That a bit is 1 where x >= y and 0 where x < y."""
    return [bit * (x - y) >= 0, (1 - bit) * (y - x - 1) >= 0]


@proof("bignum_ge", of=AWS_LC)
def bignum_ge(p: Proof) -> None:
    """`uint64_t bignum_ge(uint64_t m, uint64_t *x, uint64_t n, uint64_t *y)`: x >= y."""
    m, n = (p.nat(name, high=MOST) for name in "mn")
    x, y = p.region("xs", m * 8, access="r"), p.region("ys", n * 8, access="r")
    p.call(x0=m, x1=x, x2=n, x3=y)
    X, Y = p.number(x.blocks(1, 64), name="of_x"), p.number(y.blocks(1, 64), name="of_y")
    x_main, x_top, y_main, y_top = p.routine.loops()

    def carried(s: State, i: Bits, j: Bits) -> Claims:
        """That C says which number is the greater, as far as they were compared."""
        return {"order": at_least(p.integer(s.C), X(i), Y(j))}

    p.invariant(x_main, upto=n)(lambda s, i: carried(s, i, i))
    p.invariant(y_main, upto=m)(lambda s, i: carried(s, i, i))

    @p.invariant(x_top, upto=m - n)
    def _(s: State, i: Bits) -> Claims:
        return carried(s, n + i, n) | {"longer": Y(n) < Y.unit(n + i)}

    @p.invariant(y_top, upto=n - m)
    def _(s: State, i: Bits) -> Claims:
        return carried(s, m, m + i) | {"longer": X(m) < X.unit(m + i)}

    p.ensures(lambda s: {"result": [*at_least(p.integer(s.x0), X(m), Y(n)), p.integer(s.x0) <= 1]})


@proof("bignum_optsub", of=AWS_LC)
def bignum_optsub(p: Proof) -> None:
    """`uint64_t bignum_optsub(uint64_t k, uint64_t *z, uint64_t *x, uint64_t c, uint64_t *y)`.

    z := x - y if c is not 0, else x; returns the borrow.  z may be x or y.
    """
    k, place = p.nat("k", high=MOST), p.choice("place", range(3))
    names = ["xs", "ys"] if place else ["xs", "ys", "zs"]
    written = names[place - 1]
    regions = [p.region(name, k * 8, access="rw" if name == written else "r") for name in names]
    x, y, z = regions[0], regions[1], regions[place - 1]
    wanted = p.word("c")
    p.call(x0=k, x1=z, x2=x, x3=wanted, x4=y)
    p.modifies(z)
    words = x.blocks(1, 64), y.blocks(1, 64)
    chosen = ite(wanted == 0, Bits(64, 0), Bits(64, 2**64 - 1))

    def difference(j: Bits, carry: Bits) -> Bits:
        """Word j of x - y, or of x, with the carry that C holds: 65 bits."""
        a, b = words[0](j)[0], words[1](j)[0] & chosen
        return a.zero_extend(65) + (~b).zero_extend(65) + carry.zero_extend(65)

    carries = p.fold(
        lambda c, j: [difference(j[0], c[0])[64:64]], start=[Bits(1, 1)], over=lambda j: Words([j]), name="carry"
    )
    result = lambda j: [difference(j, carries(j)[0])[63:0]]  # noqa: E731
    X, Y = (p.number(w, name=f"of_{name}") for w, name in zip(words, "xy", strict=True))
    Z = p.number(result, name="of_z")
    subtracted = ite(wanted == 0, Bits(1, 0), Bits(1, 1))

    def value(i: Bits, carry: Bits) -> Relation | bool:
        return Z(i) == X(i) - p.integer(subtracted) * Y(i) + (1 - p.integer(carry)) * Z.unit(i)

    @p.invariant(p.routine.back_edge(), upto=k)
    def _(s: State, i: Bits) -> Claims:
        return {
            "carry": carries(i)[0] == s.C,
            "words": z.holds(result, upto=i, at=s, words=1, width=64),
            "number": value(i, carries(i)[0]),
        }

    @p.ensures
    def _(s: State) -> Claims:
        return {
            "words": z.holds(result, upto=k, at=s, words=1, width=64),
            "number": Z(k) == X(k) - p.integer(subtracted) * Y(k) + p.integer(s.x0) * Z.unit(k),
            "borrow": p.integer(s.x0) <= 1,
        }


def _copied_row(p: Proof, registers: Sequence[int]) -> None:
    """`void f(uint64_t *z, const uint64_t *table, uint64_t height, uint64_t index)`, rows of 2 words for each register.

    z := row `index` of the table, or 0 if it has no such row; every row is read, whichever is wanted.  The row is
    put together in these vector registers.
    """
    width = 2 * len(registers)
    height = p.nat("height", low=1, high=MOST // width)
    table, z = p.region("table", height * (8 * width), access="r"), p.region("row", 8 * width, access="w")
    index = p.word("index")
    p.call(x0=z, x1=table, x2=height, x3=index)
    p.modifies(z)
    row = p.fold(
        lambda row, block: [ite(index == block[0], b, r) for b, r in zip(block[1:], row, strict=True)],
        start=[Bits(64, 0)] * width,
        over=lambda i: Words([i, *table.blocks(width, 64)(i)]),
        name="row_so_far",
    )

    @p.invariant(p.routine.back_edge(), upto=height)
    def _(s: State, i: Bits) -> Claims:
        return {"row": Words(s.v[r] for r in registers) == lanes(row(i))}

    p.ensures(lambda s: {"row": z.words(64, at=s) == row(height)})


@proof("bignum_copy_row_from_table_16", of=AWS_LC)
def bignum_copy_row_from_table_16(p: Proof) -> None:
    """Rows of 16 words."""
    _copied_row(p, range(20, 28))


@proof("bignum_copy_row_from_table_32", of=AWS_LC)
def bignum_copy_row_from_table_32(p: Proof) -> None:
    """Rows of 32 words."""
    _copied_row(p, [*range(20, 32), *range(4)])


def _copied_row_of_any_width(p: Proof, unit: int) -> None:
    """`void f(uint64_t *z, const uint64_t *table, uint64_t height, uint64_t width, uint64_t index)`.

    z := row `index` of the table, or 0 if it has no such row.  Rows are whole units of so many words.
    """
    height, units = p.nat("height", high=MOST), p.nat("units", high=MOST // unit)
    p.assume("the table is smaller than 2^63 bytes", height.zero_extend(128) * units.zero_extend(128) <= MOST // unit)
    table = p.region("table", height * units * (8 * unit), access="r")
    z = p.region("row", units * (8 * unit), access="rw")
    index = p.word("index")
    p.call(x0=z, x1=table, x2=height, x3=units * unit, x4=index)
    p.modifies(z)
    units_of = table.blocks(unit, 64)
    # Whether the row is among the first i, and the number of its first unit.
    found = p.fold(
        lambda f, i: [f[0] | (index == i[0]).bit, ite(index == i[0], i[0] * units, f[1])],
        start=[Bits(1, 0), Bits(64, 0)],
        over=lambda i: Words([i]),
        name="found",
    )

    def row(n: Bits) -> Callable[[Bits], list[Bits]]:
        """The units of the row, if it is among the first n."""
        is_there, first = found(n)
        return lambda j: [ite(is_there == 1, w, Bits(64, 0)) for w in units_of(first + j)]

    zero_loop, outer, inner = sorted(p.routine.all_loops, key=lambda loop: loop.head)

    @p.invariant(zero_loop, upto=units)
    def _(s: State, i: Bits) -> Claims:
        return {"zeros": z.holds(lambda _: [Bits(64, 0)] * unit, upto=i, at=s, words=unit, width=64)}

    @p.invariant(outer, upto=height)
    def _(s: State, i: Bits) -> Claims:
        return {
            "row": z.holds(row(i), upto=units, at=s, words=unit, width=64),
            "found": (found(i)[0] == 0) | (index < i),
            "table": s.x8 == table.base + i * units * (8 * unit),
            "number": s.x5 == i,
        }

    @p.invariant(inner, upto=units)
    def _(s: State, k: Bits) -> Claims:
        new, old = row(s.x5 + 1), row(s.x5)

        def so_far(j: Bits) -> list[Bits]:
            return [ite(j < k, a, b) for a, b in zip(new(j), old(j), strict=True)]

        return {"row": z.holds(so_far, upto=units, at=s, words=unit, width=64)}

    p.split(inner, lambda s, k: index == s.x5)
    p.ensures(
        lambda s: {"row": z.holds(row(height), upto=ite(height == 0, Bits(64, 0), units), at=s, words=unit, width=64)}
    )


@proof("bignum_copy_row_from_table", of=AWS_LC)
def bignum_copy_row_from_table(p: Proof) -> None:
    """Rows of any number of words."""
    _copied_row_of_any_width(p, 1)


@proof("bignum_copy_row_from_table_8n", of=AWS_LC)
def bignum_copy_row_from_table_8n(p: Proof) -> None:
    """Rows of a multiple of 8 words."""
    _copied_row_of_any_width(p, 8)
