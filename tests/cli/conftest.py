"""How these tests call the command, in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from calls import Answer, Call
from cli_data import DATA

import armsym.cli


@pytest.fixture
def armsym_here(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call armsym in this process."""

    def call(*arguments: object) -> Answer:
        code = armsym.cli.run([str(a) for a in arguments])
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def proofs() -> Path:
    """The proof file of these tests."""
    return DATA / "adding.py"
