"""Arithmetic modulo the prime and the order of edwards25519, of AWS-LC (s2n-bignum)."""

from __future__ import annotations

from armsym.dsl import Claims, Proof, State, congruent, proof
from crypto_examples.fields import Field
from crypto_examples.wheels import AWS_LC
from specs import rfc8032


@proof("bignum_neg_p25519", of=AWS_LC)
def bignum_neg_p25519(p: Proof) -> None:
    f = Field(p, rfc8032.P, operands="a")
    f.gives(-f.operand("a"))


def _madd(p: Proof) -> None:
    """`void f(uint64_t z[4], uint64_t a[4], uint64_t b[4], uint64_t c[4])`: z = a * b + c modulo the order."""
    f = Field(p, rfc8032.L, operands="abc", stack=16, below_modulus=False)
    f.gives(f.operand("a") * f.operand("b") + f.operand("c"))


for _name in ("madd_n25519", "madd_n25519_alt"):
    proof(_symbol := f"bignum_{_name}", of=AWS_LC, name=_symbol)(_madd)


@proof("bignum_mod_n25519", of=AWS_LC)
def bignum_mod_n25519(p: Proof) -> None:
    """`void f(uint64_t z[4], uint64_t k, uint64_t x[k])`: here for numbers of 0 to 8 words."""
    k = p.choice("k", range(9))
    z = p.region("z", 32, access="w")
    x = p.region("a", 8 * k, access="r")
    p.call(x0=z, x1=k, x2=x)
    p.modifies(z)
    number = p.integer(x.words(64)) if k else 0

    def claims(s: State) -> Claims:
        r = p.integer(z.words(64, at=s))
        return {"value": congruent(r, number, rfc8032.L), "reduced": r < rfc8032.L}

    p.ensures(claims)
