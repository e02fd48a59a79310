"""What the proofs of absorbing and squeezing have in common: the sponge of FIPS 202, section 4, any rate, any length.

The permutation is called by contract.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Proof, Region, State, Words
from crypto_examples.keccak import KECCAK_F
from specs import sha3

__all__ = ["absorbs", "squeezes"]

#: Bytes of a block: what absorbing is proved for, any number of lanes, fewer than the state has; and the rates of
#: SHA3-512, -384, -256, -224 and SHAKE128 (that of SHAKE256 is 136, too), where each length of a last block is a path.
RATES, RATES_OF_SHA3 = range(8, 200, 8), (72, 104, 136, 144, 168)


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


def squeezes(p: Proof, *, lane: int, cursor: int, left: int, lanes_left: int, may_begin: bool = True) -> None:
    """For the rates of SHA-3, and len from 1 to 2^50; blocks are permuted only in between.

    `void f(uint64_t A[5][5], uint8_t *out, size_t len, size_t r, int next)` permutes first if `next` is not 0; there is
    no `next` if it is not `may_begin`.  At the head of the loop over lanes, their addresses are in X`lane` and
    X`cursor`, in X`left` how many bytes are to come, in X`lanes_left` those of this block.
    """
    r, again = p.choice("r", RATES_OF_SHA3), p.choice("again", (0, 1) if may_begin else (0,))
    n, rest = p.nat("n", high=2**50 // r), p.nat("rest", low=1, high=r)
    A = p.region("A", 200, access="rw")
    out = p.region("out", r * n + rest, access="rw")
    arguments: dict[str, Bits | Region] = {"x0": A, "x1": out, "x2": r * n + rest, "x3": Bits(64, r)}
    if again:
        arguments["w4"] = p.word("next", 32, public=True)
        p.assume("next is not 0", arguments["w4"] != 0)
    elif may_begin:
        arguments["w4"] = Bits(32, 0)
    p.call(**arguments)
    before = A.words(64)
    start = KECCAK_F(before) if again else before
    S = p.fold(lambda S, _: KECCAK_F(S), start=start, over=lambda j: Words([j]), name="S")
    p.modifies(A, out)

    def block(j: Bits) -> Words:
        return Words(S(j)[: r // 8])

    # Each length of the last block is a path, and all speak of the bytes of one state.
    bytes_of = p.memo(lambda j: Words(b for w in S(j) for b in w.elems(8)))

    def callee_saved(s: State) -> Words:
        return Words(s.v[r][63:0] for r in range(8, 16))

    @p.invariant(p.routine.back_edge(), upto=n, inclusive=True, when=lambda s: s.x[lane] == A.base)
    def _(s: State, i: Bits) -> Claims:
        return {
            "d8 to d15": callee_saved(s) == callee_saved(p.entry),
            "state": A.words(64, at=s) == S(i),
            "blocks": out.holds(block, upto=i, at=s, words=r // 8, width=64),
            "cursor": s.x[cursor] == out.base + r * i,
            "bytes left": s.x[left] == r * (n - i) + rest,
            "of this block": s.x[lanes_left] == r,
        }

    @p.ensures
    def _(s: State) -> Claims:
        whole = out.holds(block, upto=n, at=s, words=r // 8, width=64, tail=bytes_of(n)[:r], tail_bytes=rest)
        return {"state": A.words(64, at=s) == S(n), "out": whole}
