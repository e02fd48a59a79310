"""What a function of the proof file claims is a dict of claims by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from armsym.bits import Prop
from armsym.errors import InputError
from armsym.integers.expression import Relation
from armsym.proof.checks import a_text, shown, told_by
from armsym.proof.conditional import Conditional
from armsym.proof.handles import Pointwise

__all__ = ["a_claim", "claims_of"]

F = TypeVar("F", bound=Callable[..., Any])


def claims_of(what: str, fn: F) -> F:
    """The function, whose answer is checked each time: a dict of claims by name, at least one."""

    def checked(*arguments: object) -> object:
        claims = fn(*arguments)
        where = told_by(fn, what)
        if not isinstance(claims, dict) or not claims:
            raise InputError(f"{where}: the function must return a non-empty dict of named claims, not {shown(claims)}")
        for name, claim in claims.items():
            a_claim(f"{where}: the claim {name!r}", claim, conditional=what == "ensures")
            a_text(f"{where}: the name of a claim", name)
        return claims

    return checked  # type: ignore[return-value]


def a_claim(what: str, claim: object, *, conditional: bool = True) -> None:
    """A condition, a bool, a claim about integers, a pointwise claim, or a non-empty list of those.

    With `conditional` also such a claim under conditions: what is claimed of an end, and is not assumed anywhere.
    """
    if isinstance(claim, (Prop, bool, Relation, Pointwise)):
        return
    if isinstance(claim, Conditional):
        if not conditional:
            raise InputError(f"{what} stands under conditions (when, unless): only what p.ensures claims may")
        a_claim(f"{what}, under conditions,", claim.claim)
        return
    if not isinstance(claim, (list, tuple)):
        raise InputError(f"{what} is a condition or a list of conditions, not {shown(claim)}")
    if not len(claim):
        raise InputError(f"{what} is an empty list: it would say nothing")
    for part in claim:
        a_claim(what, part, conditional=conditional)
