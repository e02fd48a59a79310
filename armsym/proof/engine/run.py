"""What the rules of one run share, and the answers they give."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeAlias

from armsym.bits import Bits
from armsym.elf import Image
from armsym.integers.expression import Relation
from armsym.machine import Machine
from armsym.proof.calls import Calls
from armsym.proof.context import Context
from armsym.proof.declare import Cut, Invariant
from armsym.proof.engine.budget import Meter
from armsym.proof.havoc import Havoc, LoopGuess
from armsym.proof.ledger import Ledger
from armsym.proof.locations import Location
from armsym.proof.path import Path
from armsym.proof.symbolic import SymbolicProof
from armsym.terms.evaluate import Occurrences
from armsym.terms.node import Term, Value

__all__ = ["Ended", "Enter", "Met", "Next", "Origin", "Parts", "Retry", "Run", "Stopped", "indices"]


@dataclass(frozen=True)
class Origin:
    """The loop iteration a path started from, within those of the loops around it.

    `before` is what was written between the start of the parent's iteration and this loop's head,
    `head` the machine there.
    """

    invariant: Invariant
    index: Bits
    havoc: Havoc
    parent: Origin | None
    before: frozenset[Location]
    head: Machine
    #: The calls that the head was reached in.
    calls: Calls
    #: What is known of an arbitrary iteration as it begins.
    facts: tuple[Value, ...] = ()
    #: What its claims say of integers then.
    relations: tuple[Relation, ...] = ()

    def find(self, inv: Invariant) -> tuple[Origin, frozenset[Location]] | None:
        """The iteration of `inv` that this one is part of, and what was written on the way in."""
        o: Origin | None = self
        written: frozenset[Location] = frozenset()
        while o is not None:
            if o.invariant is inv:
                return o, written
            written |= o.before | o.havoc.guess.writes
            o = o.parent
        return None

    @property
    def indices(self) -> tuple[Bits, ...]:
        """The iteration numbers, innermost first."""
        return (self.index, *indices(self.parent))


def indices(origin: Origin | None) -> tuple[Bits, ...]:
    """The iteration numbers of the loops a path is in, innermost first; none on a path from the entry."""
    return () if origin is None else origin.indices


@dataclass(frozen=True)
class Met:
    """A cut that a path came to outside of all loops: the machine and what it says of integers from there on.

    `before` is what was known of them on the way to it.
    """

    cut: Cut
    machine: Machine
    relations: tuple[Relation, ...]
    before: tuple[Relation, ...] = ()


@dataclass(frozen=True)
class Ended:
    """The path was followed to its end, and what must hold there was asked."""


@dataclass(frozen=True)
class Stopped:
    """The path is not followed further, and why is recorded: nothing may be said of all paths."""


@dataclass(frozen=True)
class Parts:
    """The path goes on as these, of which the last is followed first."""

    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Enter:
    """A loop is met: explore an arbitrary iteration of it."""

    invariant: Invariant


@dataclass(frozen=True)
class Retry:
    """What was assumed of the loop at `head` is wrong: `why`; explore it anew from `guess`."""

    head: int
    guess: LoopGuess
    why: str


#: How to go on after following a path.
Next: TypeAlias = Ended | Stopped | Parts | Enter | Retry


@dataclass(frozen=True)
class Run:
    """What is the same for all paths of a run; a rule reads or changes no other state but its path's.

    `ledger`, `meter`, `reached` (code offsets of invariants, cuts and contracts met), `executed` (of all
    instructions), `shown` and `results_claimed` only grow; but the ledger is set back where a loop is explored anew.
    """

    p: SymbolicProof
    image: Image
    entry: Machine
    ledger: Ledger
    meter: Meter
    #: An unrolled run follows loops as they go: all it knows is about the state on entry.
    unrolled: bool
    #: Whether claims of another case of the proof say something about results: of this one's it is not asked then.
    claimed_elsewhere: bool = False
    reached: set[int] = field(default_factory=set)
    executed: set[int] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    #: The postconditions that say more than what every routine must do, by their place in the proof.
    results_claimed: set[int] = field(default_factory=set)
    #: For a length, the terms in which it occurs: a fact about terms, kept because it is asked again and again.
    occurrences: dict[Term, Occurrences] = field(default_factory=dict)
    #: Cuts that forgot something, in the order met; None of one that is within a loop, or forgets folds or buffers.
    cuts: list[Met | None] = field(default_factory=list)

    def under(self, path: Path, *anchors: Bits) -> AbstractContextManager[None]:
        """Claims are evaluated under this path's facts; see `Context`."""
        return self.p.under(Context(path, anchors))

    def watched(self, path: Path) -> Path:
        """The path, whose leaks are noted as its own from here on."""
        path.machine.on_leak = lambda kind, value: self.ledger.leak(path, kind, value)
        return path

    def where(self, at: int) -> str:
        """A code offset as messages give it."""
        return f"{at:#x} <{self.image.symbolize(at)}>"
