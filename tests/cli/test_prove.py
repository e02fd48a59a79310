"""`armsym prove`: answers, exit codes, selection, and what happens to proofs that misbehave.

What is true of data/routines.s is known by reading it: `adds` and `sums` hold, `subtracts` does not.
"""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from calls import Answer, Call, run_python
from cli_data import OBJECT

import armsym.cli.work
from armsym.cli.work import Job, run_here
from armsym.proof.result import KINDS, Obligation, ProofResult, Status
from armsym.report.outcome import ExitCode, Outcome, exit_code

#: By reading routines.s and adding.py.
EXPECTED = {
    "adds": "proved",
    "subtracts": "refuted",
    "sums": "proved",
    "sums_without_invariant": "undecided",
    "no_such_symbol": "error",
    "raises": "error",
}
#: What every proof that holds must have shown (DESIGN 2).
ALWAYS = {"decode", "ensures", "memory", "frame", "abi", "termination", "constant-time", "non-vacuous"}
ADD64 = bytes.fromhex("0000018b c0035fd6")  # add x0, x0, x1; ret (Arm ARM, C6.2.5 and C6.2.289)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, proofs: Path) -> tuple[Answer, dict[str, Any], ET.Element]:
    """One run of all proofs in two processes: the answer, its JSON, its JUnit XML."""
    xml = tmp_path_factory.mktemp("junit") / "report.xml"
    answer = run_python("-m", "armsym", "prove", proofs, "-j2", "--json", "--junit", xml)
    return answer, json.loads(answer.out), ET.parse(xml).getroot()


def result_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = [r for r in document["results"] if r["proof"] == name]
    assert len(found) == 1
    return dict(found[0])


def test_statuses_and_exit_code(whole: tuple[Answer, dict[str, Any], ET.Element]) -> None:
    answer, document, _ = whole
    statuses = {r["proof"]: r["status"] for r in document["results"]}
    assert {name: statuses[name] for name in EXPECTED} == EXPECTED
    assert answer.code == 1
    assert "Traceback" not in answer.err


def test_results_stand_in_the_order_of_definition(
    whole: tuple[Answer, dict[str, Any], ET.Element], proofs: Path
) -> None:
    defined = [line.split("(")[0][4:] for line in proofs.read_text().splitlines() if line.startswith("def ")]
    assert [r["proof"] for r in whole[1]["results"]] == defined


def test_an_unmodelled_instruction_is_never_proved(whole: tuple[Answer, dict[str, Any], ET.Element]) -> None:
    root = result_of(whole[1], "takes_a_root")
    assert root["status"] != "proved"
    assert "1e61c000" in json.dumps(root)  # fsqrt d0, d0


def test_an_unmodelled_instruction_is_an_error(whole: tuple[Answer, dict[str, Any], ET.Element]) -> None:
    assert result_of(whole[1], "takes_a_root")["status"] == "error"


def test_counterexample_is_arithmetic(whole: tuple[Answer, dict[str, Any], ET.Element]) -> None:
    c = result_of(whole[1], "subtracts")["counterexample"]
    a, b = int(c["inputs"]["a"], 16), int(c["inputs"]["b"], 16)
    assert int(c["got"], 16) == (a + b) % 2**64
    assert int(c["expected"], 16) == (a - b) % 2**64
    assert (c["kind"], c["claim"]) == ("ensures", "difference")


def test_hashes(whole: tuple[Answer, dict[str, Any], ET.Element]) -> None:
    r = result_of(whole[1], "adds")
    assert r["file_sha256"] == hashlib.sha256(OBJECT.read_bytes()).hexdigest()
    assert r["code_sha256"] == hashlib.sha256(ADD64).hexdigest()


def test_json_shape(whole: tuple[Answer, dict[str, Any], ET.Element]) -> None:
    document = whole[1]
    assert set(document) == {"schema_version", "results", "left_out"}
    assert document["schema_version"] == 1
    assert document["left_out"] == []
    strings = ("proof", "file", "file_sha256", "symbol", "code_sha256", "status", "source")
    for r in document["results"]:
        assert all(type(r[k]) is str for k in strings)
        assert type(r["seconds"]) is float
        assert r["cached"] is False
        lists = {"assumptions", "lengths", "particular"}
        assert all(type(a) is str for key in lists for a in r[key])
        assert set(r) - {*strings, *lists, "seconds", "cached", "obligations"} <= {
            "counterexample",
            "message",
            "claims_results",
        }
        for o in r["obligations"]:
            assert set(o) - {"detail", "why"} == {"name", "kind", "status", "by", "seconds"}
            assert o["kind"] in KINDS
            assert o["status"] in {s.value for s in Status}
            assert type(o["seconds"]) is float
            assert type(o["name"]) is type(o["by"]) is str
        if r["status"] == "proved":
            assert {o["status"] for o in r["obligations"]} == {"proved"}
            assert {o["kind"] for o in r["obligations"]} >= ALWAYS
            assert r["assumptions"]
        if "counterexample" in r:
            c = r["counterexample"]
            said = {
                "claim",
                "kind",
                "inputs",
                "expected",
                "got",
                "detail",
                "replay",
                "entry",
                "differs",
                "instructions",
            }
            assert set(c) - {"departure"} == {*said, "shrunk_from", "command", "hints"}
            assert all(type(v) is str for v in c["inputs"].values())


def test_junit(whole: tuple[Answer, dict[str, Any], ET.Element]) -> None:
    _, document, root = whole
    suite = root.find("testsuite")
    assert suite is not None
    cases = {c.get("name"): [x.tag for x in c] for c in suite.findall("testcase")}
    assert cases["adds"] == cases["sums"] == []
    assert cases["subtracts"] == cases["sums_without_invariant"] == ["failure"]
    assert cases["no_such_symbol"] == cases["raises"] == ["error"]
    assert int(suite.get("tests", "")) == len(document["results"]) == len(cases)
    tags = [tag for found in cases.values() for tag in found]
    assert (int(suite.get("failures", "")), int(suite.get("errors", ""))) == (
        tags.count("failure"),
        tags.count("error"),
    )


@pytest.mark.parametrize(
    ("name", "code"), [("adds", 0), ("subtracts", 1), ("no_such_symbol", 2), ("sums_without_invariant", 3)]
)
def test_exit_code_of_one_proof(armsym_here: Call, proofs: Path, name: str, code: int) -> None:
    answer = armsym_here("prove", f"{proofs}::{name}")
    assert answer.code == code
    assert answer.out.startswith(EXPECTED[name])


def test_text_of_a_proof_that_holds(armsym_here: Call, proofs: Path) -> None:
    lines = armsym_here("prove", f"{proofs}::adds").out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("proved     adds  (add64 in routines.o)")
    assert lines[1].startswith("1 proved in ")


def test_verbose_lists_obligations_and_assumptions(armsym_here: Call, proofs: Path) -> None:
    out = armsym_here("prove", f"{proofs}::sums", "-v").out
    assert all(f"    {kind} " in out for kind in ALWAYS | {"invariant"})
    assert "1 <= n <= 0x100000000" in out


def test_counterexample_is_printed(armsym_here: Call, proofs: Path) -> None:
    out = armsym_here("prove", f"{proofs}::subtracts").out
    assert "counterexample to ensures: difference" in out
    assert all(f"\n{' ' * indent}{word} " in out for indent, word in [(8, "a"), (8, "b"), (6, "expected"), (6, "got")])


def test_selection(armsym_here: Call, proofs: Path) -> None:
    by_symbol = json.loads(armsym_here("list", proofs, "-k", "sum*", "--json").out)["proofs"]
    assert [p["proof"] for p in by_symbol] == ["sums", "sums_without_invariant"]
    by_name = json.loads(armsym_here("list", proofs, "-k", "sub*", "--json").out)["proofs"]
    assert by_name[0]["source"] == f"{proofs}:{by_name[0]['source'].rpartition(':')[2]}"
    assert [(p["proof"], p["symbol"], p["of"]) for p in by_name] == [("subtracts", "add64", "routines.o")]
    assert [p["proof"] for p in json.loads(armsym_here("list", f"{proofs}::add64", "--json").out)["proofs"]] == [
        "adds",
        "subtracts",
        "raises",
    ]


def test_selection_by_place(armsym_here: Call, proofs: Path) -> None:
    every = json.loads(armsym_here("list", proofs, "--json").out)["proofs"]
    place = proofs.name if proofs.suffix else "*.py"
    by_file = json.loads(armsym_here("list", proofs, "-k", f"{place}::*", "--json").out)["proofs"]
    assert by_file == every
    one = json.loads(armsym_here("list", proofs, "-k", f"{place}::subtracts", "--json").out)["proofs"]
    assert [p["proof"] for p in one] == ["subtracts"]
    assert armsym_here("list", proofs, "-k", "nowhere/*").code == 5


def test_except(armsym_here: Call, tmp_path: Path) -> None:
    """What `--except` selects is left out, of `list` and of `prove`; what it names has to be there."""
    of = "crypto_examples/own_sha512"
    assert armsym_here("list", of, "crypto_examples/own_sha256", "--except", of, "--json").out == (
        armsym_here("list", "crypto_examples/own_sha256", "--json").out
    )
    both = ("--except", f"{of}::armsym_sha512_blocks", "--except", "crypto_examples/own_sha256")
    for command in ("list", "prove"):
        answer = armsym_here(command, of, "crypto_examples/own_sha256", *both)
        assert answer.code == 5, answer.err
        wrong = armsym_here(command, of, "--except", f"{of}::armsym_sha512_block")
        assert wrong.code == 2
        assert "holds no proof 'armsym_sha512_block'" in wrong.err
    table = tmp_path / "table.md"
    left = ("--except", "crypto_examples/own_sha256")
    assert armsym_here("prove", of, "crypto_examples/own_sha256", *left, "--table", table).code == 0
    assert f"`armsym prove {of} crypto_examples/own_sha256 {' '.join(left)} --table {table}`" in table.read_text()


@pytest.mark.parametrize("command", ["prove", "list"])
def test_nothing_selected(armsym_here: Call, proofs: Path, command: str) -> None:
    answer = armsym_here(command, proofs, "-k", "aes*")
    assert answer.code == 5
    assert "aes*" in answer.one_line_error()


def test_another_build(armsym_here: Call, proofs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.o"
    sub = bytes.fromhex("000001cb")  # sub x0, x0, x1
    data = OBJECT.read_bytes()
    assert data.count(ADD64) == 1
    other.write_bytes(data.replace(ADD64, sub + ADD64[4:]))
    assert armsym_here("prove", f"{proofs}::adds", "--object", other).code == 1
    assert armsym_here("prove", f"{proofs}::subtracts", "--object", other).code == 0


def test_timeout(proofs: Path) -> None:
    answer = run_python("-m", "armsym", "prove", f"{proofs}::sums_without_invariant", "--timeout", "0.01")
    assert answer.code == 3
    assert answer.out.startswith("undecided")


# -- proofs that misbehave --------------------------------------------------------------------

HEAD = f"""
import os, sys, time
from armsym.proof.registry import proof
from armsym.wheels import Wheel

@proof("add64", of={str(OBJECT)!r})
def good(p):
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"sum": s.x0 == a + b}})
"""


def proof_file(folder: Path, name: str, body: str) -> Path:
    path = folder / f"{folder.name}_{name}"  # Python knows modules by name: each test has its own
    path.write_text(f'{HEAD}\n@proof("add64", of={str(OBJECT)!r})\ndef bad(p):\n    {body}\n')
    return path


def with_limits(path: Path, cpu: float, clock: float, **environment: str) -> Answer:
    """Prove a file with these limits of the process for the proof `bad`, in seconds."""
    program = (
        "import sys, armsym.cli, armsym.cli.work as w; "
        f"w.hard_limit = lambda job: {cpu} if job.name == 'bad' else 300.0; "
        f"w.clock_limit = lambda job: {clock} if job.name == 'bad' else 3000.0; "
        f"sys.exit(armsym.cli.run(['prove', {str(path)!r}]))"
    )
    return run_python("-c", program, **environment)


@pytest.mark.parametrize(
    ("body", "cpu", "clock", "why"),
    [
        ("time.sleep(1000)", 100, 2, "by the clock"),
        ("while True: pass", 2, 1000, "after 2 s of CPU time"),
        # In one native call, where no Python of ours runs.
        ("pow(3, 10**9)", 2, 1000, "after 2 s of CPU time"),
    ],
)
def test_a_process_that_does_not_end_is_ended(tmp_path: Path, body: str, cpu: float, clock: float, why: str) -> None:
    answer = with_limits(proof_file(tmp_path, "hangs.py", body), cpu, clock)
    assert answer.code == 3
    assert why in answer.out
    assert {line.split()[0]: line.split()[1] for line in answer.out.splitlines() if line[:1] in "pu"} == {
        "proved": "good",
        "undecided": "bad",
    }


def test_a_process_that_is_slow_by_the_clock_only_is_not_ended(tmp_path: Path) -> None:
    """On a loaded machine a proof takes long by the clock; that decides nothing."""
    proof = 'a, b = p.word("a"), p.word("b"); p.call(x0=a, x1=b); p.ensures(lambda s: {"sum": s.x0 == a + b})'
    path = proof_file(tmp_path, "slow.py", f'time.sleep(float(os.environ.pop("SLEEP", 0))); {proof}')
    answer = with_limits(path, 4, 1000, SLEEP="5")
    assert answer.code == 0, answer.out


def test_the_limit_by_the_clock_is_far_from_that_of_work() -> None:
    for seconds in (None, 0.0, 5.0):
        job = Job("f", 1, "p", "s", "o", seconds)
        assert armsym.cli.work.clock_limit(job) >= 20 * armsym.cli.work.hard_limit(job) >= 20 * 60


def test_where_processes_cannot_be_forked(proofs: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, armsym.cli, armsym.cli.work as w\n"
        "w.start_method = lambda: 'spawn'\n"
        f"if __name__ == '__main__':\n    sys.exit(armsym.cli.run(['prove', {str(proofs)!r}, '-k', 'add64']))\n"
    )
    answer = run_python(program)
    assert answer.code == 1
    assert {x.split()[1]: x.split()[0] for x in answer.out.splitlines() if x[:1] in "pre"} == {
        name: EXPECTED[name] for name in ("adds", "subtracts", "raises")
    }


def test_a_process_that_dies_is_an_internal_error(tmp_path: Path) -> None:
    path = proof_file(tmp_path, "dies.py", "os.kill(os.getpid(), 9)")
    answer = run_python("-m", "armsym", "prove", path)
    assert answer.code == 4
    assert "signal 9" in answer.out
    assert "proved     good" in answer.out


@pytest.mark.parametrize("body", ["sys.exit(0)", "p.ensures(lambda s: sys.exit(0))"])
def test_a_proof_does_not_choose_the_exit_code(armsym_here: Call, tmp_path: Path, body: str) -> None:
    path = proof_file(tmp_path, "exits.py", body)
    answer = armsym_here("prove", f"{path}::bad")
    assert answer.code == 2
    assert f"{path}:" in answer.out


def test_a_proof_that_raises_is_located(armsym_here: Call, proofs: Path) -> None:
    answer = armsym_here("prove", f"{proofs}::raises")
    line = next(n for n, text in enumerate(proofs.read_text().splitlines(), 1) if "// 0" in text)
    assert f"{proofs}:{line}: " in answer.out
    assert "ZeroDivisionError" in answer.out
    assert "Traceback" not in answer.out + answer.err


@pytest.mark.parametrize("text", ["proof = 1 // 0\n", "def proof(:\n", "import sys; proof = sys.exit(0)\n"])
def test_a_file_that_cannot_be_imported(armsym_here: Call, tmp_path: Path, text: str) -> None:
    bad = tmp_path / f"{tmp_path.name}_bad.py"
    bad.write_text(f"# first line\n{text}")
    answer = armsym_here("prove", bad)
    assert answer.code == 2
    assert str(bad) in answer.one_line_error()
    # In a folder it hides no other.
    (tmp_path / f"{tmp_path.name}_good.py").write_text(HEAD)
    answer = armsym_here("prove", tmp_path)
    assert answer.code == 2
    assert "proved     good" in answer.out
    assert f"    {bad}" in answer.out


def test_an_error_of_ours_is_internal(armsym_here: Call, proofs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(armsym.cli.work, "image_of", broken)
    answer = armsym_here("prove", f"{proofs}::adds")
    assert answer.code == 4
    assert "internal error: KeyError: 'planted'" in answer.out
    assert "Traceback" not in answer.out + answer.err
    assert "Traceback" in armsym_here("--debug", "prove", f"{proofs}::adds").err


def test_proved_without_obligations_is_refused(proofs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for obligations in ([], [Obligation("sum", "ensures", Status.UNDECIDED)]):
        answer = ProofResult("adds", "", "add64", status=Status.PROVED, obligations=obligations)
        monkeypatch.setattr("armsym.proof.run.prove", lambda *_, answer=answer, **__: answer)
        line = next(n for n, text in enumerate(proofs.read_text().splitlines(), 1) if text.startswith("@proof"))
        outcome = run_here(Job(str(proofs), line, "adds", "add64", str(OBJECT)))
        assert outcome.code is ExitCode.INTERNAL
        assert outcome.result.status is not Status.PROVED


def test_two_files_of_one_name(armsym_here: Call, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{tmp_path.name}_same.py").write_text(HEAD)
    answer = armsym_here("prove", tmp_path)
    # Both are proved, or the second is an error: it is not passed over.
    assert (answer.code, answer.out.count("proved     good")) in {(0, 2), (2, 1)}


# -- wheels -----------------------------------------------------------------------------------

SHA = "0" * 64
OF_WHEEL = f"""
wheel = Wheel(package="armsym-no-such", version="1", platform="linux_aarch64", sha256="{SHA}", member="a.so")

@proof("add64", of=wheel)
def shipped(p):
    p.ensures(lambda s: {{"x": s.x0 == 0}})
"""


def test_wheels_that_cannot_be_fetched(tmp_path: Path) -> None:
    path = tmp_path / "both.py"
    path.write_text(HEAD + OF_WHEEL)
    offline = {"PIP_NO_INDEX": "1", "ARMSYM_CACHE": str(tmp_path / "cache")}
    answer = run_python("-m", "armsym", "prove", path, **offline)
    assert answer.code == 2
    assert "error      shipped" in answer.out
    answer = run_python("-m", "armsym", "prove", path, "--offline-ok", "--json", **offline)
    document = json.loads(answer.out)
    assert answer.code == 0
    assert [r["proof"] for r in document["results"]] == ["good"]
    assert [(x["proof"], x["symbol"]) for x in document["left_out"]] == [("shipped", "add64")]
    assert "armsym-no-such" in document["left_out"][0]["reason"]
    answer = run_python("-m", "armsym", "prove", f"{path}::shipped", "--offline-ok", **offline)
    assert answer.code == 5
    assert "proved " not in answer.out.replace("0 proved", "")


def test_a_wheel_of_another_hash_is_an_error(
    armsym_here: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARMSYM_CACHE", str(tmp_path / "cache"))
    path = tmp_path / f"{tmp_path.name}_wrong.py"
    path.write_text(HEAD + OF_WHEEL)
    wheel = tmp_path / "cache" / "wheels" / f"armsym-no-such-1-{SHA[:16]}" / "wheel.whl"
    wheel.parent.mkdir(parents=True)
    wheel.write_bytes(b"something else")
    answer = armsym_here("prove", f"{path}::shipped", "--offline-ok")
    assert answer.code == 2
    assert SHA in answer.out
    assert hashlib.sha256(b"something else").hexdigest() in answer.out


# -- the exit code of several -----------------------------------------------------------------


def outcome(status: Status, **more: Any) -> Outcome:
    return Outcome(ProofResult("p", "f", "s", status=status), **more)


def test_exit_code_of_several() -> None:
    proved, refuted = outcome(Status.PROVED), outcome(Status.REFUTED)
    error, undecided = outcome(Status.ERROR), outcome(Status.UNDECIDED)
    internal = outcome(Status.ERROR, internal=True)
    left_out = outcome(Status.ERROR, left_out="offline")
    assert exit_code([]) == exit_code([left_out]) == 5
    assert exit_code([proved]) == exit_code([proved, left_out]) == 0
    assert exit_code([proved, undecided]) == 3
    assert exit_code([undecided, error, proved]) == 2
    assert exit_code([error, refuted, undecided]) == 1
    assert exit_code([refuted, internal, error]) == 4
    assert exit_code([proved, outcome(Status.PROVED, internal=True)]) == 4
