"""Files that others may read, or write, at the same time."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TypeAlias

__all__ = ["Stamp", "put", "stamp_of"]

#: Number, size, and times of change of a file.
Stamp: TypeAlias = tuple[int, int, int, int]


def put(target: Path, data: bytes) -> None:
    """Write a file so that no other process ever sees part of it; raises `OSError`."""
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def stamp_of(path: str) -> Stamp | None:
    """What the file system says of a file that changes when it is written; None where there is no such file."""
    try:
        s = os.stat(path)
    except (OSError, ValueError):
        return None
    return s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns
