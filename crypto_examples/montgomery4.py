"""Montgomery multiplication four words at a time: what bn_mul_mont does for lengths that are multiples of 4."""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Integer, Proof, Region, State, congruent
from crypto_examples.montgomery import examples

__all__ = ["bn_mul4x_mont_of_any_length"]

#: 2^64 to the fourth.
W = 2**256


def bn_mul4x_mont_of_any_length(p: Proof) -> Bits:
    """As `bn_mul_mont_of_any_length`, for 4 q words, at least 12, by __bn_mul4x_mont; returns q.

    At the beginning of t, below the number, are the four multiples of n that a row of four words of b adds.
    """
    q = p.nat("q", low=3, high=2**29 - 1)
    num = q * 4
    a, b, n = (p.region(name, q * 32, access="r") for name in "abn")
    r, n0 = p.region("r", q * 32, access="rw"), p.region("n0", 8, access="r")
    p.assume("num is no multiple of 8, or a is not b", ((q & 1) != 0) | (a.base != b.base))
    examples(p, a, b, n, n0)
    p.call(x0=r, x1=a, x2=b, x3=n, x4=n0, x5=num)
    p.modifies(r, p.stack(128))
    t = p.dynamic_stack("t", q * 32 + 32)
    words = {x: x.blocks(1, 64) for x in (a, b, n)}
    A, B, N = (p.number(w, name=f"of_{x.name}") for x, w in words.items())
    U, I = A.unit, p.integer  # noqa: E741
    inverse = n0.words(64)[0]
    p.assume("n n0 = -1 modulo 2^64", congruent(I(words[n](0)) * I(inverse), -1, 2**64))
    p.assume("a < n", A(num) < N(num))
    p.assume("b < n", B(num) < N(num))
    start = p.image.symbol("__bn_mul4x_mont").offset
    loops = {loop.head - start: loop for loop in p.routine.all_loops}

    done = Bits(64, 0)

    def four(x: Region, i: Bits) -> list[Bits]:
        """Words i to i + 3 of an operand."""
        return [words[x](i + k)[0] for k in range(4)]

    def held(s: State, first: Bits | int, count: int) -> list[Bits]:
        return [t.blocks(1, 64, at=s)(first + k)[0] for k in range(count)]

    def row(s: State) -> Integer | int:
        """The multiples of n that this row adds: four words at the beginning of t."""
        return t.number(4, at=s)

    def carried(s: State) -> Integer | int:
        """What is carried to the next four words."""
        return I(s.x[19:23]) + W * (I(s.x0) + I(s.C))

    def loaded(s: State, i: Bits) -> Claims:
        return {"a": s.x[6:10] == four(a, i), "n": s.x[14:18] == four(n, i)}

    def total(s: State) -> Integer | int:
        """2^256 times the number in t, which begins at its word 4, with the carry above it."""
        return t.number(num + 4, at=s) - row(s) + I(s.x30) * U(num + 4)

    def so_far(s: State, j: Bits) -> Claims:
        """What t holds when j words of b are done."""
        return {
            "residue": congruent(U(j - 4) * total(s), A(num) * B(j), N(num)),
            "range": total(s) < 2 * W * N(num),
        }

    for k, head in enumerate((0x70, 0x260)):
        p.cut(start + head + 0x2C, drop_x=[25])(lambda s: {"m": congruent(I(s.x19) + I(s.x14) * I(s.x25), 0, 2**64)})

        @p.cut(start + head + 0x70, drop_x=[10], drop_flags=True)
        def _(s: State) -> Claims:
            return {"lowest": I(s.x19) + I(s.x14) * I(s.x25) == 2**64 * (I(s.x10) + I(s.C))}

        @p.cut_each(start + (0x114, 0x300)[k], drop_x=[0, 19, 20, 21, 22], drop_flags=True)
        def _(s: State, i: int, first: bool = not k) -> Claims:
            """The first i + 1 of four rounds: the lowest words become 0, one after the other."""
            of_b = four(b, (s.x2 - b.base) >> 3)[: i + 1]
            old = 0 if first else I(held(s, 4, 4))
            added = I(four(a, done)) * I(of_b) + I(four(n, done)) * I(held(s, 0, i + 1))
            return {"sum": 2 ** (64 * (i + 1)) * carried(s) == old + added, "carry": I(s.x0) + I(s.C) <= 1}

    p.cut(start + 0x6C)(lambda s: {"flag": s.C == 0})

    def first_row(s: State, k: Bits) -> Claims:
        """What is done with k words of a and n, of the first row."""
        sums = t.number(k, at=s) - row(s) + U(k) * carried(s)
        return {
            "sum": sums == A(k) * I(four(b, done)) + N(k) * row(s),
            "carry": I(s.x0) + I(s.C) <= 1,
            "modulus": N(num) >= 1,
        }

    @p.invariant(loops[0x138], upto=q - 1, when=lambda s: s.x28 == 0)
    def _(s: State, i: Bits) -> Claims:
        k = i * 4 + 4
        return {**loaded(s, k), "b": s.x24 == words[b](0)[0], "m": s.x25 == held(s, 0, 1)[0], **first_row(s, k)}

    p.cut_within(loops[0x138], start + 0x1E4, drop_x=[0, 19, 20, 21, 22], drop_flags=True)(
        lambda s, i: first_row(s, i * 4 + 8)
    )

    @p.invariant(loops[0x260], upto=q - 1, when=lambda s: s.x28 == 0)
    def _(s: State, i: Bits) -> Claims:
        return {
            **loaded(s, done),
            "b": s.x24 == words[b](i * 4 + 4)[0],
            "t": s.x[19:23] == held(s, 4, 4),
            "flag": s.C == 0,
            **so_far(s, i * 4 + 4),
            "modulus": N(num) >= 1,
        }

    def next_row(s: State, k: Bits, carry: Integer | int, left: Bits) -> Claims:
        """What is done with k words of a and n, of a later row: t from word `left` on is not added yet."""
        j = (s.x2 - b.base) >> 3
        sums = t.number(k, at=s) - row(s) + U(k) * carry
        rest = t.number(num + 4, at=s) - t.number(left, at=s) + U(num + 4) * I(s.x30)
        # What t held before this row, as what is done less what the row has added.
        before = W * (sums - A(k) * I(four(b, j)) - N(k) * row(s)) + rest
        # And 2^256 times what it will hold.
        after = before + W * (A(num) * I(four(b, j)) + N(num) * row(s))
        return {
            "residue": congruent(U(j - 4) * before, A(num) * B(j), N(num)),
            "range": after <= 2 * W * W * N(num) - W,
            "modulus": N(num) >= 1,
        }

    @p.invariant(loops[0x340], upto=q - 1, when=lambda s: s.x28 == 0)
    def _(s: State, i: Bits) -> Claims:
        j, k = (s.x2 - b.base) >> 3, i * 4 + 4
        known = {**loaded(s, k), "b": s.x24 == words[b](j)[0], "m": s.x25 == held(s, 0, 1)[0]}
        return {**known, **next_row(s, k, carried(s), k + 8), "carry": carried(s) <= 3 * W - 2}

    @p.cut_within(loops[0x340], start + 0x3F4, drop_x=[0, 19, 20, 21, 22])
    def _(s: State, i: Bits) -> Claims:
        k = i * 4 + 8
        return {**next_row(s, k, I(s.x[19:23]) + W * I(s.x0), k + 4), "carry": I(s.x0) <= 1}

    @p.cut(start + 0x430)
    def _(s: State) -> Claims:
        j = (s.x2 - b.base) >> 3
        done_now = t.number(num, at=s) - row(s) + U(num) * (I(s.x[19:23]) + W * I(s.x0) + I(s.x30))
        return {
            "residue": congruent(U(j) * done_now, A(num) * B(j + 4), N(num)),
            "range": done_now < 2 * W * N(num),
            "modulus": N(num) >= 1,
        }

    @p.cut(start + 0x490)
    def _(s: State) -> Claims:
        here: Claims = {
            "t": s.x[19:23] == held(s, 4, 4),
            "n": s.x[14:18] == four(n, done),
            "cursor": s.x3 == n.base + 32,
        }
        return {**here, **so_far(s, num), "modulus": N(num) >= 1}

    @p.invariant(loops[0x4A8], upto=q - 1)
    def _(s: State, i: Bits) -> Claims:
        k = i * 4 + 2
        low = r.number(i * 4, at=s) + U(i * 4) * I(s.x[10:12])
        return {
            **so_far(s, num),
            "t": s.x[21:23] == held(s, i * 4 + 6, 2),
            "n": s.x[16:18] == four(n, k)[:2],
            "difference": W * (low + N(k) - (1 - I(s.C)) * U(k)) == t.number(k + 4, at=s) - row(s),
            "modulus": N(num) >= 1,
        }

    @p.cut(start + 0x504, drop_x=[30], drop_flags=True)
    def _(s: State) -> Claims:
        difference = W * (r.number(num, at=s) + N(num) - (1 - I(s.C)) * U(num))
        return {
            "difference": difference == t.number(num + 4, at=s) - row(s),
            "top": total(s) - W * N(num) < U(num + 4),
            **so_far(s, num),
            "modulus": N(num) >= 1,
        }

    # (Not both a carry above t and no borrow: X10 is not used any more.)
    p.cut(start + 0x508, drop_x=[10])(lambda s: {"one": I(s.x30) + I(s.C) <= 1})

    @p.cut(start + 0x510, drop_flags=True)
    def _(s: State) -> Claims:
        return {"difference": total(s) == W * (r.number(num, at=s) + N(num)) - (1 - I(s.C)) * U(num + 4)}

    @p.invariant(loops[0x518], upto=q - 1)
    def _(s: State, i: Bits) -> Claims:
        c, k = I(s.C), i * 4
        rest = t.number(num + 4, at=s) - t.number(k + 8, at=s) + U(k + 4) * I(s.x[19:23])
        chosen = c * W * r.number(num, at=s) + (1 - c) * (W * r.number(k, at=s) + rest)
        return {
            "r": s.x[6:10] == [r.blocks(1, 64, at=s)(k + j)[0] for j in range(4)],
            "residue": congruent(U(num - 4) * chosen, A(num) * B(num), N(num)),
            "range": chosen < W * N(num),
        }

    @p.ensures
    def _(s: State) -> Claims:
        return {
            "residue": congruent(U(num) * r.number(num, at=s), A(num) * B(num), N(num)),
            "range": r.number(num, at=s) < N(num),
            "returns 1": s.x0 == 1,
        }

    return q
