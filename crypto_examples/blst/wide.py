"""Products of two numbers of 384 bits in 768, and what Montgomery's reduction makes of them, of blst."""

from __future__ import annotations

from armsym.dsl import Claims, Proof, State, below, congruent, proof
from crypto_examples.blst.modulus import given_modulus
from crypto_examples.wheels import BLST
from specs import bls12_381


def _product(p: Proof, operands: str) -> None:
    """`void f(uint64_t r[12], const uint64_t a[6], ...)`: the first operand times the last, of any size."""
    r = p.region("r", 96, access="w")
    regions = [p.region(name, 48, access="r") for name in operands]
    p.call(x0=r, **{f"x{k}": x for k, x in enumerate(regions, 1)})
    p.modifies(r, p.stack(128))
    numbers = [p.integer(x.words(64)) for x in regions]
    p.ensures(lambda s: {"product": p.integer(r.words(64, at=s)) == numbers[0] * numbers[-1]})


@proof("mul_384", of=BLST)
def blst_mul_384(p: Proof) -> None:
    _product(p, "ab")


@proof("sqr_384", of=BLST)
def blst_sqr_384(p: Proof) -> None:
    _product(p, "a")


@proof("redc_mont_384", of=BLST)
def blst_redc_mont_384(p: Proof) -> None:
    """`void f(uint64_t r[6], const uint64_t a[12], const uint64_t p[6], uint64_t n0)`: a / 2^384 modulo p, reduced."""
    P = bls12_381.p
    r, a = p.region("r", 48, access="w"), p.region("a", 96, access="r")
    p.example(a, below(P * 2**384))
    number = p.integer(a.words(64))
    p.assume("a is below 2^384 times the modulus", number < P * 2**384)
    p.call(x0=r, x1=a)
    given_modulus(p, P, 2, multiplies=True)
    p.modifies(r, p.stack(128))

    @p.ensures
    def _(s: State) -> Claims:
        result = p.integer(r.words(64, at=s))
        return {"value": congruent(result * 2**384, number, P), "reduced": result < P}
