from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from armsym.cli import conform as cli

runner = CliRunner()


def test_one_class_agrees() -> None:
    r = runner.invoke(cli.app, ["decode", "--class", "AddSubWithCarry", "--limit", "64"])
    assert r.exit_code == 0, r.output
    assert r.output.startswith("ok   AddSubWithCarry: 64 words, 64 accepted, 0 mismatches")
    r = runner.invoke(cli.app, ["execute", "--class", "AddSub*Carry", "--seconds", "0.2"])
    assert r.exit_code == 0, r.output
    assert "0 mismatches" in r.output
    r = runner.invoke(cli.app, ["symbolic", "--class", "AddSubWithCarry", "--seconds", "0.1"])
    assert r.exit_code == 0, r.output


def test_a_class_without_a_single_comparison_is_not_called_ok() -> None:
    r = runner.invoke(cli.app, ["execute", "--class", "PSTATE", "--seconds", "0"])
    assert r.exit_code == 0, r.output
    assert r.output.startswith("none PSTATE: 1 words, 0 executions compared")
    assert "Unicorn has no FEAT_DIT" in r.output


def test_json_has_a_version_and_the_counts() -> None:
    r = runner.invoke(cli.app, ["execute", "--word", "0x91000420", "--states", "8", "--json"])
    assert r.exit_code == 0, r.output
    answer = json.loads(r.output)
    assert (answer["schema_version"], answer["command"], answer["ok"]) == (1, "execute", True)
    (result,) = answer["results"]
    assert (result["words"], result["compared"], result["mismatch_count"]) == (1, 8, 0)
    r = runner.invoke(cli.app, ["decode", "--words", "2000", "--seed", "5", "--json"])
    (result,) = json.loads(r.output)["results"]
    assert result["words"] == 2000
    assert result["seed"] == 5


def test_a_mismatch_exits_with_1_and_shows_how_to_repeat_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from planted import BUGS, plant

    bug = next(b for b in BUGS if b.name == "sh ignored")
    real = cli.load_isa()
    wrong, _ = plant(real.isa, bug)
    monkeypatch.setattr(cli, "load_isa", lambda name="A64": cli.Isa(name, wrong, real.scope))
    r = runner.invoke(cli.app, ["execute", "--class", "AddSubImmediate", "--seconds", "0.5"])
    assert r.exit_code == 1
    assert r.output.startswith("FAIL AddSubImmediate")
    line = next(ln for ln in r.output.splitlines() if "again:" in ln)
    again = line.partition("armsym conform ")[2].split()
    r = runner.invoke(cli.app, again)
    assert r.exit_code == 1
    assert "1 executions compared" in r.output
    assert "1 mismatches" in r.output


def test_a_mismatch_on_terms_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    from planted import BUGS, plant

    bug = next(b for b in BUGS if b.name == "one too many on terms")
    real = cli.load_isa()
    wrong, _ = plant(real.isa, bug)
    monkeypatch.setattr(cli, "load_isa", lambda name="A64": cli.Isa(name, wrong, real.scope))
    r = runner.invoke(cli.app, ["symbolic", "--class", "AddSubShiftedRegister", "--seconds", "0.2"])
    assert r.exit_code == 1
    line = next(ln for ln in r.output.splitlines() if "again:" in ln)
    r = runner.invoke(cli.app, line.partition("armsym conform ")[2].split())
    assert r.exit_code == 1
    assert "1 executions compared, 1 mismatches" in r.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["decode", "--class", "AddSubImediate"], "near: AddSubImmediate"),
        (["execute", "--word", "zz"], "--word takes a 32-bit number in hexadecimal"),
        (["execute", "--word", "0x123456789"], "--word takes a 32-bit number"),
        (["execute", "--word", "0xffffffff"], "not modelled"),
        (["execute", "--states", "65"], "1 to 64"),
        (["execute", "--states", "0"], "--states is at least 1, not 0"),
        (["decode", "--words", "0"], "--words is at least 1, not 0"),
        (["symbolic", "--seconds", "-1"], "--seconds is at least 0, not -1"),
        (["symbolic", "--word", "0xffffffff"], "not modelled"),
        (["decode", "--isa", "T32"], "no instruction set 'T32'"),
        (["report", "-o", "no/such/directory/x.md"], "no directory"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments: list[str], message: str) -> None:
    r = runner.invoke(cli.app, arguments)
    assert r.exit_code == 2, r.output
    assert message in r.output
    assert len(r.output.strip().splitlines()) == 1


def test_a_file_that_is_no_aarch64_code_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not an object file")
    for command in ("decode", "execute"):
        r = runner.invoke(cli.app, [command, "--object", str(text)])
        assert r.exit_code == 2, r.output
        assert "notes.txt" in r.output
        assert len(r.output.strip().splitlines()) == 1


def test_a_missing_oracle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for module, command in (("capstone", "decode"), ("unicorn", "execute")):
        monkeypatch.setitem(sys.modules, module, None)
        r = runner.invoke(cli.app, [command, "--class", "AddSubWithCarry"])
        assert r.exit_code == 2, r.output
        assert "not installed" in r.output


def test_the_report_is_written(tmp_path: Path) -> None:
    target = tmp_path / "conformance.md"
    arguments = ["report", "--class", "Add*", "--seconds", "0.1", "--words", "5000", "-o", str(target)]
    r = runner.invoke(cli.app, arguments)
    assert r.exit_code == 0, r.output
    text = target.read_text()
    assert text.startswith("# Conformance of A64")
    row = next(ln for ln in text.splitlines() if ln.startswith("| AddSubWithCarry"))
    cells = [c.strip() for c in row.strip("|").split("|")]
    assert cells[1:4] == ["6", "8", "yes"]  # adc adcs ngc ngcs sbc sbcs; sf, op, S
    assert cells[-1] == "0"
    for heading in ("## Not compared", "## Where Capstone departs from the manual", "## Out of scope"):
        assert heading in text
