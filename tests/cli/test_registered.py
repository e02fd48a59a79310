"""Each proof that a file declares is run once; what a proof trusts is what was installed.

`add64` of data/routines.s returns x0 + x1: read from the source.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from calls import Answer, Call, run_python
from cli_data import DATA, OBJECT

HEAD = "from armsym.dsl import Proof, proof\n"


def declared(name: str, sign: str = "+", decorator: str = "") -> str:
    """A proof of `add64`; with `-` it is wrong."""
    return (
        f'@proof("add64", of={str(OBJECT)!r}{decorator})\n'
        f"def {name}(p: Proof) -> None:\n"
        '    a, b = p.word("a", 64), p.word("b", 64)\n'
        "    p.call(x0=a, x1=b)\n"
        f'    p.ensures(lambda s: {{"r": s.x0 == a {sign} b}})\n\n\n'
    )


def write(folder: Path, text: str, name: str = "some_proofs.py") -> Path:
    file = folder / name
    file.write_text(HEAD + text)
    return file


def test_two_proofs_of_one_name_are_refused(tmp_path: Path, armsym_here: Call) -> None:
    file = write(tmp_path, declared("f", "-") + declared("f"))
    answer = armsym_here("prove", file)
    assert answer.code == 2
    text = answer.one_line_error()
    lines = [n for n, line in enumerate(file.read_text().splitlines(), 1) if line.startswith("@proof")]
    assert len(lines) == 2
    assert f"lines {lines[0]} and {lines[1]}" in text
    assert "'f'" in text


def test_in_a_folder_the_others_are_still_run(tmp_path: Path) -> None:
    write(tmp_path, declared("f", "-") + declared("f"), "twice.py")
    write(tmp_path, declared("once"), "once.py")
    answer = run_python("-m", "armsym", "prove", tmp_path)
    assert answer.code == 2
    assert "two proofs are called 'f'" in answer.out


def test_a_wrong_proof_whose_name_is_bound_again_is_run(tmp_path: Path) -> None:
    file = write(tmp_path, declared("f", "-", ', name="first"') + "f = None\n")
    answer = run_python("-m", "armsym", "prove", file)
    assert answer.code == 1
    assert "first" in answer.out


def looped(name: str) -> str:
    body = "".join("    " + line + "\n" for line in declared("f", "+ k +", name).rstrip().splitlines())
    return f"for k in (1, 0):\n{body}"


def test_proofs_made_in_a_loop_are_all_run(tmp_path: Path) -> None:
    file = write(tmp_path, looped(', name=f"plus_{k}"').replace("(p: Proof)", "(p: Proof, k=k)"))
    answer = run_python("-m", "armsym", "prove", file)
    assert answer.code == 1  # the first of them is wrong
    assert "plus_1" in answer.out
    assert "plus_0" in answer.out


def test_proofs_made_in_a_loop_with_one_name_are_refused(tmp_path: Path, armsym_here: Call) -> None:
    answer = armsym_here("prove", write(tmp_path, looped("")))
    assert answer.code == 2
    assert "more than once" in answer.one_line_error()


def test_a_proof_made_by_a_neighbours_function_is_run(tmp_path: Path) -> None:
    body = "".join("    " + line + "\n" for line in declared("f", "-", ", name=name").rstrip().splitlines())
    write(tmp_path, f"def make(name):\n{body}    return f\n", "made_by.py")
    file = write(tmp_path, 'from made_by import make\n\nmake("one")\nmake("two")\n')
    answer = run_python("-m", "armsym", "prove", file)
    assert answer.code == 1
    assert "one" in answer.out
    assert "two" in answer.out


@pytest.mark.parametrize("name", ["specs", "semantics"])
@pytest.mark.parametrize("as_file", [False, True])
def test_a_package_of_ours_beside_the_proof_is_an_error(
    name: str, as_file: bool, tmp_path: Path, armsym_here: Call
) -> None:
    if as_file:
        (tmp_path / f"{name}.py").write_text("")
    else:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    answer = armsym_here("prove", write(tmp_path, declared("f")))
    assert answer.code == 2
    assert str(tmp_path / name) in answer.one_line_error()


def both_ways(*arguments: object, cwd: Path, **environment: str) -> list[Answer]:
    """`python -m armsym` and the command `armsym`, from a folder."""
    command = "import sys; sys.path.pop(0); from armsym.cli import main; main()"
    go = f"import os, sys; os.chdir({str(cwd)!r}); os.execv(sys.executable, [sys.executable] + sys.argv[1:])"
    return [run_python("-c", go, *way, *arguments, **environment) for way in (["-m", "armsym"], ["-c", command])]


@pytest.mark.parametrize("name", ["specs", "semantics"])
def test_a_package_of_ours_in_the_working_folder_replaces_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise AssertionError('replaced')\n")
    proofs = tmp_path / "proofs"
    proofs.mkdir()
    file = write(proofs, declared("f") + f"import {name}\n")
    for answer in both_ways("prove", file, cwd=tmp_path):
        assert answer.code == 0, answer
        assert "replaced" not in answer.out + answer.err


@pytest.mark.parametrize("name", ["specs", "semantics"])
def test_a_package_of_ours_on_the_path_is_an_error(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    for answer in both_ways("prove", DATA / "adding.py", cwd=tmp_path, PYTHONPATH=str(tmp_path)):
        assert answer.code == 2, answer
        assert str(tmp_path / name) in answer.out + answer.err


def test_a_neighbour_replaces_no_library(tmp_path: Path) -> None:
    """The solver is imported late, when the folder of the proof is on the path."""
    (tmp_path / "z3.py").write_text("raise AssertionError('replaced')\n")
    answer = run_python("-m", "armsym", "prove", write(tmp_path, declared("f")))
    assert answer.code == 0, answer
