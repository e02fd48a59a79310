"""`armsym prove --watch`: prove again whenever something changes that a result rests on, and `--depfile`: what that is.

Each round is a command of its own, so that nothing of an older version of a file is in it; what is unchanged it takes
from the kept results.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from armsym.cli.common import print_note
from armsym.installed import PACKAGES
from armsym.proof.registry import ProofDefinition

__all__ = ["Watch", "used_files", "watch"]

_HOME = Path(__file__).resolve().parents[2]
_INTERVAL = 0.3  # seconds between looks

#: What the file system says of a file that changes when it is written; None for one that is not there.
Stamp = tuple[int, int, int] | None


def used_files(proofs: Sequence[ProofDefinition], objects: Iterable[str]) -> list[Path]:
    """The files that results of these proofs rest on: sources loaded, the engine's whole, files under proof."""
    found = {f for package in PACKAGES for f in (_HOME / package).rglob("*.py")}
    libraries = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str) and name.endswith(".py"):
            file = Path(name).resolve()
            if not any(file.is_relative_to(folder) for folder in libraries):
                found.add(file)
    found |= {Path(d.file).resolve() for d in proofs}
    for spec in objects:
        path = Path(spec)
        if not path.exists() and spec.endswith(")"):  # library.a(member.o)
            path = Path(spec.rpartition("(")[0])
        found.add(path.resolve())
    return sorted(found)


class Watch:
    """The files and folders that are looked at, and how they were at the last look."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._files: set[Path] = set()
        self._seen: dict[Path, Stamp] = {}

    def look(self) -> list[Path]:
        """What changed, came or went since the last look."""
        files = self._files | {f for folder in self._folders for f in _python_files(folder)}
        now = {f: _stamp(f) for f in files}
        changed = [f for f in now.keys() | self._seen.keys() if now.get(f) != self._seen.get(f)]
        self._seen = now
        return sorted(changed)

    def use(self, files: Iterable[Path], since: float) -> list[Path]:
        """Look at these from now on; returns those that were written after `since`, by the clock."""
        self._files = set(files)
        new = self._files - self._seen.keys()
        later = []
        for f in new:
            self._seen[f] = _stamp(f)
            stamp = self._seen[f]
            if stamp is not None and stamp[1] > since * 1e9:
                later.append(f)
        return sorted(later)


def _python_files(target: Path) -> Iterable[Path]:
    return target.rglob("*.py") if target.is_dir() else [target]


def _stamp(file: Path) -> Stamp:
    try:
        s = file.stat()
    except OSError:
        return None
    return s.st_size, s.st_mtime_ns, s.st_ino


def watch(arguments: Sequence[str], targets: Sequence[Path]) -> int:
    """Run `armsym prove` with these arguments, and again whenever something changes; ends with Ctrl-C only."""
    looking = Watch(targets)
    looking.look()
    with tempfile.TemporaryDirectory() as folder:
        depfile = Path(folder) / "files"
        while True:
            began = time.time()
            command = [sys.executable, "-m", "armsym", "prove", *arguments, "--depfile", str(depfile)]
            sys.stdout.flush()
            subprocess.run(command, check=False)
            changed: list[Path] = []
            if depfile.exists():
                names = depfile.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
                changed = looking.use((Path(f) for f in names), began)
                depfile.unlink()
            changed += looking.look()
            if not changed:
                print_note("waiting for a change; Ctrl-C ends")
            while not changed:
                time.sleep(_INTERVAL)
                changed = looking.look()
            while looking.look():  # an editor, or git, is still writing
                time.sleep(_INTERVAL)
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            print_note(f"{changed[0]}{more} changed")
