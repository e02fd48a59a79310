"""Our own SHA-512: any number of blocks, none included."""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, lanes, proof
from specs import sha512


@proof("armsym_sha512_blocks", of="sha512.o")
def armsym_sha512_blocks(p: Proof) -> None:
    """state = H^(n), from state = H^(0) and n blocks of message: FIPS 180-4, section 6.4.2."""
    n = p.nat("n", high=2**50)
    state = p.region("state", 64, access="rw")
    data = p.region("data", 128 * n, access="r")
    p.call(x0=state, x1=data, x2=n)

    M = data.blocks(words=16, width=64, order="big")
    H = p.fold(sha512.compress, start=state.words(width=64), over=M)

    # The loop is tested at the bottom, and skipped when there is no block.
    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"hash value so far": s.v[24:28] == lanes(H(i))}

    p.modifies(state)
    p.ensures(lambda s: {"hash value": state.words(width=64, at=s) == H(n)})
