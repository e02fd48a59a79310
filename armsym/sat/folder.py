"""A folder of questions with certificates: which of the answers `unsat` are shown, by nothing but the files in it.

`queries.json` lists the scripts, `NNNN.smt2`, with their hashes; a certificate, `NNNN.lrat`, is of the clauses of its
script, which are made from it anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from armsym.sat.gates import TooLarge
from armsym.sat.lrat import Refused, check
from armsym.sat.script import Unreadable, clauses_of

__all__ = [
    "ENDING",
    "FORMAT",
    "MANIFEST",
    "MOST_CLAUSES",
    "BadFolder",
    "Checked",
    "Found",
    "Maker",
    "check_folder",
    "folders",
]

#: The list of a folder's scripts.
MANIFEST = "queries.json"
#: How a folder of questions ends.
ENDING = ".queries"
#: The version of the list's format.
FORMAT = 1
#: Scripts that take more clauses are left without a certificate.
MOST_CLAUSES = 300_000

#: What is known of a script: `certified` (it is unsatisfiable), `refused` (a certificate that shows nothing, a script
#: that is another than the manifest says), `satisfiable` (Z3 is wrong, or a translation), `open` (no certificate).
Found: TypeAlias = Literal["certified", "refused", "satisfiable", "open"]
#: Makes the lines of a certificate for clauses; or says that they are satisfiable, or why there is none.
Maker: TypeAlias = Callable[[list[tuple[int, ...]]], "list[str] | tuple[Found, str]"]


class BadFolder(Exception):
    """There is no list of questions that can be read; the text says why."""


@dataclass(frozen=True)
class Checked:
    """What came of one script, what it is for, and why it is not certified."""

    file: str
    place: str
    found: Found
    why: str = ""
    clauses: int = 0
    steps: int = 0


@dataclass
class Folder:
    """A folder, the proof it belongs to, and what came of its scripts."""

    path: Path
    proof: str
    status: str
    file_sha256: str
    checked: list[Checked] = field(default_factory=list)

    def count(self, found: Found) -> int:
        """How many scripts it is so with."""
        return sum(c.found == found for c in self.checked)


def folders(path: Path) -> list[Path]:
    """The folders of questions at a path: itself, or those in it; of a proof that did not end, too, without a list."""
    if (path / MANIFEST).exists():
        return [path]
    return sorted(path.glob(f"*{ENDING}")) or ([path] if path.name.endswith(ENDING) else [])


def check_folder(path: Path, make: Maker | None = None) -> Folder:
    """Check all certificates of a folder; with `make`, first make those that are not there, and write them.

    Raises `BadFolder`, and `OSError` where a certificate cannot be written.
    """
    try:
        told = json.loads((path / MANIFEST).read_text("utf-8"))
        if told["format"] != FORMAT:
            raise BadFolder(f"{path / MANIFEST}: format {told['format']!r} is not {FORMAT}")
        rows = [tuple(_text(q[k]) for k in ("file", "sha256", "place")) for q in told["queries"]]
        folder = Folder(path, _text(told["proof"]), _text(told["status"]), _text(told["file_sha256"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as e:
        raise BadFolder(f"{path / MANIFEST}: no list of questions: {type(e).__name__}: {e}") from None
    names = [name for name, _, _ in rows]
    if len(set(names)) != len(names) or any(not _is_script(n) for n in names):
        raise BadFolder(f"{path / MANIFEST}: scripts are NNNN.smt2, each once")
    for name, digest, place in rows:
        folder.checked.append(_checked(path / name, digest, place, make))
    listed = set(names)
    for other in sorted(f.name for f in path.glob("*.smt2") if f.name not in listed):
        folder.checked.append(Checked(other, "", "refused", "it is not in the list"))
    return folder


def _checked(script: Path, digest: str, place: str, make: Maker | None) -> Checked:
    certificate = script.with_suffix(".lrat")
    try:
        data = script.read_bytes()
    except OSError as e:
        return Checked(script.name, place, "refused", f"the script cannot be read: {e.strerror}")
    if hashlib.sha256(data).hexdigest() != digest:
        return Checked(script.name, place, "refused", "the script is another than the list says")
    try:
        clauses = clauses_of(data.decode("ascii"), MOST_CLAUSES)
    except (Unreadable, ValueError) as e:
        return Checked(script.name, place, "refused", f"the script cannot be read: {e}")
    except TooLarge as e:
        return Checked(script.name, place, "open", str(e))
    if make is not None and not certificate.exists():
        made = make(clauses)
        if isinstance(made, tuple):
            return Checked(script.name, place, *made, len(clauses))
        certificate.write_text("".join(f"{line}\n" for line in made), encoding="ascii")
    try:
        lines = certificate.read_text("ascii").splitlines()
    except FileNotFoundError:
        return Checked(script.name, place, "open", "there is no certificate", len(clauses))
    except (OSError, ValueError) as e:
        return Checked(script.name, place, "refused", f"the certificate cannot be read: {e}", len(clauses))
    try:
        return Checked(script.name, place, "certified", "", len(clauses), check(clauses, lines))
    except Refused as e:
        return Checked(script.name, place, "refused", f"the certificate: {e}", len(clauses))


def _is_script(name: str) -> bool:
    stem, dot, end = name.partition(".")
    return stem.isascii() and stem.isdecimal() and dot + end == ".smt2"


def _text(x: object) -> str:
    if not isinstance(x, str):
        raise TypeError(f"{x!r} is no text")
    return x
