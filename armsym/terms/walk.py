"""Going through a term from the inside out, without recursion: terms can be deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from armsym.terms.node import Term, Value
from armsym.terms.show import children

__all__ = ["complete"]

T = TypeVar("T")


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
