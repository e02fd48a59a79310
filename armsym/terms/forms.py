"""Values as they are but for the names of their unknowns: what is so of one, whatever its unknowns are, is so of all of
its form.

A form lists the terms of a value, the inner before the outer, each by what it is and by the numbers of those it is made
of.  Unknowns say only what they may be; their numbers say where the same one is met again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from types import MappingProxyType

from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, intern
from armsym.terms.walk import children, complete

__all__ = ["Forms", "TooLarge"]

#: What is meant by the function of an application: None where nothing is, so that it is an unknown.
Meant = Callable[[App], Hashable | None]
#: What is meant by terms that are not looked into.
Named = Mapping[Term, Hashable]

Node = tuple[object, ...]


class TooLarge(Exception):
    """There is more of a value than is looked at."""


class Forms:
    """The terms of some values, numbered as they are met."""

    def __init__(self, meant: Meant, most: int, named: Named = MappingProxyType({})) -> None:
        """At most `most` terms are looked at."""
        self.nodes: list[Node] = []
        #: The ids of the unknowns met.
        self.unknowns: list[int] = []
        self._meant, self._most, self._named = meant, most, named
        self._numbers: dict[int, int] = {}

    def of(self, v: Value) -> Node:
        """What a value is, by its number among the nodes; raises `TooLarge`."""
        if isinstance(v, int):
            return "number", v
        return "node", complete(intern(v), self._numbers, self._numbered, self._parts)

    def _parts(self, t: Term) -> Iterable[Value]:
        return () if t in self._named or (isinstance(t, App) and self._meant(t) is None) else children(t)

    def _numbered(self, t: Term) -> int:
        if len(self.nodes) >= self._most:
            raise TooLarge
        self.nodes.append(self._read(t))
        return len(self.nodes) - 1

    def _read(self, t: Term) -> Node:
        number = self._numbers
        if t in self._named:
            return "named", t.width, self._named[t]
        if isinstance(t, Var):
            self.unknowns.append(t.id)
            return "unknown", t.width, t.pb
        if isinstance(t, App):
            meant = self._meant(t)
            if meant is None:
                # That equal applications have equal values is not used.
                self.unknowns.append(t.id)
                return "unknown", t.width, t.pb
            return "application", meant, t.width, t.widths, tuple(self._value(v) for v in t.args)
        if isinstance(t, Sum):
            return "sum", t.width, t.pb, t.const, tuple((number[u.id], c) for u, c in t.terms.items())
        if isinstance(t, Poly):
            entries = ((tuple((number[base.id], s) for base, s in m.factors), mask) for m, mask in t.entries.items())
            return "polynomial", t.width, t.const, tuple(entries)
        assert isinstance(t, Op), t
        return t.kind, t.width, t.pb, t.arg_width, tuple(self._value(v) for v in t.args)

    def _value(self, v: Value) -> Node:
        return ("number", v) if isinstance(v, int) else ("node", self._numbers[intern(v).id])
