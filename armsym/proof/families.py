"""Folds of integers with a parameter: for each word k a fold of its own, H(0, k), H(1, k), ..."""

from __future__ import annotations

from collections.abc import Callable

from armsym.bits import Bits
from armsym.integers.expression import IntegerLike
from armsym.proof.handles import IntegerFold, Meaning, an_index
from armsym.terms.node import Term, intern

__all__ = ["IntegerFamily"]


class IntegerFamily:
    """H(0, k) = start and H(i + 1, k) = step(H(i, k), over(i, k)), whole numbers; i and k have 64 bits."""

    def __init__(
        self,
        meaning: Meaning,
        name: str,
        step: Callable[[IntegerLike, IntegerLike], IntegerLike],
        start: IntegerLike,
        over: Callable[[Bits, Bits], IntegerLike],
    ) -> None:
        self._p, self.name, self._step, self._start, self._over = meaning, name, step, start, over
        self._members: dict[int, _Member] = {}

    def __call__(self, index: Bits | int, parameter: Bits | int) -> IntegerLike:
        """H(index, parameter)."""
        k = an_index(f"{self.name}: the parameter of a fold", parameter)
        return self.of(k if isinstance(parameter, int) else self._p._index(k))(index)

    def of(self, k: Bits) -> IntegerFold:
        """The fold of one parameter, as it is written: one for each word, or for each term that stands for one."""
        v = k.value if isinstance(k.value, int) else intern(k.value)
        # (A member keeps its term, so that no other one gets the term's number; words are told apart by the sign.)
        key = v if isinstance(v, int) else -1 - v.id
        if key not in self._members:
            self._members[key] = _Member(self, Bits(64, v))
        return self._members[key]


class _Member(IntegerFold):
    """The fold of a family for one parameter."""

    def __init__(self, family: IntegerFamily, parameter: Bits) -> None:
        super().__init__(
            family._p,
            f"{family.name}[{parameter.value}]",
            family._step,
            family._start,
            lambda i: family._over(i, parameter),
        )
        self._family = family
        if isinstance(parameter.value, Term):
            self.parameter = parameter.value

    def put(self, put: Callable[[Bits], Bits]) -> IntegerFold:
        return self if self.parameter is None else self._family.of(put(Bits(64, self.parameter)))
