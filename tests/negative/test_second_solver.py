"""A wrong answer of Z3, or of what translates for it, is caught by the second solver: exit code 4, never a proof."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import z3

pytest.importorskip("bitwuzla")
from refusing import BUDGET
from test_contracts import CALLING, SUCCESSOR, calls, files

import armsym.cli
import armsym.discharge.second
from armsym.bits import Bits
from armsym.discharge.integers import Integers, _Translation
from armsym.discharge.recheck import HURRIED, IN_ALL, PATIENCE, Answer, Rechecked, SecondSolver, Verdict, recheck
from armsym.discharge.second import BITWUZLA, ask
from armsym.discharge.z3_bridge import Bridge, Outcome, Solver
from armsym.proof.path import Knowledge
from armsym.proof.reliance import _known
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import _Review, prove
from armsym.terms import ops
from armsym.terms.node import Op, Term, Value, Var, intern, new_table
from semantics import A64

OBJECT = Path(__file__).parents[1] / "cli" / "data" / "routines.o"
#: False for values that random runs do not meet; the last is true.
FALSE = """
from armsym.dsl import Proof, proof

@proof("add64", of={object!r})
def never(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"never": ~(s.x0 == 0x1234567890ABCDEF)}})

@proof("add64", of={object!r})
def apart(p: Proof) -> None:
    a, b = p.word("a", public=True), p.word("b", public=True)
    p.call(x0=a, x1=b)
    p.assume("a <= b", a <= b)
    p.ensures(lambda s: {{"apart": (s.x0 - b) < b}})

@proof("add64", of={object!r})
def bounded(p: Proof) -> None:
    a, b = p.nat("a", low=1, high=100), p.nat("b", low=1, high=100)
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {{"bound": s.x0 <= 200}})
"""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    new_table()
    known = _known.copy()
    _known.clear()
    yield
    _known.clear()
    _known.update(known)
    new_table()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / f"{tmp_path.name}_false.py"
    path.write_text(FALSE.format(object=str(OBJECT)))
    return path


@pytest.fixture
def unsat(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Z3 that says `unsat` whatever it is asked."""
    for solver in (Solver, Integers):
        monkeypatch.setattr(solver, "implies", lambda *_: Outcome(True))


@pytest.fixture
def at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both translations for Z3 take `<` for `<=`."""
    vector, whole = Bridge._operation, _Translation._truth

    def flipped(t: Term) -> Op | None:
        return Op("ult", 1, t.arg_width, t.args[::-1], 1) if isinstance(t, Op) and t.kind == "ult" else None

    def operation(self: Bridge, t: Op) -> Any:
        other = flipped(t)
        return ~vector(self, other) if other is not None else vector(self, t)

    def truth(self: _Translation, t: Term) -> Any:
        other = flipped(t)
        return z3.Not(whole(self, other)) if other is not None else whole(self, t)

    monkeypatch.setattr(Bridge, "_operation", operation)
    monkeypatch.setattr(_Translation, "_truth", truth)


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = armsym.cli.run(["prove", *map(str, arguments)])
    return code, *capsys.readouterr()


@pytest.mark.usefixtures("unsat")
def test_a_solver_that_says_unsat_to_everything(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, f"{file}::never")[0] == 0, "without the second solver nobody notices"
    code, out, _ = call(capsys, f"{file}::never", "--second-solver")
    assert code == 4
    assert out.startswith("error")
    assert "internal error: Z3 and Bitwuzla contradict each other" in out
    assert "says unsat, Bitwuzla says sat of" in out
    # The question stands there, for any solver.
    lines = [line.strip() for line in out.splitlines()]
    script = "\n".join(lines[lines.index("(set-logic QF_UFBV)") : lines.index("(check-sat)") + 1])
    assert ask(script, 10).answer == "sat"
    assert "0 proved" in out


@pytest.mark.usefixtures("unsat")
def test_both_answers_stand_in_the_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, f"{file}::never", "--second-solver", "--json")
    assert code == 4
    (result,) = json.loads(out)["results"]
    assert result["status"] == "error"
    told = result["second_solver"]
    assert told["solver"] == "Bitwuzla"
    assert told["confirmed"] < told["asked"]
    first = told["disagreements"][0]
    assert (first["z3"], first["second"]) == ("unsat", "sat")
    assert ask(first["script"], 10).answer == "sat"


@pytest.mark.usefixtures("at_most")
def test_a_bridge_that_takes_less_for_at_most(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """a <= b gives a < b then, which no random run contradicts."""
    assert call(capsys, f"{file}::apart")[0] == 0
    code, out, _ = call(capsys, f"{file}::apart", "--second-solver")
    assert code == 4
    assert "contradict each other" in out


def test_the_false_claims_are_refuted_or_undecided_by_themselves(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("never", "apart"):
        assert call(capsys, f"{file}::{name}", "--second-solver")[0] in (1, 3)


def test_a_true_claim_is_confirmed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, f"{file}::bounded", "--second-solver", "-v")
    assert code == 0
    assert "Bitwuzla confirms what Z3 says follows" in out
    assert "Bitwuzla confirmed 1 of 1 answers of Z3" in out


@pytest.mark.parametrize("answer", [Verdict("unknown", "it was tired"), Verdict("unknown"), Verdict("maybe")])
def test_what_is_not_confirmed_is_counted_and_said(
    answer: Verdict, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything but `unsat` and `sat`; it is counted and the reason is told."""
    monkeypatch.setattr(armsym.discharge.second, "BITWUZLA", SecondSolver("Stub", lambda *_: answer))
    code, out, _ = call(capsys, f"{file}::bounded", "--second-solver")
    assert code == 0
    assert f"1 of 1 answers of Z3 are not re-checked: 1 times {answer.reason or answer.answer}" in out
    assert "Stub confirmed 0 of 1 answers of Z3" in out


def test_without_bitwuzla_it_is_bad_input(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bitwuzla", None)
    code, out, err = call(capsys, f"{file}::bounded", "--second-solver")
    assert (code, out) == (2, "")
    assert "armsym[second-solver]" in err
    assert call(capsys, f"{file}::bounded")[0] == 0


# -- contracts --------------------------------------------------------------------------------------


def with_second(folder: Path, second: SecondSolver | None) -> Any:
    image = files(folder, CALLING.format("bl g"), SUCCESSOR)
    return prove(calls(), name="f", image=image, symbol="f", isa=A64, budget=BUDGET, second=second)


def test_the_proofs_of_contracts_are_rechecked_too(tmp_path: Path) -> None:
    """Also when the contract was proved earlier in this process without a second solver."""
    assert with_second(tmp_path, None).second is None
    r = with_second(tmp_path, BITWUZLA)
    assert r.status is Status.PROVED
    assert r.second.asked == r.second.confirmed > 0
    contract = next(known for key, known in _known.items() if key[-1] == "Bitwuzla")
    assert contract.second is not None
    assert [o.status for o in contract.obligations if o.kind == "second-solver"] == [Status.PROVED]


def test_answers_for_contracts_are_noted_each_time(tmp_path: Path) -> None:
    """Also when the contract was proved earlier in this process, with another who is told or none."""
    image = files(tmp_path, CALLING.format("bl g"), SUCCESSOR)
    told: list[list[str]] = []
    for second in (BITWUZLA, None, None):
        asked: list[str] = []
        told.append(asked)

        def noted(answer: Answer, script: str, verdict: Verdict | None, to: list[str] = asked) -> None:
            to.append(script)

        r = prove(calls(), name="f", image=image, symbol="f", isa=A64, budget=BUDGET, second=second, noted=noted)
        assert r.status is Status.PROVED
        assert (r.second is None) == (second is None)
    rechecked = with_second(tmp_path, BITWUZLA).second
    assert [len(t) for t in told] == [rechecked.asked] * 3
    assert told[0] == told[1] == told[2] != []


def test_a_contradiction_in_a_contract_reaches_its_caller(tmp_path: Path) -> None:
    asked: list[str] = []

    def stub(text: str, _: float) -> Verdict:
        asked.append(text)
        return Verdict("sat")

    r = with_second(tmp_path, SecondSolver("Stub", stub))
    assert r.status is not Status.PROVED
    contract = next(iter(_known.values()))
    assert r.second is not None
    assert contract.second is not None
    assert r.second.disagreements[: len(contract.second.disagreements)] == contract.second.disagreements
    assert len(r.second.disagreements) == len(asked)


# -- what is noted, and asked ------------------------------------------------------------------------


def test_every_answer_that_is_believed_is_noted() -> None:
    x, y = Var("x", 64, secret=False), Var("y", 64, secret=False)
    below = ops.ult(64, x, 10)
    noted: list[Answer] = []
    k = Knowledge([below], answers=noted)
    assert k.decide(ops.ult(64, x, 11)) == 1
    assert k.decide(ops.ult(64, 20, x)) == 0
    assert k.decide(ops.ult(64, x, 9)) is None
    assert not k.prove(ops.ult(64, y, 9), 1000).holds
    assert [(a.facts, a.value) for a in noted] == [((below,), 1), ((below,), 1)]
    claims = [intern(c) for c in (ops.ult(64, x, 11), ops.xor(1, ops.ult(64, 20, x), 1)) if isinstance(c, Term)]
    assert [intern(a.term) for a in noted if isinstance(a.term, Term)] == claims
    assert len(claims) == 2
    f = k.fork()
    f.add(ops.eq(64, y, ops.add(64, x, 5)))
    assert f.prove(ops.ult(64, y, 15), 1000).holds
    f.add(ops.eq(64, x, 3))
    assert f.fixed(Bits(64, y)) == 8
    assert [(len(a.facts), a.value, a.width) for a in noted[2:]] == [(2, 1, 1), (3, 8, 64)]
    told = recheck(noted, BITWUZLA, set(), 100.0)
    assert (told.asked, told.confirmed, told.lacking) == (4, 4, "")


def test_facts_are_those_of_the_time() -> None:
    x = Var("x", 64, secret=False)
    noted: list[Answer] = []
    k = Knowledge([ops.ult(64, x, 10)], answers=noted)
    assert k.decide(ops.ult(64, x, 11)) == 1
    k.add(ops.ult(64, x, 5))
    assert len(noted[0].facts) == 1


def test_one_question_is_asked_once_and_none_without_time() -> None:
    asked: list[str] = []

    def stub(text: str, seconds: float) -> Verdict:
        asked.append(text)
        assert seconds > 0
        return Verdict("unsat")

    def answer() -> Answer:
        x: Value = Var("x", 8)
        return Answer((ops.ult(8, x, 3),), ops.ult(8, x, 4), 1, 1, "integers")

    seen: set[str] = set()
    solver = SecondSolver("Stub", stub)
    told = recheck([answer(), answer()], solver, seen, 100.0)
    told.join(recheck([answer()], solver, seen, 100.0))
    assert (told.asked, told.confirmed, len(asked)) == (1, 1, 1)
    late = recheck([answer()], solver, set(), 0.0)
    assert (late.asked, late.confirmed, len(asked)) == (1, 0, 1)
    assert "no time was left" in late.lacking
    total = Rechecked()
    total.join(told)
    total.join(late)
    assert (total.solver, total.asked, total.confirmed) == ("Stub", 2, 1)


def test_a_solver_that_gives_up_again_and_again_is_hurried() -> None:
    """What it is asked then counts as any other: confirmed only if it says so."""
    allowed: list[float] = []

    def stub(text: str, seconds: float) -> Verdict:
        allowed.append(seconds)
        return Verdict("unsat") if len(allowed) == PATIENCE + 2 else Verdict("unknown", "too hard")

    x: Value = Var("x", 8)
    answers = [Answer((ops.ult(8, x, k),), ops.ult(8, x, k + 1), 1, 1, "integers") for k in range(1, PATIENCE + 4)]
    told = recheck(answers, SecondSolver("Stub", stub), set(), 100.0)
    assert [s > HURRIED for s in allowed] == [True] * PATIENCE + [False] * 3
    assert (told.asked, told.confirmed, len(told.unconfirmed)) == (PATIENCE + 3, 1, PATIENCE + 2)
    del allowed[:]
    recheck(answers, SecondSolver("Stub", stub), set(), 100.0, PATIENCE - 1)
    assert [s > HURRIED for s in allowed] == [True] + [False] * (PATIENCE + 2)


def test_a_proof_has_so_much_of_a_second_solver_in_all_its_cases() -> None:
    def stub(text: str, seconds: float) -> Verdict:
        assert 0 < seconds <= 1.0
        return Verdict("unsat")

    x: Value = Var("x", 8)
    answers = [Answer((ops.ult(8, x, 3),), ops.ult(8, x, k), 1, 1, "integers") for k in (3, 4, 5)]
    review = _Review(SecondSolver("Stub", stub), set())
    spent = ProofResult("p", "f", "s", second=Rechecked("Stub", seconds=IN_ALL))
    (told,) = review.of(answers, spent, 100.0)
    assert spent.second is not None
    assert (spent.second.asked, spent.second.confirmed) == (3, 0)
    assert "3 of 3 answers of Z3 are not re-checked: 3 times not asked: no time was left" in spent.second.lacking
    assert told.by == ("Stub", "else Z3 alone")
    nearly = ProofResult("p", "f", "s", second=Rechecked("Stub", seconds=IN_ALL - 1.0))
    assert len(list(review.of(answers, nearly, 100.0))) == 1
    assert nearly.second is not None
    assert (nearly.second.asked, nearly.second.confirmed) == (3, 3)


def test_the_second_solver_gives_up_in_time() -> None:
    """And says so; the limit is on CPU time."""
    x, y = Var("x", 64), Var("y", 64)
    p = ops.mul(64, ops.mul(64, x, y), x)
    hard = ops.eq(64, p, ops.udiv(64, p, ops.add(64, y, ops.mul(64, y, x))))
    a = Answer((ops.ult(64, 2**40, x), ops.ult(64, 2**40, y), hard), ops.ult(64, p, 2**20), 1, 1, "bit vectors")
    told = recheck([a], SecondSolver("Bitwuzla", lambda text, _: ask(text, 0.2)), set(), 100.0)
    assert told.seconds < 20
    if not told.disagreements:  # it may find numbers at once
        assert "gave up at its limit of time" in told.lacking


@pytest.mark.parametrize("text", ["", "(set-logic QF_BV)", "(check-sat)(check-sat)", "(check-sat)\n(exit)"])
def test_a_script_is_one_question(text: str) -> None:
    with pytest.raises(ValueError, match="only"):
        ask(text, 1.0)


def test_a_script_that_cannot_be_read_is_no_answer() -> None:
    with pytest.raises(Exception, match="undefined symbol"):
        ask("(set-logic QF_BV)(assert (= x #b1))(check-sat)", 1.0)
