"""`armsym.prove` returns what the command prints.  `add64` of routines.s returns x0 + x1."""

from __future__ import annotations

import json
import re
import shutil
import threading
from pathlib import Path

import pytest
from calls import run_python
from cli_data import DATA, OBJECT

import armsym
import armsym.cli
from armsym.dsl import Proof, proof

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ADDING = DATA / "adding.py"


@proof("add64", of=str(OBJECT))
def adds(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"sum": s.x0 == a + b})


@proof("add64", of=str(OBJECT))
def subtracts(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"difference": s.x0 == a - b})


def test_it_returns_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[armsym.Outcome] = []
    outcomes = armsym.prove(ADDING, match="add64", told=told.append, jobs=2)
    assert sorted(map(id, told)) == sorted(map(id, outcomes))
    code = armsym.cli.run(["prove", str(ADDING), "-k", "add64", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert outcomes.exit_code == code == 1
    assert not outcomes.proved

    def without_seconds(document: object) -> object:
        return json.loads(re.sub(r'"seconds": [0-9.]+', '"seconds": 0', json.dumps(document)))

    assert without_seconds(outcomes.as_dict()) == without_seconds(printed)
    armsym.cli.run(["prove", str(ADDING), "-k", "add64", "-j", "1"])
    lines = re.sub(r"\d\.\d s", "", capsys.readouterr().out).splitlines()
    assert set(lines[:-1]) == set(re.sub(r"\d\.\d s", "", outcomes.text()).splitlines())
    assert outcomes.junit().count("<testcase") == len(outcomes)


def test_definitions() -> None:
    outcomes = armsym.prove(adds, subtracts)
    assert [o.result.proof for o in outcomes] == ["adds", "subtracts"]
    assert [o.result.status for o in outcomes] == [armsym.Status.PROVED, armsym.Status.REFUTED]
    assert outcomes[:1].proved
    assert not outcomes[1:].proved
    assert not outcomes[:0].proved
    assert outcomes[:0].exit_code is armsym.ExitCode.NOTHING
    assert repr(outcomes) == "<1 proved, 1 refuted>"
    counterexample = outcomes[1].result.counterexample
    assert isinstance(counterexample, armsym.Counterexample)
    assert int(counterexample.inputs["b"], 16) != 0
    with pytest.raises(TypeError, match=r"\.proved"):
        bool(outcomes)
    (only,) = armsym.prove(adds, subtracts, match="adds")
    assert only.result.proof == "adds"


def test_with_other_threads() -> None:
    """A process with threads is not forked: the proof file is imported anew."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        outcomes = armsym.prove(f"{ADDING}::adds", f"{ADDING}::subtracts")
    finally:
        over.set()
        thread.join()
    assert [o.result.status.value for o in outcomes] == ["proved", "refuted"]


def test_a_proof_that_ends_its_process(tmp_path: Path) -> None:
    file = tmp_path / f"{tmp_path.name}_ends.py"
    text = (
        f'import os\nfrom armsym.dsl import proof\n@proof("add64", of={str(OBJECT)!r})\ndef ends(p):\n    os._exit(0)\n'
    )
    file.write_text(text)
    (outcome,) = outcomes = armsym.prove(file)
    assert outcome.internal
    assert outcomes.exit_code is armsym.ExitCode.INTERNAL


@pytest.mark.parametrize(
    ("arguments", "options", "what"),
    [
        (["no_such_file.py"], {}, "no_such_file.py"),
        ([ADDING], {"match": "nothing*"}, "no proof is selected"),
        ([f"{ADDING}::nothing"], {}, "nothing"),
        ([ADDING], {"file": "no_such.o"}, "no_such.o"),
        ([ADDING], {"seconds": -1.0}, "seconds"),
        ([ADDING], {"seconds": float("nan")}, "seconds"),
        ([ADDING], {"seconds": float("inf")}, "seconds"),
        (["", ADDING], {}, "names no file or folder"),
        ([ADDING], {"jobs": 0}, "jobs"),
        ([b"x.py"], {}, "a target is"),
        ([3], {}, "a target is"),
    ],
)
def test_what_cannot_be_used_is_an_input_error(arguments: list[object], options: dict[str, object], what: str) -> None:
    with pytest.raises(armsym.InputError, match=re.escape(what)):
        armsym.prove(*arguments, **options)  # type: ignore[arg-type]


def test_the_cache_is_used_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMSYM_CACHE", str(tmp_path))
    armsym.prove(adds, cache=True)  # the environment of these tests says no
    monkeypatch.delenv("ARMSYM_NO_CACHE")
    armsym.prove(adds)
    assert not (tmp_path / "results").exists()
    (outcome,) = armsym.prove(adds, cache=True)
    # What a program made of a definition since its file was read is in no file.
    assert not outcome.cached
    assert not (tmp_path / "results").exists()
    # This file imports more than a proof file that is kept may.
    (outcome,) = armsym.prove(f"{__file__}::adds", cache=True)
    assert not outcome.cached
    assert not list((tmp_path / "results").iterdir())


MAKING = """\
from armsym.dsl import Proof, proof

def make(k):
    @proof("add64", of="routines.o")
    def adds(p: Proof) -> None:
        a, b = p.word("a"), p.word("b")
        p.call(x0=a, x1=b)
        p.ensures(lambda s: {"sum": s.x0 == a + b + k})
    return adds

true = make(0)
"""


def made_by_calls(folder: Path, program: str) -> list[str]:
    """What a program prints that has definitions made by the calls `making.make(k)`."""
    shutil.copy(OBJECT, folder)
    (folder / "making.py").write_text(MAKING)
    (folder / "program.py").write_text(f"import armsym, making, threading, time\n{program}")
    answer = run_python(folder / "program.py", ARMSYM_CACHE=str(folder / "cache"), ARMSYM_NO_CACHE="")
    assert answer.code == 0, answer.err
    return answer.out.splitlines()


def test_two_definitions_of_one_place_are_not_one(tmp_path: Path) -> None:
    """The second, which is false, was left out as if it were the first."""
    program = """
for given in ([making.make(0), making.make(1)], [making.true, making.make(1)]):
    try:
        print(armsym.prove(*given).proved)
    except armsym.InputError as e:
        print("give each a name=" in str(e))
print(len(armsym.prove(making.true, making.true)))
"""
    assert made_by_calls(tmp_path, program) == ["True", "True", "1"]


def test_a_definition_is_not_that_which_its_file_makes(tmp_path: Path) -> None:
    """Where threads run, the process of a proof imports its file, which makes another of this name and line."""
    program = """
if __name__ == "__main__":
    for _ in range(2):
        print(armsym.prove(making.make(1), cache=True)[0].result.status.value)
        print(armsym.prove(making.true, cache=True).proved)
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    (outcome,) = armsym.prove(making.make(1))
    print(outcome.result.status.value, "not made by importing its file" in outcome.result.message)
    print(armsym.prove(f"{making.__file__}::adds").proved)
"""
    told = made_by_calls(tmp_path, program)
    assert told == ["refuted", "True", "refuted", "True", "error True", "True"]


def test_the_snippets_of_the_page(tmp_path: Path) -> None:
    first, second = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    shutil.copy(OBJECT, tmp_path)
    (tmp_path / "program.py").write_text(second)
    answer = run_python(tmp_path / "program.py")
    assert answer.out.splitlines()[:2] == ["adds proved", "subtracts refuted"], answer.err
    (tmp_path / "first.py").write_text(f"import os\nos.chdir({str(PAGE.parents[1])!r})\n{first}")
    answer = run_python(tmp_path / "first.py")
    assert answer.code == 0, answer.err
    assert "proved     armsym_sha512_blocks" in answer.out


def test_all_names_are_there() -> None:
    for name in armsym.__all__:
        assert getattr(armsym, name) is not None
    assert (Path(armsym.__file__).parent / "py.typed").exists()
