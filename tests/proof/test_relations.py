"""Claims about integers where the path's facts say what a word is: at the first arrival at a loop."""

from __future__ import annotations

from pathlib import Path

import pytest
from assembling import assembled

from armsym.bits import Bits
from armsym.dsl import Claims, Proof, State
from armsym.elf import load
from armsym.proof import run as proof_run
from armsym.proof.result import Status
from semantics import A64

CODE = """
    .text
    .global triple
triple:
    mov x2, #{start}
1:  cbz x0, 2f
    add x2, x2, #3
    sub x0, x0, #1
    b 1b
2:  mov x0, x2
    ret
"""


def triple(p: Proof) -> None:
    n = p.nat("n", high=2**40)
    p.call(x0=n)
    (loop,) = p.routine.loops()

    @p.invariant(loop, upto=n, inclusive=True)
    def so_far(s: State, i: Bits) -> Claims:
        return {"left": s.x0 == n - i, "three each": p.integer(s.x2) == p.integer(i) * 3}

    # That the index is n at the end is what the path says of it.
    p.ensures(lambda s: {"it ends": s.x2 == s.x0, "exactly": p.integer(s.x0) == p.integer(n) * 3})


@pytest.mark.parametrize(("start", "status"), [(0, Status.PROVED), (1, Status.REFUTED)])
def test_an_index_as_an_integer(start: int, status: Status, tmp_path: Path) -> None:
    """On entry, where the index is 0, and in the step; with another start the claim is false."""
    (tmp_path / "triple.o").write_bytes(assembled(CODE.format(start=start)))
    r = proof_run.prove(triple, name="triple", image=load(str(tmp_path / "triple.o")), symbol="triple", isa=A64)
    assert r.status is status, [o for o in r.obligations if o.status is not Status.PROVED]
    of_it = [o for o in r.obligations if "three each" in o.name]
    if status is Status.PROVED:
        assert {(o.status, o.by) for o in of_it} == {(Status.PROVED, ("integers",))}
        assert len(of_it) == 2
    else:
        assert Status.PROVED not in {o.status for o in of_it if "on entry" in o.name}
