"""What a function of the proof file claims is a dict of claims by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from armsym.bits import Prop
from armsym.errors import InputError
from armsym.integers.expression import Relation
from armsym.proof.checks import a_text, shown, told_by
from armsym.proof.conditional import Conditional
from armsym.proof.handles import Claim, Pointwise

__all__ = ["a_claim", "claims_of", "note_known", "parts"]

F = TypeVar("F", bound=Callable[..., Any])

#: What `Proof.known` answered so far to the functions that are being called, the innermost last.
_answers: list[list[int]] = []


def note_known(number: int) -> None:
    """Note an answer of `Proof.known`: a function may claim something else where another number is known."""
    if _answers:
        _answers[-1].append(number)


def claims_of(what: str, fn: F) -> F:
    """The function, whose answer is checked each time: a dict of claims by name, at least one.

    What cuts, loops and joins claim is shown at one time and taken for true at another, so each time it is as many
    claims of the same names and kinds, but for those of another arrival, or after another answer of `Proof.known`: not
    where a function uses up an iterator, or counts its calls.
    """
    #: By arrival: what `known` answered, in order, and the names and kinds then.
    shapes: dict[tuple[int, ...], dict[tuple[int, ...], dict[str, tuple[str, ...]]]] = {}

    def checked(*arguments: object) -> object:
        answers: list[int] = []
        _answers.append(answers)
        try:
            claims = fn(*arguments)
        finally:
            _answers.pop()
        where = told_by(fn, what)
        if not isinstance(claims, dict) or not claims:
            raise InputError(f"{where}: the function must return a non-empty dict of named claims, not {shown(claims)}")
        for name, claim in claims.items():
            a_claim(f"{where}: the claim {name!r}", claim, conditional=what == "ensures")
            a_text(f"{where}: the name of a claim", name)
        if what != "ensures":  # which is only shown
            # The arrival is told as a number, an iteration not.
            arrival = tuple(a for a in arguments if isinstance(a, int))
            shape = {name: tuple(map(_kind, parts(claim))) for name, claim in claims.items()}
            met = shapes.setdefault(arrival, {})
            # (Up to an answer that is another the function was told the same: then asking more excuses nothing.)
            alike = [of for known, of in met.items() if all(a == b for a, b in zip(known, answers, strict=False))]
            met[tuple(answers)] = shape
            for first in alike:
                if shape == first:
                    continue
                name = next(n for n in (*first, *shape) if first.get(n) != shape.get(n))
                raise InputError(
                    f"{where}: the claim {name!r} is {_told(shape.get(name))} when the function is called again, and "
                    f"was {_told(first.get(name))}: it has to claim the same each time, for what it claims is shown at "
                    f"one time and taken for true at another"
                )
        return claims

    return checked  # type: ignore[return-value]


def parts(claim: Claim) -> Iterator[Prop | Relation | Pointwise | Conditional]:
    """The conditions, claims about integers, pointwise claims and claims under conditions that a claim consists of."""
    if isinstance(claim, (Prop, Relation, Pointwise, Conditional)):
        yield claim
    elif isinstance(claim, bool):
        yield Prop(claim)
    elif isinstance(claim, (list, tuple)):
        if not len(claim):
            raise InputError("a claim is an empty list: it would say nothing")
        for c in claim:
            yield from parts(c)
    else:
        raise InputError(f"a claim is a condition or a list of conditions, not {type(claim).__name__} {claim!r}")


def _kind(part: object) -> str:
    """On numbers a claim about integers is a bool, as a condition is."""
    return "condition" if isinstance(part, (Prop, Relation)) else type(part).__name__


def _told(kinds: tuple[str, ...] | None) -> str:
    return "not there" if kinds is None else f"{len(kinds)} x {kinds[0]}" if len({*kinds}) == 1 else ", ".join(kinds)


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
