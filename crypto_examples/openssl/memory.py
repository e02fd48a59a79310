"""CRYPTO_memcmp and OPENSSL_cleanse of OpenSSL 4.0.3, for any length."""

from __future__ import annotations

from functools import reduce
from operator import and_

from armsym.dsl import Bits, Claims, Proof, State, ite, proof
from crypto_examples.memory import buffers, difference, zero_byte
from crypto_examples.wheels import OPENSSL_4_0


@proof("CRYPTO_memcmp", of=OPENSSL_4_0)
def crypto_memcmp(p: Proof) -> None:
    """Sixteen bytes are compared at once, any other number one by one."""
    if p.choice("sixteen", (0, 1)):
        n, a, b = buffers(p, 16)
        equal = reduce(and_, (a.byte(i) ^ b.byte(i) == 0 for i in range(16)))
        p.ensures(lambda s: {"0 if equal, else 1": s.w0 == ite(equal, Bits(32, 0), Bits(32, 1))})
        return
    n, a, b = buffers(p)
    p.assume("n is not 16", n != 16)
    D = difference(p, a, b)

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"difference so far": s.w3 == D(i)[0].zero_extend(32)}

    p.ensures(lambda s: {"0 if equal, else 1": s.w0 == ite(D(n)[0] == 0, Bits(32, 0), Bits(32, 1))})


@proof("OPENSSL_cleanse", of=OPENSSL_4_0)
def openssl_cleanse(p: Proof) -> None:
    n = p.nat("n", high=2**50)
    buf = p.region("buf", n, access="rw", cell=1)
    p.call(x0=buf, x1=n)
    p.modifies(buf)

    bytes_, align, words = p.routine.loops()
    to_align = (-buf.base) & 7

    def erased(s: State, least: int) -> Claims:
        done = s.x0 - buf.base
        return {
            f"at least {least} left": (n >= least) & (done <= n - least),
            "bytes left": s.x1 == n - done,
            "erased so far": buf.holds(zero_byte, upto=done, at=s, words=1, width=8),
        }

    @p.invariant(bytes_, upto=n)
    def _(s: State, i: Bits) -> Claims:
        return erased(s, 1)

    @p.invariant(align, upto=to_align, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return erased(s, 9)

    @p.invariant(words, upto=n)
    def _(s: State, i: Bits) -> Claims:
        return erased(s, 8)

    p.ensures(lambda s: {"erased": buf.holds(zero_byte, upto=n, at=s, words=1, width=8)})
