"""cvc5, and both second solvers at once: what each says counts, and one that contradicts is enough."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bitwuzla")
pytest.importorskip("cvc5")

import armsym.cli
from armsym.discharge import second_cvc5
from armsym.discharge.integers import Integers
from armsym.discharge.recheck import Answer, Rechecked, SecondSolver, Verdict, recheck, together
from armsym.discharge.second import BITWUZLA
from armsym.discharge.second_cvc5 import CVC5, ask
from armsym.discharge.smtlib import script
from armsym.discharge.solvers import chosen, solver
from armsym.discharge.z3_bridge import Outcome, Solver
from armsym.errors import InputError
from armsym.terms import ops
from armsym.terms.node import Value, Var

OBJECT = Path(__file__).parents[1] / "cli" / "data" / "routines.o"
PROOFS = """
from armsym.dsl import Proof, proof

@proof("add64", of={object!r})
def never(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"never": ~(s.x0 == 0x1234567890ABCDEF)}})

@proof("add64", of={object!r})
def bounded(p: Proof) -> None:
    a, b = p.nat("a", low=1, high=100), p.nat("b", low=1, high=100)
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"bound": s.x0 <= 200}})
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / f"{tmp_path.name}_together.py"
    path.write_text(PROOFS.format(object=str(OBJECT)))
    return path


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = armsym.cli.run(["prove", *map(str, arguments)])
    return code, *capsys.readouterr()


def stub(name: str, *answers: str) -> SecondSolver:
    said = iter(answers)
    return SecondSolver(name, lambda *_: Verdict(next(said), "tired" if answers[0] == "unknown" else ""))


def one_answer() -> list[Answer]:
    x: Value = Var("x", 8)
    return [Answer((ops.ult(8, x, 3),), ops.ult(8, x, 4), 1, 1, "integers")]


@pytest.mark.parametrize(
    ("said", "confirmed", "contradicted", "each"),
    [
        (("unsat", "unsat"), 1, "", {"A": 1, "B": 1}),
        (("unsat", "unknown"), 1, "", {"A": 1, "B": 0}),
        (("unknown", "unsat"), 1, "", {"A": 0, "B": 1}),
        (("unsat", "sat"), 0, "B", {"A": 1, "B": 0}),
        (("sat", "unsat"), 0, "A", {"A": 0, "B": 1}),
        (("sat", "sat"), 0, "A and B", {"A": 0, "B": 0}),
        (("unknown", "sat"), 0, "B", {"A": 0, "B": 0}),
        (("unknown", "unknown"), 0, "", {"A": 0, "B": 0}),
        (("maybe", ""), 0, "", {"A": 0, "B": 0}),
    ],
)
def test_what_two_say(said: tuple[str, str], confirmed: int, contradicted: str, each: dict[str, int]) -> None:
    told = recheck(one_answer(), together(stub("A", said[0]), stub("B", said[1])), set(), 100.0)
    assert (told.solver, told.asked, told.confirmed, told.each) == ("A and B", 1, confirmed, each)
    assert [d.by for d in told.disagreements] == ([contradicted] if contradicted else [])
    assert len(told.unconfirmed) == 1 - confirmed - bool(contradicted)
    total = Rechecked()
    total.join(told)
    total.join(told)
    assert total.each == {name: 2 * n for name, n in each.items()}


def test_cvc5_answers() -> None:
    x: Value = Var("x", 8)
    assert ask(script((ops.ult(8, x, 3),), ops.ult(8, x, 4), 1), 10.0).answer == "unsat"
    assert ask(script((ops.ult(8, x, 4),), ops.ult(8, x, 3), 1), 10.0).answer == "sat"


def test_cvc5_gives_up_in_time() -> None:
    x, y = Var("x", 64), Var("y", 64)
    p = ops.mul(64, ops.mul(64, x, y), x)
    hard = ops.eq(64, p, ops.udiv(64, p, ops.add(64, y, ops.mul(64, y, x))))
    text = script((ops.ult(64, 2**40, x), ops.ult(64, 2**40, y), hard), ops.ult(64, p, 2**20), 1)
    assert ask(text, 0.1) == Verdict("unknown", "cvc5 gave up at its limit of time")


@pytest.mark.parametrize("text", ["", "(set-logic QF_BV)", "(check-sat)(check-sat)", "(check-sat)\n(exit)"])
def test_a_script_is_one_question(text: str) -> None:
    with pytest.raises(ValueError, match="only"):
        ask(text, 1.0)


@pytest.mark.parametrize("text", ["(assert (= x #b1))", "(assert (bvfoo #b1))", "(assert"])
def test_a_script_that_cannot_be_read_is_no_answer(text: str) -> None:
    with pytest.raises(RuntimeError):
        ask(f"(set-logic QF_BV){text}(check-sat)", 1.0)


def test_a_z3_that_says_unsat_to_everything(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for z3 in (Solver, Integers):
        monkeypatch.setattr(z3, "implies", lambda *_: Outcome(True))
    code, out, _ = call(capsys, f"{file}::never", "--confirm-by", "cvc5")
    assert code == 4
    assert "says unsat, cvc5 says sat of" in out
    code, out, _ = call(capsys, f"{file}::never", "--confirm-by", "both", "--json")
    assert code == 4
    told: dict[str, Any] = json.loads(out)["results"][0]["second_solver"]
    assert told["disagreements"][0]["by"] == "Bitwuzla and cvc5"
    # One that is wrong in the same way does not hide it.
    monkeypatch.setattr(second_cvc5, "CVC5", SecondSolver("cvc5", lambda *_: Verdict("unsat")))
    code, out, _ = call(capsys, f"{file}::never", "--confirm-by", "both")
    assert code == 4
    assert "says unsat, Bitwuzla says sat of" in out


def test_a_true_claim_is_confirmed_by_each(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, f"{file}::bounded", "--confirm-by", "both")
    assert code == 0
    assert "Bitwuzla and cvc5 confirmed 1 of 1 answers of Z3 (Bitwuzla 1, cvc5 1)" in out
    code, out, _ = call(capsys, f"{file}::bounded", "--confirm-by", "cvc5")
    assert "cvc5 confirmed 1 of 1 answers of Z3 in" in out
    code, out, _ = call(capsys, f"{file}::bounded", "--confirm-by", "both", "--json")
    told = json.loads(out)["results"][0]["second_solver"]
    assert (told["solver"], told["by_solver"]) == ("Bitwuzla and cvc5", {"Bitwuzla": 1, "cvc5": 1})


@pytest.mark.parametrize(("by", "lacking"), [("cvc5", "cvc5"), ("both", "cvc5"), ("both", "bitwuzla")])
def test_without_the_solver_it_is_bad_input(
    by: str, lacking: str, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, lacking, None)
    code, out, err = call(capsys, f"{file}::bounded", "--confirm-by", by)
    assert (code, out) == (2, "")
    assert "armsym[second-solver]" in err


def test_names() -> None:
    assert [chosen(flag, by) for flag in (False, True) for by in (None, "cvc5")] == ["", "cvc5", "bitwuzla", "cvc5"]
    assert (solver("bitwuzla"), solver("cvc5"), solver("both").count) == (BITWUZLA, CVC5, 2)
    with pytest.raises(InputError, match="one of bitwuzla, cvc5, both, not 'yices'"):
        chosen(True, "yices")
