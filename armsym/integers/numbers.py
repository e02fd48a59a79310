"""Integers on numbers that remember how they were compared: for a claim that fails to say which numbers did not fit.

Only within `telling()`, and only what is told there counts on it: elsewhere an integer on numbers is a Python int, and
a claim about it a bool.  Whether a claim holds is never decided here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from armsym.bits import Prop

__all__ = [
    "Judged",
    "Number",
    "Seen",
    "congruent_numbers",
    "is_telling",
    "note_modulus",
    "noting",
    "numbered",
    "telling",
    "within_numbers",
]

_telling: ContextVar[bool] = ContextVar("telling", default=False)
_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)
#: So many moduli are noted: a modulus that depends on the inputs is another in each run.
MOST_MODULI = 8


@dataclass
class Seen:
    """What claims and preconditions on numbers were about: whether integers, and modulo what they were compared."""

    integers: bool = False
    moduli: set[int] = field(default_factory=set)


@contextmanager
def noting() -> Iterator[Seen]:
    """Within this it is noted what claims and preconditions on numbers are about."""
    seen = Seen()
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


def note_modulus(modulus: int) -> None:
    """Note a modulus, where that is done."""
    seen = _seen.get()
    if seen is not None and len(seen.moduli) < MOST_MODULI:
        seen.moduli.add(modulus)


@contextmanager
def telling() -> Iterator[None]:
    """Within this, integers on numbers are `Number`s, and claims about them are `Judged`."""
    token = _telling.set(True)
    try:
        yield
    finally:
        _telling.reset(token)


def is_telling() -> bool:
    """Whether claims are evaluated to be told."""
    return _telling.get()


class Judged(Prop):
    """A claim about integers on numbers, with what it expects and what it got in words."""

    __slots__ = ("expected", "got")

    def __init__(self, value: bool, expected: str, got: str) -> None:
        super().__init__(value)
        self.expected, self.got = expected, got

    def __and__(self, other: Prop | bool) -> Prop:
        if self.value is False:
            return self
        return other if isinstance(other, Prop) else Prop(other)

    def __rand__(self, other: Prop | bool) -> Prop:
        return self if other is True else Prop(False) if other is False else self.__and__(other)


def _shown(n: int) -> str:
    return str(n) if -10 < n < 10 else f"{n:#x}"


def _compared(sign: str, compare: Callable[[int, int], bool]) -> Callable[[int, object], Any]:
    def method(self: int, other: object) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        a, b = int(self), int(other)
        holds = compare(a, b)
        if not is_telling():
            return holds
        expected = _shown(b) if sign == "==" else f"{sign} {_shown(b)}"
        by = "just that" if a == b else f"{_shown(abs(a - b))} {'less' if a < b else 'more'}"
        return Judged(holds, expected, f"{_shown(a)}, which is {by}")

    return method


def _computed(f: Callable[[int, int], int], *, swapped: bool = False) -> Callable[[int, object], Any]:
    def method(self: int, other: object) -> Any:
        if not isinstance(other, int) or isinstance(other, bool):
            return NotImplemented
        a, b = int(self), int(other)
        return numbered(f(b, a) if swapped else f(a, b))

    return method


class Number(int):
    """A number that is compared as it was computed: what it makes with other numbers is a `Number`, too."""

    __slots__ = ()

    __add__ = _computed(operator.add)
    __radd__ = _computed(operator.add, swapped=True)
    __sub__ = _computed(operator.sub)
    __rsub__ = _computed(operator.sub, swapped=True)
    __mul__ = _computed(operator.mul)
    __rmul__ = _computed(operator.mul, swapped=True)
    __floordiv__ = _computed(operator.floordiv)
    __rfloordiv__ = _computed(operator.floordiv, swapped=True)
    __mod__ = _computed(operator.mod)
    __rmod__ = _computed(operator.mod, swapped=True)
    __eq__ = _compared("==", operator.eq)
    __lt__ = _compared("<", operator.lt)
    __le__ = _compared("<=", operator.le)
    __gt__ = _compared(">", operator.gt)
    __ge__ = _compared(">=", operator.ge)
    __hash__ = int.__hash__

    def __neg__(self) -> Any:
        return numbered(-int(self))

    def __pow__(self, n: Any, modulus: Any = None) -> Any:
        found = pow(int(self), n, modulus)
        return numbered(found) if isinstance(found, int) else found


def numbered(n: int) -> int:
    """The number, to be told of where claims are told, and noted that there are integers."""
    seen = _seen.get()
    if seen is not None:
        seen.integers = True
    return Number(n) if is_telling() else n


def congruent_numbers(x: int, y: int, modulus: int) -> Judged:
    """That two numbers have the same residue, told: a `Judged`."""
    x, y = int(x), int(y)
    holds = (x - y) % modulus == 0
    m = _shown(modulus)
    return Judged(
        holds,
        f"{_shown(y)}, residue {_shown(y % modulus)} modulo {m}",
        f"{_shown(x)}, residue {_shown(x % modulus)}; the difference has the residue {_shown((x - y) % modulus)}",
    )


def within_numbers(lo: int, x: int, hi: int) -> Judged:
    """That lo <= x < hi, told: a `Judged`."""
    x = int(x)
    return Judged(lo <= x < hi, f"{_shown(lo)} <= x < {_shown(hi)}", _shown(x))
