"""Proofs as pytest's items: `pytest proofs/` runs the proofs that stand there.

What is not proved fails, with the text of the report; nothing is skipped.  Proofs are collected of files and folders
named on pytest's command line, or of those that `armsym_proofs` names in its configuration, and of no others.  Files
that pytest takes for tests (`python_files`) are tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

    from armsym.cli.proving import Kept
    from armsym.proof.registry import ProofDefinition
    from armsym.report.outcome import Outcome

__all__ = ["ProofFile", "ProofItem"]

_KEPT: pytest.StashKey[Kept | None] = pytest.StashKey()
_CACHED = "armsym_cached"
_FOLDERS = "armsym_proofs"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options."""
    group = parser.getgroup("armsym", "proofs of machine code")
    group.addoption(
        "--armsym-seconds", type=float, metavar="S", help="CPU seconds for each symbolic proof; then it is undecided"
    )
    group.addoption("--armsym-second-solver", action="store_true", help="have Bitwuzla check each answer of Z3, too")
    group.addoption("--armsym-cache", action="store_true", help="do not prove again what is known and unchanged")
    parser.addini(
        _FOLDERS, "files and folders whose proofs are collected; else those named on the command line", type="paths"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker of proofs; refuses options that cannot be met."""
    config.addinivalue_line("markers", "armsym: a proof of machine code")
    from armsym.cli.common import check_seconds
    from armsym.errors import InputError

    try:
        check_seconds("--armsym-seconds", config.getoption("--armsym-seconds"))
    except InputError as e:
        raise pytest.UsageError(str(e)) from None
    if config.getoption("--armsym-second-solver"):
        from armsym.cli.proving import chosen_solver

        try:
            chosen_solver(True, None)
        except InputError as e:
            raise pytest.UsageError(str(e)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist what was asked for: it sees all paths as given."""
    node.workerinput[_FOLDERS] = [str(f) for f in _asked(node.config)]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ProofFile | None:
    """A file of proofs in a folder that was asked for."""
    if parent.session.isinitpath(file_path):
        return None  # pytest makes a module of whatever is named: see below
    return _proof_file(file_path, parent)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> ProofFile | None:
    """A file of proofs that was named is no module of tests."""
    return _proof_file(module_path, parent)


def _proof_file(path: Path, parent: pytest.Collector) -> ProofFile | None:
    if path.suffix != ".py" or path.name == "conftest.py":
        return None
    config = parent.config
    if any(path.match(pattern) for pattern in config.getini("python_files")):
        return None
    if not any(path.is_relative_to(f) for f in _asked(config)):
        return None
    if "proof" not in _text(path).lower() or not _speaks_of_armsym(path.parent):
        return None
    return ProofFile.from_parent(parent, path=path)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


@cache
def _speaks_of_armsym(folder: Path) -> bool:
    """Whether a file of a folder does: the helpers of other people's tests may speak of proofs, too.

    (Of the file itself it is not asked: its proofs may be made by functions of another.)
    """
    return any("armsym" in _text(f) for f in folder.glob("*.py"))


def _asked(config: pytest.Config) -> list[Path]:
    """The files and folders whose proofs are collected."""
    worker = getattr(config, "workerinput", None)
    if worker is not None and _FOLDERS in worker:
        return [Path(f) for f in worker[_FOLDERS]]
    folders = config.getini(_FOLDERS)
    if not folders and config.args_source is pytest.Config.ArgsSource.ARGS:
        folders = [config.invocation_params.dir / arg.partition("::")[0] for arg in config.args]
    return [Path(f).resolve() for f in folders]


class ProofFile(pytest.File):
    """A file of proofs."""

    def collect(self) -> Iterator[ProofItem]:
        """Its proofs; a file that cannot be used is an error of collection."""
        from armsym.cli.selection import proofs_of_file
        from armsym.errors import ArmsymError

        try:
            found = proofs_of_file(self.path)
        except ArmsymError as e:
            raise self.CollectError(str(e)) from None
        except pytest.skip.Exception as e:
            raise self.CollectError(f"{self.path}: skips itself ({e}): no proof is skipped") from None
        for d in found:
            yield ProofItem.from_parent(self, name=d.name, definition=d)


class NotProved(Exception):
    """Raised by an item whose proof is not proved."""


class ProofItem(pytest.Item):
    """One proof.  It passes only if it is proved."""

    def __init__(self, *, definition: ProofDefinition, **more: Any) -> None:
        super().__init__(**more)
        self.definition = definition
        #: What became of it, once it was run.
        self.outcome: Outcome | None = None
        self.add_marker("armsym")
        self.extra_keyword_matches.add(definition.symbol)

    def runtest(self) -> None:
        """Prove it, in a process of its own."""
        from armsym.cli.proving import Progress, outcomes
        from armsym.cli.selection import Selection
        from armsym.proof.result import Status

        option = self.config.getoption
        found = outcomes(
            Selection([self.definition]),
            build=None,
            timeout=option("--armsym-seconds"),
            processes=1,
            offline_ok=False,
            second="bitwuzla" if option("--armsym-second-solver") else "",
            progress=Progress(0, quiet=True),
            kept=_kept(self.config),
            isolate=True,
        )
        ((_, outcome),) = found
        self.outcome = outcome
        self.user_properties.append(("armsym_status", outcome.result.status.value))
        self.user_properties.append((_CACHED, outcome.cached))
        if outcome.left_out or outcome.internal or outcome.result.status is not Status.PROVED:
            raise NotProved

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """The report's text."""
        if not isinstance(excinfo.value, NotProved) or self.outcome is None:
            return super().repr_failure(excinfo, style)
        return _Report(self.outcome, self.definition)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return Path(self.definition.file), self.definition.line - 1, f"proof {self.name}"


class _Report(TerminalRepr):
    """The text of a report, with its first reason for pytest's summary."""

    def __init__(self, outcome: Outcome, definition: ProofDefinition) -> None:
        from armsym.report.junit import reason
        from armsym.report.text import outcome_lines

        self.text = "\n".join("".join(piece for piece, _ in line) for line in outcome_lines(outcome))
        self.reprcrash = ReprFileLocation(definition.file, definition.line, reason(outcome))

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write it."""
        tw.line(self.text)


def _kept(config: pytest.Config) -> Kept | None:
    if _KEPT not in config.stash:
        from armsym.cli.proving import Kept, forbidden

        config.stash[_KEPT] = Kept() if config.getoption("--armsym-cache") and not forbidden() else None
    return config.stash[_KEPT]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many proofs were not run because their results are known."""
    reports = [r for group in terminalreporter.stats.values() for r in group if getattr(r, "when", "") == "call"]
    cached = sum((_CACHED, True) in [tuple(p) for p in r.user_properties] for r in reports)
    if cached:
        terminalreporter.write_line(f"armsym: {cached} proof{'s' * (cached != 1)} from the cache")
