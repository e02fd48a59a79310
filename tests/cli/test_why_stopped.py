"""`armsym prove` on what does not hold: the commands it gives, --trace, --profile and --slow-goals, and their JSON."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from assembling import assembled
from calls import Call

CODE = """
        .text
        .global caller_flag
        .type   caller_flag, %function
caller_flag:                            // what it gives is a flag of its caller
        cset    x0, cs
        ret
        .global adds_up
        .type   adds_up, %function
adds_up:
        add     x2, x0, x1
        str     x2, [x3]
        add     x0, x0, #1
        ret
        .global many_rounds
        .type   many_rounds, %function
many_rounds:
        mov     x1, #300
1:      subs    x1, x1, #1
        b.ne    1b
        ret
        .global branches
        .type   branches, %function
branches:
        mov     x2, #0
        tbz     x0, #3, 1f
        mov     x2, #1
1:      ret
"""
PROOFS = """
from armsym.dsl import Proof, concat, proof

@proof("caller_flag", of="f.o")
def caller_flag(p: Proof) -> None:
    p.call()
    p.ensures(lambda s: {"x0": s.x0 == 0})

@proof("adds_up", of="f.o")
def adds_up(p: Proof) -> None:
    k, out = p.word("k"), p.region("out", 8, access="w")
    p.call(x0=k, x1=k, x3=out)
    p.modifies(out)
    p.ensures(lambda s: {"double": out.words(64, at=s)[0] == k + k, "x0": s.x0 == k})

@proof("many_rounds", of="f.o")
def many_rounds(p: Proof) -> None:
    p.call()
    p.ensures(lambda s: {"x1": s.x1 == 1})

@proof("branches", of="f.o")
def branches(p: Proof) -> None:
    p.call(x0=p.word("k"))
    p.ensures(lambda s: {"x1": s.x1 == s.x1})

@proof("adds_up", of="f.o")
def holds(p: Proof) -> None:
    k, out = p.word("k"), p.region("out", 8, access="w")
    p.call(x0=k, x1=k, x3=out)
    p.modifies(out)
    p.ensures(lambda s: {"low bit": out.words(64, at=s)[0][0] == 0, "x0": s.x0 == k + 1})
"""


@pytest.fixture
def proofs(tmp_path: Path) -> Path:
    (tmp_path / "f.o").write_bytes(assembled(CODE))
    file = tmp_path / f"{tmp_path.name}_why.py"
    file.write_text(PROOFS)
    return file


def _one(answer: str) -> dict[str, Any]:
    (result,) = json.loads(answer)["results"]
    return dict(result)


def test_the_command_is_run(armsym_here: Call, proofs: Path) -> None:
    found = [r for r in json.loads(armsym_here("prove", proofs, "--json").out)["results"] if r["proof"] == "adds_up"]
    (r,) = found
    c = r["counterexample"]
    assert c["claim"] == "x0"
    assert c["inputs"]["k"] == "0x0"
    program, *words = shlex.split(c["command"])
    assert program == "armsym"
    ran = json.loads(armsym_here(*words, "--json").out)
    assert int(ran["x"][0], 16) == int(c["got"], 16) == 1
    assert ran["instructions"] == c["instructions"] == 4
    assert c["shrunk_from"].keys() == {"k", "out"}


def test_where_no_line_gives_the_state_two_commands_do(armsym_here: Call, proofs: Path, tmp_path: Path) -> None:
    text = armsym_here("prove", f"{proofs}::caller_flag").out
    line = next(x for x in text.splitlines() if x.lstrip().startswith("run it"))
    first, second = line.split("run it")[1].split("; ")
    words, file = first.split(" > ")
    program, *options = shlex.split(words)
    assert (program, file) == ("armsym", "answer.json")
    answer = tmp_path / file
    answer.write_text(armsym_here(*options).out)
    program, *options = shlex.split(second.replace(file, str(answer)))
    assert program == "armsym"
    ran = json.loads(armsym_here(*options, "--json").out)
    assert int(ran["x"][0], 16) == 1
    assert _one(answer.read_text())["counterexample"]["command"] == line.split("run it")[1].strip()


def test_trace(armsym_here: Call, proofs: Path) -> None:
    plain = armsym_here("prove", f"{proofs}::caller_flag").out
    text = armsym_here("prove", f"{proofs}::caller_flag", "--trace").out
    assert "the run" not in plain
    assert "      1  0x0 <caller_flag>  cset x0, hs" in text.replace("cset x0, cs", "cset x0, hs")
    assert "x0 = 0x1" in text
    steps = _one(armsym_here("prove", f"{proofs}::caller_flag", "--trace", "--json").out)["counterexample"]["trace"]
    assert [(s["number"], s["at"]) for s in steps] == [(1, 0), (2, 4)]
    assert [c["name"] for c in steps[0]["changed"]] == ["x0"]


def test_a_trace_of_two_runs_shows_where_they_part(armsym_here: Call, proofs: Path) -> None:
    text = armsym_here("prove", f"{proofs}::branches", "--trace").out
    first, second = text.split("\n    the other run\n")
    assert "the first run" in first
    for run in (first.split("the first run")[1], second):
        before, after = run.split("here the two runs part")
        assert "tbz w0, #3" in before
        assert "ret" in after
    assert ("mov x2, #1" in first) is not ("mov x2, #1" in second)


def test_a_long_trace_shows_its_ends(armsym_here: Call, proofs: Path) -> None:
    text = armsym_here("prove", f"{proofs}::many_rounds", "--trace").out
    assert "      1  0x" in text
    assert "    602  0x" in text
    assert "... 522 instructions" in text


def test_profile_and_slow_goals(armsym_here: Call, proofs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "goals"
    done = armsym_here("prove", f"{proofs}::holds", "--profile", "--slow-goals", folder)
    assert done.code == 0
    assert "profile" in done.out
    assert folder.is_dir()
    p = _one(armsym_here("prove", f"{proofs}::holds", "--profile", "--json").out)["profile"]
    assert set(p) == {"phases", "obligations", "solver", "ranges", "goals"}
    assert {"name", "seconds", "terms", "times"} == set(p["obligations"][0])
    assert {o["name"] for o in p["obligations"]} >= {"ensures: low bit", "ensures: x0"}
    assert "profile" not in _one(armsym_here("prove", f"{proofs}::holds", "--json").out)


def test_slow_goals_need_a_folder_for_their_folder(armsym_here: Call, proofs: Path, tmp_path: Path) -> None:
    refused = armsym_here("prove", f"{proofs}::holds", "--slow-goals", tmp_path / "no" / "goals")
    assert refused.code == 2
    assert "there is no folder" in refused.one_line_error()
    (tmp_path / "file").write_text("")
    assert armsym_here("prove", f"{proofs}::holds", "--slow-goals", tmp_path / "file").code == 2


@pytest.mark.parametrize("access", ["x", "", "rr", "wr"])
def test_the_access_of_a_region_is_r_w_or_both(armsym_here: Call, proofs: Path, access: str) -> None:
    refused = armsym_here("run", proofs.with_name("f.o"), "adds_up", "--x3", "out", "--mem", f"out:{access}=8")
    assert refused.code == 2
    assert f"its access is r, w or rw, not {access!r}" in refused.one_line_error()


@pytest.mark.parametrize(("access", "code"), [("r", 2), ("w", 0), ("rw", 0)])
def test_a_region_that_is_only_read_refuses_stores(armsym_here: Call, proofs: Path, access: str, code: int) -> None:
    ran = armsym_here("run", proofs.with_name("f.o"), "adds_up", "--x3", "out", "--mem", f"out:{access}=8")
    assert ran.code == code
