"""Our own constant-time comparison of byte strings: any length, 0 included.

The specification is the function `difference` below, folded over the bytes of both strings from
0.  A bit that one OR has set no later OR clears, so the difference D(len) is 0 exactly when each
a[i] ^ b[i] is 0, that is when the strings are equal.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.dsl import Bits, Claims, Proof, State, Words, ite, proof


def difference(so_far: Sequence[Bits], pair: Sequence[Bits]) -> list[Bits]:
    """The bits (8) in which the strings differ anywhere so far, one more pair of bytes included."""
    return [so_far[0] | (pair[0] ^ pair[1])]


@proof("armsym_ct_memcmp", of="memcmp.o")
def armsym_ct_memcmp(p: Proof) -> None:
    """w0 = 0 if the strings are equal, else 1; the time depends on their length only."""
    n = p.nat("len", high=2**50)
    a = p.region("a", n, access="r", cell=1)
    b = p.region("b", n, access="r", cell=1)
    p.call(x0=a, x1=b, x2=n)

    D = p.fold(difference, start=[Bits(8, 0)], over=lambda i: Words([a.byte(i), b.byte(i)]), name="D")

    # The loop is tested at the top: its head is reached once more after the last byte.
    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {"difference so far": s.x3 == D(i)[0].zero_extend(64)}

    p.ensures(lambda s: {"result": s.w0 == ite(D(n)[0] == 0, Bits(32, 0), Bits(32, 1))})
