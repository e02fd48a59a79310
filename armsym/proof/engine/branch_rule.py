"""Where a path parts: each part knows which way it went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import or_

from armsym.bits import Bits, Prop
from armsym.proof.engine.run import Origin, Parts, Run, indices
from armsym.proof.path import Path
from armsym.proof.state import State, handed
from armsym.proof.why import TurnKind
from armsym.stepper import Fork
from armsym.symbolic_memory import signed
from armsym.terms import ops
from armsym.terms.evaluate import Occurrences, free_terms
from armsym.terms.node import Term, Value

__all__ = ["branch", "learn", "part", "tell_apart"]


def part(run: Run, path: Path, cond: Value, origin: Origin | None, what: TurnKind = "case") -> Parts:
    """Go on from here with the one-bit condition false, and, first, with it true."""
    other = run.watched(path.fork())
    learn(run, path, cond, origin, what)
    learn(run, other, ops.xor(1, cond, 1), origin, what)
    return Parts((other, path))


def learn(run: Run, path: Path, fact: Value, origin: Origin | None, what: TurnKind = "case") -> None:
    """Add a fact, `what` tells where it comes from; a length that it leaves only one value is that value from here on.

    The value is a number, or lies at a fixed distance from an iteration number: a tail of four
    blocks after i is then the blocks i .. i + 3, as the claims call them, whatever the code computed.
    """
    path.turn(what, fact)
    path.knowledge.add(fact)
    met = free_terms(fact)
    # What is rewritten is simplified by what this path knows, not the one it parts from.
    with run.under(path):
        for n in run.p.nats:
            if n.value not in met:
                continue
            assert isinstance(n.value, Term)
            for a in (Bits(64, 0), *indices(origin)):
                d = path.knowledge.fixed(n - a)
                if d is not None:
                    occurs = run.occurrences.setdefault(n.value, Occurrences(n.value))
                    path.put(n.value, (a + d).value, occurs)
                    break


def _name_ended(run: Run, path: Path, cond: Value, origin: Origin | None) -> None:
    """Put the greater of the iteration numbers of two loops that are over by the other, where a branch tells them.

    Of the latest loop, which may be going on, it is put only if that is over.
    """
    if origin is None:
        return
    latest, met = origin.index, free_terms(cond)
    over = _within(run, origin.invariant.head, path.at) is False
    for n in _over(run, path, origin.parent):
        d = path.knowledge.fixed(n - latest) if n.value in met and latest.value in met else None
        if d is None or (signed(d) < 0 and not over):
            continue
        old, new = (latest, n - d) if signed(d) < 0 else (n, latest + d)
        assert isinstance(old.value, Term)
        occurs = run.occurrences.setdefault(old.value, Occurrences(old.value))
        with run.under(path):
            path.put(old.value, new.value, occurs)
        if old is latest:
            return


def _over(run: Run, path: Path, o: Origin | None) -> Iterator[Bits]:
    """The iteration numbers of this loop and those before, where the path has left the loop."""
    while o is not None:
        if not _within(run, o.invariant.head, path.at) and isinstance(o.index.value, Term):
            yield o.index
        o = o.parent


def tell_apart(
    run: Run, path: Path, value: Callable[[State], Bits], among: Sequence[int], origin: Origin | None
) -> Parts | None:
    """The path once for each number that a value may be; None where it is one number already.

    That it is one of them is proved.
    """
    run.reached.add(path.at)
    if path.told_apart == path.at:
        path.told_apart = None
        return None
    name = f"each at {run.where(path.at)}"
    with run.under(path, *indices(origin)), path.memory.observed() as reads, handed(path.machine) as s:
        v = value(s)
        # What is claimed of a secret that has one value would say nothing of the others.
        run.ledger.leak(path, "value told apart", v)
        run.ledger.check_reads(path, reads, "invariant", name)
    possible = [v == n for n in among if n >> v.width == 0]
    one_of_them = reduce(or_, possible, Prop(False))
    if v.is_concrete:
        run.ledger.check_one(path, one_of_them, "invariant", name, "one of the numbers named")
        return None
    left = [c.bit.value for c in possible if path.knowledge.decide(c.bit.value) != 0]
    if not run.ledger.check_one(path, one_of_them, "invariant", name, "one of the numbers named"):
        return None
    parts = []
    # All parts come here again, as if for the first time.
    path.steps -= 1
    for c in left[::-1]:
        other = run.watched(path.fork())
        other.told_apart = path.at
        learn(run, other, c, origin, "value")
        parts.append(other)
    path.over()
    return Parts(tuple(parts))


def branch(run: Run, path: Path, fork: Fork, origin: Origin | None) -> int | Parts:
    """The code offset where a path goes on after a branch, or the two paths that it becomes."""
    cond = fork.cond.bit.value
    known = cond if isinstance(cond, int) else path.knowledge.decide(cond)
    if known is not None:
        return fork.taken if known else fork.otherwise
    other, path = part(run, path, cond, origin, "branch").paths
    path.at, other.at = fork.taken, fork.otherwise
    for p in (path, other):
        _name_ended(run, p, cond, origin)
    # The way that stays in the loop goes first: a wrong guess about it shows at its back edge.
    if origin is not None and _within(run, origin.invariant.head, fork.otherwise):
        return Parts((path, other))
    return Parts((other, path))


def _within(run: Run, head: int, at: int) -> bool:
    """Whether code is part of the loop of a head, as far as addresses tell: it decides about an order only."""
    ends = [loop.end for loop in run.p.routine.all_loops if loop.head == head]
    return head <= at <= max(ends, default=head)
