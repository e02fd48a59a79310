"""Bad input of every kind: one line on stderr, the right exit code, no traceback; and a quick --help."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from calls import Call, run_python
from cli_data import OBJECT

import armsym.cli


def broken(kind: str, folder: Path) -> Path:
    """A file that no command can use."""
    data = bytearray(OBJECT.read_bytes())
    if kind == "not an ELF file":
        data = bytearray(b"hello, world\n")
    elif kind == "empty":
        data = bytearray()
    elif kind == "truncated":
        data = data[: len(data) // 2]
    elif kind == "x86-64":
        data[18:20] = (62).to_bytes(2, "little")  # e_machine, EM_X86_64
    path = folder / "input.o"
    if kind != "no such file":
        path.write_bytes(data)
    return path


@pytest.mark.parametrize("command", ["disasm", "run", "coverage", "prove"])
@pytest.mark.parametrize("kind", ["not an ELF file", "empty", "truncated", "x86-64", "no such file"])
def test_files_that_cannot_be_used(armsym_here: Call, proofs: Path, tmp_path: Path, command: str, kind: str) -> None:
    path = broken(kind, tmp_path)
    special: dict[str, list[object]] = {"coverage": [path], "prove": [f"{proofs}::adds", "--object", path]}
    arguments = special.get(command, [path, "add64"])
    answer = armsym_here(command, *arguments)
    assert answer.code == 2
    assert str(path) in answer.one_line_error()


@pytest.mark.parametrize("command", ["disasm", "run"])
def test_missing_symbol(armsym_here: Call, command: str) -> None:
    answer = armsym_here(command, OBJECT, "ad64")
    assert answer.code == 2
    assert re.search(r"'ad64'; near: .*add64", answer.one_line_error())


def test_proof_of_a_missing_symbol(armsym_here: Call, proofs: Path) -> None:
    answer = armsym_here("prove", f"{proofs}::no_such_symbol")
    assert answer.code == 2
    assert re.search(r"'add65'; near: .*add64", answer.out)


@pytest.mark.parametrize("command", ["prove", "list"])
def test_missing_paths_and_names(armsym_here: Call, proofs: Path, command: str) -> None:
    answer = armsym_here(command, proofs.parent / "addin.py")
    assert answer.code == 2
    assert "adding.py" in answer.one_line_error()
    answer = armsym_here(command, f"{proofs}::sum")
    assert answer.code == 2
    assert "sums" in answer.one_line_error()
    answer = armsym_here(command, OBJECT)
    assert answer.code == 2
    assert "Python file" in answer.one_line_error()


@pytest.mark.parametrize(
    "arguments", [["prove", "--no-such-option"], ["no-such-command"], ["disasm"], ["prove", "-j", "0"]]
)
def test_usage_errors(armsym_here: Call, arguments: list[str]) -> None:
    answer = armsym_here(*arguments)
    assert answer.code == 2
    assert "Error" in answer.err
    assert "Traceback" not in answer.err


def test_junit_into_no_folder(armsym_here: Call, proofs: Path, tmp_path: Path) -> None:
    answer = armsym_here("prove", f"{proofs}::adds", "--junit", tmp_path / "none" / "r.xml")
    assert answer.code == 2
    assert "--junit" in answer.one_line_error()


def test_no_instruction_set(armsym_here: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: ())
    armsym.cli.common.load_isa.cache_clear()
    try:
        answer = armsym_here("disasm", OBJECT, "add64")
    finally:
        armsym.cli.common.load_isa.cache_clear()
    assert answer.code == 2
    assert "armsym.isa" in answer.one_line_error()


def test_an_unexpected_exception_is_one_line(armsym_here: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("armsym.elf.load", planted)
    answer = armsym_here("coverage", OBJECT)
    assert answer.code == 4
    assert "planted" in answer.one_line_error()
    assert "--debug" in answer.err
    assert "Traceback" in armsym_here("--debug", "coverage", OBJECT).err


def test_help_and_version(armsym_here: Call) -> None:
    answer = armsym_here("--help")
    assert answer.code == 0
    commands = ("prove", "list", "disasm", "run", "coverage", "conform")
    assert all(re.search(rf"^  {c} ", answer.out, re.MULTILINE) for c in commands)
    assert re.fullmatch(r"armsym \d+\.\d+\.\d+\S*\n", armsym_here("--version").out)
    assert "decode" in armsym_here("conform", "--help").out
    for command in commands:
        assert armsym_here(command, "--help").code == 0


def test_help_loads_nothing_heavy() -> None:
    heavy = ["z3", "rich", "elftools", "capstone", "unicorn", "hypothesis", "semantics", "armsym.terms"]
    program = (
        "import sys, armsym.cli; code = armsym.cli.run(['--help']); "
        f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    answer = run_python("-c", program)
    assert (answer.code, answer.err) == (0, "[]\n")


def test_module_and_command_are_the_same() -> None:
    answer = run_python("-m", "armsym", "disasm", OBJECT, "add64")
    assert answer.code == 0
    assert "add x0, x0, x1" in answer.out


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="needs SIGPIPE")
def test_a_closed_pipe_is_not_an_answer() -> None:
    # Popen leaves Python's children with the usual meaning of SIGPIPE.
    command = [sys.executable, "-m", "armsym", "disasm", str(OBJECT), "add64"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE
