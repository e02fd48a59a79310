"""What tests skip for want of a package is there wherever CI runs: else all of them could be skipped unseen."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of some are for Linux alone")
def test_packages_that_tests_ask_for_are_installed() -> None:
    asked = {
        name
        for file in TESTS.rglob("test_*.py")
        for name in re.findall(r'(?m)^ *pytest\.importorskip\("(\w+)"\)', file.read_text(encoding="utf-8"))
    }
    assert {"bitwuzla", "cvc5", "pysat"} <= asked
    for name in sorted(asked):
        importlib.import_module(name)
