"""Rejection sampling of AWS-LC (assembly of mlkem-native and mldsa-native): FIPS 203, algorithm 7; FIPS 204, 30 and 31.

What is accepted of the buffer's whole pieces is written in order, as far as there is room for 256; what follows is as
if zeros were sampled.  How many were is returned.  A piece of input is shuffled by a table of all patterns of accepted
lanes, and stored in full: the next one goes over the lanes that were not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armsym.dsl import Bits, Claims, Filter, Loop, Proof, Prop, State, Words, concat, ite, lanes, look_up, proof
from crypto_examples.lattices import table
from crypto_examples.wheels import AWS_LC
from specs import fips203, fips204

N = 256


@dataclass(frozen=True)
class _Code:
    """Where things are in the code, as offsets from its first byte, and what it works on.

    vectors  stored in one round; each takes a group of bytes, of which `lane` bits are a lane of the vector
    stores   the vectors' stores in the loop, and what follows the last
    tail     the stores for what is left after the loop, if the last piece may be half as long, and what follows
    """

    stack: int
    head: int
    patterns: int
    stores: tuple[int, ...]
    tail: tuple[int, ...]
    copy: int
    lane: int


def _written(p: Proof, A: Filter, blocks: Bits, lane: int, stack: int) -> Callable[[State], Claims]:
    """That the buffer on the stack holds what is accepted of the first blocks, and zeros after it."""
    local = p.local(N * lane // 8, below=stack)

    def claims(s: State) -> Claims:
        so_far = A(blocks)
        return {"written": local.holds(lambda k: [so_far[k].zero_extend(lane)], upto=N, at=s, words=1, width=lane)}

    return claims


def _rejection(p: Proof, c: _Code, A: Filter, n: Bits, result: Callable[[Bits], Bits], results: Callable[[State], Words]) -> None:
    """The proof of a sampler; of `n` pieces of as many blocks as the tail has stores (or the loop, without a tail)."""
    at, per = p.routine.entry, len(c.stores) - 1
    step = 2 if c.tail else 1
    each = per // step
    (main,) = [loop for loop in p.routine.loops() if loop.head == at + c.head]

    def stored(s: State, first: Bits, count: int) -> Claims:
        blocks = [A.block(first + k) for k in range(count)]
        return {
            "kept": s.v[16 : 16 + count] == lanes(w.zero_extend(c.lane) for b in blocks for w in b.words),
            "how many": s.x[12 : 12 + count] == [b.count for b in blocks],
        }

    def written(s: State, blocks: Bits) -> Claims:
        return _written(p, A, blocks, c.lane, c.stack)(s)

    def every(loop: Loop, offset: int, claims: Callable[[State, Bits], Claims]) -> None:
        p.cut_within(loop, at + offset)(claims)

    @p.invariant(main, upto=n, step=step)
    def _(s: State, i: Bits) -> Claims:
        so_far = A(each * i)
        return {
            "count": s.x9 == so_far.count,
            "cursor": s.x7 == p.entry.sp - c.stack + c.lane // 8 * so_far.count,
            "a round's input": n - i >= step,
            **written(s, each * i),
        }

    if c.patterns:
        every(main, c.patterns, lambda s, i: {
            "which": s.x[12 : 12 + per] == [A.block(each * i + k).pattern.zero_extend(64) for k in range(per)]
        })
    every(main, c.stores[0], lambda s, i: stored(s, each * i, per))
    for k, offset in enumerate(c.stores[1:], 1):
        every(main, offset, lambda s, i, k=k: written(s, each * i + k))
    if c.tail:
        p.cut(at + c.tail[0])(lambda s: stored(s, each * (n - 1), each))
    for k, offset in enumerate(c.tail[1:], 1):
        p.cut(at + offset)(lambda s, k=k: written(s, each * (n - 1) + k))

    def returned() -> Bits:
        count = A(each * n).count
        return ite(count < N, count, Bits(64, N))

    @p.cut(at + c.copy)
    def _(s: State) -> Claims:
        return {"count": s.x9 == returned(), **written(s, each * n)}

    @p.ensures
    def _(s: State) -> Claims:
        found = A(each * n)
        return {"accepted": results(s) == [result(found[k]) for k in range(N)], "count": s.x0 == returned()}


def _uniform(p: Proof, c: _Code, symbol: str, candidates: Callable[[Words], list[tuple[Prop, Bits]]], width: int) -> None:
    """Samplers of a public buffer of any length: pieces of 24 bytes count."""
    n, rest = p.nat("n", high=2**20), p.nat("rest", high=23)
    r = p.region("r", N * c.lane // 8, access="w")
    buf = p.region("buf", 24 * n + rest, access="r", cell=1, public=True)
    p.call(x0=r, x1=buf, x2=24 * n + rest, x3=table(p, symbol))
    p.modifies(r, p.stack(c.stack))
    A = p.filter(candidates, width=width, over=buf.blocks(words=12, width=8))
    _rejection(p, c, A, n, lambda x: x.zero_extend(c.lane), lambda s: r.words(c.lane, at=s))


def _below(q: int, width: int, lane: int, each: int) -> Callable[[Words], list[tuple[Prop, Bits]]]:
    """Numbers below q in the low `width` of every `each` bits."""

    def candidates(block: Words) -> list[tuple[Prop, Bits]]:
        found = [x[width - 1 : 0] for x in concat(*reversed(block)).elems(each)]
        return [(x.zero_extend(lane) < q, x) for x in found]

    return candidates


@proof("mlkem_rej_uniform_aarch64_asm", of=AWS_LC)
def mlkem_rej_uniform(p: Proof) -> None:
    c = _Code(576, 0x74, 0, (0x144, 0x14C, 0x154, 0x15C, 0x164), (0x1F0, 0x1F8), 0x20C, 16)
    _uniform(p, c, "mlkem_rej_uniform_table", _below(fips203.Q, 12, 16, 12), 12)


@proof("mldsa_rej_uniform_aarch64_asm", of=AWS_LC)
def mldsa_rej_uniform(p: Proof) -> None:
    c = _Code(1088, 0x68, 0, (0x130, 0x138, 0x140, 0x148, 0x150), (0x1E0, 0x1E8), 0x200, 32)
    _uniform(p, c, "mldsa_rej_uniform_table", _below(fips204.Q, 23, 32, 24), 23)


def _eta(p: Proof, c: _Code, eta: int, bound: int, value: Callable[[int], int]) -> None:
    """Samplers of a secret buffer: which half bytes are accepted may be known, and nothing else of it."""
    n, rest = p.nat("n", low=1, high=2**20), p.nat("rest", high=7)
    r = p.region("r", 4 * N, access="w")
    buf = p.region("buf", 8 * n + rest, access="r", cell=1)
    p.call(x0=r, x1=buf, x2=8 * n + rest, x3=table(p, "mldsa_rej_uniform_eta_table"))
    p.modifies(r, p.stack(c.stack))
    A = p.filter(
        lambda b: [(z.zero_extend(16) < bound, z) for z in concat(*reversed(b)).elems(4)],
        width=4,
        over=buf.blocks(words=4, width=8),
    )
    p.reveals(f"which half bytes are below {bound}", A, upto=2 * n)
    coefficients = [Bits.wrap(32, value(z)) for z in range(16)]
    _rejection(p, c, A, n, lambda z: look_up(coefficients, z, Bits(32, 0)), lambda s: r.words(32, at=s))


@proof("mldsa_rej_uniform_eta2_aarch64_asm", of=AWS_LC)
def mldsa_rej_uniform_eta2(p: Proof) -> None:
    c = _Code(576, 0x68, 0xB4, (0xDC, 0xE4, 0xEC), (), 0x104, 16)
    _eta(p, c, 2, 15, lambda z: 2 - z % 5)


@proof("mldsa_rej_uniform_eta4_aarch64_asm", of=AWS_LC)
def mldsa_rej_uniform_eta4(p: Proof) -> None:
    c = _Code(576, 0x6C, 0xB8, (0xE0, 0xE8, 0xF0), (), 0x108, 16)
    _eta(p, c, 4, 9, lambda z: 4 - z)
