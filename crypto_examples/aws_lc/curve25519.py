"""Arithmetic modulo the prime of edwards25519, and modulo its order, of AWS-LC (s2n-bignum)."""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Integer, Proof, State, congruent, proof
from crypto_examples.fields import Field
from crypto_examples.wheels import AWS_LC
from specs import rfc8032


@proof("bignum_neg_p25519", of=AWS_LC)
def bignum_neg_p25519(p: Proof) -> None:
    f = Field(p, rfc8032.P, operands="a")
    f.gives(-f.operand("a"))


@proof("bignum_mod_n25519", of=AWS_LC)
def bignum_mod_n25519(p: Proof) -> None:
    """`void f(uint64_t r[4], uint64_t k, const uint64_t m[k])`: m modulo the order, m and r apart.

    After the top words, at most 4, there are `more`.  Each is taken in turn: what there is, below the order, times
    2**64 and the word, less an estimated quotient times the order, which is mended by one addition.
    """
    order = rfc8032.L
    top = p.choice("words_at_the_top", range(5))
    more = p.nat("more", high=2**59) if top == 4 else Bits(64, 0)
    r = p.region("r", 32, access="w")
    m = p.region("m", (more + top) * 8, access="r", cell=8)
    p.call(x0=r, x1=more + top, x2=m)
    p.modifies(r)
    M = m.blocks(1, 64)
    start = p.integer([w for j in range(top) for w in M(more + j)]) if top else 0
    H = p.fold_mod(lambda h, w: h * 2**64 + w, modulus=order, start=start, over=lambda i: p.integer(M(more - 1 - i)))
    if top == 4:

        @p.invariant(p.routine.back_edge(), upto=more)
        def taken(s: State, i: Bits) -> Claims:
            h = p.integer(s.x[3:7])
            return {"left": s.x1 == more - i, "value": congruent(h, H(i), order), "reduced": h < order}

    @p.ensures
    def result(s: State) -> Claims:
        h = p.integer(r.words(64, at=s))
        return {"value": congruent(h, H(more), order), "reduced": h < order}


def _steps(f: Field, product: int, steps: tuple[int, ...]) -> None:
    """From offset `product` on, X8 to X15 are what is to be reduced.  It loses a word at each of the `steps`.

    What lies above that word is below the order then; each step by itself is shown of any such number.
    """
    p, value = f.p, f.operand("a") * f.operand("b") + f.operand("c")
    f.gives(value)
    for at, low, high in ((product, 8, 16), *((at, 12 - k, 16 - k) for k, at in enumerate(steps))):

        @p.cut(p.routine.entry + at, drop_x=range(low, high))
        def claims(s: State, low: int = low, high: int = high) -> Claims:
            below = {"reduced": p.integer(s.x[low:high]) < f.modulus} if low > 8 else {}
            return {"value": congruent(p.integer(s.x[8:high]), value, f.modulus), **below}


@proof("bignum_madd_n25519_alt", of=AWS_LC)
def bignum_madd_n25519_alt(p: Proof) -> None:
    """`void f(uint64_t r[4], const uint64_t a[4], b[4], c[4])`: a * b + c modulo the order."""
    f = Field(p, rfc8032.L, operands="abc", stack=16, below_modulus=False)
    _steps(f, 0x130, (0x19C, 0x1F4, 0x24C, 0x2A4))


@proof("bignum_madd_n25519", of=AWS_LC)
def bignum_madd_n25519(p: Proof) -> None:
    """The same, with Karatsuba's products of halves, and of quarters: what each is stands where it is done."""
    f = Field(p, rfc8032.L, operands="abc", stack=16, below_modulus=False)
    a, b = ([p.integer(w) for w in f.words(name)] for name in "ab")
    (a0, a1), (b0, b1) = ((x[0] + x[1] * 2**64, x[2] + x[3] * 2**64) for x in (a, b))

    def known(at: int, registers: tuple[int, ...], value: Callable[[State], Integer | int]) -> None:
        @p.cut(p.routine.entry + at, drop_x=registers)
        def claims(s: State) -> Claims:
            return {"product": p.integer([s.x[n] for n in registers]) == value(s)}

    def sign(mask: Bits) -> Integer | int:
        return 1 - p.integer(mask[0:0]) * 2

    known(0x40, (8, 9), lambda _: a[0] * b[0])
    known(0x94, (8, 9, 10, 11), lambda _: a0 * b0)
    known(0xCC, (12, 13), lambda _: a[2] * b[2])
    known(0x120, (12, 13, 14, 15), lambda _: a1 * b1)
    known(0x160, (0, 4), lambda s: (a1 - a0) * sign(s.x16))
    known(0x164, (5, 6), lambda s: (b0 - b1) * sign(s.x17))
    known(0x1D4, (2, 17, 7, 1), lambda s: (a1 - a0) * (b0 - b1) * sign(s.x16))
    known(0x218, (8, 9, 10, 11, 12, 13, 14, 15), lambda _: f.operand("a") * f.operand("b"))
    _steps(f, 0x240, (0x2AC, 0x304, 0x35C, 0x3B4))
