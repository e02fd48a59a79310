"""`.ci/run`: a step that fails is named at the end, also where it ran beside others."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"
TEXT = RUN.read_text(encoding="utf-8")


def failed(steps: str) -> list[str]:
    """The steps that fail of some, run by the functions of `.ci/run`."""
    functions = TEXT[TEXT.index("failed=()") : TEXT.index("\nbeside tools ")]
    program = f'set -u -o pipefail\n{functions}\n{steps}\nprintf "failed: %s\\n" "${{failed[@]}}"'
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return re.findall(r"^failed: (.+)$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "code"),
    [("true", 0), ("bash -c 'exit 3'", 3), ("sleep 30", 124), ("/no/such/command", 127), ("bash -c 'kill -9 $$'", 137)],
)
@pytest.mark.parametrize("beside", [False, True])
def test_how_a_step_ended(command: str, code: int, beside: bool) -> None:
    steps = f"beside it 2 {command}\nstep other 5 true\nwaited it" if beside else f"step it 2 {command}"
    assert failed(steps) == ([f"it ({code})"] if code else [])


def test_each_that_failed_is_named() -> None:
    steps = "beside a 5 false\nbeside b 5 true\nbeside c 5 false\nstep d 5 false\nwaited a\nwaited b\nwaited c"
    assert failed(steps) == ["d (1)", "a (1)", "c (1)"]


def test_what_runs_beside_others_is_waited_for() -> None:
    """Else its failure is nobody's; and what waits for nothing ends the run."""
    begun = re.findall(r"^beside (\w+) ", TEXT, re.MULTILINE)
    assert begun
    assert sorted(re.findall(r"^waited (\w+)$", TEXT, re.MULTILINE)) == sorted(begun)
    with pytest.raises(subprocess.CalledProcessError):
        failed("waited nothing")
