"""Many bundles in one command: what is bad, lost or endless is not audited, nor what rests on it; the others are.

Exit codes and findings are those of the command, in a process of its own: that it ends, with its output closed, is
part of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from calls import Answer, run_python
from test_audit_calls import CALLEE, CALLER, NOP, RET, STORE_FIVE, _after, _Call, _ensure

from armsym.audit.bundle import Bundle, Case
from armsym.audit.elf import Elf
from armsym.audit.text import read, write
from armsym.certify.export import Exporter

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")

STORE_SIX = (0xD28000C1, 0xF9000001, RET)  # MOV X1, #6; STR X1, [X0]


def _call(**parts: Any) -> _Call:
    call = _Call(**parts)
    call.ensure_five()
    return call


def _other(folder: Path) -> tuple[Path, Path]:
    """Bundles of another file that are audited together."""
    return _bundles(folder, _call(callee=(NOP, *STORE_FIVE)), "other")


def _made(path: Path, file: Path, symbol: str, case: Case, uses: dict[str, list[Case]]) -> Path:
    """A bundle that says this of a routine, made to check as far as it can be."""
    bundle = Bundle(symbol, symbol, str(file), Elf.read(file).sha256, "a test", "a test")
    made = replace(case, steps=[], certificates={})
    Exporter(symbol, str(file), [made], uses, as_they_stand=True).finish(bundle)
    bundle.missing, bundle.cases, bundle.uses = [], [made], uses
    path.write_text(write(bundle), encoding="ascii")
    return path


def _bundles(folder: Path, call: _Call, name: str = "called") -> tuple[Path, Path]:
    """The caller's bundle and the callee's, of one file."""
    file = folder / f"{name}.o"
    file.write_bytes(call.data())
    caller = _made(folder / f"{name}.caller.bundle", file, CALLER, call.own, {CALLEE: [call.used]})
    return caller, _made(folder / f"{name}.callee.bundle", file, CALLEE, call.used, {})


def _audit(*arguments: object) -> tuple[Answer, dict[str, dict[str, Any]]]:
    answer = run_python("-m", "armsym", "audit", "--json", *arguments)
    return answer, _told(answer)


def _told(answer: Answer) -> dict[str, dict[str, Any]]:
    return {Path(a["bundle"]).name: a for a in json.loads(answer.out)["audits"]}


def _audited(told: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, a in told.items() if a["status"] == "audited"}


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_contracts_are_settled_between_processes(jobs: int, tmp_path: Path) -> None:
    caller, callee = _bundles(tmp_path, _call())
    for order in ((caller, callee), (callee, caller)):
        answer, told = _audit("-j", jobs, *order)
        assert answer.code == 0, answer
        assert list(told) == [p.name for p in order]
        assert _audited(told) == {caller.name, callee.name}
        assert told[caller.name]["rests_on"] == [CALLEE]
    # The same by text; what waits for another's contract is told last.
    lines = run_python("-m", "armsym", "audit", "-j", jobs, tmp_path).out.splitlines()
    assert [line.split()[:2] for line in lines] == [["audited", CALLEE], ["audited", CALLER], ["2", "audited"]]


def test_a_caller_without_its_callees_bundle_is_not_audited(tmp_path: Path) -> None:
    caller, _ = _bundles(tmp_path, _call())
    answer, told = _audit("-j", 2, caller, caller, *_other(tmp_path)[1:])
    assert (answer.code, _audited(told)) == (3, {"other.callee.bundle"})
    assert told[caller.name]["contracts_open"] == [CALLEE]


def test_a_callee_that_lies_audits_nobody(tmp_path: Path) -> None:
    caller, callee = _bundles(tmp_path, _call(callee=STORE_SIX))
    answer, told = _audit("-j", 2, caller, callee)
    assert (answer.code, _audited(told)) == (3, set())
    assert told[callee.name]["refused"]
    assert not told[caller.name]["refused"]
    assert told[caller.name]["contracts_open"] == [CALLEE]


def test_one_case_that_lies_audits_none_of_a_bundle(tmp_path: Path) -> None:
    """The callee's bundle shows that 5 is stored, and says in a second case that it is 6, as its caller takes it."""
    true, lie = _Call(), _Call()
    lie.used.ensures.clear()
    _ensure(lie.used, _after(lie.used, "b", 0), lie.used.table.const(6))
    _ensure(lie.own, _after(lie.own, "r", 0), lie.own.table.const(6))
    caller, callee = _bundles(tmp_path, lie)
    both = read(callee.read_text())
    both.cases = [read(_bundles(tmp_path, true, "true")[1].read_text()).cases[0], *both.cases]
    both.cases[1].title = "another"
    for cases in (both.cases, both.cases[::-1]):
        callee.write_text(write(replace(both, cases=cases)), encoding="ascii")
        answer, told = _audit("-j", 2, callee, caller)
        assert (answer.code, _audited(told)) == (3, set())
        (why,) = told[callee.name]["refused"]
        assert why.startswith("another: ")
        assert told[caller.name]["contracts_open"] == [CALLEE]
        assert not told[caller.name]["refused"]


def test_the_contract_of_another_file_settles_nothing(tmp_path: Path) -> None:
    caller, lie = _bundles(tmp_path, _call(callee=STORE_SIX))
    other, callee = _bundles(tmp_path, _call(), "good")
    for order in ((caller, callee), (callee, caller), (caller, lie, other, callee)):
        answer, told = _audit("-j", 2, *order)
        assert answer.code == 3
        assert _audited(told) == {p.name for p in order} - {caller.name, lie.name}
        assert told[caller.name]["contracts_open"] == [CALLEE]


def test_a_contract_that_says_more_than_was_shown_settles_nothing(tmp_path: Path) -> None:
    call = _call()
    caller, callee = _bundles(tmp_path, call)
    # The callee's bundle shows less than what the caller's took: another alignment, that is all.
    less = replace(call.used, regions={"b": replace(call.used.regions["b"], align=8)}, arguments={})
    less.arguments["x0"] = less.table.var("base.b", (1 << 64) - 8)
    _made(callee, tmp_path / "called.o", CALLEE, less, {})
    answer, told = _audit("-j", 2, caller, callee)
    assert (answer.code, _audited(told)) == (3, {callee.name})
    assert told[caller.name]["contracts_open"] == [CALLEE]


BAD: list[tuple[Callable[[str], str], str]] = [
    (lambda text: text[: len(text) // 2], "line "),
    (lambda text: "", "last line does not end"),
    (lambda text: text.replace("\nsymbol ", "\nsymbol no_", 1), "not defined"),
    (lambda text: text.replace("called.o", "none.o", 1), "No such file"),
    (lambda text: text.replace("called.o", "other.o", 1), "is about a file with SHA-256"),
]


@pytest.mark.parametrize(("spoiled", "why"), BAD)
def test_a_bad_bundle_is_bad_input_and_the_others_are_audited(
    spoiled: Callable[[str], str], why: str, tmp_path: Path
) -> None:
    caller, callee = _bundles(tmp_path, _call())
    others = _other(tmp_path)
    callee.write_text(spoiled(callee.read_text()))
    answer, told = _audit("-j", 2, caller, callee, *others)
    assert (answer.code, _audited(told)) == (2, {p.name for p in others})
    assert why in told[callee.name]["error"]
    assert callee.name in answer.err or why in answer.err
    assert told[caller.name]["contracts_open"] == [CALLEE]


def test_a_bad_bundle_by_text_and_alone(tmp_path: Path) -> None:
    caller, callee = _bundles(tmp_path, _call())
    callee.write_text("no bundle\n")
    answer = run_python("-m", "armsym", "audit", "-j", 2, tmp_path)
    assert answer.code == 2
    assert f"not audited {callee.name}" in answer.out
    assert answer.out.splitlines()[-1] == "0 audited, 2 not"
    assert callee.name in answer.err
    alone, told = _audit(callee)
    assert (alone.code, _audited(told)) == (2, set())
    # Of a refused one and a bad one the bad one tells the exit code.
    assert _audit(caller)[0].code == 3


#: What happens in the process of the callee's bundle; the exit code; what is said.
LOST = [
    ("os.kill(os.getpid(), signal.SIGKILL)", 4, "ended by signal 9"),
    ("os._exit(0)", 4, "ended with 0"),
    ("sys.exit(0)", 4, "ended with 0"),
    ("raise RecursionError('deep')", 4, "RecursionError: deep"),
    ("raise MemoryError", 3, "out of memory"),
    ("while True: pass", 3, "after 2 s of CPU time"),
    ("time.sleep(1000)", 3, "by the clock"),
]
PROGRAM = """
import os, signal, sys, time
import armsym.audit.audit, armsym.cli, armsym.cli.auditing
real = armsym.audit.audit.audit
def audit(bundle, *others):
    if bundle.symbol == {symbol!r} and "called.o" in bundle.object:
        {fault}
    return real(bundle, *others)
armsym.audit.audit.audit = audit
armsym.cli.auditing._CLOCK_FACTOR = {factor}
sys.exit(armsym.cli.run(["audit", "--json", "-j", "2", "--timeout", "2", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(("fault", "code", "why"), LOST)
def test_a_process_that_is_lost_audits_nobody(fault: str, code: int, why: str, tmp_path: Path) -> None:
    caller, callee = _bundles(tmp_path, _call())
    others = _other(tmp_path)
    factor = 2 if "sleep" in fault else 100
    program = PROGRAM.format(symbol=CALLEE, fault=fault, factor=factor)
    answer = run_python("-c", program, caller, callee, *others)
    told = _told(answer)
    assert answer.code == code, answer
    assert _audited(told) == {p.name for p in others}
    assert why in told[callee.name]["error"]
    assert not told[caller.name]["error"]
    assert told[caller.name]["contracts_open"] == [CALLEE]


def test_a_file_that_is_none_keeps_nobody_waiting(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device that has no end, a folder: nobody reads them."""
    caller, callee = _bundles(tmp_path, _call())
    others = _other(tmp_path)
    file = tmp_path / "called.o"
    for made in (os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)):
        file.rename(tmp_path / "kept.o")
        made(file)
        answer, told = _audit("-j", 2, caller, callee, *others)
        assert (answer.code, _audited(told)) == (2, {p.name for p in others})
        assert told[caller.name]["error"].endswith("called.o, which is no file")
        alone, told = _audit(callee)
        assert (alone.code, _audited(told)) == (2, set())
        file.rmdir() if file.is_dir() else file.unlink()
        (tmp_path / "kept.o").rename(file)
    assert _audit(caller, callee)[0].code == 0


def test_a_name_that_no_file_can_have_is_bad_input(tmp_path: Path) -> None:
    caller, callee = _bundles(tmp_path, _call())
    others = _other(tmp_path)
    for path in (caller, callee):
        path.write_text(path.read_text().replace("called.o", "called.o%00", 1))
    answer, told = _audit("-j", 2, caller, callee, *others)
    assert (answer.code, _audited(told)) == (2, {p.name for p in others})


def test_an_answer_about_another_bundle_is_none(tmp_path: Path) -> None:
    """Should processes' answers ever be mixed up: no verdict goes to a bundle that it is not about."""
    caller, callee = _bundles(tmp_path, _call(callee=STORE_SIX))
    good = _bundles(tmp_path, _call(), "good")[1]
    program = f"""
import sys, armsym.cli, armsym.cli.auditing as a
from dataclasses import replace
from pathlib import Path
real = a.audit_here
a.audit_here = lambda q: real(replace(q, path=Path({str(good)!r})) if q.path.name == {callee.name!r} else q)
sys.exit(armsym.cli.run(["audit", "--json", *sys.argv[1:]]))
"""
    answer = run_python("-c", program, caller, callee)
    assert (answer.code, _audited(_told(answer))) == (4, set())
    assert "the audit's process answers" in _told(answer)[callee.name]["error"]


def test_where_processes_cannot_be_forked(tmp_path: Path) -> None:
    caller, callee = _bundles(tmp_path, _call())
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, armsym.cli, armsym.cli.auditing as a\n"
        "a.start_method = lambda: 'spawn'\n"
        f"if __name__ == '__main__':\n    sys.exit(armsym.cli.run(['audit', '--json', {str(tmp_path)!r}]))\n"
    )
    answer = run_python(program)
    assert answer.code == 0, answer
    assert _audited(_told(answer)) == {caller.name, callee.name}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes are ended by their limit")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_the_command(how: signal.Signals, tmp_path: Path) -> None:
    """Which is ended by a signal to it alone, as a service does: no process of a bundle is left to run on."""
    caller, callee = _bundles(tmp_path, _call())
    pids = tmp_path / "pids"
    fault = f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(300)"
    program = PROGRAM.format(symbol=CALLEE, fault=fault, factor=100)
    run = [sys.executable, "-c", program, *map(str, (callee, caller, callee))]
    with subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as command:
        try:
            assert _soon(lambda: pids.exists() and pids.read_text().count("\n") == 2)
            workers = [int(line) for line in pids.read_text().splitlines()]
            assert all(map(_runs, workers))
            command.send_signal(how)
            command.wait(timeout=60)
            assert _soon(lambda: not any(map(_runs, workers)))
        finally:
            with suppress(ProcessLookupError):  # (they have a group of their own)
                os.killpg(command.pid, signal.SIGKILL)


def _soon(held: Callable[[], bool]) -> bool:
    until = time.monotonic() + 60
    while not held() and time.monotonic() < until:
        time.sleep(0.05)
    return held()


def _runs(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
