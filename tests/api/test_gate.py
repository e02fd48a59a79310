"""`armsym gate`: no routine of a file that is neither proved nor listed.  routines.s says what each does."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from assembling import assembled
from calls import Answer
from cli_data import OBJECT
from shipped import fetching

import armsym.cli
from armsym.cli import gating
from armsym.cli.proving import Progress
from armsym.elf import load
from armsym.errors import InputError
from armsym.proof.result import ProofResult, Status
from armsym.report.outcome import Outcome
from armsym.report.routines import Gated, Standing, exit_code_of

ROOT = Path(__file__).resolve().parents[2]
PROOFS = """
from armsym.dsl import Proof, proof

@proof("add64", of="routines.o")
def adds(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"sum": s.x0 == a + b})

@proof("sum64", of="routines.o")
def no_sum(p: Proof) -> None:
    data = p.region("data", 8, access="r")
    p.call(x0=data, x1=1)
    p.ensures(lambda s: {"always 7": s.x0 == 7})

@proof("pool", of="routines.o")
def nothing_claimed(p: Proof) -> None:
    p.call()
"""
REST = dict.fromkeys(("pool", "root", "trap", "poke", "spin", "vxor"), "a test of the simulator")


class Folder:
    """A folder with a file, its proofs, and a configuration."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path, self._capsys = path, capsys
        shutil.copy(OBJECT, path)
        (path / f"{path.name}_proofs.py").write_text(PROOFS)
        self.config = path / "pyproject.toml"

    def configure(self, *routines: str, unproved: dict[str, str] | None = None, **refuted: str) -> None:
        lists = [("unproved", unproved or {}), ("refuted", refuted)]
        text = "".join(f"{n} = {{ {', '.join(f'{k} = {v!r}' for k, v in t.items())} }}\n" for n, t in lists)
        self.config.write_text(
            f"[tool.armsym.gate]\nproofs = ['.']\n[[tool.armsym.gate.files]]\nfile = 'routines.o'\n"
            f"routines = {list(routines)}\n{text}"
        )

    def gate(self, *arguments: object) -> Answer:
        code = armsym.cli.run(["gate", str(self.config), *map(str, arguments)])
        return Answer(code, *self._capsys.readouterr())


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    return Folder(tmp_path, capsys)


def standings(answer: Answer) -> dict[str, str]:
    document: dict[str, Any] = json.loads(answer.out)
    assert document["schema_version"] == 1
    assert document["passed"] == (answer.code == 0)
    return {r["symbols"][0]: r["standing"] for r in document["routines"]}


def test_all_is_accounted_for(folder: Folder) -> None:
    folder.configure("*", unproved=REST, sum64="known: it is no constant")
    answer = folder.gate("--json", "--sarif", folder.path / "out.sarif", "--junit", folder.path / "out.xml")
    assert answer.code == 0, answer.out
    assert standings(answer) == {"add64": "proved", "sum64": "listed", **dict.fromkeys(REST, "listed")}
    routine = json.loads(answer.out)["routines"][0]
    assert routine["results"][0]["status"] == "proved"
    assert [o["status"] for o in routine["results"][0]["obligations"]].count("proved") > 5
    sarif = json.loads((folder.path / "out.sarif").read_text())
    assert {r["level"] for r in sarif["runs"][0]["results"]} == {"note"}
    suite = ET.parse(folder.path / "out.xml").getroot()[0]
    assert {k: suite.get(k) for k in ("tests", "failures", "skipped")} == {
        "tests": "8",
        "failures": "0",
        "skipped": "7",
    }
    text = folder.gate()
    assert "proved     add64  (routines.o)" in text.out
    assert "8 routines: 1 proved, 7 listed in" in text.out


def test_what_does_not_pass(folder: Folder) -> None:
    """A refuted routine, one that is undecided, one that is new."""
    rest = {k: v for k, v in REST.items() if k not in ("pool", "root")}
    folder.configure("*", unproved=rest)
    answer = folder.gate("--json", "--sarif", folder.path / "out.sarif", "--junit", folder.path / "out.xml")
    assert answer.code == 1
    found = standings(answer)
    assert (found["sum64"], found["root"]) == ("refuted", "unlisted")
    assert found["pool"] in ("undecided", "error")
    assert "3 of 8 routines do not pass" in answer.err
    run = json.loads((folder.path / "out.sarif").read_text())["runs"][0]
    errors = {r["ruleId"]: r for r in run["results"] if r["level"] == "error"}
    assert {"refuted", "unlisted"} <= errors.keys() <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    place = errors["refuted"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("_proofs.py")
    assert PROOFS.splitlines()[place["region"]["startLine"] - 1].startswith(('@proof("sum64"', "def no_sum"))
    assert errors["unlisted"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("pyproject.toml")
    cases = {c.get("name"): c for c in ET.parse(folder.path / "out.xml").getroot().iter("testcase")}
    assert [name for name, c in cases.items() if c.find("failure") is not None] == ["sum64", "pool", "root"]
    # Without the refuted one it is undecided; with the new ones alone, too.
    folder.configure("*", unproved=rest, sum64="known")
    assert folder.gate().code in (2, 3)
    folder.configure("root")
    answer = folder.gate()
    assert answer.code == 3
    assert "unlisted   root  (routines.o): no proof speaks of it" in answer.out


@pytest.mark.parametrize(
    ("unproved", "refuted", "why"),
    [
        ({"add64": "later"}, {}, "listed as unproved (later), and is proved"),
        ({}, {"add64": "broken"}, "listed as refuted (broken), and is proved"),
        ({}, {"root": "broken"}, "listed as refuted (broken), and is unlisted"),
    ],
)
def test_a_list_that_is_not_true_any_more(
    folder: Folder, unproved: dict[str, str], refuted: dict[str, str], why: str
) -> None:
    folder.configure(*unproved, *refuted, unproved=unproved, **refuted)
    answer = folder.gate()
    assert answer.code == 2
    assert f"stale      {next(iter({**unproved, **refuted}))}  (routines.o): it is {why}" in answer.out


def test_code_without_a_type_is_found_where_no_function_is(folder: Folder) -> None:
    """Local names of places in code: a glob of them alone has them; one that a function has does not."""
    text = (
        ".globl first\n.type first, %function\nfirst: ret\nfirst_asm: ret\nsecond_asm: ret\n.data\nthird_asm: .word 0\n"
    )
    (folder.path / "routines.o").write_bytes(assembled(text))
    folder.configure("first*", "second_*")
    assert standings(folder.gate("--json")) == {"first": "unlisted", "second_asm": "unlisted"}
    folder.configure("third_*")
    assert "no function symbol matches 'third_*'" in folder.gate().err


def test_what_is_refuted_is_not_excused_as_unproved(folder: Folder) -> None:
    folder.configure("sum64", unproved={"sum64": "later"})
    answer = folder.gate()
    assert answer.code == 1
    assert "refuted    sum64  (routines.o): it is listed as unproved (later), and is refuted" in answer.out


FILES = "[[tool.armsym.gate.files]]\n"
GOOD = "proofs = ['.']\nfile = 'routines.o'\nroutines = ['add64']\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[tool", "is not TOML"),
        ("", "has no table [tool.armsym]"),
        ("[tool.armsym]\nx = 1", "has no table [tool.armsym.gate]"),
        ("[tool.armsym.gate]\nproofs = ['.']", "names no file"),
        ("[tool.armsym.gate]\nfile = 'x'", "has no 'file'"),
        (f"{FILES}{GOOD}rutines = []", "has no 'rutines'; near: routines"),
        (f"{FILES}file = ''", "file is the name of a file"),
        (f"{FILES}{GOOD}unproved = {{ add64 = ' ' }}", "gives a reason"),
        (f"{FILES}{GOOD}unproved = ['add64']", "gives a reason"),
        (f"{FILES}{GOOD}unproved = {{ add64 = 'a' }}\nrefuted = {{ add64 = 'b' }}", "as unproved and as refuted"),
        (f"{FILES}{GOOD}unproved = {{ sum64 = 'a' }}", "sum64 is listed, but no routine that is gated"),
        (f"{FILES}{GOOD}".replace("['add64']", "['add64', 'nothing_*']"), "no function symbol matches 'nothing_*'"),
        (f"{FILES}{GOOD}".replace("['add64']", "[]"), "routines names none"),
        (f"{FILES}{GOOD}".replace("['add64']", "'add64'"), "routines is a list of texts"),
        (f"{FILES}{GOOD}".replace("['.']", "[]"), "proofs names no file"),
        (f"{FILES}{GOOD}".replace("['.']", "['no_such_folder']"), "no_such_folder"),
        (f"{FILES}{GOOD}".replace("routines.o", "no.o"), "no.o"),
    ],
)
def test_a_configuration_that_cannot_be_used(folder: Folder, text: str, why: str) -> None:
    folder.config.write_text(text)
    answer = folder.gate()
    assert answer.code == 2
    assert why in answer.one_line_error()


def test_a_proof_file_that_cannot_be_used(folder: Folder) -> None:
    folder.configure("add64")
    (folder.path / f"{folder.path.name}_bad.py").write_text("proof = 1 // 0\n")
    answer = folder.gate()
    assert answer.code == 2
    assert "ZeroDivisionError" in answer.one_line_error()


def test_nothing_is_no_success_and_a_defect_is_never_excused() -> None:
    assert exit_code_of([]) == 5
    file = gating.GatedFile("f", ("*",), ("p",), {"a": "later"}, {"b": "broken"})
    image = load(OBJECT)
    for name in ("a", "b", "c"):
        defect = Outcome(ProofResult(name, "", name, status=Status.REFUTED), internal=True)
        found = gating._gated(file, image, (name,), [defect])
        assert not found.passed
        assert exit_code_of([found]) == 4
    # Of several proofs the worst counts.
    good = Outcome(ProofResult("c", "", "c", status=Status.PROVED))
    for status in (Status.REFUTED, Status.UNDECIDED, Status.ERROR):
        bad = Outcome(ProofResult("c", "", "c", status=status))
        assert gating._gated(file, image, ("c",), [good, bad]).standing is Standing(status.value)
    left = Outcome(ProofResult("c", "", "c", status=Status.PROVED), left_out="no network")
    assert not gating._gated(file, image, ("c",), [left]).passed


def gated(file: gating.GatedFile) -> list[Gated]:
    return list(gating.gate(file, timeout=None, processes=1, second="", kept=None, progress=Progress(0)))


def test_the_gate_of_this_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every routine it names of the pinned wheels has a proof or a reason; that the proofs hold, CI asks elsewhere."""

    def all_proved(selection: Any, **_: Any) -> Iterator[tuple[int, Outcome]]:
        for k, d in enumerate(selection.proofs):
            yield k, Outcome(ProofResult(d.name, "", d.symbol, status=Status.PROVED))

    monkeypatch.setattr(gating, "outcomes", all_proved)
    files = gating.gated_files(ROOT / "pyproject.toml")
    assert len(files) == 5
    for file in files:
        with fetching():
            found = gated(file)
        assert {g.symbol: g.standing.value for g in found if not g.passed} == {}
        assert sum(g.standing is Standing.PROVED for g in found) >= 5
    # A routine that is not in the list does not pass.
    openssl = files[0]
    found = gated(replace(openssl, unproved={}))
    assert {g.symbol for g in found if not g.passed} == set(openssl.unproved)
    with pytest.raises(InputError, match="is listed, but"):
        gated(replace(openssl, unproved={"not_there": "x"}))


TWICE = """
.text
.globl f
.type f,%function
f: add x0, x0, x1
ret
.size f,.-f
"""


def test_of_two_routines_of_one_name_a_proof_is_of_one(folder: Folder) -> None:
    """A local routine has the name of a global one: a proof is of the global one, whichever comes last."""
    from assembling import assembled, run_tool

    (folder.path / "one.o").write_bytes(assembled(TWICE))
    (folder.path / "two.o").write_bytes(assembled(TWICE.replace(".globl f\n", "").replace("add", "sub")))
    (folder.path / f"{folder.path.name}_proofs.py").write_text(PROOFS.replace('"add64"', '"f"'))
    for order in (("one.o", "two.o"), ("two.o", "one.o")):
        run_tool(folder.path, "ld", "-r", *order, "-o", "routines.o")
        folder.configure("f")
        answer = folder.gate("--json")
        assert answer.code == 3
        found = [(r["standing"], len(r["results"])) for r in json.loads(answer.out)["routines"]]
        assert found == [("proved", 1), ("unlisted", 0)][:: 1 if order[0] == "one.o" else -1]
