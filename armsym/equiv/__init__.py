"""Whether two routines do the same, without a specification: `equivalent` (docs/equiv.md)."""

from armsym.equiv.compare import equivalent
from armsym.equiv.result import Answer, Difference, Verdict

__all__ = ["Answer", "Difference", "Verdict", "equivalent"]
