"""Montgomery multiplication of numbers of any length, by the code of OpenSSL's armv8-mont.pl and its copies."""

from __future__ import annotations

import random

from armsym.dsl import Bits, Claims, Integer, Proof, State, congruent

__all__ = ["bn_mul_mont_of_any_length", "examples"]


def examples(p: Proof, a: object, b: object, n: object, n0: object) -> None:
    """Odd moduli of any size, their constants, and operands below them."""
    modulus = [1]

    def of_n(rng: random.Random, size: int) -> bytes:
        bits = 8 * size
        few = rng.getrandbits(bits - 70)
        modulus[0] = rng.choice((rng.getrandbits(bits), 2**bits - 1, few, 2 ** (bits - 1))) | 1
        return modulus[0].to_bytes(size, "little")

    def operand(rng: random.Random, size: int) -> bytes:
        return rng.choice((modulus[0] - 1, rng.randrange(modulus[0]))).to_bytes(size, "little")

    p.example(n, of_n)  # type: ignore[arg-type]
    p.example(n0, lambda _, size: pow(-modulus[0], -1, 2**64).to_bytes(size, "little"))  # type: ignore[arg-type]
    p.example(a, operand)  # type: ignore[arg-type]
    p.example(b, operand)  # type: ignore[arg-type]


def bn_mul_mont_of_any_length(p: Proof) -> None:
    """`int bn_mul_mont(BN_ULONG *r, const BN_ULONG *a, *b, *n, *n0, int num)`: r = a b / 2^(64 num) modulo n, r < n.

    Given a < n, b < n and n[0] n0 = -1 modulo 2^64, for num words, at least 5 and no multiple of 4: of other lengths
    other code takes care.  t is the routine's buffer on the stack, of num words.
    """
    num = p.nat("num", low=5, high=2**61 - 1)
    p.assume("num < 2^31", num < 2**31)
    p.assume("num is no multiple of 4", (num & 3) != 0)
    a, b, n = (p.region(name, num * 8, access="r") for name in "abn")
    r, n0 = p.region("r", num * 8, access="rw"), p.region("n0", 8, access="r")
    examples(p, a, b, n, n0)
    p.call(x0=r, x1=a, x2=b, x3=n, x4=n0, x5=num)
    p.modifies(r, p.stack(64))
    t = p.dynamic_stack("t", ((num + 1) >> 1) << 4)
    words = {x: x.blocks(1, 64) for x in (a, b, n)}
    A, B, N = (p.number(w, name=f"of_{x.name}") for x, w in words.items())
    U, I = A.unit, p.integer  # noqa: E741
    inverse = n0.words(64)[0]
    p.assume("n n0 = -1 modulo 2^64", congruent(I(words[n](0)) * I(inverse), -1, 2**64))
    p.assume("a < n", A(num) < N(num))
    p.assume("b < n", B(num) < N(num))
    first, outer, inner, subtract, choose = sorted(p.routine.all_loops, key=lambda loop: loop.head)[:5]

    def products(s: State, i: Bits) -> Claims:
        """The products of word i, that the next iteration adds."""
        of_a, of_n = words[a](i)[0], words[n](i)[0]
        return {
            "a low": s.x10 == of_a * s.x9,
            "a high": s.x11 == (of_a.zero_extend(128) * s.x9.zero_extend(128))[127:64],
            "n low": s.x16 == of_n * s.x15,
            "n high": s.x17 == (of_n.zero_extend(128) * s.x15.zero_extend(128))[127:64],
        }

    def total(s: State) -> Integer | int:
        """The number in t, with the carry above it."""
        return t.number(num, at=s) + I(s.x19[0:0]) * U(num)

    def so_far(s: State, j: Bits) -> Claims:
        """What t holds when j words of b are done."""
        return {
            "carry": s.x19[63:1] == Bits(63, 0),
            "residue": congruent(U(j) * total(s), A(num) * B(j), N(num)),
            "range": total(s) < 2 * N(num),
        }

    def cancels(s: State) -> Claims:
        """That m in X15 makes the lowest word 0."""
        return {"m": congruent(I(s.x6) + I(words[n](0)) * I(s.x15), 0, 2**64)}

    p.cut(first.head - 0x1C, drop_x=[15])(cancels)

    @p.invariant(first, upto=num - 2)
    def _(s: State, i: Bits) -> Claims:
        sums = 2**64 * t.number(i, at=s) + U(i + 1) * (I(s.x7) + I(s.x13))
        return {
            **products(s, i + 1),
            "b": s.x9 == words[b](0)[0],
            "n0": s.x4 == inverse,
            "sum": sums == A(i + 1) * I(s.x9) + N(i + 1) * I(s.x15),
            "n": N(num) >= 1,
        }

    @p.invariant(outer, upto=num - 1)
    def _(s: State, i: Bits) -> Claims:
        return {**so_far(s, i + 1), "n": N(num) >= 1}

    p.cut_within(outer, outer.head + 0x34, drop_x=[15])(lambda s, i: cancels(s))

    @p.invariant(inner, upto=num - 2)
    def _(s: State, i: Bits) -> Claims:
        j = ((s.x2 - b.base) >> 3) - 1
        done = 2**64 * t.number(i, at=s) + U(i + 1) * (I(s.x7) + I(s.x13) + I(s.C))
        # What t held before this row, as what is done less what the row has added.
        before = done + total(s) - t.number(i + 1, at=s) - A(i + 1) * I(s.x9) - N(i + 1) * I(s.x15)
        return {
            **products(s, i + 1),
            "no overflow": I(s.x13) + I(s.C) <= 2**64 - 1,
            "residue": congruent(U(j) * before, A(num) * B(j), N(num)),
            "range": before < 2 * N(num),
        }

    p.cut(subtract.head - 4, drop_x=[19])(lambda s: {**so_far(s, num), "no borrow": s.C == 1})

    @p.invariant(subtract, upto=num - 1)
    def _(s: State, i: Bits) -> Claims:
        return {
            **so_far(s, num),
            "words": [s.x23 == t.blocks(1, 64, at=s)(i)[0], s.x14 == words[n](i)[0]],
            "difference": r.number(i, at=s) == t.number(i, at=s) - N(i) + (1 - I(s.C)) * U(i),
        }

    @p.cut(subtract.head + 0x1C, drop_x=[8, 21], drop_flags=True)
    def _(s: State) -> Claims:
        difference = t.number(num, at=s) - N(num) + (1 - I(s.C)) * U(num)
        return {
            "difference": r.number(num - 1, at=s) + U(num - 1) * I(s.x8) == difference,
            "top": total(s) - N(num) < U(num),
        }

    # (Not both a carry above t and no borrow: X21 is not used any more.)
    p.cut(subtract.head + 0x20, drop_x=[21])(lambda s: {"one": I(s.x19 + 1) <= 1})

    @p.invariant(choose, upto=num - 1)
    def _(s: State, i: Bits) -> Claims:
        c = I(s.C)
        mixed = r.number(i, at=s) + t.number(num, at=s) - t.number(i, at=s)
        chosen = c * r.number(num, at=s) + (1 - c) * mixed
        return {
            "words": [s.x23 == t.blocks(1, 64, at=s)(i)[0], s.x8 == r.blocks(1, 64, at=s)(i)[0]],
            "residue": congruent(U(num) * chosen, A(num) * B(num), N(num)),
            "range": chosen < N(num),
        }

    @p.ensures
    def _(s: State) -> Claims:
        return {
            "residue": congruent(U(num) * r.number(num, at=s), A(num) * B(num), N(num)),
            "range": r.number(num, at=s) < N(num),
            "returns 1": s.x0 == 1,
        }
