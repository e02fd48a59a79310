"""`armsym equiv`: what it prints, how it ends, and that its counterexamples can be run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assembling import assembled
from calls import Call

TEXT = """
    .arch armv8-a+crypto
    .text
    .global sum
sum:
    mov x3, #0
1:  cbz x1, 2f
    ldrb w2, [x0], #1
    add x3, x3, x2
    sub x1, x1, #1
    b 1b
2:  mov x0, x3
    ret
    .global other
other:
    mov x4, #0
    mov x5, #0
    cbz x1, 2f
1:  ldrb w6, [x0, x5]
    add x5, x5, #1
    add x4, x4, x6
    cmp x5, x1
    b.ne 1b
2:  mov x0, x4
    ret
    .global rare
rare:
    mul x4, x0, x1
    mov x5, #0x1234
    cmp x4, x5
    csel x0, x1, x0, eq
    ret
    .global same
same:
    ret
    .global wide
wide:
    add x0, x0, x1
    ret
    .global narrow
narrow:
    add w0, w0, w1
    ret
"""

PROOF = """
from armsym.dsl import Claims, Proof, State, proof

@proof("sum", of="routines.o")
def first(p: Proof) -> None:
    n = p.nat("n", low=0, high=2**20)
    b = p.region("b", n, access="r", cell=1)
    p.call(x0=b, x1=n)
    p.ensures(lambda s: {"at least 0": s.x0 >= 0})

@proof("sum", of="routines.o", name="sum")
def fewer(p: Proof) -> None:
    b = p.region("b", 2, access="r", cell=1)
    p.call(x0=b, x1=2)
    p.ensures(lambda s: {"at most 510": s.x0 <= 510})

@proof("narrow", of="routines.o")
def low(p: Proof) -> None:
    p.call(x0=p.word("a"), x1=p.word("b"))
    p.ensures(lambda s: {"sum": s.w0 == p.entry.w0 + p.entry.w1})
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The routines, and proofs of two."""
    path = tmp_path_factory.mktemp("equiv")
    (path / "routines.o").write_bytes(assembled(TEXT))
    (path / "proofs.py").write_text(PROOF)
    return path


def test_equivalent(armsym_here: Call, folder: Path) -> None:
    file = folder / "routines.o"
    answer = armsym_here("equiv", file, "sum", file, "sum")
    assert answer.code == 0
    assert "identical: the same words in 8 instructions" in answer.out
    given = ("--x0", "b:n:r", "--x1", "n", "--assume", "n <= 1000000", "--results", "x0")
    answer = armsym_here("equiv", file, "sum", file, "other", *given)
    assert answer.code == 0
    assert answer.out.startswith("equivalent sum (")
    assert "all pairs of paths, loops by induction" in answer.out
    assert "compared: x0, x18-x29, d8-d15, sp, PSTATE.DIT, memory, but for what lies below SP" in answer.out
    assert "assuming: 0 <= n <= 0xf4240" in answer.out


def test_a_proof_says_what_is_given_and_what_is_a_result(armsym_here: Call, folder: Path) -> None:
    file, proofs = folder / "routines.o", folder / "proofs.py"
    answer = armsym_here("equiv", file, "sum", file, "other", "--args", f"{proofs}::first")
    assert answer.code == 0
    assert "compared: x0, x18-x29" in answer.out
    assert "assuming: 0 <= n <= 0x100000" in answer.out
    answer = armsym_here("equiv", file, "sum", file, "other", "--args", f"{proofs}::sum")
    assert answer.code == 0
    assert "assuming: b: 2 bytes" in answer.out
    assert "name" in armsym_here("equiv", file, "sum", file, "other", "--args", proofs).one_line_error().lower()
    assert armsym_here("equiv", file, "narrow", file, "wide", "--args", f"{proofs}::low").code == 0
    answer = armsym_here("equiv", file, "narrow", file, "wide", "--args", proofs, "--results", "x0")
    assert answer.code == 1
    assert "x0 differs on return" in answer.out


def test_different_and_replayed(armsym_here: Call, folder: Path) -> None:
    file, saved = folder / "routines.o", folder / "answer.json"
    answer = armsym_here("equiv", file, "rare", file, "same", "--x0", "a", "--x1", "b", "--results", "x0", "--json")
    assert answer.code == 1
    told = json.loads(answer.out)
    assert told["verdict"] == "different"
    assert told["difference"]["where"] == "x0"
    a, b = (int(told["difference"]["inputs"][name], 16) for name in "ab")
    assert a * b % 2**64 == 0x1234
    assert a != b
    saved.write_text(answer.out)
    left = []
    for which, symbol in (("first", "rare"), ("second", "same")):
        run = armsym_here("run", file, symbol, "--entry", f"{saved}::{which}", "--json")
        assert run.code == 0
        left.append(json.loads(run.out)["x"][0])
    assert [int(v, 16) for v in left] == [b, a]
    assert [int(told["difference"][which], 16) for which in ("first", "second")] == [b, a]


def test_undecided(armsym_here: Call, folder: Path) -> None:
    file = folder / "routines.o"
    answer = armsym_here("equiv", file, "sum", file, "other")
    assert answer.code == 3
    assert "side by side they part at 0x4 <sum+0x4> cbz x1, #0x18 | 0x3c <other+0x1c> b.ne #0x2c: " in answer.out
    told = json.loads(armsym_here("equiv", file, "sum", file, "other", "--json").out)
    assert (told["verdict"], told["method"]) == ("undecided", "in step")
    assert told["reason"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sum",), "takes FILE1 SYMBOL1 FILE2 SYMBOL2"),
        (("sum", "FILE", "nowhere"), "nowhere"),
        (("sum", "FILE", "other", "--x0", "b:n"), "the size n needs a limit"),
        (("sum", "FILE", "other", "--x31", "1"), "there is no option --x31"),
        (("sum", "FILE", "other", "--x0", "1", "--x0", "2"), "given twice"),
        (("sum", "FILE", "other", "--x1", "n", "--assume", "m <= 2"), "nothing is called m"),
        (("sum", "FILE", "other", "--x1", "n", "--assume", "n < 2", "--assume", "n > 5"), "no n is from 6 to 1"),
        (("sum", "FILE", "other", "--results", "y3"), "'y3' is not a register"),
        (("sum", "FILE", "other", "--results", "x7-x3"), "'x7-x3' is not a register"),
        (("sum", "FILE", "other", "--results", "w31"), "'w31' is not a register"),
        (("wide", "FILE", "other", "--args", "PROOF"), "one proof of wide is wanted"),
        (("sum", "FILE", "other", "--args", "PROOF", "--x0", "1"), "no --xN or --assume beside it"),
        (("sum", "FILE", "other", "--args", "nothing.py"), "nothing.py"),
    ],
)
def test_bad_input(armsym_here: Call, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    names = {"FILE": folder / "routines.o", "PROOF": folder / "proofs.py"}
    answer = armsym_here("equiv", folder / "routines.o", *(names.get(a, a) for a in arguments))
    assert answer.code == 2
    assert said in answer.one_line_error()
