"""How terms were made: the operations as they were asked for, before the normal form put them in order.

While a `Derivations` notes, each operation on terms leaves what it was asked: `x + y - y` is noted as a difference of
a sum, though its value is `x`'s term, or was already known.  The first note of a term stays, and what an operation was
given is fixed by then, so that going from a term to what it was made of always comes to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from armsym.terms import ops
from armsym.terms.node import App, Term, Value, Var, intern

__all__ = ["Derivation", "Derivations"]

#: (width, value) of each argument that is a vector, and the plain numbers beside them.
_Shape = Callable[..., "tuple[list[tuple[int, Value]], tuple[int, ...]]"]


@dataclass(frozen=True)
class Derivation:
    """One operation: its name in `armsym.terms.ops`, its vectors with their widths (interned), and plain numbers."""

    name: str
    arguments: tuple[tuple[int, Value], ...]
    numbers: tuple[int, ...]


def _shape_of_two(w: int, a: Value, b: Value) -> tuple[list[tuple[int, Value]], tuple[int, ...]]:
    return [(w, a), (w, b)], ()


def _shape_by_number(w: int, a: Value, n: int) -> tuple[list[tuple[int, Value]], tuple[int, ...]]:
    return [(w, a)], (n,)


_SHAPES: dict[str, _Shape] = {
    **dict.fromkeys(("add", "sub", "mul", "xor", "and_", "or_", "udiv", "clmul", "eq", "ult", "slt"), _shape_of_two),
    **dict.fromkeys(("shl_by", "lshr_by", "ashr_by", "rotr_by"), _shape_of_two),
    **dict.fromkeys(("lsl", "lsr", "asr", "ror", "zext", "sext"), _shape_by_number),
    "neg": lambda w, a: ([(w, a)], ()),
    "extract": lambda w, a, lo, n: ([(w, a)], (lo, n)),
    "concat": lambda total, parts: (list(parts), ()),
    "ite": lambda w, c, a, b: ([(1, c), (w, a), (w, b)], ()),
    "select": lambda w, index, elements: ([(64, index), *((w, e) for e in elements)], ()),
    "table": lambda w, n, index, entries: ([(n, index)], (w, entries)),
    "apply": lambda name, width, args, **_: (list(args), ()),
}


class Derivations:
    """What was noted, by term.  Holds on to every term that it knows."""

    def __init__(self) -> None:
        #: By the id of the term; None for what was met before anything was noted of it.
        self._made: dict[int, tuple[Term, Derivation | None]] = {}

    def of(self, t: Term) -> Derivation | None:
        """How an interned term was made, if that was noted."""
        found = self._made.get(t.id)
        return None if found is None else found[1]

    @contextmanager
    def noting(self) -> Iterator[Derivations]:
        """Within this, operations on terms are noted.

        Raises `ValueError` where something decides what `ite` gives (`ops.set_oracle`): that holds on one path only.
        """
        previous = ops.set_oracle(None)
        ops.set_oracle(previous)
        if previous is not None:
            raise ValueError("operations are noted only where ite asks nobody which branch to take")
        # `Bits` asks for each operation by its name in this module: an operation that is not noted costs nothing.
        before = {name: getattr(ops, name) for name in _SHAPES}
        before["elements"] = ops.elements
        for name, shape in _SHAPES.items():
            setattr(ops, name, self._noted(name, before[name], shape))
        ops.elements = self._noted_elements(before["elements"])
        try:
            yield self
        finally:
            for name, fn in before.items():
                setattr(ops, name, fn)

    def _noted(self, name: str, fn: Callable[..., Value], shape: _Shape) -> Callable[..., Value]:
        def noted(*arguments: Any, **more: Any) -> Value:
            result = fn(*arguments, **more)
            if isinstance(result, Term):
                values, numbers = shape(*arguments, **more)
                self._note(intern(result), name, values, numbers)
            return result

        return noted

    def _noted_elements(self, fn: Callable[..., list[Value]]) -> Callable[..., list[Value]]:
        """Each element is cut out by itself."""

        def noted(w: int, a: Value, n: int) -> list[Value]:
            found = fn(w, a, n)
            for e, v in enumerate(found):
                if isinstance(v, Term):
                    self._note(intern(v), "extract", [(w, a)], (e * n, n))
            return found

        return noted

    def _note(self, t: Term, name: str, values: list[tuple[int, Value]], numbers: tuple[int, ...]) -> None:
        given = tuple((w, intern(v) if isinstance(v, Term) else v) for w, v in values)
        for _, v in given:
            if isinstance(v, Term) and v.id not in self._made:
                self._made[v.id] = v, None
        # A variable is itself; so is what an application of a function gives, of whatever it was made.
        if t.id not in self._made and not isinstance(t, Var) and (name == "apply" or not isinstance(t, App)):
            self._made[t.id] = t, Derivation(name, given, numbers)
