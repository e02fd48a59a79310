"""Two proof files of one command that mean different functions by one name: neither hears of the other's.

`low` is the low half of a byte in one file and the high half in the other; `add64` returns x0 + x1.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from calls import run_python
from cli_data import OBJECT

TEXT = """from armsym.dsl import Bits, Proof, opaque, proof
{more}

@opaque("low", 8)
def low(a: Bits) -> Bits:
    return {definition}


@proof("add64", of={object!r})
def {name}(p: Proof) -> None:
    a, b = p.word("a", 64), p.word("b", 64)
    p.call(x0=a, x1=b)
    {uses}
    p.lemma("low is what this file says", low(a[7:0]) == {claim})
    p.ensures(lambda s: {{"sum": s.x0 == a + b, "low of it": low(s.x0[7:0]) == low((a + b)[7:0])}})
"""
DEFINITION = {"low": "(a & 15)", "high": "(a >> 4)"}
CLAIM = {"low": "(a[7:0] & 15)", "high": "(a[7:0] >> 4)"}


def write(folder: Path, file: str, name: str, means: str, claims: str, more: str = "", uses: str = "") -> None:
    (folder / f"{file}.py").write_text(
        TEXT.format(
            more=more, definition=DEFINITION[means], object=str(OBJECT), name=name, claim=CLAIM[claims], uses=uses
        )
    )


def run(folder: Path, *options: str) -> tuple[int, dict[str, str], str]:
    """The exit code, what came of each proof by its name, and the output."""
    answer = run_python("-m", "armsym", "prove", "-j", "1", *options, folder)
    lines = [line.split() for line in answer.out.splitlines() if line.startswith(("proved", "refuted", "undecided"))]
    return answer.code, {words[1]: words[0] for words in lines}, answer.out + answer.err


@pytest.mark.parametrize("first", ["low", "high"])
def test_each_file_means_its_own(tmp_path: Path, first: str) -> None:
    second = "high" if first == "low" else "low"
    write(tmp_path, "a_first", "one", first, first)
    write(tmp_path, "b_second", "other", second, second)
    code, found, text = run(tmp_path)
    assert (code, found) == (0, {"one": "proved", "other": "proved"}), text
    assert "definitions of" not in run(tmp_path, "-v")[2]


@pytest.mark.parametrize("first", ["low", "high"])
def test_no_file_proves_by_the_others_meaning(tmp_path: Path, first: str) -> None:
    second = "high" if first == "low" else "low"
    write(tmp_path, "a_first", "one", first, first)
    write(tmp_path, "b_second", "other", second, first)
    code, found, text = run(tmp_path)
    assert code != 0, text
    assert found["one"] == "proved", text
    assert found["other"] in {"refuted", "undecided"}, text


def test_what_one_proof_applies_must_agree(tmp_path: Path) -> None:
    """A proof that takes the other file's function has both meanings: they are compared."""
    write(tmp_path, "a_first", "one", "low", "low")
    write(
        tmp_path,
        "b_second",
        "other",
        "high",
        "high",
        more="from a_first import low as theirs",
        uses='p.lemma("one name", theirs(a[7:0]) == low(a[7:0]))',
    )
    code, found, text = run(tmp_path, "-v")
    assert code == 1, text
    assert found == {"one": "proved", "other": "refuted"}, text
    assert "the 2 definitions of low agree" in text
