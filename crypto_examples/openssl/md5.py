"""MD5 of OpenSSL 4.0.3."""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, proof
from crypto_examples.hashing import block_function
from crypto_examples.wheels import OPENSSL_4_0
from specs import md5


@proof("ossl_md5_block_asm_data_order", of=OPENSSL_4_0)
def ossl_md5_block_asm_data_order(p: Proof) -> None:
    """The code counts blocks in 32 bits: it takes 2^32 at most, though its callers may pass any size_t."""
    f = block_function(p, md5.compress, words=4, order="little", high=2**32 - 1)

    @p.invariant(p.routine.back_edge(), upto=f.n)
    def _(s: State, i: Bits) -> Claims:
        return {"digest so far": s.w[10:14] == f.H(i), "digest in memory": f.ctx.words(32, at=s) == f.H(i)}

    p.modifies(p.stack(80))
