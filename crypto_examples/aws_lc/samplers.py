"""Rejection sampling of AWS-LC (assembly of mlkem-native and mldsa-native): FIPS 203, algorithm 7; FIPS 204, 30 and 31.

What is accepted of the buffer's whole pieces is written in order, as far as there is room for 256; what follows is what
zeros would give.  How many were written is returned.  The code looks up, by the pattern of accepted lanes, how to move
these to the front of a vector, and stores all of it: the next one is stored over the lanes that are left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armsym.dsl import Bits, Claims, Filter, Proof, Prop, State, Words, concat, ite, lanes, look_up, proof
from crypto_examples.lattices import table
from crypto_examples.wheels import AWS_LC
from specs import fips203, fips204

N = 256

Candidates = Callable[[Words], list[tuple[Prop, Bits]]]


@dataclass(frozen=True)
class _Code:
    """Offsets in the routine, bytes of its stack, and bits of a lane.

    head      the loop
    stores    the stores of the loop, one a block, and a point after the last
    tail      the stores for a last piece of half a round, where there is one
    copy      where the buffer on the stack begins to be copied
    """

    stack: int
    lane: int
    head: int
    stores: tuple[int, ...]
    copy: int
    tail: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Sampler:
    """A sampler of `n` pieces, each of `each` of the filter's blocks; a round of its loop takes `step` pieces."""

    p: Proof
    c: _Code
    A: Filter
    n: Bits
    each: int
    step: int

    def written(self, s: State, blocks: Bits) -> Claims:
        """The buffer on the stack holds what is accepted of the first blocks, and zeros after it."""
        so_far, lane = self.A(blocks), self.c.lane
        local = self.p.local(N * lane // 8, below=self.c.stack)
        holds = local.holds(lambda k: [so_far[k].zero_extend(lane)], upto=N, at=s, words=1, width=lane)
        return {"written": holds}

    def moved(self, s: State, first: Bits, count: int) -> Claims:
        """Each vector holds what is accepted of a block, at its front."""
        blocks = [self.A.block(first + k) for k in range(count)]
        return {
            "kept": s.v[16 : 16 + count] == lanes(w.zero_extend(self.c.lane) for b in blocks for w in b.words),
            "how many": s.x[12 : 12 + count] == [b.count for b in blocks],
        }

    def returned(self) -> Bits:
        """How many are written."""
        count = self.A(self.each * self.n).count
        return ite(count < N, count, Bits(64, N))

    def prove(self, results: Callable[[State], Words], result: Callable[[Bits], Bits]) -> None:
        """State the loop, the stores, and the results."""
        p, c, A, n, each = self.p, self.c, self.A, self.n, self.each
        at, per = p.routine.entry, each * self.step
        (main,) = [loop for loop in p.routine.loops() if loop.head == at + c.head]

        @p.invariant(main, upto=n, step=self.step)
        def _(s: State, i: Bits) -> Claims:
            count = A(each * i).count
            return {
                "count": s.x9 == count,
                "cursor": s.x7 == p.entry.sp - c.stack + c.lane // 8 * count,
                "a round is left": n - i >= self.step,
                **self.written(s, each * i),
            }

        p.cut_within(main, at + c.stores[0])(lambda s, i: self.moved(s, each * i, per))
        for k in range(1, per + 1):
            p.cut_within(main, at + c.stores[k])(self._after(k))
        if c.tail:
            p.cut(at + c.tail[0])(lambda s: self.moved(s, each * (n - 1), each))
            p.cut(at + c.tail[1])(lambda s: self.written(s, each * (n - 1) + 1))
        p.cut(at + c.copy)(lambda s: {"count": s.x9 == self.returned(), **self.written(s, each * n)})

        @p.ensures
        def _(s: State) -> Claims:
            found = A(each * n)
            return {"accepted": results(s) == [result(found[k]) for k in range(N)], "count": s.x0 == self.returned()}

    def _after(self, k: int) -> Callable[[State, Bits], Claims]:
        return lambda s, i: self.written(s, self.each * i + k)


def _below(q: int, width: int, lane: int, each: int) -> Candidates:
    """Numbers below q, in the low `width` of every `each` bits."""

    def candidates(block: Words) -> list[tuple[Prop, Bits]]:
        found = [x[width - 1 : 0] for x in concat(*reversed(block)).elems(each)]
        return [(x.zero_extend(lane) < q, x) for x in found]

    return candidates


def _uniform(p: Proof, c: _Code, symbol: str, candidates: Candidates, width: int) -> None:
    """Of a public buffer of any length: of its pieces of 24 bytes."""
    n, rest = p.nat("n", high=2**50, unit=16), p.nat("rest", high=23)
    r = p.region("r", N * c.lane // 8, access="w")
    buf = p.region("buf", 24 * n + rest, access="r", cell=1, public=True)
    p.call(x0=r, x1=buf, x2=24 * n + rest, x3=table(p, symbol))
    p.modifies(r, p.stack(c.stack))
    A = p.filter(candidates, width=width, over=buf.blocks(words=12, width=8))
    sampler = _Sampler(p, c, A, n, each=2, step=2)
    sampler.prove(lambda s: r.words(c.lane, at=s), lambda x: x.zero_extend(c.lane))


@proof("mlkem_rej_uniform_aarch64_asm", of=AWS_LC)
def mlkem_rej_uniform(p: Proof) -> None:
    c = _Code(576, 16, 0x74, (0x144, 0x14C, 0x154, 0x15C, 0x164), 0x20C, tail=(0x1F0, 0x1F8))
    _uniform(p, c, "mlkem_rej_uniform_table", _below(fips203.Q, 12, 16, 12), 12)


@proof("mldsa_rej_uniform_aarch64_asm", of=AWS_LC)
def mldsa_rej_uniform(p: Proof) -> None:
    c = _Code(1088, 32, 0x68, (0x130, 0x138, 0x140, 0x148, 0x150), 0x200, tail=(0x1E0, 0x1E8))
    _uniform(p, c, "mldsa_rej_uniform_table", _below(fips204.Q, 23, 32, 24), 23)


def _eta(p: Proof, c: _Code, bound: int, coefficient: Callable[[int], int]) -> None:
    """Of a secret buffer of at least 8 bytes: which half bytes are accepted may be known, and nothing else."""
    n, rest = p.nat("n", low=1, high=2**50, unit=16), p.nat("rest", high=7)
    r = p.region("r", 4 * N, access="w")
    buf = p.region("buf", 8 * n + rest, access="r", cell=1)
    p.call(x0=r, x1=buf, x2=8 * n + rest, x3=table(p, "mldsa_rej_uniform_eta_table"))
    p.modifies(r, p.stack(c.stack))
    A = p.filter(_below(bound, 4, 16, 4), width=4, over=buf.blocks(words=4, width=8))
    p.reveals(f"which half bytes of buf are below {bound}", A, upto=2 * n)
    values = [Bits.wrap(32, coefficient(z)) for z in range(16)]
    sampler = _Sampler(p, c, A, n, each=2, step=1)
    sampler.prove(lambda s: r.words(32, at=s), lambda z: look_up(values, z, Bits(32, 0)))


@proof("mldsa_rej_uniform_eta2_aarch64_asm", of=AWS_LC)
def mldsa_rej_uniform_eta2(p: Proof) -> None:
    c = _Code(576, 16, 0x68, (0xDC, 0xE4, 0xEC), 0x104)
    _eta(p, c, 15, lambda z: 2 - z % 5)


@proof("mldsa_rej_uniform_eta4_aarch64_asm", of=AWS_LC)
def mldsa_rej_uniform_eta4(p: Proof) -> None:
    c = _Code(576, 16, 0x6C, (0xE0, 0xE8, 0xF0), 0x108)
    _eta(p, c, 9, lambda z: 4 - z)
