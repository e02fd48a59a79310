"""Arithmetic modulo the prime of edwards25519, and modulo its order, of AWS-LC (s2n-bignum)."""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Proof, State, congruent, proof
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


def _madd(product: int, steps: tuple[int, ...]) -> Callable[[Proof], None]:
    """`void f(uint64_t r[4], const uint64_t a[4], b[4], c[4])`: a * b + c modulo the order.

    At offset `product` X8 to X15 hold the product and c.  It loses a word at each of the `steps`: what lies above it is
    below the order then.
    """

    def prove(p: Proof) -> None:
        f = Field(p, rfc8032.L, operands="abc", stack=16, below_modulus=False)
        value = f.operand("a") * f.operand("b") + f.operand("c")
        f.gives(value)

        def step(at: int, low: int, high: int) -> None:
            @p.cut(p.routine.entry + at, drop_x=range(low, high))
            def claims(s: State) -> Claims:
                below = {"reduced": p.integer(s.x[low:high]) < f.modulus} if low > 8 else {}
                return {"value": congruent(p.integer(s.x[8:high]), value, f.modulus), **below}

        step(product, 8, 16)
        for k, at in enumerate(steps):
            step(at, 12 - k, 16 - k)

    return prove


proof("bignum_madd_n25519_alt", of=AWS_LC, name="bignum_madd_n25519_alt")(_madd(0x130, (0x19C, 0x1F4, 0x24C, 0x2A4)))
