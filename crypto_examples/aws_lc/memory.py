"""CRYPTO_memcmp of AWS-LC, for any length."""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, proof
from crypto_examples.memory import buffers, difference
from crypto_examples.wheels import AWS_LC


@proof("CRYPTO_memcmp", of=AWS_LC)
def crypto_memcmp(p: Proof) -> None:
    n, a, b = buffers(p)
    D = difference(p, a, b)

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"difference so far": s.x0 == D(i)[0].zero_extend(64)}

    # 0 exactly when all bytes are equal: which bits differ is not hidden from the caller.
    p.ensures(lambda s: {"result": s.w0 == D(n)[0].zero_extend(32)})
