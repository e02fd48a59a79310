"""docs/first-proof.md, followed step by step: its files, its commands, and what it says they print."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from assembling import assemble_file

PAGE = (Path(__file__).parents[2] / "docs" / "first-proof.md").read_text(encoding="utf-8")
_FENCES = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
_BLOCK = re.compile(r"^    (\$ )?(armsym .*)\n((?:    .*\n)*)", re.MULTILINE)
#: What differs from run to run.
_SECONDS = re.compile(r"\d+\.\d s")


def _armsym(folder: Path, command: str) -> str:
    words = shlex.split(command)
    assert words[0] == "armsym"
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("first")
    source = _FENCES["asm"].partition("\n")[2]
    assert source.count("#59") == 1
    for name, text in (("checksum", source), ("broken", source.replace("#59", "#5"))):
        (here / f"{name}.s").write_text(text)
        assemble_file(here / f"{name}.s", here / f"{name}.o")
    return here


def test_the_page_is_followed_to_its_end(folder: Path) -> None:
    """Each command as it stands there, in order; between the two runs of the proof the skeleton is filled in."""
    blocks = [(command, shown) for _, command, shown in _BLOCK.findall(PAGE)]
    assert [c for c, _ in blocks] == [
        "armsym new checksum.o checksum -o proof.py",
        "armsym prove proof.py",
        "armsym prove proof.py",
        "armsym prove proof.py --object broken.o",
    ]
    for k, (command, shown) in enumerate(blocks):
        if k == 2:
            (folder / "proof.py").write_text(_FENCES["python"])
        got = _SECONDS.sub("T", _armsym(folder, command))
        for line in shown.splitlines():
            assert _SECONDS.sub("T", line.removeprefix("    ")) in got.splitlines(), f"{command}: {line}\n{got}"


def test_the_assembler_of_the_page_is_the_one_used_here() -> None:
    """By another front of it: the command on the page and what the tests assemble with."""
    assert "    python -m ziglang cc -target aarch64-linux-musl -c checksum.s -o checksum.o\n" in PAGE


def test_five_commands_from_install_to_the_first_proof() -> None:
    commands = re.findall(r"^    (?:\$ )?((?:pip|python|armsym) .*)$", PAGE.partition("## 6.")[0], re.MULTILINE)
    assert len(commands) == 5
