"""`armsym recheck`: what Z3 said is certified, and nothing that is not shown is called so."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pysat")

import armsym.cli
from armsym.discharge.integers import Integers
from armsym.discharge.smtlib import script
from armsym.discharge.z3_bridge import Outcome, Solver
from armsym.sat.folder import MANIFEST
from armsym.terms import ops
from armsym.terms.node import Value, Var

OBJECT = Path(__file__).parent / "data" / "routines.o"
NEVER = """
from armsym.dsl import Proof, proof

@proof("add64", of={object!r})
def never(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"never": ~(s.x0 == 0x1234567890ABCDEF)}})
"""


def question(bound: int) -> str:
    x: Value = Var("x", 8)
    return script((ops.ult(8, x, 3),), ops.ult(8, ops.mul(8, x, 3), bound), 1)


def folder_of(path: Path, *scripts: str) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    rows = []
    for k, text in enumerate(scripts, 1):
        (path / f"{k:04}.smt2").write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        rows.append({"file": f"{k:04}.smt2", "sha256": digest, "place": f"place {k}"})
    told = {"format": 1, "proof": "p", "status": "proved", "file_sha256": "0" * 64, "queries": rows}
    (path / MANIFEST).write_text(json.dumps(told))
    return path


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    code = armsym.cli.run(["recheck", *map(str, arguments), "--json"])
    out = capsys.readouterr().out
    return code, json.loads(out)["folders"] if out else []


def found(folders: list[dict[str, Any]]) -> list[str]:
    return [q["found"] for f in folders for q in f["queries"]]


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two questions with their certificates."""
    path = folder_of(tmp_path_factory.mktemp("certified") / "a.p.queries", question(7), question(8))
    assert armsym.cli.run(["recheck", str(path), "--certify"]) == 0
    return path


@pytest.fixture
def copied(certified: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(certified, tmp_path / certified.name))


def test_certificates_are_made_once_and_checked_without_a_solver(
    certified: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pysat", "pysat.solvers", "z3"):
        monkeypatch.setitem(sys.modules, name, None)
    code, told = call(capsys, certified)
    assert (code, found(told)) == (0, ["certified"] * 2)
    assert told[0]["counts"] == {"certified": 2, "open": 0, "refused": 0, "satisfiable": 0}
    assert all(q["steps"] and q["clauses"] for q in told[0]["queries"])
    # A folder of such folders will do.
    assert call(capsys, certified.parent) == (code, [{**told[0], "seconds": pytest.approx(told[0]["seconds"], abs=9)}])
    assert armsym.cli.run(["recheck", str(certified), "-v"]) == 0
    out = capsys.readouterr().out
    assert "p: 2 of 2 answers certified" in out
    assert "place 2" in out


def test_without_certificates_all_is_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder_of(tmp_path / "a.p.queries", question(7), question(8))
    assert (call(capsys, path)[0], found(call(capsys, path)[1])) == (3, ["open"] * 2)


def test_a_wrong_answer_of_z3_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """x < 3 does not imply 3 * x < 6."""
    path = folder_of(tmp_path / "a.p.queries", question(7), question(6))
    code, told = call(capsys, path, "--certify")
    assert (code, found(told)) == (1, ["certified", "satisfiable"])
    assert not (path / "0002.lrat").exists()
    # The certificate of another question does not do.
    shutil.copy(path / "0001.lrat", path / "0002.lrat")
    assert found(call(capsys, path)[1]) == ["certified", "refused"]
    assert call(capsys, path, "--certify")[0] == 3


def test_what_takes_too_long_is_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = Var("x", 16), Var("y", 16)
    hard = script((), ops.eq(32, ops.mul(32, ops.zext(16, x, 32), ops.zext(16, y, 32)), 4294049777), 0)
    path = folder_of(tmp_path / "a.p.queries", hard, question(7))
    code, told = call(capsys, path, "--certify", "--seconds", "0")
    assert code == 3
    assert told[0]["queries"][0]["found"] == "open"
    assert told[0]["queries"][0]["why"] in ("the solver gave up", "no time was left for hints")
    monkeypatch.setattr("armsym.sat.folder.MOST_CLAUSES", 10)
    _, told = call(capsys, path, "--certify")
    assert [(q["found"], q["why"]) for q in told[0]["queries"]] == [("open", "it takes more than 10 clauses")] * 2


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


SPOILED: dict[str, Callable[[Path], object]] = {
    "empty": lambda p: (p / "0002.lrat").write_text(""),
    "cut off": lambda p: (p / "0002.lrat").write_text("\n".join((p / "0002.lrat").read_text().split("\n")[:-2])),
    "not ASCII": lambda p: (p / "0002.lrat").write_bytes(b"\xff"),
    "a folder": lambda p: (p / "0002.lrat").replace(p / "old").parent.joinpath("0002.lrat").mkdir(),
    "of another script": lambda p: shutil.copy(p / "0001.lrat", p / "0002.lrat"),
    "another script": lambda p: replaced(p / "0002.smt2", "(check-sat)", "(check-sat) "),
    "no script": lambda p: (p / "0002.smt2").unlink(),
    "a script that is not listed": lambda p: shutil.copy(p / "0002.smt2", p / "0003.smt2"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_was_spoiled_is_refused(how: str, copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    SPOILED[how](copied)
    for options in ([], ["--certify"]):
        code, told = call(capsys, copied, *options)
        assert code == 3
        kept = how == "a script that is not listed"
        assert found(told) == ["certified", *(["certified"] if kept else []), "refused"]
        assert told[0]["queries"][-1]["why"]


def test_a_script_that_is_not_read_here_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder_of(tmp_path / "a.p.queries", "(set-logic QF_LIA)(check-sat)")
    code, told = call(capsys, path, "--certify")
    assert (code, found(told)) == (3, ["refused"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "\xff",
        '{"format": 2, "proof": "p", "status": "proved", "file_sha256": "", "queries": []}',
        '{"format": 1, "proof": "p", "status": "proved", "file_sha256": ""}',
        '{"format": 1, "proof": 1, "status": "proved", "file_sha256": "", "queries": []}',
        '{"format": 1, "proof": "p", "status": "proved", "file_sha256": "", "queries": [1]}',
        '{"format": 1, "proof": "p", "status": "proved", "file_sha256": "", "queries": [{"file": "0001.smt2"}]}',
        '{"format": 1, "proof": "p", "status": "proved", "file_sha256": "",'
        ' "queries": [{"file": "../x/0001.smt2", "sha256": "", "place": ""}]}',
        '{"format": 1, "proof": "p", "status": "proved", "file_sha256": "",'
        ' "queries": [{"file": "1.smt2", "sha256": "", "place": ""}, {"file": "1.smt2", "sha256": "", "place": ""}]}',
        "[" * 100_000,
    ],
)
def test_a_list_that_cannot_be_read_is_bad_input(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / MANIFEST).write_text(text, encoding="latin-1")
    assert armsym.cli.run(["recheck", str(tmp_path)]) == 2
    assert "queries.json" in capsys.readouterr().err


def test_bad_input_and_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(capsys, tmp_path / "no such") == (2, [])
    assert call(capsys, tmp_path)[0] == 5
    path = folder_of(tmp_path / "a.p.queries")
    assert call(capsys, path)[0] == 5
    assert call(capsys, path, "--seconds", "nan")[0] == 2
    monkeypatch.setitem(sys.modules, "pysat.solvers", None)
    assert armsym.cli.run(["recheck", str(path), "--certify"]) == 2
    assert "armsym[certificates]" in capsys.readouterr().err


def test_a_z3_that_says_unsat_to_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the proof, which calls a false claim proved, to the question that has an answer."""
    for solver in (Solver, Integers):
        monkeypatch.setattr(solver, "implies", lambda *_: Outcome(True))
    file = tmp_path / f"{tmp_path.name}_never.py"
    file.write_text(NEVER.format(object=str(OBJECT)))
    assert armsym.cli.run(["prove", str(file), "--queries", str(tmp_path / "q")]) == 0
    capsys.readouterr()
    code, told = call(capsys, tmp_path / "q", "--certify")
    assert code == 1
    bad = [q for f in told for q in f["queries"] if q["found"] == "satisfiable"]
    assert any("ensures: never" in q["place"] for q in bad)
