"""The folder that holds results: the user's own, and nobody else's to write.

Whoever can write there can make armsym say `proved`: so a folder, or an entry, that belongs to another user or that
others may write is not used.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from armsym.cache.entries import admissible, read, written
from armsym.cache.keys import Key
from armsym.files import put
from armsym.proof.result import ProofResult
from armsym.wheels import cache_folder

__all__ = ["Store", "results_folder"]

_MOST = 16 << 20  # bytes of an entry; the largest of our proofs have a few hundred thousand
_UNUSED = 60 * 86400.0  # seconds after which an entry that no command used is removed
_HEX = frozenset("0123456789abcdef")


def results_folder() -> Path:
    """Where results are kept: `results` in the folder that holds what armsym fetched."""
    return cache_folder() / "results"


class Store:
    """The results in a folder.  Any number of processes may read and write them at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: Why the folder is not used; empty if it is.
        self.unusable = self._check()

    def _check(self) -> str:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            info = self._folder.lstat()
        except OSError as e:
            return f"{self._folder} cannot be used: {e.strerror or e}"
        if not stat.S_ISDIR(info.st_mode):
            return f"{self._folder} is not a folder of its own"
        return _foreign(info, self._folder)

    def get(self, key: Key, *, file: str, second: bool) -> ProofResult | None:
        """The result under a key, of the file named `file`; None where there is none that can be believed."""
        if self.unusable:
            return None
        path = self._path(key)
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            try:
                info = os.fstat(handle)
                if not stat.S_ISREG(info.st_mode) or info.st_size > _MOST or _foreign(info, path):
                    return None
                with open(handle, "rb", closefd=False) as f:
                    data = f.read(_MOST)
            finally:
                os.close(handle)
        except OSError:
            return None
        found = read(data, key.text, file=file, second=second)
        if found is None or found.file_sha256 != key.object_sha256:
            return None
        if time.time() - info.st_mtime > _UNUSED / 10:
            with suppress(OSError):
                os.utime(path)
        return found

    def put(self, key: Key, result: ProofResult, *, second: bool) -> bool:
        """Keep a result, if it is one to keep; whether it was kept."""
        if self.unusable or not admissible(result, second=second) or result.file_sha256 != key.object_sha256:
            return False
        try:
            put(self._path(key), written(result, key.text))
        except OSError:
            return False
        return True

    def tidy(self) -> None:
        """Remove entries that were not used for long, and what writers that were killed left."""
        if self.unusable:
            return
        now = time.time()
        with suppress(OSError):
            for f in os.scandir(self._folder):
                with suppress(OSError):
                    if f.is_file(follow_symlinks=False) and now - f.stat(follow_symlinks=False).st_mtime > _UNUSED:
                        os.unlink(f.path)

    def _path(self, key: Key) -> Path:
        if len(key.text) != 64 or not set(key.text) <= _HEX:
            raise AssertionError(f"{key.text!r} is no SHA-256")
        return self._folder / f"{key.text}.json"


def _foreign(info: os.stat_result, path: Path) -> str:
    """Why others could have written this; empty if they could not."""
    if not hasattr(os, "geteuid"):
        return ""  # Windows: folders of a user's profile are the user's by default
    if info.st_uid != os.geteuid():
        return f"{path} belongs to the user {info.st_uid}, not to {os.geteuid()}"
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{path} can be written by others (mode {stat.S_IMODE(info.st_mode):#o})"
    return ""
