"""What a call of the command leaves, and calls as users make them: where processes are forked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Answer:
    """What a call left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    def one_line_error(self) -> str:
        """The error, which must be all of stderr, on one line and without a traceback."""
        assert self.err.startswith("armsym: error: "), self.err
        assert self.err.count("\n") == 1
        assert "Traceback" not in self.err + self.out
        return self.err


Call = Callable[..., Answer]


def run_python(*arguments: object, **environment: str) -> Answer:
    """Run a Python program in another process."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    return Answer(done.returncode, done.stdout, done.stderr)
