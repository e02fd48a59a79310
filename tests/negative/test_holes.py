"""False statements of the kinds that reviews of the landed engine found proved, each beside a true twin.

Whose facts: what is computed for one path must not know what another knows.  Which memory: a claim reads what
lies in its region, and nothing else.  Where the stack is: SP stays a known number from where it was on entry.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from refusing import symbolically
from test_contracts import SUCCESSOR, files

from armsym.dsl import Bits, Claims, Proof, State, ite
from armsym.terms import ops

MOST = 2**50


# -- whose facts --------------------------------------------------------------------------------

#: Fills out[j] with b[j] if n is 200, else a[j] (one each time); does nothing n times; last, rewrites out[0].
THREE_LOOPS = """mov x4,#0
1: cmp x3,#200
 ldr x5,[x1,x4,lsl #3]
 ldr x6,[x2,x4,lsl #3]
 csel x5,x6,x5,eq
 str x5,[x0,x4,lsl #3]
 add x4,x4,#1
 cmp x4,#2
 b.ne 1b
 mov x4,#0
2: add x4,x4,#1
 cmp x4,x3
 b.ne 2b
 mov x4,#0
3: ldr x5,[x0]
 cmp x3,#200
 b.eq 4f
 str x5,[x0]
4: add x4,x4,#1
 cmp x4,x3
 b.ne 3b
 ldr x0,[x0]
 ret"""


@pytest.mark.parametrize("right", [True, False])
def test_a_cell_that_a_loop_writes_back(tmp_path: Path, right: bool) -> None:
    """The third loop's first guess is wrong on the path where n is not 200: that says nothing of n at its head."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=300)
        out = p.region("out", 16, access="rw")
        a, b = p.region("a", 16, access="r"), p.region("b", 16, access="r")
        p.call(x0=out, x1=a, x2=b, x3=n)
        p.modifies(out)
        _, idle, back = p.routine.loops()

        @p.invariant(idle, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"count": s.x4 == i}

        @p.invariant(back, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"count": s.x4 == i}

        first, other = a.words(64)[0], b.words(64)[0]
        p.ensures(lambda s: {"x0": s.x0 == (ite(n == 200, other, first) if right else first)})

    image = files(tmp_path, THREE_LOOPS, SUCCESSOR)
    # Without runs, so that the first guess is wrong.
    assert symbolically(fn, image, "f", visits=0) == ({} if right else {"ensures": ["x0"]})


def test_flags_that_one_path_computed_are_not_anothers() -> None:
    """Flags are computed when asked: asked on one path, they may hold what only that path knows."""
    from armsym.terms.node import Var
    from semantics.shared import AddWithCarry

    c, x = Bits(1, Var("c", 1)), Bits(64, Var("x", 64))
    value = ite(c == 1, x, ~x)
    _, flags = AddWithCarry(value, Bits(64, 5), Bits(1, 0))
    other = flags.fork()
    outer = ops.set_oracle(lambda t: 1 if t is c.value else None)
    try:
        here = ite(c == 1, flags.Z.bit, Bits(1, 0)).value
    finally:
        ops.set_oracle(outer)
    assert isinstance(here, object)
    assert "Z" in vars(flags)
    assert "Z" not in vars(other)


# -- which memory -------------------------------------------------------------------------------

STORE = "str xzr,[x1]\n ret"


# -- blocks that leave their region -------------------------------------------------------------

FILL = "1: cbz x1,2f\n strb wzr,[x0],#1\n sub x1,x1,#1\n b 1b\n2: ret"


def test_blocks_whose_offsets_wrap(tmp_path: Path) -> None:
    """16 * i is 0 at i = 2^60: so many blocks do not lie in 16 bytes."""

    def fn(p: Proof) -> None:
        n = p.nat("n", high=2**61)
        out = p.region("out", 16, access="rw", cell=8)
        p.call(x0=out, x1=n)

        def as_before(j: Bits) -> list[Bits]:
            return [*out.blocks(2, 64)(j)]

        p.ensures(lambda s: {"same": out.holds(as_before, upto=n, at=s, words=2, width=64)})

    assert "ensures" in symbolically(fn, files(tmp_path, "ret", SUCCESSOR), "f")


# -- where the stack is -------------------------------------------------------------------------

STACK = [
    ("sub sp,sp,#32\n add sp,sp,#32\n ret", 32, 0, True),
    ("sub sp,sp,#48\n add sp,sp,#48\n ret", 32, 0, False),  # more than is declared
    ("add sp,sp,#16\n sub sp,sp,#16\n ret", 32, 16, True),
    ("add sp,sp,#16\n sub sp,sp,#16\n ret", 32, 0, False),  # the caller's, not lent
    ("add sp,sp,#32\n sub sp,sp,#32\n ret", 32, 16, False),
    ("sub sp,sp,#64\n and x2,x1,#16\n str x1,[sp]\n add sp,sp,x2\n sub sp,sp,x2\n add sp,sp,#64\n ret", 64, 0, False),
    ("mov x2,sp\n mov sp,x1\n mov sp,x2\n ret", 32, 0, False),  # any number
    ("mov x2,sp\n mov sp,x0\n mov sp,x2\n ret", 32, 0, False),  # a region
]


@pytest.mark.parametrize(("code", "below", "above", "right"), STACK)
def test_the_stack_pointer_stays_known(tmp_path: Path, code: str, below: int, above: int, right: bool) -> None:
    def fn(p: Proof) -> None:
        a = p.region("a", 64, access="rw", align=16)
        n = p.nat("n", high=255)
        p.call(x0=a, x1=n)
        p.modifies(a, p.stack(below, above=above))
        p.ensures(lambda s: {"x0": s.x0 == a.base})

    found = symbolically(fn, files(tmp_path, code, SUCCESSOR), "f")
    assert found == ({} if right else {"memory": ["SP is its value on entry and a known number"]})


# -- what was shown is said once ----------------------------------------------------------------


def test_the_frame_is_not_proved_beside_a_change(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        r = p.region("r", 8, access="rw")
        p.call(x0=r)
        p.ensures(lambda s: {"x0": s.x0 == r.base})

    from refusing import run

    from armsym.proof.result import Status

    image = files(tmp_path, "str xzr,[x0]\n ret", SUCCESSOR)
    assert symbolically(fn, image, "f") == {"frame": ["r is unchanged"]}
    result = run(fn, image, "f")
    assert not [o for o in result.obligations if o.kind == "frame" and o.status is Status.PROVED]


# -- through a contract -------------------------------------------------------------------------
