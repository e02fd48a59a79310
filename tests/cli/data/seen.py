"""Proofs for the tests of `armsym view`: one that says too little of its loop, one with odd names."""

from armsym.bits import Bits
from armsym.proof.declare import Proof
from armsym.proof.handles import Claims
from armsym.proof.registry import proof
from armsym.proof.state import State, Words


@proof("sum64", of="routines.o")
def says_too_little(p: Proof) -> None:
    n = p.nat("n", low=1, high=2**32)
    data = p.region("data", 8 * n, access="r")
    p.call(x0=data, x1=n)

    def add(total: Words, block: Words) -> list[Bits]:
        return [total[0] + block[0]]

    total = p.fold(add, start=[Bits(64, 0)], over=data.blocks(words=1, width=64))

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"where": s.x0 == data.base + 8 * i}

    p.ensures(lambda s: {"sum": s.x0 == total(n)[0]})


@proof("add64", of="routines.o")
def odd_names(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"</script><img src=x onerror=alert(1)>": s.x0 == a + b, "&lt;!--": s.x1 == b})


@proof("trap", of="routines.o")
def traps(p: Proof) -> None:
    p.ensures(lambda s: {"none": s.x0 == 0})
