"""Which fold of a caller a fold of a callee is: the same step, from the same start, over the same blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from armsym.audit.bundle import Case, Fold
from armsym.audit.contracts import step_digest
from armsym.audit.instance import Instance, RefusedValue
from armsym.audit.raw import ones
from armsym.audit.store import RefusedAccess

if TYPE_CHECKING:
    from armsym.audit.calls import Site

__all__ = ["same_fold"]


def same_fold(site: Site, f: Fold) -> str | None:
    """The name of the caller's fold that is the callee's `f` at every index; None where none is seen to be.

    By induction: both begin with the same nodes, and what they take at any index is one node, over any index.
    """
    own, wanted = site.walk.case, step_digest(site.case.table, f)
    for g in own.folds.values():
        if (g.widths, g.blocks) == (f.widths, f.blocks) and step_digest(own.table, g) == wanted:
            # (Of 64 bits: at any index.)
            index = site.words.program.var(f"call.index.{len(site.words.program)}", ones(64))
            theirs = _instance(site, site.case, f, index)
            ours = _instance(site, own, g, index)
            pairs = zip((*f.start, *f.over), (*g.start, *g.over), strict=True)
            try:
                if all(theirs(a) == ours(b) for a, b in pairs):
                    return g.name
            except (RefusedAccess, RefusedValue):
                continue  # what one of them is made of is not known here
    return None


def _instance(site: Site, case: Case, f: Fold, index: int) -> Instance:
    variable, application = site.values.input, site.values.application
    if case is site.case:
        variable, application = site.input, site.application

    def given(name: str, possible: int) -> int:
        return index if name == f"{f.name}.index" and possible == ones(64) else variable(name, possible)

    def applied(name: str, arguments: tuple[int, ...], possible: int) -> int:
        # The definition of a fold speaks of no fold: `Values` refuses one that does, wherever it is used.
        return application(name, arguments, possible)

    return Instance(case.table, site.words, given, applied)
