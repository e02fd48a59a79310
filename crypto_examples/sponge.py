"""What the proofs of absorbing and squeezing have in common: the sponge of FIPS 202, section 4, any rate, any length.

The permutation is called by contract.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, ite, select
from crypto_examples.keccak import KECCAK_F
from specs import sha3

__all__ = ["absorbs", "lane_by_lane", "squeezes"]

#: Bytes of a block that absorbing is proved for: any number of lanes, fewer than the state has.
RATES = range(8, 200, 8)


def _absorb(S: Words, P: Words) -> Words:
    return Words(sha3.absorb(S, P, KECCAK_F))


def absorbs(p: Proof, *, lanes: Callable[[State], Words], cursor: int, left: int) -> None:
    """For every rate of whole lanes below 200 bytes, and len up to 2^50.

    `size_t f(uint64_t A[5][5], const uint8_t *inp, size_t len, size_t r)` takes r bytes at a time as long as there
    are so many, and returns how many are left.  At the head of the loop the state is in the registers `lanes`, the
    address of the next block in X`cursor`, the number of bytes from there in X`left`.
    """
    r = p.choice("r", RATES)
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


def lane_by_lane(lanes: Bits) -> Callable[[Words, Words], Words]:
    """A step of squeezing, Algorithm 8, steps 7 to 10, for blocks of that many lanes, 1 to 24, in 5 bits.

    Of a state's 25 lanes and the number of one of them, in 5 bits, it makes those of the next lane of Z: the next
    of this block, or else lane 0 of the permuted state.
    """

    def step(before: Words, _: Words) -> Words:
        S, k = Words(before[:25]), before[25] + 1
        over = k == lanes
        return Words([*(ite(over, a, b) for a, b in zip(KECCAK_F(S), S, strict=True)), ite(over, Bits(5, 0), k)])

    return step


def squeezes(p: Proof, *, lane: int, cursor: int, left: int, lanes_left: int, may_begin: bool = True) -> None:
    """For every rate of whole lanes below 200 bytes, and len from 1 to 2^50; blocks are permuted only in between.

    `void f(uint64_t A[5][5], uint8_t *out, size_t len, size_t r, int next)` permutes first if `next` is not 0; there is
    no `next` if it is not `may_begin`.  At the head of the loop over lanes, their addresses are in X`lane` and
    X`cursor`, in X`left` how many bytes are to come, in X`lanes_left` those of this block.

    The output is stated lane by lane, not block by block: so no length of a last block is a path of its own.
    """
    again = p.choice("again", (0, 1) if may_begin else (0,))
    n, rest = p.nat("n", high=2**47), p.nat("rest", low=1, high=8)
    lanes = p.nat("lanes", low=1, high=24, unit=24)  # of a block
    A = p.region("A", 200, access="rw")
    out = p.region("out", 8 * n + rest, access="rw")
    arguments: dict[str, Bits | Region] = {"x0": A, "x1": out, "x2": 8 * n + rest, "x3": 8 * lanes}
    if again:
        arguments["w4"] = p.word("next", 32, public=True)
        p.assume("next is not 0", arguments["w4"] != 0)
    elif may_begin:
        arguments["w4"] = Bits(32, 0)
    p.call(**arguments)
    before = A.words(64)
    start = KECCAK_F(before) if again else before
    # For lane q of the output: the state that it is of, and its number there.
    T = p.fold(lane_by_lane(lanes[4:0]), start=[*start, Bits(5, 0)], over=lambda q: Words([q]), name="T")
    p.modifies(A, out)

    def state(q: Bits) -> Words:
        return Words(T(q)[:25])

    def number(q: Bits) -> Bits:
        return T(q)[25].zero_extend(64)

    def squeezed(q: Bits) -> Words:
        return Words([select(number(q), state(q))])

    def callee_saved(s: State) -> Words:
        return Words(s.v[r][63:0] for r in range(8, 16))

    p.split(p.routine.back_edge(), on=lambda s, i: T(i)[25] + 1 == lanes[4:0])

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
    def _(s: State, i: Bits) -> Claims:
        return {
            "d8 to d15": callee_saved(s) == callee_saved(p.entry),
            "one of the block's": number(i) < lanes,
            "state": A.words(64, at=s) == state(i),
            "lane": s.x[lane] == A.base + 8 * number(i),
            "lanes": out.holds(squeezed, upto=i, at=s, words=1, width=64),
            "cursor": s.x[cursor] == out.base + 8 * i,
            "bytes left": s.x[left] == 8 * (n - i) + rest,
            "of this block": s.x[lanes_left] == 8 * (lanes - number(i)),
        }

    @p.ensures
    def _(s: State) -> Claims:
        tail = squeezed(n)[0].elems(8)
        whole = out.holds(squeezed, upto=n, at=s, words=1, width=64, tail=tail, tail_bytes=rest)
        return {"state": A.words(64, at=s) == state(n), "out": whole}
