"""Going through a term from the inside out, without recursion: terms can be deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from armsym.terms.node import App, Op, Poly, Sum, Term, Value, intern

__all__ = ["below", "children", "complete", "size"]

T = TypeVar("T")


def children(t: Term) -> list[Value]:
    """The values a term is directly made of."""
    if isinstance(t, Sum):
        return list(t.terms)
    if isinstance(t, Poly):
        return [base for m in t.entries for base, _ in m.factors]
    if isinstance(t, (App, Op)):
        return list(t.args)
    return []


def complete(
    v: Term, known: dict[int, T], compute: Callable[[Term], T], parts: Callable[[Term], Iterable[Value]] = children
) -> T:
    """`known` for the interned term `v`, by its id; `compute` is asked for each term below that is not known,
    after all its `parts`.
    """
    todo: list[Term] = [v]
    while todo:
        t = todo[-1]
        if t.id in known:
            todo.pop()
            continue
        waiting = [c for c in parts(t) if not isinstance(c, int) and c.id not in known]
        if waiting:
            todo.extend(waiting)
            continue
        known[t.id] = compute(t)
        todo.pop()
    return known[v.id]


def below(*values: Value, since: int = 0, parts: Callable[[Term], Iterable[Value]] = children) -> Iterator[Term]:
    """The distinct terms that values are made of, themselves included, interned; the outer before the inner.

    Those made before the term with the id `since`, and what they are made of, are left out.  `parts` tells what a term
    is taken to be made of.
    """
    seen: set[int] = set()
    todo = list(values)
    while todo:
        t = todo.pop()
        if isinstance(t, int):
            continue
        t = intern(t)
        if t.id >= since and t.id not in seen:
            seen.add(t.id)
            yield t
            todo.extend(parts(t))


def size(v: Value) -> int:
    """How many distinct terms `v` is made of."""
    return sum(1 for _ in below(v))
