"""What the proofs of absorbing have in common: the sponge of FIPS 202, section 4, any rate, any length.

`size_t f(uint64_t A[5][5], const uint8_t *inp, size_t len, size_t r)` takes r bytes at a time as long as
there are so many, and returns how many are left.  The permutation is called by contract.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Proof, State, Words
from crypto_examples.keccak import KECCAK_F
from specs import sha3

__all__ = ["absorbs"]


def _absorb(S: Words, P: Words) -> Words:
    return Words(sha3.absorb(S, P, KECCAK_F))


def absorbs(p: Proof, *, lanes: Callable[[State], Words], cursor: int, left: int) -> None:
    """For every rate of whole lanes below 200 bytes, and len up to 2^50.

    At the head of the loop the state is in the registers `lanes`, the address of the next block in
    X`cursor`, the number of bytes from there in X`left`.
    """
    r = p.choice("r", range(8, 200, 8))
    n, rest = p.nat("n", high=2**50 // r), p.nat("rest", high=r - 1)
    A = p.region("A", 200, access="rw")
    inp = p.region("inp", r * n + rest, access="r")
    p.call(x0=A, x1=inp, x2=r * n + rest, x3=r)
    S = p.fold(_absorb, start=A.words(64), over=inp.blocks(words=r // 8, width=64), name="S")
    p.modifies(A)
    p.ensures(lambda s: {"state": A.words(64, at=s) == S(n), "bytes left": s.x0 == rest})

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {
            "state so far": lanes(s) == S(i),
            "cursor": s.x[cursor] == inp.base + r * i,
            "bytes left": s.x[left] == r * (n - i) + rest,
        }
