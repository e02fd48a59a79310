"""Our own SHA-256: any number of blocks, none included."""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, lanes, proof
from specs import sha256


@proof("armsym_sha256_blocks", of="sha256.o")
def armsym_sha256_blocks(p: Proof) -> None:
    """state = H^(n), from state = H^(0) and n blocks of message: FIPS 180-4, section 6.2.2."""
    n = p.nat("n", high=2**50)
    state = p.region("state", 32, access="rw")
    data = p.region("data", 64 * n, access="r")
    p.call(x0=state, x1=data, x2=n)

    M = data.blocks(words=16, width=32, order="big")
    H = p.fold(sha256.compress, start=state.words(width=32), over=M)

    # The loop is tested at the top: its head is reached once more after the last block.
    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {"hash value so far": s.v[0:2] == lanes(H(i))}

    p.modifies(state)
    p.ensures(lambda s: {"hash value": state.words(width=32, at=s) == H(n)})
