"""A bundle is made in a process of its own: whatever happens there, the proof stands, and nothing else is left."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from calls import run_python

ROOT = Path(__file__).resolve().parents[2]
PROOF = ROOT / "crypto_examples" / "own_memcmp"
NAME = "own_memcmp.armsym_ct_memcmp.bundle"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")

#: What happens where a bundle is made, after a part of it was written; what is said.
FAULTS = [
    ("while True: pass", "not made within 1 s of CPU time"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "the process that makes it was ended by signal 9"),
    ("os._exit(0)", "the process that makes it ended with 0"),
    ("sys.exit(0)", "the process that makes it ended with 1"),
    ("raise MemoryError", "out of memory"),
    ("raise AssertionError('a defect')", "internal error: AssertionError: a defect"),
]
PROGRAM = """
import os, pathlib, signal, sys
import armsym.cli
from armsym.certify.export import Exporter
def write(self, folder, proof, result):
    (pathlib.Path(folder) / {name!r}).write_text("armsym-bundle 1\\n")
    {fault}
Exporter.write = write
sys.exit(armsym.cli.run(["prove", {proof!r}, "--json", *sys.argv[1:]]))
"""


def _result(out: str) -> dict[str, Any]:
    (result,) = json.loads(out)["results"]
    assert isinstance(result, dict)
    return result


@pytest.mark.parametrize(("fault", "why"), FAULTS)
def test_the_proof_stands_without_its_bundle(fault: str, why: str, tmp_path: Path) -> None:
    program = PROGRAM.format(name=NAME, fault=fault, proof=str(PROOF))
    answer = run_python("-c", program, "--no-cache", "--export", tmp_path, "--export-budget", 1)
    assert answer.code == 0, answer
    result = _result(answer.out)
    assert (result["status"], result["bundle"]) == ("proved", f"no bundle: {why}")
    assert list(tmp_path.iterdir()) == []


def test_an_older_bundle_does_not_stay(tmp_path: Path) -> None:
    """Not even where the process ends before it writes: what lies there is of another proof, or of another file."""
    (tmp_path / NAME).write_text("old")
    program = PROGRAM.format(name=NAME, fault="pass", proof=str(PROOF)).replace(".write_text(", ".exists() or (")
    answer = run_python("-c", program.replace("    pass", "    os._exit(3)"), "--no-cache", "--export", tmp_path)
    assert _result(answer.out)["bundle"] == "no bundle: the process that makes it ended with 3"
    assert list(tmp_path.iterdir()) == []


def test_it_is_the_same_bundle_where_no_process_can_be_forked(tmp_path: Path) -> None:
    program = "import sys, armsym.cli, armsym.cli.exporting as e\n{}sys.exit(armsym.cli.run(sys.argv[1:]))\n"
    for folder, before in (("forked", ""), ("here", "e.start_method = lambda: 'spawn'\n")):
        answer = run_python("-c", program.format(before), "prove", PROOF, "--no-cache", "--export", tmp_path / folder)
        assert answer.code == 0, answer
    assert (tmp_path / "forked" / NAME).read_bytes() == (tmp_path / "here" / NAME).read_bytes()


def test_a_budget_without_an_export_is_bad_input(tmp_path: Path) -> None:
    answer = run_python("-m", "armsym", "prove", PROOF, "--export-budget", 9)
    assert (answer.code, "--export DIR" in answer.one_line_error()) == (2, True)
    answer = run_python("-m", "armsym", "prove", PROOF, "--export", tmp_path, "--export-budget", "nan")
    assert (answer.code, "--export-budget is a number" in answer.one_line_error()) == (2, True)
