"""Where Python leaves out assertions nothing is proved, audited or certified."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROVE = """
import armsym
from armsym.errors import InputError
try:
    print(armsym.prove("crypto_examples/own_memcmp", jobs=1).proved)
except InputError as e:
    print("InputError")
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "armsym", "prove", "crypto_examples/own_memcmp", "--no-cache"],
        ["-m", "armsym", "audit", "."],
        ["-m", "armsym", "recheck", "."],
    ],
)
def test_commands_refuse_to_run(arguments: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-O", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "run it without -O" in ran.stderr


def test_programs_prove_nothing() -> None:
    ran = subprocess.run([sys.executable, "-O", "-c", PROVE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() in ("False", "InputError")
