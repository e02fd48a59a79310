"""Whether two routines do the same, without a specification: `equivalent` (docs/equiv.md)."""

from armsym.equiv.compare import RESULTS, equivalent
from armsym.equiv.result import Answer, Difference, Verdict

__all__ = ["RESULTS", "Answer", "Difference", "Verdict", "equivalent"]
