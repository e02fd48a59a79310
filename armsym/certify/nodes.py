"""The engine's terms as nodes of a bundle's table, spelled out as the normal form has them.  Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from armsym.audit.raw import ones
from armsym.audit.words import Words
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Mono, Op, Poly, Sum, Term, Value, Var, intern
from armsym.terms.ops import is_secret

__all__ = ["NotExportable", "Translator", "Translators", "what"]


class NotExportable(Exception):
    """What bundles have no words for yet; the message names it."""


class Translator:
    """Makes nodes of values; inputs and functions are named by whoever knows them."""

    def __init__(
        self,
        words: Words,
        variable: Callable[[Var], int],
        application: Callable[[App, tuple[int, ...]], int],
    ) -> None:
        self.words, self._variable, self._application = words, variable, application
        self._made: dict[int, int] = {}
        self._taken: dict[int, int] = {}
        #: So that no term's number is used again.
        self._kept: list[Term] = []

    def take(self, t: Term, node: int) -> None:
        """Let this be the node of a term from now on, and of all that is made of it."""
        t = intern(t)
        self._made[t.id] = self._taken[t.id] = node
        self._kept.append(t)

    def again(self) -> Translator:
        """Another one, that has made nothing yet."""
        other = Translator(self.words, self._variable, self._application)
        other._made, other._taken, other._kept = self._taken.copy(), self._taken.copy(), self._kept.copy()
        return other

    def __call__(self, v: Value) -> int:
        """The node of a value; raises `NotExportable`."""
        if isinstance(v, int):
            return self.words.const(v)
        root = intern(v)
        todo = [root]
        while todo:
            t = todo[-1]
            if t.id in self._made:
                todo.pop()
                continue
            sums = _sums(t)
            if sums is not None:
                t = Sum(t.width, sums[0], sums[1])
            missing = [u for u in _parts(t) if u.id not in self._made]
            if missing:
                todo += missing
                continue
            made = self._make(t)
            t = todo.pop()
            self._made[t.id] = made
            self._kept.append(t)
        return self._made[root.id]

    def _of(self, v: Value) -> int:
        return self.words.const(v) if isinstance(v, int) else self._made[v.id]

    def _make(self, t: Term) -> int:
        w = self.words
        if isinstance(t, Var):
            return self._variable(t)
        if isinstance(t, App):
            return self._application(t, tuple(self._of(a) for a in t.args))
        if isinstance(t, Sum):
            total = w.const(t.const)
            for u, k in sorted(t.terms.items(), key=lambda one: one[0].id):
                part = self._of(u)
                part = part if k == 1 else w.mulc(t.width, part, k)
                # (A sum of one narrower summand is no sum: it is made one of its width.)
                total = w.add(t.width, total, part)
            return total
        if isinstance(t, Poly):
            return self._poly(t)
        assert isinstance(t, Op)
        return self._op(t)

    def _poly(self, t: Poly) -> int:
        w = self.words
        total = w.const(t.const)
        entries, repeated = _repeated(t)
        for base, bit, others in repeated:
            chosen = w.repeated(t.width, w.mask(w.shr(self._of(base), bit), 1))
            for other, s in others:
                chosen = w.and_(chosen, w.shr(self._of(other), s) if s >= 0 else w.shl(self._of(other), -s))
            total = w.xor(total, chosen)
        for m, mask in entries.items():
            product: int | None = None
            for base, s in m.factors:
                moved = w.shr(self._of(base), s) if s >= 0 else w.shl(self._of(base), -s)
                product = moved if product is None else w.and_(product, moved)
            assert product is not None
            # (A mask of all low bits is what sums are cut off by: those that cannot be set make no difference.)
            low = ones(mask.bit_length())
            # An index that grows by 8, modulo 2^32: all of it, whatever stands in its place at the next arrival.
            whole = len(m.factors) == 1 and m.factors[0][1] == 0 and not w.reach(product) & low & ~mask
            total = w.xor(total, w.mask(product, low if whole or m.valid & low == mask else mask))
        return total

    def _op(self, t: Op) -> int:
        w = self.words
        if t.kind == "ite":
            c, a, b = (self._of(v) for v in t.args)
            return w.xor(b, w.and_(w.repeated(t.width, c), w.xor(a, b)))
        if t.kind == "and":
            a, b = (self._of(v) for v in t.args)
            return w.and_(a, b)
        if t.kind == "mul":
            a, b = (self._of(v) for v in t.args)
            wide = max(w.reach(a).bit_length(), w.reach(b).bit_length())
            return w.mask(w.app("mul", (a, b), ones(2 * wide)), ones(t.width))
        if t.kind == "clmul":
            a, b = (self._of(v) for v in t.args)
            return w.app("clmul", (a, b), ones(2 * t.arg_width - 1))
        if t.kind == "eq":
            a, b = (self._of(v) for v in t.args)
            return w.is_zero(t.arg_width, w.xor(a, b))
        if t.kind == "ult":
            a, b = (self._of(v) for v in t.args)
            more = w.add(t.arg_width + 1, a, w.not_(t.arg_width, b), w.const(1))
            return w.inverted(w.shr(more, t.arg_width))
        if t.kind == "select":
            index, *elements = (self._of(v) for v in t.args)
            return w.selected(t.width, index, elements)
        raise NotExportable(f"the operation {t.kind}")


class Translators:
    """Translators, and what variables (by their numbers) and contents are called in what they made."""

    def __init__(self, first: Translator) -> None:
        self._all: list[tuple[Translator, dict[int | str, object]]] = [(first, {})]

    def of(self, variables: Mapping[int, object], contents: Mapping[str, object]) -> Translator:
        """One that has made no node of what has another name now."""
        names: dict[int | str, object] = {k: name for where in (variables, contents) for k, name in where.items()}
        for made, known in self._all:
            if all(known.get(t, name) == name for t, name in names.items()):
                known.update(names)
                return made
        self._all.append((self._all[0][0].again(), names))
        return self._all[-1][0]


def _sums(t: Term) -> tuple[Mapping[Term, int], int] | None:
    """A public word of masked bits as a sum, if it is one: a multiple of an index, say."""
    if not isinstance(t, Poly) or t.width == 1 or is_secret(t):
        return None
    terms, constant = linear_view(t)
    return None if t in terms else (terms, constant)


def _parts(t: Term) -> list[Term]:
    if isinstance(t, Sum):
        return list(t.terms)
    if isinstance(t, Poly):
        return [b for m in t.entries for b, _ in m.factors]
    if isinstance(t, (App, Op)):
        return [a for a in t.args if isinstance(a, Term)]
    return []


def what(e: Exception) -> str:
    """An exception in words, which may itself not be printable."""
    try:
        return f"{type(e).__name__}: {e}"
    except Exception:  # noqa: BLE001
        return type(e).__name__


#: A term, which of its bits, and other factors with their shifts.
_Repeated: TypeAlias = tuple[Term, int, tuple[tuple[Term, int], ...]]


def _repeated(t: Poly) -> tuple[dict[Mono, int], list[_Repeated]]:
    """The entries of a poly but for those that are one bit in all places, alone or times a word; and these.

    Code makes a mask of a bit at once, and of the bits of the mask, one by one, nobody finds that again.
    """
    if len(t.entries) < t.width or t.width == 1:
        return t.entries, []
    found: dict[tuple[int, int, tuple[tuple[int, int], ...]], list[tuple[Mono, int]]] = {}
    for m, mask in t.entries.items():
        if mask & mask - 1 or len(m.factors) > 2:
            continue
        at = mask.bit_length() - 1
        for k, (base, s) in enumerate(m.factors):
            others = m.factors[:k] + m.factors[k + 1 :]
            key = base.id, at + s, tuple((u.id, by) for u, by in others)
            found.setdefault(key, []).append((m, k))
    entries, repeated = dict(t.entries), list[_Repeated]()
    for (_, bit, _), places in found.items():
        if len(places) == t.width and all(m in entries for m, _ in places):
            m, k = places[0]
            repeated.append((m.factors[k][0], bit, m.factors[:k] + m.factors[k + 1 :]))
            for m, _ in places:
                del entries[m]
    return entries, repeated
