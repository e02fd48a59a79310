"""The meaning of terms: evaluation at numbers, and substitution."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from armsym.terms import ops
from armsym.terms.kinds import KINDS
from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, intern, ones
from armsym.terms.poly import make_poly
from armsym.terms.walk import below, children, complete

__all__ = ["Evaluator", "Occurrences", "Substitution", "free_terms", "occurs"]

#: Computes an uninterpreted function: (name, width of result, widths, arguments) -> number.
Apply = Callable[[str, int, tuple[int, ...], tuple[int, ...]], int]


class Evaluator:
    """Values of terms under one assignment, each term computed once."""

    def __init__(self, variables: Mapping[Var, int] | Callable[[Var], int], apply: Apply | None = None) -> None:
        self._var = variables if callable(variables) else variables.__getitem__
        self._apply = apply
        self._known: dict[int, int] = {}

    def __call__(self, v: Value) -> int:
        """The number `v` stands for; raises `KeyError` for a variable without a value."""
        if isinstance(v, int):
            return v
        return complete(intern(v), self._known, self._compute)

    def _get(self, v: Value) -> int:
        return v if isinstance(v, int) else self._known[v.id]

    def _compute(self, t: Term) -> int:
        if isinstance(t, Var):
            return self._var(t) & ones(t.width)
        if isinstance(t, Sum):
            return (t.const + sum(c * self._known[u.id] for u, c in t.terms.items())) & ones(t.width)
        if isinstance(t, Poly):
            total = t.const
            for m, mask in t.entries.items():
                bits = mask
                for base, s in m.factors:
                    value = self._known[base.id]
                    bits &= value >> s if s >= 0 else value << -s
                total ^= bits
            return total
        if isinstance(t, App):
            if self._apply is None:
                raise KeyError(t.name)
            return self._apply(t.name, t.width, t.widths, tuple(self._get(a) for a in t.args)) & ones(t.width)
        assert isinstance(t, Op)
        return KINDS[t.kind].number(t, *(self._get(a) for a in t.args))


class Substitution:
    """Replaces variables (and applications) by values, rebuilding everything in normal form.

    `alone` says of a term that nothing in it is replaced: then it is not looked into.  Nor are terms that are older
    than all that is replaced: a term is made after those that it is made of.
    """

    def __init__(
        self,
        mapping: Mapping[Term, Value],
        rebuild: Callable[[App, list[Value]], Value] | None = None,
        alone: Callable[[Term], bool] | None = None,
    ) -> None:
        self._known: dict[int, Value] = {t.id: v for t, v in mapping.items()}
        self._oldest = min(self._known, default=None)
        self._rebuild = rebuild
        self._alone = alone

    def __call__(self, v: Value) -> Value:
        """`v` with the mapping applied everywhere at once."""
        if isinstance(v, int):
            return v
        return complete(intern(v), self._known, self._replaced, self._parts)

    def _stays(self, t: Term) -> bool:
        return self._oldest is None or t.id < self._oldest or (self._alone is not None and self._alone(t))

    def _parts(self, t: Term) -> list[Value]:
        return [] if self._stays(t) else children(t)

    def _replaced(self, t: Term) -> Value:
        if self._stays(t):
            return t
        new = self._build(t)
        return intern(new) if isinstance(new, Term) else new

    def _get(self, v: Value) -> Value:
        return v if isinstance(v, int) else self._known[v.id]

    def _build(self, t: Term) -> Value:
        if all(isinstance(c, int) or self._known[c.id] is c for c in children(t)):
            return t
        w = t.width
        if isinstance(t, Sum):
            total: Value = t.const
            for u, c in t.terms.items():
                total = ops.add(w, total, ops.mul(w, self._known[u.id], c))
            return total
        if isinstance(t, Poly):
            known = self._known
            # What stays is taken as it stands, at once.
            stays, changed = {}, []
            for m, mask in t.entries.items():
                if all(known[base.id] is base for base, _ in m.factors):
                    stays[m] = mask
                else:
                    changed.append((m, mask))
            total = make_poly(w, stays, t.const)
            for m, mask in changed:
                bits: Value = mask
                for base, s in m.factors:
                    bits = ops.and_(w, bits, _moved(self._known[base.id], base.width, s, w))
                total = ops.xor(w, total, bits)
            return total
        if isinstance(t, App):
            args = [self._get(a) for a in t.args]
            if self._rebuild is not None:
                return self._rebuild(t, args)
            return ops.apply(t.name, w, list(zip(t.widths, args, strict=True)), secret=t.secret)
        assert isinstance(t, Op)
        return rebuild_op(t, [self._get(a) for a in t.args])


class Occurrences:
    """Whether a variable occurs in terms; each term is looked into once."""

    def __init__(self, variable: Term) -> None:
        self._inside: dict[int, bool] = {variable.id: True}

    def __call__(self, t: Term) -> bool:
        """Whether it occurs in `t`."""
        return complete(intern(t), self._inside, self._compute)

    def _compute(self, t: Term) -> bool:
        return any(self._inside[c.id] for c in children(t) if isinstance(c, Term))


def rebuild_op(t: Op, args: list[Value]) -> Value:
    """The operation of `t` on other arguments."""
    row = KINDS[t.kind]
    if all(isinstance(a, int) for a in args):
        return row.number(t, *args)
    return row.rebuild(ops, t, *args)


def _moved(v: Value, width: int, s: int, to: int) -> Value:
    """The `to`-bit vector whose bit p is bit p + s of `v`."""
    if isinstance(v, int):
        return (v >> s if s >= 0 else v << -s) & ones(to)
    big = max(width + max(-s, 0), to)
    wide = ops.zext(width, v, big)
    moved = ops.lsr(big, wide, s) if s >= 0 else ops.lsl(big, wide, -s)
    return moved & ones(to) if isinstance(moved, int) else ops.extract(big, moved, 0, to)


def occurs(among: Collection[Term], v: Value) -> bool:
    """Whether one of some variables and applications is among those that `v` is made of."""
    ids = {t.id for t in among}
    oldest = min(ids, default=None)
    if oldest is None:
        return False
    # (What is older than all of them was made before, so of none.)
    return any(t.id in ids for t in below(v, since=oldest))


def free_terms(v: Value) -> set[Term]:
    """The variables and applications that `v` is made of."""
    return {t for t in below(v) if isinstance(t, (Var, App))}
