"""A read that begins before the first block of which content is known, and reaches into it, is not as on entry."""

from __future__ import annotations

import pytest

from armsym.bits import Bits, Prop, concat
from armsym.errors import MemoryFault
from armsym.symbolic_memory import Filled, SymbolicMemory, SymbolicRegion
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Var


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("moving", [False, True], ids=["at a number", "at a symbolic offset"])
def test_a_read_that_begins_before_the_first_block(size: int, moving: bool) -> None:
    """Of n blocks from offset 16 on, n from 1 to 7, by 8 bytes at a number, or at 8 k more than one, where k is 1."""
    n, k, j = (Bits(64, Var(name, 64, pb=pb, secret=False)) for name, pb in (("n", 7), ("k", 1), ("j", 7)))
    content = Bits(8 * size, ops.apply("block", 8 * size, [(64, j.value)]))
    r = SymbolicRegion("stack", Var("stack", 64, secret=False), Bits(64, 64), "rw", cell=1)
    memory = SymbolicMemory([r])
    memory.beneath["stack"] = Filled(n, size, size, "little", j, [content], start=16, rest="rest")

    def decide(c: Prop) -> bool | None:
        found = {Evaluator({n.value: m, k.value: 1})(c.bit.value) for m in range(1, 8)}  # type: ignore[dict-item]
        return bool(found.pop()) if len(found) == 1 else None

    memory.decide = decide

    def read(at: int) -> Bits:
        return memory.load(r.address + (at - 8 + k * 8 if moving else at), 8)

    for at in (9, 12, 15):
        with pytest.raises(MemoryFault, match="partly before"):
            read(at)
    # What ends where block 0 begins is as it was.
    base = k * 8 if moving else Bits(64, 8)
    assert (read(8) == concat(*(r.cell_of("rest", (base + q).value) for q in reversed(range(8))))).value is True
