"""What the proofs of Keccak-f[1600] have in common, whatever library they come from.

`void f(uint64_t A[5][5])`: the state is the 25 lanes of FIPS 202, section 3.1.2, in the core's
byte order.  The rounds are followed one by one; at the head of the loop over them the lanes are
A(r), the state before round r, and A(r) is then taken as arbitrary: without that the polynomials
of a second round would be those of the first, multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from armsym.dsl import Bits, Claims, Fold, Proof, Region, State, Words
from specs import sha3

__all__ = ["Permutation", "permutation", "rounds", "s2n_lanes", "vector_lanes", "word_lanes"]


class Permutation(NamedTuple):
    """The state in memory, and A(r) after r rounds."""

    ctx: Region
    A: Fold


def permutation(p: Proof) -> Permutation:
    """Declare the argument and the postcondition: on return the lanes are A(24), KECCAK-f of those on entry."""
    ctx = p.region("ctx", 200, access="rw")  # 25 lanes of eight bytes
    p.call(x0=ctx)

    def step(S: Words, r: Words) -> list[Bits]:
        return sha3.lanes_of(sha3.Rnd(sha3.state_of(S), r[0].uint))

    # FIPS 202, Algorithm 7: the rounds 0 to 23.
    A = p.fold(step, start=ctx.words(64), over=lambda r: Words([r]), name="A")
    p.modifies(ctx)
    p.ensures(lambda s: {"lanes": ctx.words(64, at=s) == A(24)})
    return Permutation(ctx, A)


def rounds(p: Proof, f: Permutation, head: int, lanes: Callable[[State], Words], *, first: int = 0) -> None:
    """Cut at the loop head before each round from `first` on, where `lanes(s)` are the state's."""

    @p.cut_each(head, forget=lambda k: [(f.A, first + k)])
    def _(s: State, k: int) -> Claims:
        return {"lanes before the round": lanes(s) == f.A(first + k)}


def word_lanes(s: State) -> Words:
    """KeccakF1600_int: X0 to X24 in order, but X25 for X18, the platform's register."""
    return Words([*s.x[0:18], s.x25, *s.x[19:25]])


def vector_lanes(s: State) -> Words:
    """With EOR3, RAX1, XAR and BCAX: the low halves of V0 to V24 in order."""
    return Words(v[63:0] for v in s.v[0:25])


def s2n_lanes(s: State) -> Words:
    """s2n-bignum's scalar code: lanes whose rotation (rho of the round before) is still to be done."""
    order = (1, 6, 11, 16, 21, 2, 7, 12, 17, 22, 3, 8, 13, 28, 23, 4, 9, 14, 19, 24, 5, 10, 15, 20, 25)
    left = (0, 43, 50, 0, 20, 61, 19, 3, 36, 44, 39, 56, 46, 63, 58, 54, 49, 8, 37, 28, 25, 23, 62, 2, 9)
    return Words(s.x[r].ror(n) for r, n in zip(order, left, strict=True))
