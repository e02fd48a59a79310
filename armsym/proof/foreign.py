"""Running the code of a proof file: what it prints is no report, and a process that it forks makes none."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

__all__ = ["foreign_code"]


class _Stderr(io.TextIOBase):
    """Writes to stderr; closing it closes nothing."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return sys.stderr.write(text) if sys.stderr is not None else len(text)

    def flush(self) -> None:
        if sys.stderr is not None:
            sys.stderr.flush()

    def fileno(self) -> int:
        return sys.stderr.fileno()

    def close(self) -> None:
        pass


@contextmanager
def foreign_code() -> Iterator[None]:
    """Within this, what Python code prints goes to stderr; of a process forked there only the parent goes on."""
    me = os.getpid()
    try:
        with redirect_stdout(_Stderr()):
            yield
    finally:
        if os.getpid() != me:
            os._exit(4)
