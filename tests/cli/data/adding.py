"""Proofs for the tests of the command line: true ones, false ones, and ones that cannot be set up."""

from armsym.bits import Bits
from armsym.proof.declare import Proof
from armsym.proof.handles import Claims
from armsym.proof.registry import proof
from armsym.proof.state import State, Words


@proof("add64", of="routines.o")
def adds(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"sum": s.x0 == a + b})


@proof("add64", of="routines.o")
def subtracts(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"difference": s.x0 == a - b})


@proof("sum64", of="routines.o")
def sums(p: Proof) -> None:
    n = p.nat("n", low=1, high=2**32)
    data = p.region("data", 8 * n, access="r")
    p.call(x0=data, x1=n)
    word = data.blocks(words=1, width=64)

    def add(total: Words, block: Words) -> list[Bits]:
        return [total[0] + block[0]]

    total = p.fold(add, start=[Bits(64, 0)], over=word)

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"sum so far": s.x2 == total(i)[0]}

    p.ensures(lambda s: {"sum": s.x0 == total(n)[0]})


@proof("sum64", of="routines.o")
def sums_without_invariant(p: Proof) -> None:
    n = p.nat("n", low=1, high=2**32)
    data = p.region("data", 8 * n, access="r")
    p.call(x0=data, x1=n)
    p.ensures(lambda s: {"counted down": s.x1 == 0})


@proof("add65", of="routines.o")
def no_such_symbol(p: Proof) -> None:
    p.ensures(lambda s: {"nothing": s.x0 == 0})


@proof("root", of="routines.o")
def takes_a_root(p: Proof) -> None:
    p.ensures(lambda s: {"one": s.x0 == 1})


@proof("add64", of="routines.o")
def raises(p: Proof) -> None:
    p.ensures(lambda s: {"ratio": s.x0 == 1 // 0})
