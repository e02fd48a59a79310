"""What a block of a buffer holds on one path, which another path reads: what the first found is not the other's."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusing import symbolically
from test_engine_negative import routine

from armsym.dsl import Bits, Claims, Proof, State, Words, ite

#: Fills out[j] with x2 for j < k, else x3, three of them; then reads out[0] on three paths: k = 0, k = 1, and the rest.
FILL = """mov x4,#0
1: cmp x4,x1
 csel x5,x2,x3,lo
 str x5,[x0,x4,lsl #3]
 add x4,x4,#1
 cmp x4,#3
 b.ne 1b
 cbz x1,2f
 cmp x1,#1
 b.eq 3f
 ldr x0,[x0]
 ret
2: ldr x0,[x0]
 ret
3: ldr x0,[x0]
 add x0,x0,#10
 ret"""

#: What x0 is said to be, and whether it is.
CLAIMS = {
    "as it is": True,
    "the same on two paths": False,
    "the first path's": False,
    "the other way round": False,
}


@pytest.mark.parametrize("said", CLAIMS)
def test_a_block_that_paths_read_by_their_facts(tmp_path: Path, said: str) -> None:
    def fn(p: Proof) -> None:
        k, out = p.nat("k", high=300), p.region("out", 24, access="rw")
        one, two = p.word("one"), p.word("two")
        p.call(x0=out, x1=k, x2=one, x3=two)
        p.modifies(out)

        def block(j: Bits) -> Words:
            return Words([ite(j < k, one, two)])

        @p.invariant(p.routine.back_edge(), upto=Bits(64, 3))
        def _(s: State, i: Bits) -> Claims:
            return {"count": s.x4 == i, "filled": out.holds(block, upto=i, at=s, words=1, width=64)}

        x0 = {
            "as it is": ite(k == 0, two, ite(k == 1, one + 10, one)),
            "the same on two paths": ite(k == 0, two, ite(k == 1, two + 10, one)),
            "the first path's": ite(k == 1, one + 10, one),
            "the other way round": ite(k == 0, one, ite(k == 1, two + 10, two)),
        }[said]
        p.ensures(lambda s: {"x0": s.x0 == x0})

    assert symbolically(fn, routine(tmp_path, FILL), "f") == ({} if CLAIMS[said] else {"ensures": ["x0"]})
