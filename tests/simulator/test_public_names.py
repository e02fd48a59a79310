"""The names of `armsym` are there, and cost nothing until they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import armsym


@pytest.mark.parametrize("name", armsym.__all__)
def test_each_name_is_found(name: str) -> None:
    assert callable(getattr(armsym, name))
    assert getattr(armsym, name).__doc__


def test_no_other_name_is() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulated'"):
        armsym.simulated  # noqa: B018 - the look-up is what is tested


@pytest.mark.parametrize("module", ["armsym", "armsym.cli"])
def test_importing_is_quick(module: str) -> None:
    """Neither Z3 nor the ELF reader nor the simulator is imported before it is needed."""
    code = f"import {module}, sys; print(*sorted({{'z3', 'elftools', 'armsym.simulator'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
