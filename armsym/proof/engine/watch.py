"""Who looks on while a proof is run on symbols: told what happens, and asked nothing.

What a watcher is handed it may keep, and must not change; it computes no terms while the run goes on, for what terms
there are, and what was decided about them, is the run's.  No rule of the engine reads anything of a watcher, so what is
proved is the same whether or not anybody looks on (`tests/proof/test_watching.py`).
"""

from __future__ import annotations

from typing import Protocol

from armsym.proof.engine.run import Next, Origin, Parts
from armsym.proof.path import Path
from armsym.proof.result import Obligation, ProofResult
from armsym.proof.symbolic import SymbolicProof
from armsym.stepper import Fork

__all__ = ["Nobody", "Watcher"]


class Watcher(Protocol):
    """What is told of a run.  Places in the code are offsets into the image."""

    def begins(self, case: str, p: SymbolicProof) -> None:
        """A case of the proof is run: its choices in words, empty where there are none."""

    def ends(self, result: ProofResult) -> None:
        """The case is over: all is known of it that ever will be, and its terms are still met."""

    def follows(self, path: Path, origin: Origin | None) -> None:
        """A path is followed, from where it is, within the iteration `origin`."""

    def before(self, path: Path) -> None:
        """The instruction where the path is will be executed; cuts there are made.

        It is told again, without `after`, where a condition had to be known first.
        """

    def after(self, path: Path, to: int | Fork) -> None:
        """It was executed, and leads there; its offset is still the path's."""

    def called(self, path: Path, contract: str) -> None:
        """The contract stood for the routine where the path was."""

    def left(self, path: Path, go_on: Next) -> None:
        """The path is not followed further as it is.  It still holds what it held."""

    def iterates(self, arrival: Path, origin: Origin, starts: Parts) -> None:
        """An arbitrary iteration begins, with these paths, at the loop's head, to which `arrival` came."""

    def joined(self, name: str, origin: Origin, path: Path) -> None:
        """This path goes on for all that met at a join, the innermost `origin`."""

    def recorded(self, instance: Obligation) -> None:
        """An instance of an obligation was recorded; it is the ledger's, who adds to it."""

    def mark(self) -> object:
        """How much was told so far, for `reset`."""

    def reset(self, mark: object) -> None:
        """What was told since then rested on a wrong guess about a loop, and counts for nothing."""


class Nobody:
    """Nobody looks on."""

    def begins(self, case: str, p: SymbolicProof) -> None:
        """See `Watcher`."""

    def ends(self, result: ProofResult) -> None:
        """See `Watcher`."""

    def follows(self, path: Path, origin: Origin | None) -> None:
        """See `Watcher`."""

    def before(self, path: Path) -> None:
        """See `Watcher`."""

    def after(self, path: Path, to: int | Fork) -> None:
        """See `Watcher`."""

    def called(self, path: Path, contract: str) -> None:
        """See `Watcher`."""

    def left(self, path: Path, go_on: Next) -> None:
        """See `Watcher`."""

    def iterates(self, arrival: Path, origin: Origin, starts: Parts) -> None:
        """See `Watcher`."""

    def joined(self, name: str, origin: Origin, path: Path) -> None:
        """See `Watcher`."""

    def recorded(self, instance: Obligation) -> None:
        """See `Watcher`."""

    def mark(self) -> object:
        """See `Watcher`."""

    def reset(self, mark: object) -> None:
        """See `Watcher`."""
