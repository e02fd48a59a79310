"""`armsym run` and `armsym prove` on files that leave something to the loader or to other files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from assembling import assembled, run_tool
from calls import Call

GUARD = """.text
.globl f
.type f,%function
f: adrp x1,:got:guard
 ldr x1,[x1,:got_lo12:guard]
 tbz x0,#0,1f
 ldr x0,[x1]
1: tbz x0,#1,1f
 b outside
1: tbz x0,#2,1f
 adrp x0,value
 ldr x0,[x0,:lo12:value]
1: ret
.size f,.-f
.data
.hidden value
.globl value
.balign 8
value: .quad 17
"""

PROOF = """from armsym.dsl import Proof, proof

@proof("f", of="t.{}")
def f(p: Proof) -> None:
    p.call(x0=p.word("bits", public=True))
    p.ensures(lambda s: {{"same": s.x0 == p.entry.x0}})
"""


@pytest.fixture(params=["o", "so"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The object of the text above, and the shared library of that, its GOT read-only once it is loaded."""
    (tmp_path / "t.o").write_bytes(assembled(GUARD))
    if request.param == "so":
        run_tool(tmp_path, "ld", "-shared", "-z", "now", "-z", "relro", "t.o", "-o", "t.so")
    return tmp_path / f"t.{request.param}"


def test_runs(armsym_here: Call, file: Path) -> None:
    data = armsym_here("run", file, "f", "--x0", "1")
    assert data.code == 3
    assert "guard" in data.err or "another file defines what lies there" in data.err
    code = armsym_here("run", file, "f", "--x0", "2")
    assert code.code == 3
    assert "outside" in code.err
    # What the file gives it, in this run; and where nothing is taken from elsewhere the run is whole.
    own = armsym_here("run", file, "f", "--x0", "4", "--json")
    assert own.code == 0
    answer = json.loads(own.out)
    assert int(answer["x"][0], 16) == 17
    if file.suffix == ".so":
        (doubt,) = answer["doubts"]
        assert re.fullmatch("the slot at 0x[0-9a-f]+ holds what loading makes of guard", doubt)
        assert "armsym: note: one run of several: the slot at" in own.err
    else:
        assert "doubts" not in answer


def test_proofs(armsym_here: Call, file: Path) -> None:
    proof = file.parent / "proof.py"
    proof.write_text(PROOF.format(file.suffix[1:]))
    answer = armsym_here("prove", proof)
    assert answer.code == 3
    assert answer.out.startswith("undecided")
    assert "value lies in .data, which is writable" in answer.out
    assert "counterexample" not in answer.out
