"""Proofs as items of pytest.  `add64` of routines.s returns x0 + x1."""

from __future__ import annotations

import re
import shutil
import time
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from calls import Answer, Call
from cli_data import OBJECT

import armsym.api
import armsym.conform.replay
import armsym.proof.run
import armsym.pytest_plugin
from armsym.cache import sources
from armsym.installed import load_isa

ROOT = Path(__file__).resolve().parents[2]
pytest_plugins = ["pytester"]
#: What the runs of pytest import is forgotten after each, unless it was there before: so it is.
LOADED = (armsym.api, armsym.conform.replay, armsym.proof.run, armsym.pytest_plugin, load_isa())

HEAD = "from armsym.dsl import Proof, proof\n"


def claim(name: str, operator: str) -> str:
    return f"""
@proof("add64", of="routines.o", name={name!r})
def _(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"result": s.x0 == a {operator} b}})
"""


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """Two files of proofs, one that makes them by a function of another, a test, and a helper that is none of it."""
    proofs, other = pytester.path / "proofs", pytester.path / "other"
    proofs.mkdir()
    other.mkdir()
    (pytester.path / "pytest.ini").write_text("[pytest]\n")
    shutil.copy(OBJECT, proofs)
    name = f"{pytester.path.name}_makes"
    (proofs / "sums.py").write_text(HEAD + claim("adds", "+") + claim("subtracts", "-"))
    (proofs / f"{name}.py").write_text(HEAD + "def prove_it():" + claim("made", "+").replace("\n", "\n    "))
    (proofs / "made.py").write_text(f"# Its proofs are made elsewhere.\nfrom {name} import prove_it\nprove_it()\n")
    (proofs / "test_sums.py").write_text("def test_one(): pass\n")
    (other / "helper.py").write_text("# The proof of the pudding is not for import.\nraise SystemExit\n")
    (other / "test_two.py").write_text("def test_two(): pass\n")
    return pytester.path


@pytest.fixture
def run(pytester: pytest.Pytester, folder: Path) -> Call:
    """Run pytest in the folder."""

    def call(*arguments: object) -> Answer:
        plugins = ("-p", "armsym.pytest_plugin", "-p", "no:hypothesispytest")
        done = pytester.runpytest_inprocess(*plugins, *map(str, arguments))
        return Answer(int(done.ret), done.stdout.str(), done.stderr.str())

    return call


def test_what_is_not_proved_fails_with_the_report(folder: Path, run: Call) -> None:
    answer = run("proofs", "-v", f"--junitxml={folder / 'out.xml'}")
    assert answer.code == 1
    verdicts = dict(re.findall(r"^(\S+::\S+) (PASSED|FAILED|ERROR)", answer.out, re.MULTILINE))
    assert verdicts == {
        "proofs/made.py::made": "PASSED",
        "proofs/sums.py::adds": "PASSED",
        "proofs/sums.py::subtracts": "FAILED",
        "proofs/test_sums.py::test_one": "PASSED",
    }
    assert "counterexample to ensures: result" in answer.out
    assert re.search(r"FAILED proofs/sums.py::subtracts - refuted: ensures: result", answer.out)
    cases = {c.get("name"): c for c in ET.parse(folder / "out.xml").getroot().iter("testcase")}
    properties = {p.get("name"): p.get("value") for p in cases["subtracts"].iter("property")}
    assert properties == {"armsym_status": "refuted", "armsym_cached": "False"}
    failure = cases["subtracts"].find("failure")
    assert failure is not None
    assert "counterexample" in (failure.text or "")


def test_workers_selection_and_stopping(folder: Path, run: Call) -> None:
    """-n, -k by symbol, markers, -x, --lf."""
    answer = run("proofs", "-n", "2", "-m", "armsym", "-k", "add64 and not made")
    assert answer.code == 1
    assert "1 failed, 1 passed" in answer.out
    assert "counterexample to ensures: result" in answer.out
    answer = run("proofs/sums.py::subtracts", "proofs/sums.py::adds", "-x")
    assert "1 failed" in answer.out
    assert "passed" not in answer.out
    (folder / "proofs" / "sums.py").write_text(HEAD + claim("adds", "+") + claim("subtracts", "+"))
    answer = run("proofs/sums.py", "--lf")
    assert answer.code == 0
    assert "1 passed" in answer.out


def test_it_is_off_where_nobody_asked(folder: Path, run: Call) -> None:
    for arguments, passed in (([], 2), (["other"], 1)):
        answer = run(*arguments)
        assert (answer.code, f"{passed} passed" in answer.out) == (0, True), answer.out
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = proofs other\n")
    for workers in ([], ["-n", "1"]):
        answer = run(*workers)
        assert (answer.code, "2 passed" in answer.out) == (0, True), answer.out
    (folder / "pytest.ini").write_text("[pytest]\narmsym_proofs = proofs\n")
    answer = run("-k", "adds or made")
    assert (answer.code, "2 passed" in answer.out) == (0, True), answer.out


def test_a_file_that_cannot_be_used_is_an_error(folder: Path, run: Call) -> None:
    (folder / "proofs" / "bad.py").write_text(f"{HEAD}1 // 0\n")
    answer = run("proofs")
    assert answer.code == 2
    assert "bad.py:2: ZeroDivisionError" in answer.out


def test_nothing_passes_that_was_not_proved(folder: Path, run: Call) -> None:
    """Undecided, an internal error, and a file under proof that is not there fail."""
    text = HEAD + claim("undecided", "+") + claim("ends", "+") + claim("missing", "+")
    text = text.replace('p.ensures(lambda s: {"result": s.x0 == a + b})', "", 1)
    before, after = text.split("name='ends'")
    after = after.replace("a, b =", "__import__('os')._exit(0); a, b =", 1)
    after = after.replace("of=\"routines.o\", name='missing'", "of=\"no.o\", name='missing'")
    (folder / "proofs" / "sums.py").write_text(f"{before}name='ends'{after}")
    answer = run("proofs/sums.py")
    assert answer.code == 1
    assert "3 failed" in answer.out
    for words in ("undecided: ", "the proof's process ended with 0", "no.o"):
        assert words in answer.out
    assert run("proofs/sums.py", "--armsym-seconds=-1").code == 4


def test_the_cache_is_used_where_it_is_asked_for(folder: Path, run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMSYM_CACHE", str(folder / "cache"))
    monkeypatch.delenv("ARMSYM_NO_CACHE")
    monkeypatch.setattr(sources, "BEGAN_NS", time.time_ns() + 10**12)  # as if the folder had been there before
    for arguments, cached in ((["--armsym-cache"], False), (["--armsym-cache"], True), ([], False)):
        answer = run("proofs/sums.py::adds", *arguments)
        assert answer.code == 0
        assert ("armsym: 1 proof from the cache" in answer.out) == cached


def test_the_package_registers_it() -> None:
    entries = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
        "pytest11"
    ]
    assert entries == {"armsym.pytest_plugin": "armsym.pytest_plugin"}


@pytest.mark.parametrize("text", ["pytest.skip('later', allow_module_level=True)", "pytest.importorskip('no_such')"])
def test_a_file_of_proofs_does_not_skip_itself(folder: Path, run: Call, text: str) -> None:
    (folder / "proofs" / "skips.py").write_text(f"import pytest\n{text}\n" + HEAD + claim("adds", "+"))
    answer = run("proofs/skips.py")
    assert answer.code not in (0, 5), answer
    assert "no proof is skipped" in answer.out
    assert "skipped" not in answer.out.splitlines()[-1]
