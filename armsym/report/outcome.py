"""The outcome of one proof in a run, and the exit code of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from armsym.proof.result import ProofResult, Status

if TYPE_CHECKING:
    from armsym.proof.reliance import Relied

__all__ = ["NO_BUNDLE", "ExitCode", "Outcome", "exit_code", "summary"]

#: What `Outcome.bundle` begins with where none was written; then why.
NO_BUNDLE = "no bundle: "


class ExitCode(IntEnum):
    """The exit codes of `armsym`."""

    PROVED = 0
    REFUTED = 1
    INPUT = 2
    UNDECIDED = 3
    INTERNAL = 4
    NOTHING = 5


#: Which of several outcomes a run's exit code tells, the strongest first.
_STRENGTH = (ExitCode.INTERNAL, ExitCode.REFUTED, ExitCode.INPUT, ExitCode.UNDECIDED)
_OF_STATUS = {
    Status.PROVED: ExitCode.PROVED,
    Status.REFUTED: ExitCode.REFUTED,
    Status.ERROR: ExitCode.INPUT,
    Status.UNDECIDED: ExitCode.UNDECIDED,
}


@dataclass
class Outcome:
    """What became of one selected proof.

    `left_out` says why the proof was not tried (only when the caller allowed that), `internal` that
    armsym itself failed.  `source` is the proof's place, `file:line`.  `traceback` is for --debug.
    `cached` says that an earlier command proved it, and that nothing it rests on has changed since.
    `bundle` is where a bundle was written, or why there is none; empty where nobody asked for one.
    `queries` is how many questions were written to a folder; None where nobody asked for that.
    `unkept` says why no later command may take this for its own; empty where nothing was found against it.
    `contracts` are those that its process proved for it, for other processes of the run.
    """

    result: ProofResult
    source: str = ""
    left_out: str = ""
    internal: bool = False
    traceback: str = ""
    cached: bool = False
    bundle: str = ""
    unkept: str = ""
    queries: int | None = None
    contracts: dict[Relied, ProofResult] = field(default_factory=dict)

    @property
    def code(self) -> ExitCode:
        """The exit code of a run of this proof alone (a proof left out is not a failure)."""
        if self.internal:
            return ExitCode.INTERNAL
        return ExitCode.PROVED if self.left_out else _OF_STATUS[self.result.status]


def exit_code(outcomes: Iterable[Outcome]) -> ExitCode:
    """Internal error before refuted before bad input before undecided; proved only if something was."""
    codes: set[ExitCode] = set()
    tried = False
    for o in outcomes:
        codes.add(o.code)
        tried = tried or not o.left_out
    if not tried:
        return ExitCode.NOTHING
    return next((c for c in _STRENGTH if c in codes), ExitCode.PROVED)


def summary(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many proofs ended how; only what occurred, and always `proved`."""
    counts = {"proved": 0, "refuted": 0, "undecided": 0, "error": 0, "left out": 0}
    for o in outcomes:
        counts["left out" if o.left_out else o.result.status.value] += 1
    return {k: n for k, n in counts.items() if n or k == "proved"}
