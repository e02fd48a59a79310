"""Audits of many bundles: each in a process of its own, and then their verdicts together.

Whatever happens to a bundle (no bundle at all, a process that is killed, no memory, no end), it is its own finding,
which is never `audited`; the others go on.  That a contract of a routine which is called is audited is decided here,
after all, from verdicts that this command itself came to.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from armsym.cli.apart import Answered, Ended, limit_cpu, run_apart, start_method
from armsym.cli.common import CheckerName
from armsym.errors import InputError

if TYPE_CHECKING:
    from armsym.audit.audit import Checker, Verdict
    from armsym.audit.elf import Elf
    from armsym.report.outcome import ExitCode

__all__ = ["SECONDS", "Finding", "Question", "audit_here", "audits", "exit_code", "ready"]

#: CPU seconds of one bundle's process, where nothing else is said; a program that it runs has as many.
SECONDS = 1800.0

#: The limit by the clock in multiples of that of CPU time.
_CLOCK_FACTOR = 20.0

#: Characters within which a bundle says what file it is about, if it is to be read ahead; bytes of such a file.
_HEAD, _MOST_AHEAD = 1 << 14, 1 << 28

#: Files under proof that were read for processes that are forked: while they run, and by what bundles call them.
_files: dict[str, Elf] = {}


@dataclass(frozen=True)
class Question:
    """A bundle to audit, on a file that lies elsewhere if one is named; `whole`: its contract is to be told, too."""

    path: Path
    named: str | None = None
    checker: CheckerName = "python"
    whole: bool = False
    seconds: float = SECONDS


@dataclass
class Finding:
    """What came of a bundle's audit: a verdict; or none, and why, and what exit code that is.

    `of` is the file, `contract` the contract in words where it was asked for, `seconds` CPU time.
    """

    path: Path
    verdict: Verdict | None = None
    of: str = ""
    contract: list[str] = field(default_factory=list)
    seconds: float = 0.0
    error: str = ""
    #: The exit code where there is no verdict; None: an internal error.
    failed: ExitCode | None = None

    @property
    def audited(self) -> bool:
        """Whether all was re-checked, by this command."""
        return self.verdict is not None and self.verdict.audited

    @property
    def code(self) -> ExitCode:
        """The exit code of an audit of this bundle alone."""
        from armsym.report.outcome import ExitCode

        if self.verdict is None:
            return ExitCode.INTERNAL if self.failed is None else self.failed
        return ExitCode.PROVED if self.verdict.audited else ExitCode.UNDECIDED


def exit_code(findings: Sequence[Finding]) -> ExitCode:
    """Internal error before bad input before what was not re-checked."""
    from armsym.report.outcome import ExitCode

    codes = {f.code for f in findings}
    order = (ExitCode.INTERNAL, ExitCode.INPUT, ExitCode.UNDECIDED, ExitCode.PROVED)
    return next((c for c in order if c in codes), ExitCode.NOTHING)


def ready(name: CheckerName) -> Checker:
    """The checker, compiled; raises `InputError` where what it needs is not installed, or does not compile it."""
    from armsym.audit.checkers import checker
    from armsym.audit.proved import CheckerError, CheckerUnavailableError

    try:
        return checker(name)
    except (CheckerUnavailableError, CheckerError) as e:
        raise InputError(f"--checker {name}: {e}") from None


def audits(questions: Sequence[Question], processes: int) -> Iterator[Finding]:
    """What comes of each, in this order, as it is known: contracts of routines that are called are still unsettled.

    Largest bundles begin first, so that no long one is left for the end.
    """
    method = start_method()
    if method == "fork":
        import armsym.audit.checkers
        import armsym.audit.text
        import armsym.audit.wording  # noqa: F401 - so that the processes need not

        _read_ahead(questions)
    elif method == "forkserver":
        multiprocessing.get_context(method).set_forkserver_preload(["armsym.audit.checkers", "armsym.audit.wording"])
    order = sorted(range(len(questions)), key=lambda k: -_size(questions[k].path))
    known: dict[int, Finding] = {}
    following = 0
    try:
        for place, came in run_apart([questions[k] for k in order], _apart, processes, method, _clock):
            if came is None:
                continue
            k = order[place]
            known[k] = _answer(questions[k], came)
            while following in known:
                yield known.pop(following)
                following += 1
    finally:
        _files.clear()


def _read_ahead(questions: Sequence[Question]) -> None:
    """Read files that several bundles are about once; of what cannot be read, each bundle's own process says why."""
    from armsym.audit.elf import Elf

    for of, times in Counter(q.named or _object(q.path) for q in questions).items():
        # (Else this process could be kept waiting, or be killed, for one bundle's sake.)
        if of and times > 1 and os.path.isfile(of) and _size(Path(of)) <= _MOST_AHEAD:
            with suppress(Exception):
                _files[of] = Elf.read(of)


def _object(path: Path) -> str:
    """The file that a bundle says it is about, if it is one: a guess, from which nothing follows."""
    from armsym.audit import fields

    with suppress(OSError, ValueError):
        if path.is_file():  # what a pipe holds can be read once only
            with path.open(encoding="ascii") as text:
                for line in text.read(_HEAD).splitlines()[:8]:
                    words = line.split(" ")
                    if len(words) == 3 and words[0] == "file":
                        return fields.text(words[2])
    return ""


def _clock(question: Question) -> float:
    return _CLOCK_FACTOR * question.seconds


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _apart(question: Question) -> Finding:
    limit_cpu(question.seconds)
    gc.disable()  # nearly all that is made lives until the end of the process, which is that of the audit
    try:
        return audit_here(question)
    except Exception as e:  # noqa: BLE001 - a defect in the audit of one bundle must not hide the others
        return Finding(question.path, error=f"internal error: {type(e).__name__}: {e}", seconds=_cpu_seconds())


def _answer(question: Question, came: Answered[Finding] | Ended) -> Finding:
    if isinstance(came, Ended):
        return _lost(question, came)
    if not isinstance(came.answer, Finding) or came.answer.path != question.path:
        return Finding(question.path, error=f"internal error: the audit's process answers {came.answer!r:.100}")
    return came.answer


def _lost(question: Question, end: Ended) -> Finding:
    """What a bundle's audit came to whose process gave no answer."""
    from armsym.report.outcome import ExitCode

    if end.by_cpu_limit:
        why = f"ended after {question.seconds:g} s of CPU time"
        return Finding(question.path, error=why, failed=ExitCode.UNDECIDED, seconds=question.seconds)
    if end.code is None:
        why = f"ended after {end.seconds:.0f} s by the clock: it waits, or the machine has no time for it"
        return Finding(question.path, error=why, failed=ExitCode.UNDECIDED)
    return Finding(question.path, error=f"internal error: the audit's process {end.how}")


def audit_here(question: Question) -> Finding:
    """The finding on a bundle, in this process; what it is made of but for its cases, which nobody asks for later."""
    from armsym.audit.audit import audit
    from armsym.audit.text import BundleError, read
    from armsym.audit.together import without_cases
    from armsym.audit.wording import contract_lines
    from armsym.report.outcome import ExitCode

    path, began = question.path, _cpu_seconds()
    try:
        try:
            bundle = read(path.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError, BundleError) as e:
            raise InputError(f"{path}: {e}") from None
        of = question.named or bundle.object
        if not of:
            raise InputError(f"{path} does not tell where the file under proof lies: name it by --file")
        if _is_special(of):
            raise InputError(f"{path} is about {of}, which is no file")
        elf, entry = _file(of, bundle.symbol)
        if elf.sha256 != bundle.file_sha256:
            raise InputError(f"{path} is about a file with SHA-256 {bundle.file_sha256}, {of} has {elf.sha256}")
        verdict = audit(bundle, elf, entry, ready(question.checker))
        lines = [line for case in bundle.cases for line in contract_lines(case)] if question.whole else []
        return Finding(path, without_cases(verdict), of, lines, _cpu_seconds() - began)
    except InputError as e:
        return Finding(path, error=str(e), failed=ExitCode.INPUT, seconds=_cpu_seconds() - began)
    except MemoryError:
        return Finding(path, error="out of memory", failed=ExitCode.UNDECIDED, seconds=_cpu_seconds() - began)


def _is_special(of: str) -> bool:
    """Whether there is something that is no file: reading a device or pipe might take all memory, or not end."""
    return os.path.exists(of) and not os.path.isfile(of)


def _file(of: str, symbol: str) -> tuple[Elf, int]:
    """A file, and where a routine of it begins; raises `InputError`."""
    from armsym.audit.elf import Elf

    try:
        elf = _files.get(of) or Elf.read(of)
        return elf, elf.symbol(symbol)[0]
    except (OSError, ValueError) as e:  # (an `ElfError`; a name that is none)
        raise InputError(f"{of}: {e}" if of not in str(e) else str(e)) from None


def _cpu_seconds() -> float:
    """Of this process and of those that it ran and that ended."""
    return sum(os.times()[:4])
