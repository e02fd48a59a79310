"""`.ci/audit`: CI fails where a bundle is not audited, and where fewer are than the number that it has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from armsym.cli.work import Job, run_here
from armsym.proof.registry import discover

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "audit"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (d,) = discover(ROOT / "crypto_examples" / "own_memcmp")
    return Path(run_here(Job.of(d, d.object_spec(), None, export=str(tmp_path))).bundle)


def test_the_number_is_what_decides(bundle: Path) -> None:
    enough, fewer = run(bundle.parent, 1), run(bundle.parent)
    assert (enough.returncode, enough.stdout) == (0, "1 proofs audited; at least 1 have to be\n")
    assert fewer.returncode == 1
    assert re.fullmatch(r"1 proofs audited; at least [1-9]\d+ have to be\n", fewer.stdout)


def test_a_refused_bundle_fails_whatever_the_number(bundle: Path) -> None:
    bundle.with_name("good.bundle").write_text(bundle.read_text())
    bundle.write_text(bundle.read_text().replace("preserves 18,", "preserves 4,18,"))
    done = run(bundle.parent, 1)
    assert done.returncode == 1
    assert "not audited: armsym_ct_memcmp" in done.stdout
    assert "1 proofs audited" in done.stdout


def test_a_bad_bundle_fails_whatever_the_number(bundle: Path) -> None:
    bundle.with_name("bad.bundle").write_text(bundle.read_text()[:-4])
    done = run(bundle.parent, 1)
    assert done.returncode == 1
    assert re.search(r"not audited: bad\.bundle: .*bad\.bundle: the bundle ends where", done.stdout)
    assert "1 proofs audited" in done.stdout


def test_no_bundle_and_no_folder_are_no_success(bundle: Path) -> None:
    bundle.unlink()
    for folder in (bundle.parent, bundle.parent / "none"):
        done = run(folder, 0)
        assert (done.returncode, done.stdout) == (1, "")
        assert "nothing was audited: armsym audit ended with exit code" in done.stderr
