"""Claims under conditions: what a routine does in each of its cases, where the cases are no paths of its own.

On numbers a condition holds or not, and what is left is the claim itself or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from armsym.bits import Prop
from armsym.errors import InputError
from armsym.integers.expression import Relation
from armsym.proof.checks import Assumed, an_assumption

__all__ = ["Condition", "Conditional", "unless", "when"]

#: A condition on bit vectors, or a claim about integers.
Condition: TypeAlias = "Prop | Relation"

_WHEN: Final = "when"
_UNLESS: Final = "unless"


@dataclass(frozen=True, eq=False)
class Conditional:
    """`when`: the claim holds wherever all conditions do; `unless`: wherever none of them does."""

    kind: Literal["when", "unless"]
    conditions: tuple[Condition, ...]
    claim: Any

    @property
    def is_when(self) -> bool:
        """Whether the claim needs the conditions, and not their contrary."""
        return self.kind == _WHEN


def when(conditions: Assumed, claim: Any) -> Any:
    """That a claim holds wherever a condition, or each of a list of conditions, does.

    Conditions are what `p.assume` takes.  Raises `InputError` for what is none, and for an empty list.
    """
    return _made(_WHEN, conditions, claim)


def unless(conditions: Assumed, claim: Any) -> Any:
    """That a claim holds, or one at least of some conditions does: it holds wherever none does.

    Conditions are what `p.assume` takes.  Raises `InputError` for what is none, and for an empty list.
    """
    return _made(_UNLESS, conditions, claim)


def _made(kind: Literal["when", "unless"], conditions: Assumed, claim: Any) -> Any:
    if isinstance(claim, (list, tuple)) and not claim:
        raise InputError(f"{kind}: the claim is an empty list: it would say nothing")
    left: list[Condition] = []
    for c in an_assumption(f"{kind}: a condition", conditions):
        known = _known(c)
        if known is None:
            left.append(c)
        elif known is not (kind == _WHEN):
            return True  # there is nothing to claim
    return Conditional(kind, tuple(left), claim) if left else claim


def _known(c: Condition) -> bool | None:
    return c.value if isinstance(c, Prop) and isinstance(c.value, bool) else None
