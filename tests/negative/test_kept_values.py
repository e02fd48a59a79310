"""What is computed once and kept stands for no other value."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_engine_negative import answer

from armsym.bits import Bits
from armsym.proof.declare import Proof
from armsym.proof.result import Status

#: Of 8 bits it is -1; of 64 bits it is 255.
NUMBER = 0xFF


@pytest.mark.parametrize("first", [8, 64])
@pytest.mark.parametrize("claimed", [8, 64])
def test_constants_of_one_number_and_other_widths(tmp_path: Path, first: int, claimed: int) -> None:
    """`memo` of a number of 8 bits is not that of the same number of 64 bits, whichever was asked first."""

    def fn(p: Proof) -> None:
        extended = p.memo(lambda x: [x.sign_extend(64)])
        extended(Bits(first, NUMBER))
        p.ensures(lambda s: {"x0": s.x0 == extended(Bits(claimed, NUMBER))[0]})

    for code, right in ((f"mov x0,#{NUMBER}", 64), ("mov x0,#-1", 8)):
        r = answer(tmp_path, f"{code}\n ret", fn)
        assert r.status is (Status.PROVED if right == claimed else Status.REFUTED)
