"""An exit code is what the command says it is: a proof file that leaves, dies or closes files gives none.

`add64` of data/routines.s returns x0 + x1.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from calls import Answer, run_python
from cli_data import OBJECT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")


def write(folder: Path, *, at_import: str = "", in_proof: str = "", in_claim: str = "True") -> Path:
    file = folder / f"{folder.name}_proofs.py"
    file.write_text(
        "import atexit, os, sys, threading, time\nfrom armsym.dsl import Proof, proof\n"
        f"{at_import}\n"
        f'@proof("add64", of={str(OBJECT)!r})\n'
        "def one(p: Proof) -> None:\n"
        f"    {in_proof or 'pass'}\n"
        '    a, b = p.word("a"), p.word("b")\n'
        "    p.call(x0=a, x1=b)\n"
        f'    p.ensures(lambda s: {{"r": s.x0 == a + b, "more": {in_claim}}})\n'
    )
    return file


def armsym(*arguments: object) -> Answer:
    return run_python("-m", "armsym", *arguments)


ENDS = {"os._exit(0)": "ended with 0", "os._exit(1)": "ended with 1", "os.kill(os.getpid(), 9)": "signal 9"}


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("command", ["prove", "list"])
def test_leaving_at_import(tmp_path: Path, how: str, command: str) -> None:
    answer = armsym(command, write(tmp_path, at_import=how))
    assert answer.code == 4
    assert answer.out == ""
    assert ENDS[how] in answer.one_line_error()


@pytest.mark.parametrize("command", ["disasm", "run", "coverage"])
def test_leaving_where_a_file_is_named_by_a_python_file(tmp_path: Path, command: str) -> None:
    file = write(tmp_path, at_import="os._exit(0)")
    symbol = [] if command == "coverage" else ["add64"]
    answer = armsym(command, f"{file}::WHEEL", *symbol)
    assert answer.code == 4
    assert "ended with 0" in answer.one_line_error()


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("where", ["in_proof", "in_claim"])
@pytest.mark.parametrize("alone", [False, True])
def test_leaving_in_the_proof(tmp_path: Path, how: str, where: str, alone: bool) -> None:
    file = write(tmp_path, **{where: how})
    answer = armsym("prove", file, *(["-j2", "--timeout", "60"] if alone else []))
    assert answer.code == 4
    assert "proved " not in answer.out.replace("0 proved", "")
    assert ENDS[how] in answer.out + answer.err


def test_leaving_later(tmp_path: Path) -> None:
    """By a thread that the proof file started, while another file is being proved."""
    leave = "threading.Timer(0.2, os._exit, (0,)).start()"
    answer = armsym("prove", write(tmp_path, at_import=leave, in_proof="time.sleep(5)"))
    assert answer.code == 4


def test_an_exit_handler_has_no_word(tmp_path: Path) -> None:
    file = write(tmp_path, at_import="atexit.register(os._exit, 0)", in_claim="s.x0 == a")
    assert armsym("prove", file).code == 1


def test_a_forked_process_reports_nothing(tmp_path: Path) -> None:
    answer = armsym("prove", write(tmp_path, at_import="os.fork()", in_claim="s.x0 == a"))
    assert answer.code == 1
    assert answer.out.count("refuted    one") == 1


@pytest.mark.parametrize("close", ["sys.stdout.close()", "os.close(1)", "sys.__stdout__.close()", "sys.stdout = None"])
def test_closing_stdout_at_import(tmp_path: Path, close: str) -> None:
    """The report is made all the same, or the exit code says that there is none."""
    answer = armsym("prove", write(tmp_path, at_import=close))
    assert (answer.code, "proved     one" in answer.out) in {(0, True), (4, False)}


def test_closing_everything(tmp_path: Path) -> None:
    answer = armsym("prove", write(tmp_path, at_import="os.closerange(0, 256)"))
    assert answer.code == 4


def test_a_full_disk_is_not_a_success(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w", encoding="ascii") as full:
        command = [sys.executable, "-m", "armsym", "prove", str(write(tmp_path))]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=300)
    assert done.returncode == 4


@pytest.mark.parametrize("options", [[], ["-j2", "--timeout", "60"]])
def test_what_a_proof_file_prints_is_not_in_the_json(tmp_path: Path, options: list[str]) -> None:
    everywhere = "print('printed', flush=True), os.write(1, b'written '), os.system('echo by a child')"
    file = write(tmp_path, at_import=everywhere, in_proof=everywhere, in_claim=f"bool(({everywhere}))")
    answer = armsym("prove", file, "--json", *options)
    assert [r["status"] for r in json.loads(answer.out)["results"]] == ["proved"]
    for word in ("printed", "written", "by a child"):
        assert word in answer.err
    assert json.loads(armsym("list", file, "--json").out)["proofs"][0]["proof"] == "one"


def _started_with(number: signal.Signals, how: str, file: str) -> list[str]:
    """The command line of `armsym prove FILE` in a process that begins with a signal ignored, or not."""
    program = (
        f"import os, signal, sys; signal.signal({int(number)}, signal.{how}); os.execv(sys.executable, sys.argv[1:])"
    )
    return [sys.executable, "-c", program, sys.executable, "-m", "armsym", "prove", file]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both(tmp_path: Path, number: signal.Signals) -> None:
    mark = tmp_path / "pid"
    wait = f"open({str(mark)!r}, 'w').write(str(os.getpid())) and time.sleep(100)"
    # Where the tests run in the background of a shell, SIGINT is ignored.
    command = _started_with(number, "SIG_DFL", str(write(tmp_path, at_import=wait)))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as it:
        until = time.monotonic() + 60
        while not (mark.exists() and mark.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        worker = int(mark.read_text())
        assert worker != it.pid
        # As a terminal does: to both.
        os.killpg(it.pid, number) if number == signal.SIGINT else it.send_signal(number)
        assert it.wait(60) == -number
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    """As `nohup armsym prove ... &` has it."""
    mark, go = tmp_path / "pid", tmp_path / "go"
    wait = (
        f"open({str(mark)!r}, 'w').write(str(os.getpid())) and"
        f" [time.sleep(0.05) for _ in range(2000) if not os.path.exists({str(go)!r})]"
    )
    command = _started_with(signal.SIGHUP, "SIG_IGN", str(write(tmp_path, at_import=wait)))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as it:
        until = time.monotonic() + 60
        while not (mark.exists() and mark.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(it.pid, signal.SIGHUP)
        time.sleep(0.2)
        assert it.poll() is None
        go.touch()
        assert it.wait(100) == 0
