"""How often a loop comes round, in the proof's own numbers: candidates for `upto`, `step`, `inclusive` and `when`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from armsym.bits import Bits
from armsym.machine import Machine
from armsym.proof.declare import Proof
from armsym.proof.handles import Region, Rodata
from armsym.proof.loops import Loop, Routine
from armsym.proof.state import handed
from armsym.proof.symbolic import SymbolicProof
from armsym.suggest.runs import Seen
from armsym.suggest.scope import captured
from armsym.suggest.trying import Chosen
from armsym.terms.evaluate import free_terms
from armsym.terms.node import Term

__all__ = ["Shape", "grows", "lengths", "loop_text", "most", "shapes", "varying"]

#: Blocks that a loop may do at a time, and shifts by which a length in bytes is one in blocks.
STEPS = (2, 3, 4, 5, 6, 8, 10, 12, 16)
SHIFTS = (4, 5, 6, 7, 3, 2, 1)
#: What may be left at least where a loop goes round, in blocks or bytes.
LEAST = (0, 1, 2, 3, 4, 5, 6, 8, 12, 16, 32, 48, 64, 80, 128, 256)


@dataclass(frozen=True)
class Shape:
    """`upto` and `when` are expressions of the DSL; `offset` from a pointer or 0 is how arrivals that count are told.

    `least` is what upto - i is at the head at least, where that is more than i < upto says.
    """

    upto: str
    step: int = 1
    inclusive: bool = False
    when: str = ""
    #: 0 where the number of arrivals is just what `upto` says; else how far from that.
    slack: int = 0

    def counted(self, seen: Seen, head: int) -> list[list[tuple[int, Machine]]]:
        """The arrivals that count, of each entry of the loop, with i."""
        found = []
        for entry in seen.entries.get(head, ()):
            those = [m for m in entry if holds(seen, self.when, m)]
            found.append([(k * self.step, m) for k, m in enumerate(those)])
        return [entry for entry in found if entry]


def holds(seen: Seen, when: str, m: Machine) -> bool:
    """Whether an arrival counts."""
    if not when:
        return True
    with handed(m) as s:
        return seen.scope.value(when, s=s).value is True


def lengths(fn: Callable[[Proof], None], routine: Routine, case: Chosen) -> list[str]:
    """Expressions for the public 64-bit numbers that a proof has names for, the declared lengths first."""
    p = SymbolicProof(routine, chosen=case.values, phase=case.phase)
    scope = captured(fn, p)
    numbers = {n.value for n in p.nats}
    found: dict[Term, str] = {}

    for text, value in scope.paths():
        v = value.value if isinstance(value, Bits) and value.width == 64 else 0
        if not isinstance(v, Term) or not free_terms(v) <= numbers:
            continue
        if v not in found or scope.rank(text) < scope.rank(found[v]):
            found[v] = text
    return [found[v] for v in sorted(found, key=lambda v: (v not in numbers, *scope.rank(found[v])))]


def loop_text(routine: Routine, loop: Loop) -> str:
    """How a proof names a loop."""
    outer = routine.loops()
    if loop in outer:
        return "p.routine.back_edge()" if len(outer) == 1 else f"p.routine.loops()[{outer.index(loop)}]"
    return f"p.routine.all_loops[{routine.all_loops.index(loop)}]"


def varying(seen: Sequence[Seen], head: int) -> bool:
    """Whether a loop comes round a number of times that depends on the inputs: others are followed round by round."""
    return len({len(entry) for s in seen for entry in s.entries.get(head, ())}) > 1


def most(seen: Sequence[Seen], head: int) -> int:
    """How often a loop came round at most, in one entry."""
    return max((len(entry) for s in seen for entry in s.entries.get(head, ())), default=0)


def grows(seen: Sequence[Seen], head: int, numbers: Sequence[str]) -> bool:
    """Whether no longer input has a loop come round less often, by the first of the proof's lengths."""
    if not numbers:
        return True
    rounds = sorted(
        (s.scope.value(numbers[0]).uint, max((len(e) for e in s.entries.get(head, ())), default=0)) for s in seen
    )
    return all(a[1] <= b[1] for a, b in pairwise(rounds) if a[0] < b[0])


def shapes(seen: Sequence[Seen], head: int, numbers: Sequence[str]) -> Iterator[Shape]:
    """Ways to count the arrivals at a loop's head, the closest first."""
    found: list[Shape] = []
    told = ["", *_whens(seen, head)]
    for when in [*told, *(w for first in told for w in _enough(seen, head, first))]:
        counts = []
        for s in seen:
            counts += [(sum(holds(s, when, m) for m in entry), s) for entry in s.entries.get(head, ())]
        counts = [(c, s) for c, s in counts if c]
        if len({c for c, _ in counts}) < 2:
            continue
        exact: list[Shape] = []
        for text in numbers:
            for upto in [text, *(f"{text} >> {k}" for k in SHIFTS)]:
                values = [(a, s.scope.value(upto, p=s.proof).uint) for a, s in counts]
                exact += _fits(upto, when, values)
        found += exact
    best: dict[tuple[str, int, str], Shape] = {}
    for shape in found:
        best.setdefault((shape.upto, shape.step, shape.when), shape)
    yield from sorted(
        best.values(), key=lambda x: (x.slack, x.inclusive, len(x.upto), x.when.count("s."), ".base" not in x.when)
    )


def _fits(upto: str, when: str, values: list[tuple[int, int]]) -> Iterator[Shape]:
    """Shapes with this bound that the (arrivals, bound) of all runs allow; `slack` grows with how loosely."""
    if all(a == u for a, u in values):
        yield Shape(upto, when=when)
    elif all(a == u + 1 for a, u in values):
        yield Shape(upto, inclusive=True, when=when)
    for q in STEPS:
        if all(a == -(-u // q) for a, u in values):
            yield Shape(upto, q, when=when)
        elif all(a == u // q for a, u in values):
            yield Shape(upto, q, when=when, slack=1)
        elif ">>" not in upto and all(0 <= u - q * a < 4 * q for a, u in values):
            yield Shape(upto, q, when=when, slack=2)
    if all(a <= u for a, u in values) and ">>" not in upto:
        yield Shape(upto, when=when, slack=3)


def _whens(seen: Sequence[Seen], head: int) -> Iterator[str]:
    """Conditions on a register that hold at the first arrival, not at all: a loop of rounds has the same head."""
    entries = [(s, e) for s in seen for e in s.entries.get(head, ()) if len(e) > 1]
    if not entries:
        return
    s0, e0 = entries[0]
    bases = [(text, r.base.uint) for text, r in s0.scope.paths() if isinstance(r, (Region, Rodata))]
    known = set()
    for n in range(31):
        values = [m.x[n].uint for m in e0]
        if values.count(values[0]) == len(values):
            continue
        for text, base in [*bases, ("", 0)]:
            c = values[0] - base
            if not 0 <= c < 4096 or (not text and c == values[0] > 512):
                continue
            said = f"s.x{n} == " + (f"{text}.base" + (f" + {c}" if c else "") if text else str(c))
            if (n, c, base) in known:
                continue
            known.add((n, c, base))
            if all(holds(s, said, e[0]) for s, e in entries):
                yield said


def _enough(seen: Sequence[Seen], head: int, first: str) -> Iterator[str]:
    """`first`, and that a register which counts down is not below a number: where what is left goes the same way."""
    entries = [(s, [m for m in e if holds(s, first, m)]) for s in seen for e in s.entries.get(head, ())]
    entries = [(s, e) for s, e in entries if e]
    for n in range(31):
        values = [[m.x[n].uint for m in e] for _, e in entries]
        flat = [v if v < 1 << 63 else v - (1 << 64) for row in values for v in row]
        if len(set(flat)) < 3 or not all(-512 <= v < 1 << 14 for v in flat):
            continue
        if any(b >= a for row in values for a, b in pairwise(row) if b < 1 << 63):
            continue
        for least in LEAST:
            if any(v < least for v in flat) and any(v >= least for v in flat):
                said = f"s.x{n} >= {least}" if min(flat) >= 0 else f"~s.x{n}.slt({least})"
                yield f"({first}) & ({said})" if first else said
