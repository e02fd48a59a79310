"""Writing a file that others may read at the same time."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["put"]


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
