"""Where a proof says what: the source of each claim beside the offset in the code that it speaks of."""

from __future__ import annotations

import inspect
import linecache
from dataclasses import dataclass
from pathlib import Path

from armsym.proof.symbolic import SymbolicProof
from armsym.view.vocabulary import unwrapped

__all__ = ["Note", "Source", "notes_of", "sources_of"]


@dataclass(frozen=True)
class Note:
    """What the proof says at an offset: `kind` is invariant, cut, join, split, each, contract, show, ensures or frame.

    `first` and `last` are lines of `file` that say so, from 1 on; ("", 0, 0) where there are none.
    """

    at: int
    kind: str
    name: str
    file: str = ""
    first: int = 0
    last: int = 0

    @property
    def text(self) -> str:
        """The lines."""
        lines = linecache.getlines(self.file)[self.first - 1 : self.last] if self.file else []
        return inspect.cleandoc("\n" + "".join(lines)) if lines else ""


@dataclass(frozen=True)
class Source:
    """A file of a proof; `name` is short."""

    file: str
    name: str
    lines: tuple[str, ...]


def notes_of(p: SymbolicProof) -> list[Note]:
    """All that is said at places of the code, in order of address; what holds on return stands at the entry."""
    d = p._d
    found = [_note(inv.head, "invariant", inv.name, inv.claims) for inv in d.invariants]
    found += [_note(c.at, "cut", c.name, c.claims) for c in d.cuts]
    found += [_note(j.at, "join", j.name, j.claims) for j in d.joins]
    found += [_note(at, "split", "split", on) for at, on in d.splits]
    found += [_note(at, "each", "each", value) for at, (value, _) in d.each.items()]
    found += [_note(at, "show", "show", what) for at, what in d.shows]
    found += [_note(p.routine.entry, "ensures", "on return", fn) for fn in d.ensures]
    for c in d.contracts:
        place = p.routine.image.symbol(c.symbol).offset
        found.append(_note(place, "contract", f"contract {c.name}", getattr(c, "fn", c)))
    return sorted(found, key=lambda n: (n.at, n.kind != "ensures"))


def sources_of(definition_file: str, notes: list[Note]) -> list[Source]:
    """The files in which the proof is written: its own first, then those of functions that it was made with."""
    files = dict.fromkeys([definition_file, *(n.file for n in notes if n.file)])
    return [Source(f, Path(f).name, tuple(line.rstrip("\n") for line in linecache.getlines(f))) for f in files if f]


def _note(at: int, kind: str, name: str, function: object) -> Note:
    inner = unwrapped(function)
    try:
        lines, first = inspect.getsourcelines(inner)
        file = inspect.getsourcefile(inner) or ""
    except (OSError, TypeError):
        return Note(at, kind, name)
    return Note(at, kind, name, file, first, first + len(lines) - 1)
