"""`.ci/counts`: the line that ends a CI run tells what pytest reported, and is missing where it cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COUNTS = Path(__file__).parents[2] / ".ci" / "counts"

TESTS = """
import pytest
def test_a(): pass
def test_b(): pass
def test_c(): assert False
@pytest.fixture
def broken(): raise OSError
def test_d(broken): pass
@pytest.mark.skip
def test_e(): pass
"""


def count(report: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, COUNTS, report], capture_output=True, text=True, check=False)


def pytest_report(folder: Path, text: str) -> Path:
    (folder / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=report.xml", "test_it.py"]
    subprocess.run(command, cwd=folder, check=False, capture_output=True)
    return folder / "report.xml"


def test_counts_of_a_real_report(tmp_path: Path) -> None:
    done = count(pytest_report(tmp_path, TESTS))
    assert (done.returncode, done.stdout) == (0, "tests: 2 passed, 2 failed, 1 skipped\n")


@pytest.mark.parametrize("text", ["", "raise OSError", "import pytest\n@pytest.mark.skip\ndef test_a(): pass\n"])
def test_a_run_without_tests_is_no_success(tmp_path: Path, text: str) -> None:
    # A file that cannot be collected is one failure; where nothing ran there is nothing to tell.
    done = count(pytest_report(tmp_path, text))
    expected = (0, "tests: 0 passed, 1 failed, 0 skipped\n") if "raise" in text else (1, "")
    assert (done.returncode, done.stdout) == expected


@pytest.mark.parametrize(
    "xml",
    ["", "<testsuites>", "<testsuites/>", '<testsuite failures="1" errors="0"><testcase name="a"/></testsuite>'],
)
def test_a_report_that_cannot_be_right(tmp_path: Path, xml: str) -> None:
    report = tmp_path / "report.xml"
    report.write_text(xml)
    done = count(report)
    assert (done.returncode, done.stdout) == (1, "")
    assert "not counted" in done.stderr


def test_no_report(tmp_path: Path) -> None:
    assert count(tmp_path / "none.xml").returncode == 1
