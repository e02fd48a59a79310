"""`armsym prove --watch` and `--depfile`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from calls import Call
from cli_data import OBJECT
from kept import project

from armsym.cli.watching import Watch


class Watcher:
    """A command that watches, and the lines that it has written."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        environment = {**os.environ, "ARMSYM_CACHE": str(folder / "cache"), "ARMSYM_NO_CACHE": ""}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "armsym", "prove", *map(str, arguments), "--watch"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self._lines.extend(iter(self.process.stdout.readline, ""))

    def round(self) -> str:
        """What a round wrote."""
        end = time.monotonic() + 100
        while time.monotonic() < end:
            lines = list(self._lines)
            for k, line in enumerate(lines):
                if "waiting for a change" in line:
                    del self._lines[: k + 1]
                    return "".join(lines[:k])
            time.sleep(0.05)
        raise AssertionError(f"nothing came: {self._lines}")


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Watcher]:
    file, _ = project(tmp_path)
    found = Watcher(tmp_path, file.parent)
    yield found
    with suppress(ProcessLookupError):
        os.killpg(found.process.pid, signal.SIGKILL)
    found.process.wait()


def test_what_changes_is_proved_again(watcher: Watcher, tmp_path: Path) -> None:
    """What the proof imports, a new file, a file under proof; then Ctrl-C."""
    last = tmp_path / f"{tmp_path.name}_deeper.py"
    assert "1 proved in" in watcher.round()
    last.write_text(last.read_text().replace("+", "-"))
    told = watcher.round()
    assert f"{last} changed" in told
    assert "1 refuted in" in told
    last.write_text(last.read_text().replace("-", "+"))
    assert "1 proved, all from the cache in" in watcher.round()
    (tmp_path / f"{tmp_path.name}_more.py").write_text(
        '"""A proof."""\nfrom armsym.dsl import proof\n@proof("add64", of="routines.o")\ndef more(p):\n    p.call()\n'
    )
    told = watcher.round()
    assert "more" in told
    assert "cached" in told
    (tmp_path / "routines.o").write_bytes(b"")
    assert "error" in watcher.round()
    os.killpg(watcher.process.pid, signal.SIGINT)
    assert watcher.process.wait(20) == -signal.SIGINT


def test_changes_are_seen(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.txt"
    one.write_text("1")
    looking = Watch([tmp_path])
    assert looking.look() == [one]
    assert looking.look() == []
    assert looking.use(iter([one, other]), time.time()) == []
    assert looking.look() == []
    other.write_text("x")
    assert looking.look() == [other]
    other.write_text("y")
    assert looking.look() == [other]
    other.unlink()
    one.unlink()
    assert looking.look() == [one, other]
    (tmp_path / "new.py").write_text("")
    assert looking.look() == [tmp_path / "new.py"]
    # Of what was not looked at before, only the clock tells whether it changed meanwhile.
    other.write_text("z")
    assert Watch([]).use([other], time.time() - 100) == [other]
    assert Watch([]).use([other], time.time() + 100) == []


def test_the_files_that_results_rest_on(armsym_here: Call, tmp_path: Path) -> None:
    file, last = project(tmp_path)
    list_ = tmp_path / "list"
    assert armsym_here("prove", file, "--depfile", list_).code == 0
    files = list_.read_text().splitlines()
    root = Path(__file__).resolve().parents[2]
    assert {str(f) for f in (file, last, tmp_path / "routines.o", root / "semantics" / "shared.py")} <= set(files)
    assert not [f for f in files if "site-packages" in f]
    armsym_here("prove", file, "--object", OBJECT, "--depfile", list_)
    assert str(OBJECT) in list_.read_text().splitlines()


def test_what_does_not_go_with_watching(armsym_here: Call, tmp_path: Path) -> None:
    for option in (["--json"], ["--depfile", tmp_path / "x"]):
        answer = armsym_here("prove", tmp_path, "--watch", *option)
        assert answer.code == 2
        assert f"does not go with {option[0]}" in answer.one_line_error()
