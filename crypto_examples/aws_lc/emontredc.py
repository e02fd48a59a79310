"""Montgomery reduction of numbers of any length in AWS-LC (s2n-bignum): four words of the quotient to a row.

A row adds four words of the quotient times the modulus, four words at a time.  Each such product of 4 by 4 words is
Karatsuba's, of words; the products of two words with one index are made by Neon, one step ahead.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

from armsym.dsl import Bits, Claims, Integer, Loop, Proof, State, concat, congruent, opaque, proof, within
from crypto_examples.aws_lc.karatsuba import PAIRS
from crypto_examples.aws_lc.neon_fields import beside, diagonal, whole
from crypto_examples.wheels import AWS_LC

Number = Integer | int

W = 2**64

#: Four words.
B = W**4

#: Iterations of the inner loop: 2^56 rows and a few have 2^62 bytes and a few.
MOST = 2**56 - 1


@opaque("negative_inverse", 64)
def negative_inverse(m: Bits) -> Bits:
    """-1 / m modulo 2^64, for an odd m: Newton's iteration, from 3 bits (HAC, note 14.83)."""
    x = m
    for _ in range(5):
        x = x * (2 - m * x)
    return -x


def _example(rng: random.Random, size: int) -> bytes:
    """An odd modulus."""
    bits = 8 * size
    few = rng.getrandbits(bits // 2)
    return (rng.choice((rng.getrandbits(bits), 2**bits - 1, few, 2 ** (bits - 1))) | 1).to_bytes(size, "little")


@proof("bignum_emontredc_8n", of=AWS_LC)
def bignum_emontredc_8n(p: Proof) -> None:
    """`uint64_t bignum_emontredc_8n(uint64_t k, uint64_t *z, const uint64_t *m, uint64_t w)`.

    z of 2 k words becomes q and r, of k words each, with q m + z = 2^(64 k) (r + 2^(64 k) c), where c is returned.
    """
    eight = p.choice("least", (2, 3)) == 2
    q = Bits(64, 2) if eight else p.nat("q", low=3, high=MOST + 3)
    n = q * 4
    z, m = p.region("z", q * 64, access="rw"), p.region("m", q * 32, access="r")
    p.example(m, _example)
    words = m.blocks(1, 64)
    w = negative_inverse(words(0)[0])
    p.call(x0=n, x1=z, x2=m, x3=w)
    p.modifies(z, p.stack(112))
    M = p.number(words, name="of_m")
    U, I = M.unit, p.integer  # noqa: E741
    entry, start = p.routine.entry, z.number(n * 2)
    inverse = congruent(I(words(0)[0]) * I(w), -1, W)
    p.assume("m w = -1 modulo 2^64", inverse)
    units = p.induction("units", lambda j, i: {"unit": U(i + j) == U(i) * U(j)}, upto=lambda i: Bits(64, 2**61 - 1))
    loops = {loop.head - entry: loop for loop in p.routine.all_loops}
    outer, inner = loops[0x38], loops[0x834]
    none = Bits(64, 0)

    def four(k: Bits) -> list[Number]:
        return [I([words(k + i)[0]]) for i in range(4)]

    def each(s: State, registers: Sequence[int]) -> list[Number]:
        return [I([s.x[r]]) for r in registers]

    def quotient(s: State) -> Number:
        return I(s.x[4:8])

    def held(s: State, k: Bits, count: int) -> list[Bits]:
        return [z.blocks(1, 64, at=s)(k + i)[0] for i in range(count)]

    def row_of(s: State) -> Bits:
        """The word of z where the row begins: how many rows are left is on the stack."""
        return (q - s.load(s.sp + 16, 64)) * 4

    def so_far(s: State, value: Number, left: Bits) -> Claims:
        """The row's value, and words of z from `left` on, to which nothing is added yet in this row."""
        row = row_of(s)
        rest = z.number(n * 2, at=s) - z.number(left, at=s) + U(row + n) * I(s.x28[63:63])
        return {"sum": start + M(n) * z.number(row, at=s) == value + rest}

    def with_carry(s: State, k: Bits, value: Number, left: Bits) -> Claims:
        """What is done with k words of m in this row, and a value above it, which has so many words of z in it."""
        row = row_of(s)
        units(row, k)
        done = z.number(row + k, at=s) - z.number(row + 4, at=s)
        return {
            **so_far(s, done + U(row + k) * value - U(row) * M(k) * quotient(s), row + k + left),
            "stored": z.number(row + 4, at=s) == z.number(row, at=s) + U(row) * quotient(s),
        }

    @p.invariant(outer, upto=q)
    def rows_done(s: State, j: Bits) -> Claims:
        row = j * 4
        rest = z.number(n * 2, at=s) - z.number(row, at=s) + U(row + n) * I(s.x28[63:63])
        return {"sum": start + M(n) * z.number(row, at=s) == rest}

    # -- the lowest words of a row: each word of the quotient makes one word 0

    lowest = four(none)

    def cancels(s: State, word: int, by: int) -> Claims:
        return {"q": congruent(I(s.x[word]) + lowest[0] * I(s.x[by]), 0, W)}

    p.cut(entry + 0x54, drop_x=[4])(lambda s: cancels(s, 17, 4))

    @p.cut(entry + 0xE8, drop_x=[5, *range(12, 16), *range(19, 23)], drop_flags=True)
    def _(s: State) -> Claims:
        total = I(held(s, row_of(s), 4)) + whole(lowest) * I(s.x4)
        return {"sum": W * I(s.x[19:23]) == total, **cancels(s, 19, 5)}

    p.cut(entry + 0x100, drop_x=[12])(lambda s: {"zero": I(s.x19) == 0})

    @p.cut(entry + 0x170, drop_x=[6, *range(12, 16), *range(20, 24)], drop_flags=True)
    def _(s: State) -> Claims:
        total = I(held(s, row_of(s), 4)) + whole(lowest) * I(s.x[4:6])
        number = I(s.x[20:24]) + W * (I(s.x[13:16]) + I(s.C))
        return {"sum": W**2 * number == total, **cancels(s, 20, 6)}

    def row_value(s: State, value: Number) -> Claims:
        """What the row's first four words of z were, as what is done less what was added."""
        row = row_of(s)
        return {**so_far(s, U(row) * value, row + 4), "range": within(0, value, B)}

    @p.cut(entry + 0x18C, drop_x=[*range(12, 16), *range(21, 24)], drop_flags=True, alone=True)
    def _(s: State) -> Claims:
        value = W**2 * I(s.x[20:24]) - whole(lowest) * I(s.x[4:6])
        return {**row_value(s, value), **cancels(s, 20, 6), "w": inverse}

    p.cut(entry + 0x1B4, drop_x=[12])(lambda s: {"zero": I(s.x20) == 0})

    @p.cut(entry + 0x220, drop_x=[7, *range(12, 16), *range(21, 25)], drop_flags=True, alone=True)
    def _(s: State) -> Claims:
        value = W**3 * I(s.x[21:25]) - whole(lowest) * I(s.x[4:7])
        return {**row_value(s, value), **cancels(s, 21, 7)}

    p.cut(entry + 0x274, drop_x=[12])(lambda s: {"zero": I(s.x21) == 0})

    @p.cut(entry + 0x2DC, drop_x=[*range(12, 16), *range(21, 26)], drop_flags=True, alone=True)
    def _(s: State) -> Claims:
        row = row_of(s)
        value = B * I(s.x[12:16]) - whole(lowest) * quotient(s)
        return so_far(s, U(row) * value, row + 4)

    def products(s: State, k: Bits, where: Sequence[tuple[Bits, Bits]]) -> Claims:
        """The products of the quotient's words by words k to k + 3 of m."""
        pairs = zip(where, each(s, range(4, 8)), four(k), strict=True)
        return {f"product {i}": I(got) == u * v for i, (got, u, v) in enumerate(pairs)}

    def in_vectors(s: State) -> list[tuple[Bits, Bits]]:
        return [(s.v[low].elem(i, 64), s.v[low + 1].elem(i, 64)) for low in (24, 26) for i in range(2)]

    vectors = [*range(8), 16, *range(24, 28)]

    @p.cut(entry + 0x304, drop_v=vectors, alone=True)
    def _(s: State) -> Claims:
        return {
            "m": s.x[8:12] == [words(4 + i)[0] for i in range(4)],
            "first": s.v20 == concat(s.x5, s.x4),
            "second": s.v21 == concat(s.x7, s.x6),
            **products(s, none + 4, in_vectors(s)),
            **with_carry(s, none + 4, I(s.x[12:16]), none),
        }

    # -- the other words of a row

    def factors(s: State) -> tuple[list[Number], list[Number]]:
        return each(s, range(4, 8)), each(s, range(8, 12))

    def sum_of_products(s: State) -> Claims:
        x, y = factors(s)
        found = whole([u * v for u, v in zip(x, y, strict=True)])
        return {"products": I([s.x[r] for r in (17, *range(22, 26))]) == found}

    def pairs_done(s: State, k: Bits, low: Sequence[Bits], done: int, top: Bits | None = None) -> Claims:
        """Eight words: a product of 4 by 4 words, of which so many pairs are done, and what it is added to."""
        x, y = factors(s)
        held_now = I([*low, *s.x[20:25], s.x25 if top is None else top])
        value = held_now - diagonal(x, y)
        for i, j in PAIRS[:done]:
            value = value - beside(x, y, i, j)
        return {
            **with_carry(s, k, value, none + 4),
            "range": within(0, value, 2 * B - 1),
            # So the next sum is of eight words, too.
            "next": within(0, held_now + beside(x, y, *PAIRS[done]), B * B),
        }

    def whole_block(s: State, k: Bits) -> Claims:
        """Four words more are done."""
        return with_carry(s, k + 4, I(s.x[12:16]), none)

    def ready(s: State, k: Bits) -> Claims:
        """And the products for the next four."""
        where = ((s.v24.elem(0, 64), s.x16), (s.x20, s.x3), (s.x21, s.x26), (s.x24, s.x17))
        return {**whole_block(s, k), **products(s, k + 4, where)}

    def block(at: Sequence[int], loop: Loop, place: Callable[[Bits], Bits], *, last: bool) -> None:
        """Four words of m: where the sum of products is, where it is repeated and added, and pair after pair."""
        used = [*range(12, 15), 16, *range(19, 26)]

        def cut(
            there: int,
            claims: Callable[[State, Bits], Claims],
            x: Iterable[int],
            v: Iterable[int] = (),
            *,
            flags: bool = True,
            alone: bool = True,
        ) -> None:
            p.cut_within(loop, entry + there, drop_x=x, drop_v=v, drop_flags=flags, alone=alone)(
                lambda s, i: claims(s, place(i))
            )

        cut(at[0], lambda s, k: sum_of_products(s), [17, *range(22, 26)], alone=False)
        for done in range(6):
            begun = last or done < 3  # the lowest words are not stored yet

            def claims(s: State, k: Bits, done: int = done, begun: bool = begun) -> Claims:
                low = [s.x17, s.x19] if begun else held(s, row_of(s) + k, 2)
                found = pairs_done(s, k, low, done)
                return found if last or not done else {**found, **products(s, k + 4, in_vectors(s))}

            def only_sum(s: State, k: Bits, claims: Callable[[State, Bits], Claims] = claims) -> Claims:
                return {"sum": claims(s, k)["sum"]}

            def before_last(s: State, k: Bits) -> Claims:
                top = s.x25 + s.x12 + s.C.zero_extend(64)
                return {"sum": pairs_done(s, k, [s.x17, s.x19], 2, top)["sum"]}

            dropped = [*used, 17] if begun else [*range(12, 15), *range(19, 26)]
            both = () if last or done != 1 else vectors
            # The range follows from the sum, once that is known.  (X14 is dead.)
            if done and (last or done != 2):
                cut(at[done + 1], only_sum, [14], alone=False)
                cut(at[done + 1] + 4, claims, dropped, both, flags=False)
            elif done:
                # Before the last sum of its pair, for then two words are stored.
                cut(at[done + 1] - 4, before_last, [14], flags=False, alone=False)
                cut(at[done + 1], claims, [*used, 17])
            else:
                cut(at[done + 1], claims, dropped)
        if last:
            cut(at[7], whole_block, [*used, 15])
        else:
            cut(at[7], ready, [3, *range(12, 18), *range(19, 27)], vectors)

    if eight:
        block((0x34C, 0x3B4, 0x3EC, 0x434, 0x470, 0x4B4, 0x4F4, 0x540), outer, lambda _: none + 4, last=True)
    else:
        block((0x578, 0x658, 0x6B8, 0x700, 0x750, 0x794, 0x7D4, 0x828), outer, lambda _: none + 4, last=False)
        block((0x860, 0x930, 0x990, 0x9D8, 0xA28, 0xA6C, 0xAAC, 0xB00), inner, lambda i: i * 4 + 8, last=False)
        block((0xB30, 0xB98, 0xBD0, 0xC18, 0xC54, 0xC98, 0xCD8, 0xD24), outer, lambda _: n - 4, last=True)
        p.invariant(inner, upto=(q - 3) & MOST)(lambda s, i: ready(s, i * 4 + 4))

    @p.cut_within(outer, entry + 0xD28, drop_x=range(12, 16), drop_flags=True, alone=True)
    def _(s: State, j: Bits) -> Claims:
        return with_carry(s, n, I(s.x[12:16]), none)

    if eight:
        # Of two rows it is then known which one it was.
        p.each(entry + 0xD64, lambda s: s.x26, range(2))

    # Before it is known whether it was the last row.  (X17 is dead.)
    p.cut_within(outer, entry + 0xD60, drop_x=[17], alone=True)(lambda s, j: rows_done(s, j + 1))

    p.ensures(
        lambda s: {
            "reduced": M(n) * z.number(n, at=s) + start
            == z.number(n * 2, at=s) - z.number(n, at=s) + U(n * 2) * I(s.x0),
            "carry": I(s.x0) <= 1,
        }
    )
