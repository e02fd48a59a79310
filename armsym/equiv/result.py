"""What a comparison of two routines finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from armsym.proof.entry import EntryState

__all__ = ["Answer", "Difference", "Verdict"]


class Verdict(Enum):
    """The answer; its value is what is printed."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    UNDECIDED = "undecided"

    @property
    def exit_code(self) -> int:
        """Of the command line: 0, 1 or 3."""
        return {Verdict.EQUIVALENT: 0, Verdict.DIFFERENT: 1, Verdict.UNDECIDED: 3}[self]


@dataclass(frozen=True)
class Difference:
    """An input, and what the two routines make of it.

    where       the register or the byte of memory that differs
    first       what the first routine leaves there, and `second` what the second does
    inputs      the declared inputs by name, as text
    entry       the state on entry of either, for `armsym run --entry`
    """

    where: str
    first: str
    second: str
    inputs: dict[str, str]
    entries: tuple[EntryState, EntryState]


@dataclass
class Answer:
    """The verdict, and what it rests on.

    method       how it was found: "in step" (both execute the same operations on equal values), "paths" (all
                 paths of both, and loops by induction), "runs" (an input that shows a difference)
    identical    whether every word that is executed is the same in both (in step only)
    reason       why it is undecided, with the place where the two part
    compared     what counts as a result
    assumptions  what is taken for granted
    """

    verdict: Verdict
    method: str
    reason: str = ""
    identical: bool = False
    words: int = 0
    differing_words: int = 0
    difference: Difference | None = None
    compared: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As docs/json.md describes it."""
        d: dict[str, Any] = {
            "verdict": self.verdict.value,
            "method": self.method,
            "seconds": round(self.seconds, 3),
            "compared": list(self.compared),
            "assumptions": list(self.assumptions),
        }
        if self.reason:
            d["reason"] = self.reason
        if self.notes:
            d["notes"] = self.notes
        if self.method == "in step":
            d["identical"] = self.identical
            d["words"] = self.words
            d["differing_words"] = self.differing_words
        if self.difference is not None:
            x = self.difference
            d["difference"] = {
                "where": x.where,
                "first": x.first,
                "second": x.second,
                "inputs": x.inputs,
                "entries": [e.as_dict() for e in x.entries],
            }
        return d
