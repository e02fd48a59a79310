"""Folders of questions made by hand: `armsym recheck` certifies nothing that another reader finds satisfiable."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import armsym.cli
from armsym.discharge.recheck import Answer
from armsym.discharge.smtlib import script
from armsym.report.queries import Queries
from armsym.sat.folder import MANIFEST, check_folder
from armsym.sat.script import Unreadable, clauses_of
from armsym.terms.node import Var

# Where a carriage return ends a comment, two assertions, both true; else one, that 0 is 1.
TWO_ASSERTIONS = "(set-logic QF_UFBV)\n(assert (= #b0 ;\r #b0)) (assert (= #b1\n #b1))\n(check-sat)\n"
FALSE = "(set-logic QF_UFBV)\n(assert (= #b0 #b1))\n(check-sat)\n"


def folder_of(path: Path, script: str, status: str = "proved") -> Path:
    """One script, with a certificate for clauses of which the second is empty."""
    path.mkdir(parents=True)
    data = script.encode("ascii")
    (path / "0001.smt2").write_bytes(data)
    (path / "0001.lrat").write_text("3 0 2 0\n")
    row = {"file": "0001.smt2", "sha256": hashlib.sha256(data).hexdigest(), "place": ""}
    told = {"format": 1, "proof": "p", "status": status, "file_sha256": "0" * 64, "queries": [row]}
    (path / MANIFEST).write_text(json.dumps(told))
    return path


def test_a_carriage_return_ends_no_comment_and_no_script(tmp_path: Path) -> None:
    (good,) = check_folder(folder_of(tmp_path / "a.p.queries", FALSE)).checked
    assert good.found == "certified"
    (bad,) = check_folder(folder_of(tmp_path / "b.p.queries", TWO_ASSERTIONS)).checked
    assert (bad.found, bad.why.split(":")[0]) == ("refused", "the script cannot be read")


@pytest.mark.parametrize("code", [*range(9), *range(11, 32), 127])
@pytest.mark.parametrize("place", ["; {}\n", "{} ", "(declare-fun |{}| () (_ BitVec 1))\n"])
def test_no_control_character_is_read(code: int, place: str) -> None:
    with pytest.raises(Unreadable):
        clauses_of(place.format(chr(code)) + FALSE)


def test_questions_of_a_proof_that_did_not_end_are_not_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its folder has no list: the others being certified is not enough."""
    whole = tmp_path / "all.queries"
    folder_of(whole / "a.p.queries", FALSE)
    assert armsym.cli.run(["recheck", str(whole)]) == 0
    unfinished = folder_of(whole / "a.q.queries", FALSE)
    (unfinished / MANIFEST).unlink()
    for path in (whole, unfinished):
        capsys.readouterr()
        assert armsym.cli.run(["recheck", str(path)]) == 2
        assert "a.q.queries" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "said"), [("proved", ""), ("undecided", "(the proof: undecided)")])
def test_certified_answers_are_no_proof(
    status: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder_of(tmp_path / "a.p.queries", FALSE, status)
    assert armsym.cli.run(["recheck", str(path)]) == 0
    out = capsys.readouterr().out
    assert "p: 1 of 1 answers certified" in out
    assert ("the proof:" in out) is bool(said)
    assert said in out


@pytest.mark.parametrize("name", ["a\r(assert (= #b0 #b1))", "\x1b[2K", "a\x85b\u2028c\u202e", "\x00\x7f;"])
def test_a_name_that_a_proof_gives_stays_in_the_comment(name: str, tmp_path: Path) -> None:
    x = Var("x", 8)
    queries = Queries(tmp_path, Path("folder/proof.py"), "p")
    queries.note(Answer((), x, 3, 8, "bit vectors", name), script((), x, 3, 8), None)
    text = (queries.path / "0001.smt2").read_bytes().decode("ascii")
    assert clauses_of(text) == clauses_of(script((), x, 3, 8))
    assert all(line.isprintable() for line in text.split("\n"))
