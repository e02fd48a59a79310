"""What stands in the memory of a symbolic machine, and what it is made of.  Untrusted."""

from __future__ import annotations

from collections.abc import Iterable

from armsym.symbolic_memory import SymbolicMemory
from armsym.terms.evaluate import free_terms
from armsym.terms.node import Term, Value, Var

__all__ = ["stored", "variables"]


def stored(memory: SymbolicMemory, depth: int) -> Iterable[tuple[str, Term | None, int, int, Value]]:
    """(region, symbolic part, offset, size, value) of what is stored over the regions' content.

    `depth`: the bytes of the stack below SP on entry, from which offsets on the stack are counted here.
    """
    for r in memory.regions:
        base = depth if r.name == "stack" else 0
        for layer in memory.overlays.get(r.name, ()):
            todo = sorted(layer.bytes)
            at = 0
            while at < len(todo):
                k = todo[at]
                value, start = layer.bytes[k]
                n = 1
                while (
                    at + n < len(todo)
                    and todo[at + n] == k + n
                    and layer.bytes[k + n][0] is value
                    and layer.bytes[k + n][1] == start + n
                ):
                    n += 1
                part = value[8 * (start + n) - 1 : 8 * start]
                yield r.name, layer.symbolic, k - base, n, part.value
                at += n


def variables(values: Iterable[Value]) -> list[Var]:
    """The variables that values are made of."""
    return [t for v in values for t in free_terms(v) if isinstance(t, Var)]
