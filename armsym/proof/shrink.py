"""Making the inputs of a counterexample smaller: shorter, and with fewer bytes that are not 0.

Each candidate is run like any other input; it takes the place of the last one only if it breaks the same claim.  So
the smaller one is a counterexample in its own right, whatever this module does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace

from armsym.proof.inputs import InputValues, Recipe

__all__ = ["MARKED", "Limit", "shrunk", "without"]

#: Registers that a routine has to keep, each with a number that shows where it came from.
MARKED: Mapping[str, int] = {
    **{f"x{n}": int(f"{n}" * 8, 16) for n in range(19, 30)},
    **{f"v{n}": int(f"{n:02}" * 16, 16) for n in range(8, 16)},
}


#: So many steps down are tried from a number.
HALVINGS = 10


class Limit:
    """How many candidates are tried, and how many instructions they may take in all."""

    def __init__(self, tries: int = 96, steps: int = 60_000) -> None:
        self.tries, self.steps = tries, steps
        self.tried = 0

    @property
    def left(self) -> bool:
        """Whether another one may be tried."""
        return self.tried < self.tries and self.steps > 0

    def spent(self, steps: int) -> None:
        """One more was tried, that took so many instructions."""
        self.tried += 1
        self.steps -= steps


def shrunk(recipe: Recipe, lows: Mapping[str, int], holds: Callable[[Recipe], bool], limit: Limit) -> Recipe:
    """The smallest input found that `holds`, as the given one does; `lows` are the least lengths by name."""
    best = recipe

    def attempt(candidate: Recipe) -> bool:
        nonlocal best
        if not limit.left or not holds(candidate):
            return False
        best = candidate
        return True

    _plain(best, attempt)
    for above in (0, 1, 2):  # all of them at once: often they have to fit one another
        few = {n: min(low + above, recipe.values.numbers[n]) for n, low in lows.items()}
        if attempt(replace(best, values=InputValues({**best.values.numbers, **few}, best.values.cells))):
            break
    for name, low in lows.items():
        _number(name, low, lambda: best, attempt)
    for name in [n for n in recipe.values.numbers if n not in lows]:
        _number(name, 0, lambda: best, attempt)
    for name in recipe.values.cells:
        _content(name, lambda: best, attempt)
    _registers(lambda: best, attempt)
    return best


def _plain(recipe: Recipe, attempt: Callable[[Recipe], bool]) -> None:
    """A state such as `armsym run` begins in; where that will not do, one with marked registers."""
    if not attempt(replace(recipe, plain={})):
        attempt(replace(recipe, plain=MARKED))


def _with_number(r: Recipe, name: str, value: int) -> Recipe:
    return replace(r, values=InputValues({**r.values.numbers, name: value}, r.values.cells))


def _number(name: str, low: int, best: Callable[[], Recipe], attempt: Callable[[Recipe], bool]) -> None:
    """The least value that will do, or one that halving and counting down lead to."""
    first = best().values.numbers[name]
    # (Of a word of data the top bits tell nothing of the bottom bits.)
    short = [low, low + 1, *(first & (1 << w) - 1 for w in (8, 16, 32)), first >> 32 << 32]
    for value in dict.fromkeys(short):
        if low <= value < best().values.numbers[name] and attempt(_with_number(best(), name, value)):
            break
    step = (best().values.numbers[name] - low) // 2
    for _ in range(HALVINGS):
        now = best().values.numbers[name]
        if not step or now - step <= low or not attempt(_with_number(best(), name, now - step)):
            step //= 2


def _with_bytes(r: Recipe, name: str, data: bytes) -> Recipe:
    return replace(r, values=InputValues(r.values.numbers, {**r.values.cells, name: [(0, data)]}))


def _content(name: str, best: Callable[[], Recipe], attempt: Callable[[Recipe], bool]) -> None:
    """As many bytes 0 as will do."""

    def data() -> bytes:
        return best().values.cells[name][0][1]

    def clear(lo: int, hi: int) -> bool:
        rest = data()[:lo] + bytes(hi - lo) + data()[hi:]
        return rest == data() or attempt(_with_bytes(best(), name, rest))

    without(len(data()), clear)


def without(size: int, drop: Callable[[int, int], bool]) -> None:
    """Drop as many of `size` things in a row as will do: all, else each half, and so on, the long pieces first.

    `drop` is asked for a piece, from one place up to another, and says whether that is done without.
    """
    todo = deque([(0, size)] if size else [])
    while todo:
        lo, hi = todo.popleft()
        if not drop(lo, hi) and hi - lo > 1:
            middle = (lo + hi) // 2
            todo += [(lo, middle), (middle, hi)]


def _registers(best: Callable[[], Recipe], attempt: Callable[[Recipe], bool]) -> None:
    """As few marked registers as will do."""
    for name in list(best().plain or ()):
        plain = best().plain or {}
        attempt(replace(best(), plain={n: v for n, v in plain.items() if n != name}))
