"""`p.same_as`: a proof that says no more than that the routine does what another does; true twins and false ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assembling import assembled

from armsym.cli import run
from armsym.elf import load
from armsym.proof import run as proof_run
from armsym.proof.registry import discover
from armsym.proof.result import Status
from semantics import A64

FIRST = """
    .text
    .global f
f:  ldr x3, [x0]
    add x3, x3, x1
    str x3, [x0]
    mov x0, x3
    ret
"""
TWINS = {
    "another order": ("g:  ldr x4, [x0]\n add x5, x1, x4\n str x5, [x0]\n mov x0, x5\n ret", Status.PROVED),
    "a round about way": (
        "g:  ldr x4, [x0]\n sub x5, xzr, x1\n sub x5, x4, x5\n str x5, [x0]\n mov x0, x5\n ret",
        Status.PROVED,
    ),
    "another register": ("g:  ldr x4, [x0]\n add x5, x1, x4\n str x5, [x0]\n mov x0, x4\n ret", Status.REFUTED),
    "no store": ("g:  ldr x4, [x0]\n add x0, x1, x4\n ret", Status.REFUTED),
    "wrong for one input": (
        "g:  ldr x4, [x0]\n add x5, x1, x4\n str x5, [x0]\n movz x6, #0x8000, lsl #48\n"
        " cmp x1, x6\n cinc x0, x5, eq\n ret",
        Status.REFUTED,
    ),
    "another byte": ("g:  ldr x4, [x0]\n add x5, x1, x4\n str w5, [x0]\n mov x0, x5\n ret", Status.REFUTED),
}
PROOF = """
from armsym.dsl import proof

@proof("f", of="first.o")
def f(p):
    buf = p.region("buf", 8, access="rw")
    n = p.word("n")
    p.call(x0=buf, x1=n)
    p.modifies(buf)
    p.same_as("g", of="second.o", results="x0")
"""


def _write(folder: Path, twin: str, text: str = PROOF) -> Path:
    (folder / "first.o").write_bytes(assembled(FIRST))
    (folder / "second.o").write_bytes(assembled(f"\t.text\n\t.global g\n{twin}\n"))
    (folder / "page.py").write_text(text, encoding="utf-8")
    return folder / "page.py"


@pytest.mark.parametrize("name", TWINS)
def test_twins(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, wanted = TWINS[name]
    exit_code = run(["prove", str(_write(tmp_path, code)), "--json"])
    (result,) = json.loads(capsys.readouterr().out)["results"]
    (told,) = (o for o in result["obligations"] if o["kind"] == "same-as")
    assert (told["status"], result["status"], exit_code) == (
        (wanted.value, wanted.value, {Status.PROVED: 0, Status.REFUTED: 1}[wanted])
    )
    if wanted is Status.REFUTED:
        assert "there, for" in told["detail"]


def test_undecided_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A loop that only one of them has."""
    loop = "1: cbz x6, 2f\n add x4, x4, #1\n sub x6, x6, #1\n b 1b\n2:"
    twin = f"g:  ldr x4, [x0]\n mov x6, x1\n{loop} str x4, [x0]\n mov x0, x4\n ret"
    assert run(["prove", str(_write(tmp_path, twin))]) == 3
    assert "undecided  same-as: does what g does in second.o" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"g", of', '"h", of'), "no symbol 'h'"),
        (('of="second.o"', 'of="third.o"'), "third.o"),
        (('of="second.o"', "of=5"), "same_as: of= is a path or a source such as a wheel, not int 5"),
        (('results="x0"', "results=5"), "same_as: results"),
        (('results="x0"', 'results="y0"'), "y0"),
    ],
)
def test_mistakes(change: tuple[str, str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = _write(tmp_path, TWINS["another order"][0], PROOF.replace(*change))
    assert run(["prove", str(page)]) == 2
    out = capsys.readouterr()
    assert told in out.out + out.err
    assert "Traceback" not in out.out + out.err


def test_without_a_comparison_it_is_undecided(tmp_path: Path) -> None:
    """Who proves without the command is not told that what nobody compared is proved."""
    (d,) = discover(_write(tmp_path, TWINS["another order"][0]))
    r = proof_run.prove(d, name=d.name, image=load(str(tmp_path / "first.o")), symbol="f", isa=A64)
    assert r.status is Status.UNDECIDED
    assert [o.status for o in r.obligations if o.kind == "same-as"] == [Status.UNDECIDED]
