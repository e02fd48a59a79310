"""A proof as its sources alone make it, in a process that has imported them, and others, before.

What one proof file does to the modules that it shares with another is then not there, and what a proof takes without
naming it is found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from armsym.errors import InputError
from armsym.installed import PACKAGES
from armsym.proof.registry import ProofDefinition, discover

__all__ = ["afresh", "strangers"]

#: Of libraries that are installed the engine imports some when it needs them.
_INSTALLED = ("site-packages", "dist-packages")


def afresh(file: str, line: int, name: str, modules: Sequence[tuple[str, str]]) -> ProofDefinition:
    """The proof of this place and name that importing `file` makes when none of these modules is imported.

    Raises `InputError` where it makes none.
    """
    names = {module for module, _ in modules}
    for loaded in list(sys.modules):
        parts = loaded.split(".")
        if any(".".join(parts[:k]) in names for k in range(1, len(parts) + 1)):
            del sys.modules[loaded]
    for d in discover(Path(file)):
        if (d.line, d.name) == (line, name):
            return d
    raise InputError(f"{file}:{line}: the proof {name} is not there when its file is imported by itself")


def strangers(modules: Sequence[tuple[str, str]]) -> str:
    """What is imported, now that such a proof was run, that is not among its sources, or elsewhere; empty if nothing.

    Only what the sources can name counts: modules of their packages, and of no installed library.
    """
    expected = dict(modules)
    tops = {module.partition(".")[0] for module in expected}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or (name.partition(".")[0] in (*PACKAGES, "__main__") and name not in expected):
            continue
        path = os.path.realpath(file)
        if name in expected:
            if path != expected[name]:
                return f"{name} is {path} when it is imported again, and was {expected[name]}"
        elif name.partition(".")[0] in tops and not any(part in Path(path).parts for part in _INSTALLED):
            return f"it imports {name} ({path}), which none of its sources names"
    return ""
