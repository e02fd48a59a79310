"""Rejection sampling of AWS-LC (mlkem-native's and mldsa-native's assembly): FIPS 203 and FIPS 204, section 4.2 and 7.3."""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Prop, Proof, State, Words, concat, ite, lanes, proof
from crypto_examples.lattices import table
from crypto_examples.wheels import AWS_LC
from specs.fips203 import N, Q


def _candidates(block: Words) -> list[tuple[Prop, Bits]]:
    """FIPS 203, algorithm 7, steps 6 to 13, of each three bytes."""
    found = []
    for k in range(0, len(block), 3):
        both = concat(*reversed(block[k : k + 3]))
        for d in both.elems(12):
            found.append((d.zero_extend(16) < Q, d))
    return found


@proof("mlkem_rej_uniform_aarch64_asm", of=AWS_LC)
def mlkem_rej_uniform(p: Proof) -> None:
    """All that is accepted of the whole pieces of 24 bytes, as far as there is room; zeros after it."""
    n, rest = p.nat("n", high=2**20), p.nat("rest", high=23)
    r = p.region("r", 2 * N, access="w")
    buf = p.region("buf", 24 * n + rest, access="r", cell=1, public=True)
    p.call(x0=r, x1=buf, x2=24 * n + rest, x3=table(p, "mlkem_rej_uniform_table"))
    p.modifies(r, p.stack(576))
    local = p.local(2 * N, below=576)
    A = p.filter(_candidates, width=12, over=buf.blocks(words=12, width=8))
    main, *_ = [loop for loop in p.routine.loops() if loop.head == p.routine.entry + 0x74]

    @p.invariant(main, upto=n, step=2)
    def _(s: State, i: Bits) -> Claims:
        so_far = A(2 * i)
        return {
            "count": s.x9 == so_far.count,
            "cursor": s.x7 == p.entry.sp - 576 + 2 * so_far.count,
            "two pieces": n - i >= 2,
            "written": local.holds(lambda k: [so_far[k].zero_extend(16)], upto=N, at=s, words=1, width=16),
        }

    @p.cut_within(main, p.routine.entry + 0x144)
    def _(s: State, i: Bits) -> Claims:
        blocks = [A.block(2 * i + k) for k in range(4)]
        return {
            "kept": s.v[16:20] == lanes(w.zero_extend(16) for b in blocks for w in b.words),
            "how many": s.x[12:16] == [b.count for b in blocks],
        }

    @p.cut(p.routine.entry + 0x1F0)
    def _(s: State) -> Claims:
        blocks = [A.block(2 * n - 2 + k) for k in range(2)]
        return {
            "kept": s.v[16:18] == lanes(w.zero_extend(16) for b in blocks for w in b.words),
            "how many": s.x[12:14] == [b.count for b in blocks],
        }

    for k, at in enumerate((0x14C, 0x154, 0x15C, 0x164)):

        @p.cut_within(main, p.routine.entry + at)
        def _(s: State, i: Bits, k: int = k) -> Claims:
            so_far = A(2 * i + k + 1)
            return {"written": local.holds(lambda j: [so_far[j].zero_extend(16)], upto=N, at=s, words=1, width=16)}

    @p.cut(p.routine.entry + 0x1F8)
    def _(s: State) -> Claims:
        so_far = A(2 * n - 1)
        return {"written": local.holds(lambda j: [so_far[j].zero_extend(16)], upto=N, at=s, words=1, width=16)}

    def accepted() -> tuple[Callable[[Bits | int], Bits], Bits]:
        found = A(2 * n)
        return lambda k: found[k].zero_extend(16), ite(found.count < N, found.count, Bits(64, N))

    @p.cut(p.routine.entry + 0x20C)
    def _(s: State) -> Claims:
        value, count = accepted()
        return {
            "count": s.x9 == count,
            "written": local.holds(lambda k: [value(k)], upto=N, at=s, words=1, width=16),
        }

    @p.ensures
    def _(s: State) -> Claims:
        value, count = accepted()
        return {"accepted": r.words(16, at=s) == [value(k) for k in range(N)], "count": s.x0 == count}
