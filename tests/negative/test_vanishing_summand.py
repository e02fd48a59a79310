"""A summand that can only be 0 decided a comparison: a branch that is taken was thought never to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusing import run, symbolically
from test_contracts import SUCCESSOR, files

from armsym.dsl import Bits, Proof, ite
from armsym.proof.result import Status

#: (w1 & 12) * 0xC0000000 is 0 modulo 2**32, so Z is set exactly if x0 = -1; then x0 = 0, else 1.
TEXT = """and w1,w1,#0xc
 mov w2,#0xC0000000
 mul w1,w1,w2
 add x0,x0,x1
 adds x0,x0,#1
 b.eq 1f
 mov x0,#1
 ret
1: mov x0,#{}
 ret"""


@pytest.mark.parametrize("at_zero", [0, 7, 1])
def test_the_branch_is_reached(tmp_path: Path, at_zero: int) -> None:
    """That x0 is 1 at the end is false unless the branch gives 1 too; an earlier normal form never saw it taken."""

    def fn(p: Proof) -> None:
        p.call(x0=p.word("a", public=True), x1=p.word("b", public=True))
        p.ensures(lambda s: {"x0": s.x0 == 1})

    image = files(tmp_path, TEXT.format(at_zero), SUCCESSOR)
    assert symbolically(fn, image, "f") == ({} if at_zero == 1 else {"ensures": ["x0"]})


def test_what_the_routine_does_is_proved(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        a = p.word("a", public=True)
        p.call(x0=a, x1=p.word("b", public=True))
        p.ensures(lambda s: {"x0": s.x0 == ite(a == 2**64 - 1, Bits(64, 0), Bits(64, 1))})

    image = files(tmp_path, TEXT.format(0), SUCCESSOR)
    assert run(fn, image, "f").status is Status.PROVED
