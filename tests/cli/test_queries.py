"""`armsym prove --queries DIR`: each question that Z3 answered as a script, and a manifest of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bitwuzla")
pytest.importorskip("cvc5")

import armsym.cli
from armsym.discharge import second_cvc5
from armsym.discharge.recheck import SecondSolver, Verdict
from armsym.discharge.second import ask
from armsym.sat.folder import MANIFEST

OBJECT = Path(__file__).parent / "data" / "routines.o"
PROOFS = """
from armsym.dsl import Proof, proof

@proof("add64", of={object!r})
def bounded(p: Proof) -> None:
    a, b = p.nat("a", low=1, high=100), p.nat("b", low=1, high=100)
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"bound": s.x0 <= 200}})
"""


def proofs(folder: Path) -> Path:
    file = folder / f"{folder.name}_queries.py"
    file.write_text(PROOFS.format(object=str(OBJECT)))
    return file


def run(folder: Path, *arguments: object) -> tuple[int, dict[str, Any]]:
    to = folder / "out"
    code = armsym.cli.run(["prove", str(proofs(folder)), "--queries", str(to), *map(str, arguments)])
    (found,) = to.iterdir()
    assert found.name == f"{folder.name}.bounded.queries"
    manifest: dict[str, Any] = json.loads((found / MANIFEST).read_text())
    assert sorted(f.name for f in found.iterdir()) == sorted([MANIFEST, *(q["file"] for q in manifest["queries"])])
    for q in manifest["queries"]:
        data = (found / q["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == q["sha256"]
        assert ask(data.decode(), 10.0).answer == "unsat"
    return code, manifest


def test_questions_are_written_with_their_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, m = run(tmp_path)
    assert code == 0
    assert (m["proof"], m["symbol"], m["status"], m["second_solver"]) == ("bounded", "add64", "proved", "")
    assert m["file_sha256"] == hashlib.sha256(OBJECT.read_bytes()).hexdigest()
    (q,) = m["queries"]
    assert "ensures: bound" in q["place"]
    assert (q["how"], q["answers"], "second" in q) == ("integers", {"Z3": "unsat"}, False)
    assert "wrote 1 questions that Z3 answered to" in capsys.readouterr().out


def test_what_second_solvers_say_stands_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, m = run(tmp_path, "--second-solver")
    assert m["queries"][0]["answers"] == {"Z3": "unsat", "Bitwuzla": "unsat"}
    monkeypatch.setattr(second_cvc5, "CVC5", SecondSolver("cvc5", lambda *_: Verdict("unknown", "tired")))
    _, m = run(tmp_path, "--confirm-by", "both")
    assert m["queries"][0]["answers"] == {"Z3": "unsat", "Bitwuzla": "unsat", "cvc5": "unknown"}
    _, m = run(tmp_path, "--confirm-by", "cvc5")
    assert (m["queries"][0]["second"], m["queries"][0]["reason"]) == ("unknown", "tired")


def test_what_an_earlier_command_left_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is known from before is asked again: else there would be no questions."""
    monkeypatch.setenv("ARMSYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ARMSYM_NO_CACHE", raising=False)
    assert armsym.cli.run(["prove", str(proofs(tmp_path))]) == 0
    run(tmp_path)
    (folder,) = (tmp_path / "out").iterdir()
    for name in ("0001.lrat", "0007.smt2", "0007.lrat"):
        (folder / name).write_text("old")
    _, m = run(tmp_path)
    assert len(m["queries"]) == 1


def test_a_proof_without_questions_has_an_empty_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = proofs(tmp_path)
    file.write_text(file.read_text().replace("s.x0 <= 200", "s.x0 == a + b"))
    assert armsym.cli.run(["prove", str(file), "--queries", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["queries"] == 0
    assert json.loads(next((tmp_path / "out").glob(f"*/{MANIFEST}")).read_text())["queries"] == []


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = proofs(tmp_path)
    (tmp_path / "out").write_text("a file")
    assert armsym.cli.run(["prove", str(file), "--queries", str(tmp_path / "out")]) == 2
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / f"{tmp_path.name}.bounded.queries").write_text("a file")
    assert armsym.cli.run(["prove", str(file), "--queries", str(tmp_path / "dir")]) == 2
    assert "cannot be written" in "".join(capsys.readouterr())
