"""Circuits as clauses: each gate is a literal, and the clauses say that it is what its inputs make it.

A literal is v or -v for a variable v >= 1; variable 1 is true.  A gate of which the inputs decide the value needs no
clause, and one of the same inputs is made once.
"""

from __future__ import annotations

__all__ = ["FALSE", "TRUE", "Gates", "TooLarge"]

TRUE, FALSE = 1, -1


class TooLarge(Exception):
    """A limit on clauses was reached: there will be no certificate."""


class Gates:
    """Clauses that define gates, and those that are asserted."""

    def __init__(self, most: int | None = None) -> None:
        """With at most so many clauses; beyond, `TooLarge` is raised."""
        self.clauses: list[tuple[int, ...]] = []
        self.variables = 1
        self._most = most
        self._made: dict[tuple[object, ...], int] = {}
        self.add(TRUE)

    def add(self, *literals: int) -> None:
        """Assert that one of the literals is true."""
        if self._most is not None and len(self.clauses) >= self._most:
            raise TooLarge(f"it takes more than {self._most} clauses")
        self.clauses.append(literals)

    def new(self) -> int:
        """A literal of which nothing is known."""
        self.variables += 1
        return self.variables

    def and_(self, a: int, b: int) -> int:
        """Whether both are true."""
        if FALSE in (a, b) or a == -b:
            return FALSE
        if a in (TRUE, b):
            return b
        if b == TRUE:
            return a
        key = ("and", min(a, b), max(a, b))
        g = self._made.get(key)
        if g is None:
            g = self._made[key] = self.new()
            self.add(-g, a)
            self.add(-g, b)
            self.add(g, -a, -b)
        return g

    def or_(self, a: int, b: int) -> int:
        """Whether one of them is true."""
        return -self.and_(-a, -b)

    def xor(self, a: int, b: int) -> int:
        """Whether exactly one of them is true."""
        if abs(a) == TRUE:
            return -b if a == TRUE else b
        if abs(b) == TRUE:
            return -a if b == TRUE else a
        if abs(a) == abs(b):
            return FALSE if a == b else TRUE
        sign = 1 if (a > 0) == (b > 0) else -1
        a, b = sorted((abs(a), abs(b)))
        key = ("xor", a, b)
        g = self._made.get(key)
        if g is None:
            g = self._made[key] = self.new()
            self.add(-g, a, b)
            self.add(-g, -a, -b)
            self.add(g, -a, b)
            self.add(g, a, -b)
        return sign * g

    def choose(self, c: int, a: int, b: int) -> int:
        """`a` where c is true, else `b`."""
        if a == b:
            return a
        if abs(c) == TRUE:
            return a if c == TRUE else b
        if a == -b:
            return -self.xor(c, a)
        if TRUE in (abs(a), abs(b)) or abs(c) in (abs(a), abs(b)):
            return self.or_(self.and_(c, a), self.and_(-c, b))
        if c < 0:
            c, a, b = -c, b, a
        key = ("choose", c, a, b)
        g = self._made.get(key)
        if g is None:
            g = self._made[key] = self.new()
            self.add(-c, -g, a)
            self.add(-c, g, -a)
            self.add(c, -g, b)
            self.add(c, g, -b)
            # These follow; with them more is found by propagation.
            self.add(-g, a, b)
            self.add(g, -a, -b)
        return g

    def majority(self, a: int, b: int, c: int) -> int:
        """Whether at least two of three are true: the carry of a + b + c."""
        a, b, c = sorted((a, b, c), key=abs)
        if a == TRUE:
            return self.or_(b, c)
        if a == FALSE:
            return self.and_(b, c)
        if abs(a) == abs(b):
            return a if a == b else c
        if abs(b) == abs(c):
            return b if b == c else a
        key = ("majority", a, b, c)
        g = self._made.get(key)
        if g is None:
            g = self._made[key] = self.new()
            for x, y in ((a, b), (a, c), (b, c)):
                self.add(-x, -y, g)
                self.add(x, y, -g)
        return g
