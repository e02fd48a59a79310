"""Claims that fail for some values, and so are none for rules that ask whether they hold for all.

What fails on one assignment holds on no account under every one.  Looking is cheap, for each term has its value once,
whatever claims it is part of; finding out by tables or by a solver is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from math import prod

from armsym.bits import Bits
from armsym.bits.opaque import definitions_of
from armsym.integers.expression import FoldValue, Integer, Leaf, Quotient, Relation
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import App, Term, Value, Var, kept_by_table, ones

__all__ = ["Undefined", "assignments", "fails_somewhere", "holds"]

#: So many are looked at for one that meets what is known.
MOST = 4


class Undefined(Exception):
    """An opaque function has no value of some numbers: none that are met need to be such as it is meant for."""


def fails_somewhere(claim: Value) -> bool:
    """Whether a one-bit value was found to be 0 for some values of its variables, and of the functions of which nothing
    is known; an opaque function is what it is defined to be, and where its definition raises nothing is found.
    """
    with suppress(Undefined):
        return next(assignments())(claim) == 0
    return False


def assignments() -> Iterator[Evaluator]:
    """Some assignments, always the same as long as terms are: each knows the values of terms that it was asked for."""
    kept = kept_by_table(assignments, dict[int, Evaluator])
    for k in range(MOST):
        if k not in kept:
            kept[k] = _Assignment(k)
        yield kept[k]


def holds(r: Relation, values: Evaluator) -> bool:
    """Whether a claim about integers holds of these values; raises `ValueError` where it speaks of values of folds.

    Where the claim is not defined of them it raises `Undefined`.
    """
    for x, modulus, low, high in r.parts:
        v = _integer(x, values)
        if (v % modulus if modulus else False) or (low is not None and v < low) or (high is not None and v > high):
            return False
    return True


def _integer(x: Integer, values: Evaluator) -> int:
    return sum(c * prod(_leaf(leaf, values) for leaf in mono) for mono, c in x.terms.items())


def _leaf(leaf: Leaf, values: Evaluator) -> int:
    if isinstance(leaf, Quotient):
        return _integer(leaf.of, values) // leaf.m
    if isinstance(leaf, FoldValue):
        raise ValueError("of a fold nothing else is known than what its definition says")
    signed, width, t = leaf
    v = values(t)
    return v - (1 << width) if signed and v >> width - 1 else v


class _Assignment(Evaluator):
    """Numbers without a pattern: of each variable by its name, of each application by what it is applied to.

    By names, not by ids: what was proved before in the same process must not change what is found.  Variables of one
    name are told apart by which is met first.
    """

    def __init__(self, which: int) -> None:
        self._which = which
        self._named: dict[str, dict[int, int]] = {}
        super().__init__(self._variable)

    def _variable(self, t: Var) -> int:
        of_name = self._named.setdefault(t.name, {})
        return _number(t.width, self._which, t.name, of_name.setdefault(t.id, len(of_name))) & t.pb

    def _compute(self, t: Term) -> int:
        if not isinstance(t, App):
            return super()._compute(t)
        arguments = [self._get(a) for a in t.args]
        defined = definitions_of(t)
        if defined:
            # (That several definitions of one name agree is an obligation of its own.)
            try:
                return defined[0](*map(Bits, t.widths, arguments)).uint
            except Exception as e:
                raise Undefined(t.name) from e
        return _number(t.width, self._which, t.name, t.widths, *arguments)


def _number(width: int, *of: object) -> int:
    whole = b""
    while len(whole) * 8 < width:
        whole += blake2b(repr((*of, len(whole))).encode()).digest()
    return int.from_bytes(whole) & ones(width)
