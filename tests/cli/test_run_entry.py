"""`armsym run --entry`: the counterexample that `armsym prove --json` gives is the run that was made.

`sum64` of data/routines.s returns the sum of X1 words from X0 on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from calls import Call
from cli_data import OBJECT

#: Says that sum64 returns k + the address of `other`, where memory is given as k + 5 and that address.
GIVEN = f"""
from armsym.dsl import Proof, proof

@proof("sum64", of={str(OBJECT)!r})
def given(p: Proof) -> None:
    k, other = p.word("k"), p.region("other", 8, access="r")
    r = p.region("r", 16, access="r")
    p.given(r, 0, k + 5)
    p.given(r, 8, other.base)
    p.call(x0=r, x1=2)
    p.ensures(lambda s: {{"sum": s.x0 == k + other.base}})

@proof("add64", of={str(OBJECT)!r})
def half(p: Proof) -> None:
    a, b = p.word("a", 32), p.word("b", 32)
    p.call(w0=a, w1=b)
    p.ensures(lambda s: {{"no upper halves": s.x0 == a.zero_extend(64) + b.zero_extend(64)}})
"""


@pytest.fixture
def answer(armsym_here: Call, tmp_path: Path) -> Path:
    """The answer about these proofs, in a file."""
    proofs = tmp_path / f"{tmp_path.name}_given.py"
    proofs.write_text(GIVEN)
    text = armsym_here("prove", proofs, "--json").out
    file = tmp_path / "answer.json"
    file.write_text(text)
    return file


def counterexample(answer: Path, proof: str) -> dict[str, Any]:
    found = [r for r in json.loads(answer.read_text())["results"] if r["proof"] == proof]
    assert [r["status"] for r in found] == ["refuted"]
    return dict(found[0]["counterexample"])


@pytest.mark.parametrize(("proof", "symbol"), [("given", "sum64"), ("half", "add64")])
def test_the_counterexample_is_what_is_run(armsym_here: Call, answer: Path, proof: str, symbol: str) -> None:
    c = counterexample(answer, proof)
    ran = armsym_here("run", OBJECT, symbol, "--entry", answer, "--json")
    assert ran.code == 0
    after = json.loads(ran.out)
    assert int(after["x"][0], 16) == int(c["got"], 16)
    assert int(c["got"], 16) != int(c["expected"], 16)
    assert after["x"][4:] == c["entry"]["x"][4:]  # neither routine writes them
    assert after["v"] == c["entry"]["v"]


def test_what_is_given_is_shown(answer: Path) -> None:
    inputs = counterexample(answer, "given")["inputs"]
    k, other = int(inputs["k"], 16), int(inputs["other"].split()[2], 16)
    words = bytes.fromhex(inputs["r"].split()[0])
    assert words == ((k + 5) % 2**64).to_bytes(8, "little") + other.to_bytes(8, "little")


def test_a_proof_is_named_where_there_are_several(armsym_here: Call, answer: Path) -> None:
    document = json.loads(answer.read_text())
    again = [{**r, "proof": r["proof"] + "_again"} for r in document["results"]]
    answer.write_text(json.dumps({**document, "results": document["results"] + again}))
    refused = armsym_here("run", OBJECT, "sum64", "--entry", answer)
    assert refused.code == 2
    assert "given, given_again" in refused.one_line_error()
    assert armsym_here("run", OBJECT, "sum64", "--entry", f"{answer}::given_again").code == 0


def entry_changed(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def apply(answer: Path) -> None:
        document = json.loads(answer.read_text())
        for r in document["results"]:
            change(r["counterexample"]["entry"])
        answer.write_text(json.dumps(document))

    return apply


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: f.unlink(), "cannot be read"),
        (lambda f: f.write_text("{"), "not an answer of armsym prove --json"),
        (lambda f: f.write_text('{"results": [{}]}'), "not an answer of armsym prove --json"),
        (lambda f: f.write_text('{"results": []}'), "0 counterexamples of sum64"),
        (entry_changed(lambda e: e["x"].pop()), "30 X"),
        (entry_changed(lambda e: e.update(sp="0x1" + "0" * 16)), "in 64 bits"),
        (entry_changed(lambda e: e.update(dit=2)), "not a state on entry"),
        (entry_changed(lambda e: [p.update(access="x") for p in e["memory"]]), "access 'x'"),
        (entry_changed(lambda e: [p.update(address=e["base"]) for p in e["memory"]]), "does not fit the state"),
    ],
)
def test_a_file_that_holds_no_state(
    armsym_here: Call, answer: Path, damage: Callable[[Path], object], said: str
) -> None:
    damage(answer)
    refused = armsym_here("run", OBJECT, "sum64", "--entry", answer)
    assert refused.code == 2
    assert said in refused.one_line_error()


def test_nothing_else_is_given_beside_it(armsym_here: Call, answer: Path) -> None:
    refused = armsym_here("run", OBJECT, "sum64", "--entry", answer, "--x1", "3")
    assert refused.code == 2
    assert "--entry" in refused.one_line_error()
