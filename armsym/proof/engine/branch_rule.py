"""Where a path parts: each part knows which way it went."""

from __future__ import annotations

from armsym.bits import Bits
from armsym.proof.engine.run import Origin, Parts, Run, indices
from armsym.proof.path import Path
from armsym.stepper import Fork
from armsym.terms import ops
from armsym.terms.evaluate import Occurrences, free_terms
from armsym.terms.node import Term, Value

__all__ = ["branch", "learn", "part"]


def part(run: Run, path: Path, cond: Value, origin: Origin | None) -> Parts:
    """Go on from here with the one-bit condition false, and, first, with it true."""
    other = run.watched(path.fork())
    learn(run, path, cond, origin)
    learn(run, other, ops.xor(1, cond, 1), origin)
    return Parts((other, path))


def learn(run: Run, path: Path, fact: Value, origin: Origin | None) -> None:
    """Add a fact; a length that it leaves only one value is that value from here on.

    The value is a number, or lies at a fixed distance from an iteration number: a tail of four
    blocks after i is then the blocks i .. i + 3, as the claims call them, whatever the code computed.
    """
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


def branch(run: Run, path: Path, fork: Fork, origin: Origin | None) -> int | Parts:
    """The code offset where a path goes on after a branch, or the two paths that it becomes."""
    cond = fork.cond.bit.value
    known = cond if isinstance(cond, int) else path.knowledge.decide(cond)
    if known is not None:
        return fork.taken if known else fork.otherwise
    other, path = part(run, path, cond, origin).paths
    path.at, other.at = fork.taken, fork.otherwise
    # The way that stays in the loop goes first: a wrong guess about it shows at its back edge.
    if origin is not None and _within(run, origin.invariant.head, fork.otherwise):
        return Parts((path, other))
    return Parts((other, path))


def _within(run: Run, head: int, at: int) -> bool:
    """Whether code is part of the loop of a head, as far as addresses tell: it decides about an order only."""
    ends = [loop.end for loop in run.p.routine.all_loops if loop.head == head]
    return head <= at <= max(ends, default=head)
