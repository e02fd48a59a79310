"""The wheel stands alone: installed by itself, in a folder with nothing of the checkout, the commands work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from assembling import assembled

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel holds, and nothing else of armsym."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(build, check=True, timeout=300)
    (wheel,) = folder.glob("armsym-*.whl")
    with zipfile.ZipFile(wheel) as z:
        z.extractall(folder / "site")
    return folder / "site"


def armsym(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed armsym; the checkout is not on its path, the packages that it needs are."""
    # -S leaves out site-packages' .pth files, by which an editable checkout would be found first.
    others = os.pathsep.join({str(site): 0, sysconfig.get_path("purelib"): 0, sysconfig.get_path("platlib"): 0})
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONPATH": others}
    command = [sys.executable, "-S", "-m", "armsym", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_its_own_examples_are_proved(installed: Path, tmp_path: Path) -> None:
    done = armsym(installed, tmp_path, "prove", "-k", "own*", "-j", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 proved" in done.stdout


def test_all_proofs_are_listed_where_they_are_installed(installed: Path, tmp_path: Path) -> None:
    done = armsym(installed, tmp_path, "list")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 300
    assert all(str(installed) in line for line in done.stdout.splitlines())


def test_a_skeleton_is_written_and_proved(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "sum.o").write_bytes(assembled(".globl sum\n.type sum, %function\nsum: add x0, x0, x1\nret\n"))
    assert armsym(installed, tmp_path, "new", "sum.o", "sum", "-o", "proof.py").returncode == 0
    done = armsym(installed, tmp_path, "prove", "proof.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 proved" in done.stdout


def test_no_help_text_names_a_file_that_is_not_there(installed: Path, tmp_path: Path) -> None:
    overview = armsym(installed, tmp_path, "--help").stdout
    commands = re.findall(r"^  (\w[\w-]*)  ", overview.partition("Commands:")[2], re.MULTILINE)
    assert {"prove", "list", "new", "docs", "conform"} <= set(commands)
    for command in commands:
        text = armsym(installed, tmp_path, command, "--help").stdout
        for page in re.findall(r"armsym docs (\w+)", text):
            assert armsym(installed, tmp_path, "docs", page).returncode == 0, f"{command}: {page}"
        # What a command writes by default may be named.
        named = set(re.findall(r"\b[\w/]+\.md\b", text)) - {"FILE.md"}
        assert named <= ({"docs/conformance.md"} if command == "conform" else set()), f"{command}: {named}"


def test_the_pages_can_be_read(installed: Path, tmp_path: Path) -> None:
    listed = armsym(installed, tmp_path, "docs").stdout
    assert {line.split()[0] for line in listed.splitlines()} >= {
        "cli",
        "dsl",
        "json",
        "soundness",
        "security",
        "readme",
    }
    assert armsym(installed, tmp_path, "docs", "dsl").stdout == (ROOT / "docs" / "dsl.md").read_text(encoding="utf-8")
    wrong = armsym(installed, tmp_path, "docs", "extendng")
    assert wrong.returncode == 2
    assert "extending" in wrong.stderr
