"""Taking claims as assumptions: an equation with an unknown on one side is solved for it.

At a loop head the registers that the loop writes are fresh variables.  A claim such as
`s.x2 == n - i` says what one of them is; putting the value in its place (instead of keeping an
equation for the solver) is what lets the normal form close the step.
"""

from __future__ import annotations

from collections.abc import Iterable

from armsym.bits import Bits, Prop
from armsym.integers.expression import Relation
from armsym.terms import ops
from armsym.terms.evaluate import Substitution, occurs
from armsym.terms.node import Poly, Term, Value, Var, intern, ones

__all__ = ["Assumptions"]


class Assumptions:
    """Unknowns solved so far, and the conditions that could not be solved."""

    def __init__(self, unknowns: set[int]) -> None:
        self._unknown = unknowns  # ids of the fresh variables
        self.values: dict[Term, Value] = {}
        self.facts: list[Value] = []
        #: New name of what remains of an unknown -> the unknown.
        self.renamed: dict[Term, Term] = {}

    def add(self, claim: Prop) -> bool:
        """Assume a condition, evaluated on the state with the unknowns; False if it could only be kept as a fact."""
        if claim.value is True:
            return True
        if claim.sides is not None:
            a, b = (self.apply(s.value) for s in claim.sides)
            width = claim.sides[0].width
            if self._solve(width, a, b) or self._solve(width, b, a):
                return True
            self.facts.append(ops.eq(width, a, b))
            return False
        self.facts.append(int(claim.value) if isinstance(claim.value, bool) else self.apply(claim.value))
        return False

    def apply(self, v: Value) -> Value:
        """The value with everything solved so far put in."""
        return Substitution(self.values)(v) if self.values and isinstance(v, Term) else v

    def relations(self, said: Iterable[Relation]) -> list[Relation]:
        """Claims about integers with everything solved put in; what is then true of itself says nothing."""
        found = (r.map(lambda b: Bits(b.width, self.apply(b.value))) for r in said)
        # A claim that comes out false says that the path is none: it is left out, for it would be no relation.
        return [r for r in found if isinstance(r, Relation)]

    def finish(self) -> list[Value]:
        """The conditions left over, with everything solved put in."""
        return [f for f in (self.apply(f) for f in self.facts) if f != 1]

    def _solve(self, width: int, left: Value, right: Value) -> bool:
        """Solve left = right where left consists of bits of unknowns, each at most once."""
        if isinstance(left, int):
            return False
        pieces = self._pieces(intern(left))
        if pieces is None:
            return False
        if occurs([var for var, _, _ in pieces], right):
            return False
        solved: dict[Term, Value] = {}
        said: dict[Term, int] = {}
        for var, s, mask in pieces:
            bits = (mask << s if s >= 0 else mask >> -s) & ones(var.width)
            # A bit in two places would also say that these places of `right` are equal.
            if said.get(var, 0) & bits:
                return False
            said[var] = said.get(var, 0) | bits
            # Bits p + s of var are bits p of right, for p in mask.
            w = max(width, var.width) + abs(s)
            part = ops.and_(width, right, mask)
            wide: Value = part if isinstance(part, int) else ops.zext(width, part, w)
            moved = ops.lsl(w, wide, s) if s >= 0 else ops.lsr(w, wide, -s)
            piece = moved & ones(var.width) if isinstance(moved, int) else ops.extract(w, moved, 0, var.width)
            old = solved.get(var)
            if old is None:
                rest = ones(var.width) & ~bits
                old = ops.and_(var.width, self._renamed(var), rest) if rest else 0
            else:
                old = ops.and_(var.width, old, ones(var.width) & ~bits)
            solved[var] = ops.xor(var.width, old, piece)
        put = Substitution(solved)
        self.values = {t: put(v) for t, v in self.values.items()} | solved
        return True

    def _renamed(self, var: Var) -> Var:
        """The same unknown under a new name: what remains of it once some of its bits are known."""
        new = Var(f"{var.name}'", var.width, pb=var.pb, secret=var.secret)
        self._unknown.add(new.id)
        self.renamed[new] = self.renamed.get(var, var)
        return new

    def _pieces(self, left: Term) -> list[tuple[Var, int, int]] | None:
        if isinstance(left, Var):
            # Where a bit can only be 0 the equation speaks of `right` alone.
            return [(left, 0, left.pb)] if left.id in self._unknown and left.pb == ones(left.width) else None
        if not isinstance(left, Poly) or left.const:
            return None
        pieces = []
        used = 0
        for m, mask in left.entries.items():
            if len(m.factors) != 1 or mask & used:
                return None
            base, s = m.factors[0]
            if not isinstance(base, Var) or base.id not in self._unknown:
                return None
            used |= mask
            pieces.append((base, s, mask))
        return pieces if used == ones(left.width) else None
