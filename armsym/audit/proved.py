"""The checker that is proved correct in Coq: its extraction to OCaml, and Coq's kernel itself.

Sources are in coq/; they are compiled once, into a cache folder, by whoever has Coq 8.16 or later.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from shutil import copy, which

from armsym.audit import goals as text
from armsym.audit.certified import Asked
from armsym.audit.certified import write as write_relations
from armsym.audit.coqrelations import relations_theorem
from armsym.audit.coqtext import CLOSED, linear_theorem, theorem
from armsym.audit.goals import Goal, Goals
from armsym.audit.hints import Certificate, write
from armsym.audit.rules import RefusedError

__all__ = [
    "SOURCES",
    "CheckerError",
    "CheckerUnavailableError",
    "executable",
    "kernel",
    "kernel_linear",
    "kernel_relations",
    "library",
    "ocaml",
    "ocaml_linear",
    "ocaml_relations",
    "unavailable",
]

#: The folder of the Coq sources, and their order: each needs those before it.
SOURCES = Path(__file__).with_name("coq")
#: The last four are the rule of cuts and instances of it, which the checkers do not ask.
_MODULES = (
    "Raw",
    "Forms",
    "Rules",
    "Sound",
    "Products",
    "Bilinear",
    "Check",
    "Farkas",
    "Ranges",
    "Sums",
    "Polynomials",
    "Values",
    "ValuesSound",
    "Integers",
    "IntegersSound",
    "Relations",
    "Machine",
    "Cuts",
    "Clearing",
    "Nested",
)

_GET = {
    "coqc": "Coq is not installed (Debian, Ubuntu: apt-get install coq)",
    "ocamlfind": "OCaml is not installed (Debian, Ubuntu: apt-get install ocaml-nox ocaml-findlib libzarith-ocaml-dev)",
}

#: Seconds that compiling the sources may take.
_BUILD = 600


class CheckerUnavailableError(Exception):
    """A program that is needed is not installed; the message says how to get it."""


class CheckerError(Exception):
    """A tool failed in a way that says nothing about the certificate: nothing is shown."""


def unavailable(*tools: str) -> str | None:
    """How to get the first of these tools that is not installed; None where all are."""
    return next((_GET[tool] for tool in tools if which(tool) is None), None)


def _need(*tools: str) -> None:
    missing = unavailable(*tools)
    if missing:
        raise CheckerUnavailableError(missing)


def _run(command: Sequence[str], folder: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise CheckerError(f"{command[0]} was ended after {seconds:g} s") from None
    except OSError as error:
        raise CheckerError(f"{command[0]} cannot be run: {error.strerror or error}") from None


def _done(command: Sequence[str], folder: Path) -> str:
    ran = _run(command, folder, _BUILD)
    if ran.returncode != 0:
        raise CheckerError(f"{' '.join(command)} failed: {(ran.stderr or ran.stdout).strip()[-1000:]}")
    return ran.stdout


def _cache() -> Path:
    own, users = os.environ.get("ARMSYM_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else (Path(users) if users else Path.home() / ".cache") / "armsym"


def _compiled(name: str, tools: Sequence[Sequence[str]], commands: Sequence[Sequence[str]]) -> Path:
    """A folder of the cache in which the commands were run on the sources, by these versions of the tools."""
    sources = sorted(path for path in SOURCES.iterdir() if path.suffix in (".v", ".ml"))
    digest = hashlib.sha256("".join(_done(tool, SOURCES) for tool in tools).encode())
    for path in sources:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    folder = _cache() / "checker" / f"{name}-{digest.hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        work = Path(made) / "work"
        work.mkdir()
        for path in sources:
            copy(path, work)
        for command in commands:
            said = _done(command, work)
            if command[-1].removesuffix(".v") in _MODULES:
                _closed(work / command[-1], said)
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
    return folder


def _closed(source: Path, said: str) -> None:
    """Raises CheckerError where a theorem of the source, which asks what it rests on, rests on an axiom."""
    if said.splitlines() != [CLOSED] * source.read_text().count("Print Assumptions"):
        raise CheckerError(f"{source.name} rests on more than Coq: {said.strip()[-1000:]}")


def _coqc(module: str) -> list[str]:
    return ["coqc", "-q", "-Q", ".", "Armsym", f"{module}.v"]


def library() -> Path:
    """A folder with the compiled Coq sources; compiled where they are not yet, in some seconds.

    Raises CheckerUnavailableError without coqc, CheckerError where a source does not compile.
    """
    _need("coqc")
    commands = [_coqc(module) for module in _MODULES]
    return _compiled("coq", [["coqc", "--version"]], commands)


def executable() -> Path:
    """The extracted checker; compiled where it is not yet, in some seconds.  Raises as `ocaml`."""
    _need("coqc", "ocamlfind")
    flags = ["-w", "-a", "-O3", "-package", "zarith", "-linkpkg"]
    files = ["armsym_checker.mli", "armsym_checker.ml", "reading.ml", "relations.ml", "main.ml"]
    commands = [
        ["coqc", "-q", "-Q", str(library()), "Armsym", "Extract.v"],
        ["ocamlfind", "ocamlopt", *flags, *files, "-o", "checker"],
    ]
    return _compiled("ocaml", [["coqc", "--version"], ["ocamlfind", "ocamlopt", "-version"]], commands) / "checker"


def _whole(certificate: Certificate) -> Certificate:
    return Certificate(certificate.program, certificate.parts)


def ocaml(certificates: Sequence[Certificate], seconds: float = 600) -> list[list[list[tuple[int, int]]] | None]:
    """Of each certificate what `check.check_certificate` returns, by the extracted checker; None where it refuses.

    Raises CheckerUnavailableError without OCaml or Coq, and CheckerError where the checker fails or cannot read.
    """
    program = executable()
    with tempfile.TemporaryDirectory() as made:
        files = []
        for number, certificate in enumerate(certificates):
            files.append(f"certificate-{number}")
            (Path(made) / files[-1]).write_text(write(_whole(certificate)))
        ran = _run([str(program), *files], Path(made), seconds)
    lines = iter(ran.stdout.splitlines() if ran.returncode == 0 else [])
    out: list[list[list[tuple[int, int]]] | None] = []
    for certificate in certificates:
        said = [next(lines, "")]
        while said[-1].startswith("part"):
            said.append(next(lines, ""))
        if said == ["refused"]:
            out.append(None)
        elif said[-1] == "checked" and len(said) == len(certificate.parts) + 1:
            out.append([_pairs(line) for line in said[:-1]])
        else:
            raise CheckerError(f"the checker in OCaml failed: {(ran.stderr or ran.stdout).strip()[-1000:]}")
    if next(lines, None) is not None:
        raise CheckerError("the checker in OCaml says more than it was asked")
    return out


def ocaml_linear(goals: Sequence[Goals], seconds: float = 600) -> list[Goal]:
    """Those that the extracted checker does not accept.  Raises as `ocaml`."""
    program, asked = executable(), [goal for g in goals for goal in g.all]
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "linear").write_text(text.write(goals))
        ran = _run([str(program), "linear"], Path(made), seconds)
    said = ran.stdout.splitlines()
    if (
        ran.returncode != 0
        or said[-1:] != ["checked"]
        or len(said) != len(asked) + 1
        or {*said[:-1]} - {"shown", "open"}
    ):
        raise CheckerError(f"the checker in OCaml failed: {(ran.stderr or ran.stdout).strip()[-1000:]}")
    return [goal for goal, answer in zip(asked, said, strict=False) if answer != "shown"]


def ocaml_relations(questions: Sequence[Asked], seconds: float = 600) -> list[set[int] | None]:
    """Of each question the claimed relations, by number, that arguments show; None where a step is refused.

    By the extracted checker.  Raises as `ocaml`.
    """
    program = executable()
    with tempfile.TemporaryDirectory() as made:
        files = [f"relations-{k}" for k in range(len(questions))]
        for name, question in zip(files, questions, strict=True):
            (Path(made) / name).write_text(write_relations(question))
        ran = _run([str(program), *files], Path(made), seconds)
    lines = iter(ran.stdout.splitlines() if ran.returncode == 0 else [])
    out: list[set[int] | None] = []
    for _ in questions:
        said = next(lines, "").split(" ")
        if said == ["refused"]:
            out.append(None)
        elif said[0] == "shown" and next(lines, "") == "checked":
            out.append({int(word) for word in said[1:]})
        else:
            raise CheckerError(f"the checker in OCaml failed: {(ran.stderr or ran.stdout).strip()[-1000:]}")
    if next(lines, None) is not None:
        raise CheckerError("the checker in OCaml says more than it was asked")
    return out


def kernel_relations(question: Asked, seconds: float = 1800) -> None:
    """Lets Coq's kernel accept that all claimed relations hold, in all runs in which the known ones do.

    Raises as `kernel`.
    """
    _accepted(relations_theorem(question), 2, seconds)


def kernel_linear(goals: Sequence[Goals], seconds: float = 1800) -> None:
    """Lets Coq's kernel accept that all goals hold, in all runs of their programs.  Raises as `kernel`."""
    _accepted(linear_theorem(goals), 4, seconds)


def _pairs(line: str) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in (pair.split(",") for pair in line.split(" ")[1:])]


def kernel(certificate: Certificate, seconds: float = 1800) -> None:
    """Lets Coq's kernel accept the theorem that all claims of the certificate hold.

    Raises RefusedError where it does not, or the theorem rests on an axiom; CheckerUnavailableError without Coq.
    """
    _accepted(theorem(certificate), 2, seconds)


def _accepted(text: str, theorems: int, seconds: float) -> None:
    folder = library()
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "Certified.v").write_text(text)
        ran = _run(["coqc", "-q", "-Q", str(folder), "Armsym", "Certified.v"], Path(made), seconds)
    if ran.returncode != 0:
        raise RefusedError(f"Coq does not accept the theorem: {(ran.stderr or ran.stdout).strip()[-1000:]}")
    if ran.stdout.splitlines() != [CLOSED] * theorems:
        raise RefusedError(f"the theorem rests on more than Coq: {ran.stdout.strip()[-1000:]}")
