"""Shipped routines that call others by contract, audited together with these; and KECCAK-f, taken step by step."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from exporting import exported
from typer.testing import CliRunner

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle, Case, Function
from armsym.audit.contracts import digest, digests_of
from armsym.audit.elf import Elf
from armsym.audit.evaluate import evaluate
from armsym.audit.raw import Program, ones
from armsym.audit.text import read, write
from armsym.audit.together import settle
from armsym.audit.wording import contract_lines, verdict_lines
from armsym.certify.export import Exporter
from armsym.cli import build
from crypto_examples import sponge

OPENSSL = Path(__file__).resolve().parents[2] / "crypto_examples" / "openssl"


@pytest.fixture(scope="module")
def sha1() -> tuple[Bundle, Bundle, Path]:
    """The dispatching routine, what it calls, and the file."""
    caller, path = exported(OPENSSL / "sha1.py", "sha1_block_data_order")
    return caller, exported(OPENSSL / "sha1.py", "sha1_block_armv8")[0], path


@pytest.fixture(scope="module")
def keccak() -> tuple[Bundle, Bundle, Path]:
    caller, path = exported(OPENSSL / "keccak.py", "KeccakF1600")
    return caller, exported(OPENSSL / "keccak.py", "KeccakF1600_int")[0], path


def _verdicts(path: Path, *bundles: Bundle) -> list[Verdict]:
    elf = Elf.read(path)
    found = [audit(read(write(b)), elf, elf.symbol(b.symbol)[0]) for b in bundles]
    settle(found)
    return found


@pytest.mark.parametrize("of", ["sha1", "keccak"])
def test_a_caller_is_audited_with_what_it_calls(of: str, request: pytest.FixtureRequest) -> None:
    caller, callee, path = request.getfixturevalue(of)
    assert digests_of(caller.uses[callee.symbol]) == [digest(callee.cases[0])]
    first, second = _verdicts(path, caller, callee)
    assert second.audited, second.refused
    assert first.audited, first.refused
    assert first.rests_on == [callee.proof]
    assert first.counts["calls by contract"] == 1
    assert f"rests on the contract of {callee.proof}, audited here on the same file" in verdict_lines(first, "a test")
    (alone,) = _verdicts(path, caller)
    assert alone.shown
    assert not alone.audited


def test_a_callee_whose_audit_fails_leaves_its_caller_open(sha1: tuple[Bundle, Bundle, Path]) -> None:
    caller, callee, path = sha1
    broken = replace(callee, cases=[replace(callee.cases[0], certificates={})])
    assert [v.audited for v in _verdicts(path, caller, broken)] == [False, False]
    assert [v.audited for v in _verdicts(path, caller, replace(callee, missing=["a claim"]))] == [False, False]


def test_a_stronger_contract_than_the_callees_leaves_the_caller_open(sha1: tuple[Bundle, Bundle, Path]) -> None:
    """No stack is needed: the callee's own bundle does not say so, nor would it be audited."""
    caller, callee, path = sha1
    used = caller.uses[callee.symbol][0]
    lied = replace(caller, uses={callee.symbol: [replace(used, depth=0)]})
    first, second = _verdicts(path, lied, callee)
    assert first.shown, first.refused
    assert not first.audited
    assert second.audited


def test_a_callee_that_needs_more_is_refused(sha1: tuple[Bundle, Bundle, Path]) -> None:
    """A state of 24 bytes, where the caller has 20; and one block more than there is."""
    caller, callee, path = sha1
    used = caller.uses[callee.symbol][0]
    for name, changed in (("ctx", {"constant": 24}), ("msg", {"constant": 64})):
        regions = used.regions | {name: replace(used.regions[name], **changed)}  # type: ignore[arg-type]
        lied = replace(caller, uses={callee.symbol: [replace(used, regions=regions)]})
        (verdict,) = _verdicts(path, lied)
        assert any("not shown to lie in it" in r or "multipliers" in r for r in verdict.refused), verdict.refused


def _words(f: Function, case: Case, state: list[int]) -> list[int]:
    for step in f.steps:
        inputs = {f"{f.name}.state.{k}": v for k, v in enumerate(state)}
        everything = {i[1]: inputs.get(i[1], 0) for i in case.table.instructions if i[0] == "Var"}
        values = evaluate(case.table, everything, lambda _: lambda *_: 0)
        state = [values[n] for n in step]
    return state


def test_the_function_in_a_bundle_is_the_standards(keccak: tuple[Bundle, Bundle, Path]) -> None:
    """SHA3-256 of nothing by the steps in the bundle, as hashlib has it."""
    case = keccak[1].cases[0]
    f = case.functions["keccak_f"]
    assert len(f.steps) == 48
    state = [0] * 25
    state[0], state[16] = 0x06, 1 << 63  # the padded block of 136 bytes
    digest_ = b"".join(w.to_bytes(8, "little") for w in _words(f, case, state)[:4])
    assert digest_ == hashlib.sha3_256(b"").digest()
    assert any(line.startswith("keccak_f is what 48 steps make of 25 words") for line in contract_lines(case))


def test_a_function_of_other_steps_is_refused(keccak: tuple[Bundle, Bundle, Path]) -> None:
    """A round less; and in the caller's bundle, where it stands for itself, it is not the callee's."""
    caller, callee, path = keccak

    def less(case: Case) -> Case:
        f = case.functions["keccak_f"]
        return replace(case, functions={"keccak_f": replace(f, steps=f.steps[:-2])})

    (verdict,) = _verdicts(path, replace(callee, cases=[less(callee.cases[0])]))
    assert verdict.refused
    (verdict,) = _verdicts(path, replace(caller, cases=[less(caller.cases[0])]))
    assert any("the function keccak_f of its contract is none of the caller's" in r for r in verdict.refused)


def test_the_command_settles_what_is_given_together(sha1: tuple[Bundle, Bundle, Path], tmp_path: Path) -> None:
    runner, app = CliRunner(), build(conform=False)
    caller, callee, _ = sha1
    for b in (caller, callee):
        (tmp_path / f"{b.symbol}.bundle").write_text(write(b))
    alone = runner.invoke(app, ["audit", str(tmp_path / f"{caller.symbol}.bundle")])
    assert alone.exit_code == 3, alone.output
    assert f"not re-checked: the contract of {callee.symbol}, which is called" in alone.output
    together = runner.invoke(app, ["audit", str(tmp_path)])
    assert together.exit_code == 0, together.output
    assert "2 audited" in together.output
    told = json.loads(runner.invoke(app, ["audit", "--json", str(tmp_path)]).output)["audits"]
    assert {a["proof"]: (a["status"], a["rests_on"]) for a in told} == {
        caller.proof: ("audited", [callee.proof]),
        callee.proof: ("audited", []),
    }


@pytest.fixture(scope="module")
def absorbing() -> tuple[Bundle, Path]:
    """SHA3_absorb for the rate of SHA3-256 alone: a call in each round of its loop."""
    with pytest.MonkeyPatch.context() as m:
        m.setattr(sponge, "RATES", (136,))
        return exported(OPENSSL / "keccak.py", "SHA3_absorb")


def test_a_call_in_a_loop_is_audited(absorbing: tuple[Bundle, Path], keccak: tuple[Bundle, Bundle, Path]) -> None:
    caller, path = absorbing
    first, second = _verdicts(path, caller, keccak[1])
    assert first.audited, first.refused
    assert second.audited
    assert first.rests_on == ["KeccakF1600_int"]


@pytest.mark.parametrize("claim", ["state 0", "bytes left 0"])
def test_a_fold_at_another_number_is_not_the_same(claim: str, absorbing: tuple[Bundle, Path]) -> None:
    """S(n) is what the loop leaves, where its index is shown to be n; S(n - 1) is not, nor is one byte more left."""
    caller, path = absorbing
    (case,) = caller.cases
    table = Program()
    for i in case.table.instructions[1:]:
        table._make(*i)
    e = next(e for e in case.ensures if e.name == claim)
    if claim == "state 0":
        (number,) = table[e.right][2]
        lied = table.app("S.0", (table.add(64, number, table.const(ones(64))),), ones(64))
    else:
        lied = table.add(64, e.right, table.const(1))
    assert table[e.right][1] in ("S.0", "num.rest")
    changed = replace(case, table=table, ensures=[replace(e, right=lied)], steps=[], certificates={})
    bundle = replace(caller, cases=[], uses={})
    Exporter(caller.symbol, str(path), [changed], caller.uses).finish(bundle)
    (verdict,) = _verdicts(path, replace(bundle, missing=[]))
    assert [r for r in verdict.refused if f"{claim}, on return" in r], verdict.refused


def test_ci_takes_what_waits_for_a_contract_for_neither_audited_nor_refused(
    sha1: tuple[Bundle, Bundle, Path], tmp_path: Path
) -> None:
    script = OPENSSL.parents[1] / ".ci" / "audit"
    caller, callee, _ = sha1

    def run(least: int) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, script, tmp_path, str(least)], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    (tmp_path / "caller.bundle").write_text(write(caller))
    waits = "waits for the bundle of a contract: sha1_block_data_order: sha1_block_armv8\n"
    assert run(0) == (0, f"{waits}0 proofs audited; at least 0 have to be\n")
    assert run(1) == (1, f"{waits}0 proofs audited; at least 1 have to be\n")
    (tmp_path / "callee.bundle").write_text(write(replace(callee, missing=["a claim"])))
    code, said = run(0)
    assert code == 1
    assert "not audited: sha1_block_data_order: ['sha1_block_armv8']" in said
