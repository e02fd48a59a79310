"""From a solver's list of clauses that follow by unit propagation (DRUP) to an LRAT certificate.

Nothing rests on this: a certificate that is wrong is refused by `armsym.sat.lrat`.  Propagation is repeated with two
watched literals a clause; then what the empty clause does not need is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

__all__ = ["NoCertificate", "with_hints"]


class NoCertificate(Exception):
    """No certificate was made; the text says why."""


def with_hints(clauses: Sequence[Sequence[int]], drup: Iterable[str], seconds: float) -> list[str]:
    """The lines of a certificate for clauses, from the lines that a solver logged.

    Raises `NoCertificate` where a step does not follow by unit propagation, none is empty, or the CPU seconds are over.
    """
    end = time.process_time() + seconds
    p = _Propagation(clauses)
    named: dict[tuple[int, ...], list[int]] = {}
    for k, c in enumerate(clauses, 1):
        named.setdefault(tuple(sorted(set(c))), []).append(k)
    for line in drup:
        if p.closed:
            break
        if time.process_time() > end:
            raise NoCertificate("no time was left for hints")
        words = line.split()
        removed = words[:1] == ["d"]
        clause = tuple(sorted({int(w) for w in words[removed:-1]}))
        if removed:
            for k in named.get(clause, [])[-1:]:
                named[clause].pop()
                p.remove(k)
        elif not any(-x in clause for x in clause):
            named.setdefault(clause, []).append(p.lemma(clause))
    if not p.closed:
        raise NoCertificate("what the solver logged does not end with an empty clause")
    return p.certificate()


class _Propagation:
    """Clauses by name, and what follows of them without assumptions: each such literal is a clause of its own."""

    def __init__(self, clauses: Sequence[Sequence[int]]) -> None:
        self.closed = 0
        self._last = len(clauses)
        self._clauses: dict[int, list[int]] = {}
        #: What was derived, and from which clauses.
        self._made: dict[int, list[int]] = {}
        self._hints: dict[int, list[int]] = {}
        self._watched: dict[int, list[int]] = {}
        #: Literals that are true, in order; by variable, the clause that makes it so (0: assumed).
        self._true: dict[int, int] = {}
        self._trail: list[int] = []
        self._next = 0
        for k, c in enumerate(clauses, 1):
            if not self.closed and not any(-x in c for x in c):
                self._enter(k, list(dict.fromkeys(c)))

    def remove(self, k: int) -> None:
        """Forget a clause, unless it says what one variable is."""
        if len(self._clauses.get(k, ())) > 1:
            del self._clauses[k]

    def lemma(self, clause: Sequence[int]) -> int:
        """Add a clause that follows by unit propagation; returns its name."""
        root = len(self._trail)
        conflict = 0
        for x in clause:
            if x in self._true:
                conflict = self._true[x]
                break
            if -x not in self._true:
                self._assign(-x, 0)
        conflict = conflict or self._propagate()
        if not conflict:
            raise NoCertificate("a step of the solver does not follow by unit propagation")
        hints = self._why(conflict, clause)
        for x in self._trail[root:]:
            del self._true[x]
        del self._trail[root:]
        self._next = root
        return self._derived(list(clause), hints)

    def certificate(self) -> list[str]:
        """The steps that the empty clause needs."""
        needed = {self.closed}
        for k in sorted(self._hints, reverse=True):
            if k in needed:
                needed.update(self._hints[k])
        steps = sorted(needed & self._hints.keys())
        return [" ".join(map(str, [k, *self._made[k], 0, *self._hints[k], 0])) for k in steps]

    def _derived(self, clause: list[int], hints: list[int]) -> int:
        self._last += 1
        k = self._last
        self._hints[k], self._made[k] = hints, clause
        if not clause:
            self.closed = k
        else:
            self._enter(k, list(clause))
        return k

    def _enter(self, k: int, clause: list[int]) -> None:
        """Watch a clause, with nothing assumed; what follows of it is derived."""
        open_ = [x for x in clause if -x not in self._true]
        rest = [x for x in clause if -x in self._true]
        clause = [*open_, *rest]
        self._clauses[k] = clause
        if len(clause) > 1:
            for x in clause[:2]:
                self._watched.setdefault(x, []).append(k)
        if not open_:
            self._derived([], self._why(k, ()))
        elif len(open_) == 1 and open_[0] not in self._true:
            self._root(open_[0], k)
            self._close()

    def _root(self, x: int, k: int) -> None:
        """Note that a literal follows without assumptions: a clause of its own, unless it is one."""
        if len(self._clauses[k]) > 1:
            hints = [*(self._true[-y] for y in self._clauses[k] if y != x), k]
            self._last += 1
            k, self._hints[self._last], self._made[self._last] = self._last, hints, [x]
        self._assign(x, k)

    def _close(self) -> None:
        conflict = self._propagate(root=True)
        if conflict and not self.closed:
            self._derived([], self._why(conflict, ()))

    def _assign(self, x: int, reason: int) -> None:
        self._true[x] = reason
        self._trail.append(x)

    def _propagate(self, root: bool = False) -> int:
        """Follow all clauses; the one of which all literals are false, or 0."""
        true, clauses = self._true, self._clauses
        while self._next < len(self._trail):
            false = -self._trail[self._next]
            self._next += 1
            watching = self._watched.get(false, [])
            kept: list[int] = []
            for at, k in enumerate(watching):
                c = clauses.get(k)
                if c is None:
                    continue
                if c[0] == false:
                    c[0], c[1] = c[1], false
                if c[0] in true:
                    kept.append(k)
                    continue
                for j in range(2, len(c)):
                    if -c[j] not in true:
                        c[1], c[j] = c[j], false
                        self._watched.setdefault(c[1], []).append(k)
                        break
                else:
                    kept.append(k)
                    if -c[0] in true:
                        self._watched[false] = kept + watching[at + 1 :]
                        return k
                    if root:
                        self._root(c[0], k)
                    else:
                        self._assign(c[0], k)
            self._watched[false] = kept
        return 0

    def _why(self, conflict: int, clause: Sequence[int]) -> list[int]:
        """The clauses that lead from the negation of `clause` to the one that cannot hold, in order."""
        content = self._clauses[conflict] if conflict in self._clauses else self._made[conflict]
        wanted = {-x for x in content if x not in clause}
        hints = [conflict]
        for x in reversed(self._trail):
            if x in wanted and -x not in clause:
                k = self._true[x]
                hints.append(k)
                content = self._clauses[k] if k in self._clauses else self._made[k]
                wanted.update(-y for y in content if y != x)
        return hints[::-1]
