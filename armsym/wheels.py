"""Wheels of other people's packages, pinned by hash: where shipped machine code to prove comes from.

A wheel is fetched with pip, once, into a cache folder: `ARMSYM_CACHE`, else the user's cache folder
(`XDG_CACHE_HOME` or `~/.cache`) with `armsym` added.  The engine pins nothing itself; whoever proves
a product's code says which file it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from armsym.elf.text import bad, near, one_line
from armsym.errors import InputError
from armsym.files import put

__all__ = ["Wheel", "WheelUnavailable", "cache_folder"]

_TIMEOUT = 600  # seconds for one download
_HEX64 = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_ADDRESS = re.compile(r"\w+://\S+|host='[^']*'")


class WheelUnavailable(InputError):
    """A pinned wheel is not in the cache and could not be fetched (no network, no pip, ...)."""


def cache_folder() -> Path:
    """The folder that holds what armsym fetched; it need not exist yet."""
    own = os.environ.get("ARMSYM_CACHE")
    if own:
        return Path(own)
    user = os.environ.get("XDG_CACHE_HOME")
    return (Path(user) if user else Path.home() / ".cache") / "armsym"


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One file, `member`, of one wheel; `sha256` is the wheel's, in lower-case hexadecimal.

    `platform` and `python` are the tags that pip matches wheels with.  Raises `InputError` for
    values that cannot be right.
    """

    package: str
    version: str
    platform: str
    sha256: str
    member: str
    python: str = "3.11"
    #: What the member holds, for people: "OpenSSL 4.0.3".
    product: str = ""

    def __post_init__(self) -> None:
        for field in ("package", "version", "platform", "python"):
            value = getattr(self, field)
            if not _WORD.fullmatch(value):
                raise bad(f"wheel {self.package}", f"{field} is a name or number, not {value!r}")
        if not _HEX64.fullmatch(self.sha256):
            raise bad(f"wheel {self}", f"sha256 has 64 lower-case hexadecimal digits, not {self.sha256!r}")
        parts = PurePosixPath(self.member).parts
        if not parts or ".." in parts or self.member.startswith("/") or "\\" in self.member:
            raise bad(f"wheel {self}", f"member is a relative path inside the wheel, not {self.member!r}")

    def __str__(self) -> str:
        return f"{self.package}=={self.version} ({self.platform})"

    @property
    def folder(self) -> Path:
        """The folder of this wheel in the cache."""
        return cache_folder() / "wheels" / f"{self.package}-{self.version}-{self.sha256[:16]}"

    def path(self) -> Path:
        """The extracted member; fetches the wheel when the cache does not hold it.

        The wheel's SHA-256 is checked whenever a member is extracted from it, the member's, noted
        then, at every call.  Raises `WheelUnavailable` when the wheel cannot be had, `InputError`
        with both hashes when one of them is wrong.
        """
        target = self.folder / self.member
        try:
            expected = self._noted()
            if expected is None or not target.is_file():
                wheel = self.folder / "wheel.whl"
                if not wheel.is_file():
                    self._download(wheel)
                self._check(wheel, self.sha256)
                expected = self._extract(wheel, target)
            self._check(target, expected)
        except OSError as e:
            raise bad(f"wheel {self}", f"the cache {self.folder} cannot be used: {e.strerror or e}") from None
        return target

    @property
    def _note(self) -> Path:
        digest = hashlib.sha256(self.member.encode()).hexdigest()[:16]
        return self.folder / f"member-{digest}.sha256"

    def _noted(self) -> str | None:
        try:
            text = self._note.read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return text if _HEX64.fullmatch(text) else None

    def _check(self, file: Path, expected: str) -> None:
        with file.open("rb") as f:
            actual = hashlib.file_digest(f, "sha256").hexdigest()
        if actual != expected:
            raise bad(
                f"wheel {self}",
                f"{file} has SHA-256 {actual}, expected is {expected}; if the file is damaged, "
                f"remove {self.folder} to fetch it again",
            )

    def _extract(self, wheel: Path, target: Path) -> str:
        """Extract the member and note its SHA-256, which is returned."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with zipfile.ZipFile(wheel) as archive:
                names = archive.namelist()
                if self.member not in names:
                    raise bad(f"wheel {self}", f"has no member {self.member}{near(self.member, names)}")
                data = archive.read(self.member)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as e:
            raise bad(f"wheel {self}", f"{wheel} is not a readable wheel: {e}") from None
        digest = hashlib.sha256(data).hexdigest()
        put(target, data)
        put(self._note, digest.encode() + b"\n")
        return digest

    def _download(self, wheel: Path) -> None:
        """Fetch the wheel with pip; others may do the same at the same time, and either file will do."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
            command += ["--disable-pip-version-check", "--only-binary=:all:", "--python-version", self.python]
            command += ["--platform", self.platform, "-d", folder, f"{self.package}=={self.version}"]
            try:
                run = subprocess.run(
                    command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False
                )
            except subprocess.TimeoutExpired:
                raise WheelUnavailable(f"wheel {self}: pip did not fetch it within {_TIMEOUT} s") from None
            found = list(Path(folder).glob("*.whl"))
            if run.returncode or len(found) != 1:
                reason = _reason(run.stderr) or f"pip ended with {run.returncode} and {len(found)} wheels"
                raise WheelUnavailable(one_line(f"wheel {self}: not in the cache, and pip says: {reason}"))
            # Checked before it gets the name under which it is trusted to be complete.
            self._check(found[0], self.sha256)
            os.replace(found[0], wheel)


def _reason(stderr: str) -> str:
    """The last error that pip reports, without the addresses it tried."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return _ADDRESS.sub("...", (errors or lines or [""])[-1])
