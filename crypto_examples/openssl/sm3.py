"""SM3 of OpenSSL 4.0.3, with the SM3 extension."""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, lanes, proof
from crypto_examples.hashing import block_function
from crypto_examples.wheels import OPENSSL_4_0
from specs import sm3


@proof("ossl_hwsm3_block_data_order", of=OPENSSL_4_0)
def ossl_hwsm3_block_data_order(p: Proof) -> None:
    """State in V5 and V6, the first word leftmost.  The code counts blocks in 32 bits, as does MD5's."""
    f = block_function(p, sm3.CF, high=2**32 - 1)

    @p.invariant(p.routine.back_edge(), upto=f.n)
    def _(s: State, i: Bits) -> Claims:
        h = f.H(i)
        return {"digest so far": s.v[5:7] == lanes([*reversed(h[0:4]), *reversed(h[4:8])])}
