"""Bundles that are audited together: contracts that one uses are those that others were audited for.

A bundle that uses a contract is audited only where another one, of the same file and routine, has a case with the very
same contract, and is audited itself; so no chain of uses comes back to where it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from armsym.audit.audit import Verdict

__all__ = ["settle", "without_cases"]


def settle(verdicts: Sequence[Verdict]) -> None:
    """Take contracts for settled that a verdict among these shows; the others stay unsettled."""
    shown: dict[tuple[str, int, str], str] = {}
    waiting = [v for v in verdicts if v.shown]
    # Those first that use nothing; then those that use what was audited before: a circle never begins.
    while True:
        ready = [v for v in waiting if v.audited]
        if not ready:
            return
        for v in ready:
            for said in v.contracts:
                shown.setdefault((v.sha256, v.entry, said), v.bundle.proof)
        waiting = [v for v in waiting if not v.audited]
        for v in waiting:
            for at, said in sorted(v.unsettled):
                by = shown.get((v.sha256, at, said))
                if by is not None:
                    del v.unsettled[at, said]
                    v.rests_on.append(by)


def without_cases(verdict: Verdict) -> Verdict:
    """The same verdict, and of its bundle what it is of: all that `settle` and a report ask for, and little to send."""
    return replace(verdict, bundle=replace(verdict.bundle, cases=[], uses={}))
