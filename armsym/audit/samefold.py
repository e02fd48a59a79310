"""Which fold of a caller a fold of a callee is: the same step, from the same start, over the same blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armsym.audit.bundle import Case, Fold
from armsym.audit.contracts import is_of_arguments_alone, step_digest
from armsym.audit.instance import Instance, RefusedValue
from armsym.audit.raw import ones
from armsym.audit.store import RefusedAccess
from armsym.audit.words import Words

__all__ = ["Meant", "same_fold"]


@dataclass(frozen=True)
class Meant:
    """A case, and what its inputs and functions are."""

    case: Case
    variable: Callable[[str, int], int]
    application: Callable[[str, tuple[int, ...], int], int]


def same_fold(words: Words, own: Meant, callee: Meant, f: Fold) -> str | None:
    """The name of the caller's fold that is the callee's `f` at every index; None where none is seen to be.

    By induction: both begin with the same nodes, and what they take at any index is one node, over any index.
    """
    wanted = step_digest(callee.case, f)
    if not is_of_arguments_alone(callee.case, f):
        return None  # names of words and regions are those of one contract
    for g in own.case.folds.values():
        if (g.widths, g.blocks) == (f.widths, f.blocks) and step_digest(own.case, g) == wanted:
            # (Of 64 bits: at any index.)
            index = words.program.var(f"call.index.{len(words.program)}", ones(64))
            theirs, ours = _instance(words, callee, f, index), _instance(words, own, g, index)
            pairs = zip((*f.start, *f.over), (*g.start, *g.over), strict=True)
            try:
                if all(theirs(a) == ours(b) for a, b in pairs):
                    return g.name
            except (RefusedAccess, RefusedValue):
                continue  # what one of them is made of is not known here
    return None


def _instance(words: Words, of: Meant, f: Fold, index: int) -> Instance:
    # (The definition of a fold speaks of no fold: `Values` refuses one that does, wherever it is used.)
    def variable(name: str, possible: int) -> int:
        return index if name == f"{f.name}.index" and possible == ones(64) else of.variable(name, possible)

    return Instance(of.case.table, words, variable, of.application)
