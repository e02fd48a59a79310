"""What often helps where a proof stops: one sentence for each case that can be told apart, for people.

A hint changes nothing: it stands beside an obligation that is not shown, or a counterexample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from armsym.terms.evaluate import free_terms
from armsym.terms.node import Term, Value

__all__ = ["Unknowns", "access_near_sp", "more_stack", "no_invariant", "unknown_at_head", "unknowns_in"]

#: By the id of a variable: where nothing is known of what a place holds, and which place that is.
Unknowns = Mapping[int, tuple[str, str]]

#: So far from SP an access is taken for one to the stack.
NEAR = 1 << 16


def more_stack(below: int, declared: int) -> str:
    """A routine uses so many bytes below SP, of which fewer are declared."""
    need = -(-below // 16) * 16
    said = f"declares {declared}" if declared else "declares none"
    return (
        f"the routine uses at least {need} bytes of stack below SP, and the proof {said}: "
        f"p.modifies(p.stack({need})), or more, if that is meant"
    )


def access_near_sp(address: int, top: int, declared: int, above: int) -> tuple[str, ...]:
    """An access that no region permits, where SP is `top` on entry: whether it is one to the stack."""
    if top - NEAR <= address < top - declared:
        return (more_stack(top - address, declared),)
    if top + above <= address < top + NEAR:
        need = -(-(address + 8 - top) // 8) * 8
        return (
            f"it lies {address - top} bytes above SP on entry, where arguments on the stack are:"
            f" p.stack(..., above={need}) lends them",
        )
    return ()


def unknowns_in(v: Value, unknowns: Unknowns) -> list[tuple[Term, str, str]]:
    """The variables of a value of which nothing is known since a loop's head, with where and which place they are."""
    if isinstance(v, int):
        return []
    found = sorted((t for t in free_terms(v) if t.id in unknowns), key=lambda t: t.id)
    return [(t, *unknowns[t.id]) for t in found]


def unknown_at_head(found: Sequence[tuple[Term, str, str]], against: str = "") -> tuple[str, ...]:
    """A claim speaks of what is unknown at a loop's head; `against` is what that is claimed to be."""
    hints = []
    for _, where, place in found[:3]:
        said = f', say {{"{place}": s.{place} == ...}}' if place.isidentifier() else ""
        is_to_be = f" (it is compared with {against})" if against and len(found) == 1 else ""
        hints.append(
            f"{place} is unknown at {where}{is_to_be}: the loop changes it, by no constant, and no claim there says"
            f" what it holds: add one{said}"
        )
    return tuple(hints)


def no_invariant(heads: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """A limit was reached; these are the loops, by place and name, of which no invariant speaks."""
    where = ", ".join(f"{at:#x} <{name}>" for at, name in heads)
    if not where:
        return ()
    return (
        f"no invariant speaks of the loop at {where}: it is followed round by round; "
        "@p.invariant(p.routine.back_edge(), upto=...) says what holds each time",
    )
