"""That a word is 0 where each of its bytes is: words that are ORs, part by part, then byte by byte.  Untrusted."""

from __future__ import annotations

from collections.abc import Callable

from armsym.audit.forms import reach
from armsym.audit.raw import ones
from armsym.certify.views import Views

__all__ = ["zero_by_parts"]

Process = Callable[[int], None]

_PART = 8


def zero_by_parts(views: Views, process: Process, i: int) -> bool:
    """Gives i, which tells whether an OR is 0, the product of that of its parts; whether it is one."""
    match views.program[i]:
        case ("App", "zero", (x,), 1):
            plain = _without_0(views, x)
            parts = _either(views, plain)
        case _:
            return False
    if parts is None:
        return False
    made = _zero(views, plain)
    _product(views, process, made, *(_zero(views, part) for part in parts))
    if made != i:
        views.poly(x)
        views.hint("congruent", i, made)
    return True


def _zero(views: Views, x: int) -> int:
    return views.program.app("zero", (x,), 1)


def _without_0(views: Views, x: int) -> int:
    """What x is where it is that and 0: a comparison with 0 subtracts it."""
    match views.program[x]:
        case ("Add", _, a, b) if views.program[b] == ("Const", 0):
            return _without_0(views, a)
        case ("Add", _, a, b) if views.program[a] == ("Const", 0):
            return _without_0(views, b)
    return x


def _either(views: Views, x: int) -> tuple[int, int] | None:
    """The two words that x is the OR of."""
    program = views.program
    match program[x]:
        case ("Xor", u, v) if program[u][0] == "Xor" and program[v] == ("And", *program[u][1:]):
            _, a, b = program[u]
            return a, b
    return None


def _product(views: Views, process: Process, i: int, first: int, second: int) -> None:
    """Zero of an OR, or of parts beside each other, is the product of zeros."""
    for part in (first, second):
        if part not in views.checker.poly and not zero_by_parts(views, process, part):
            _by_bytes(views, process, part)
    views.hint("zeros", i, first, second)


def _by_bytes(views: Views, process: Process, i: int) -> None:
    """Gives i, which tells whether a word is 0, the product of that of its bytes."""
    program = views.program
    x: int = program[i][2][0]
    width = reach(views.poly(x)).bit_length()
    if width <= _PART:
        process(i)
        return
    for low in reversed(range(0, width, _PART)):
        part = program.mask(x, ones(_PART) << low)
        made, rest = _zero(views, part), program.mask(x, ones(width) ^ ones(low))
        for n in (part, rest):
            if n not in views.checker.poly:
                views.hint("poly", n)
        moved = program.shr(part, low)
        alone = _zero(views, moved)
        process(moved)
        process(alone)
        if made != alone:
            views.hint("evaluate", made, alone, (part,), (moved, alone, made))
        if low + _PART >= width:
            whole = made
        else:
            views.hint("zeros", _zero(views, rest), made, whole)
            whole = _zero(views, rest)
    views.hint("congruent", i, whole)
