"""Where two terms first part: the smallest part in which they differ, and how it is reached from the whole.

It says nothing about whether the two are equal: that two normal forms differ somewhere only tells where to look.
"""

from __future__ import annotations

from dataclasses import dataclass

from armsym.terms import ops
from armsym.terms.kinds import KINDS
from armsym.terms.node import App, Op, Poly, Sum, Term, Value, intern
from armsym.terms.show import CONSTANT, Key, Marks, show

__all__ = ["Difference", "difference", "marked_texts", "show_condition"]

#: So many terms around the part that differs are shown with it.
AROUND = 3
#: An exclusive or of more characters is not worth reading.
SHORT = 160


@dataclass(frozen=True)
class Difference:
    """`first` and `second` are the parts that differ; `around` the pairs of terms that they lie in, outermost first.

    `of_first` and `of_second` say which children of which terms lead to the parts, and which make them up.  `bits` is
    a mask: outside of it the two whole values are shown to agree (all bits, where nothing is known).
    """

    width: int
    first: Value
    second: Value
    around: tuple[tuple[Value, Value], ...]
    of_first: Marks
    of_second: Marks
    bits: int


def difference(width: int, a: Value, b: Value) -> Difference | None:
    """The first part in which two values of `width` bits differ; None where they are one term."""
    a, b = _interned(a), _interned(b)
    if a is b or (isinstance(a, int) and a == b):
        return None
    around: list[tuple[Value, Value]] = []
    marks: tuple[Marks, Marks] = Marks({}, {}), Marks({}, {})
    x, y = a, b
    while (found := _children(x, y)) is not None:
        around.append((x, y))
        keys, below = found
        last = below is None or _children(*below) is None
        for m, t, k in zip(marks, (x, y), keys, strict=True):
            assert isinstance(t, Term)
            (m.differ if last else m.within)[t.id] = k
        if below is None:
            break
        x, y = _interned(below[0]), _interned(below[1])
    return Difference(width, x, y, tuple(around), *marks, _bits(width, a, b))


def marked_texts(d: Difference) -> tuple[str, str, str]:
    """Both sides as text, the parts that differ in [[ ]], and their exclusive or where that is short (else "").

    Of a part that lies deep inside, only the terms next around it are shown.
    """
    whole = d.around[0] if d.around else (d.first, d.second)
    outermost = d.around[-AROUND:][0] if d.around else whole
    deep = "... " if outermost is not whole else ""
    texts = [
        f"{deep}{show(v, marks=m)}" if d.around else f"[[{show(v)}]]"
        for v, m in zip(outermost, (d.of_first, d.of_second), strict=True)
    ]
    both = show(ops.xor(d.width, whole[0], whole[1]), 6, 8)
    # (Where nothing cancels it says no more than both sides do.)
    short = len(both) <= SHORT and "..." not in both and len(both) < max(len(texts[0]), len(texts[1]))
    return texts[0], texts[1], both if short and d.around else ""


def _interned(v: Value) -> Value:
    return v if isinstance(v, int) else intern(v)


#: The keys of the children that differ, of either term; and the two to go on with, or None where there is no one pair.
_Found = tuple[tuple[frozenset[Key], frozenset[Key]], "tuple[Value, Value] | None"]


def _children(x: Value, y: Value) -> _Found | None:
    """How two terms that differ do so; None where they have nothing in common."""
    if isinstance(x, App) and isinstance(y, App) and x.name == y.name and x.widths == y.widths:
        return _arguments(x, y, of_one=True)
    if isinstance(x, Op) and isinstance(y, Op) and (x.kind, x.arg_width) == (y.kind, y.arg_width):
        return _arguments(x, y, of_one=False)
    if isinstance(x, Sum) and isinstance(y, Sum):
        return _summands(x, y)
    if isinstance(x, Poly) and isinstance(y, Poly):
        return _monomials(x, y)
    return None


def _arguments(x: App | Op, y: App | Op, *, of_one: bool) -> _Found | None:
    """The first argument that differs; with `of_one` also where all do, for it is the same function."""
    if len(x.args) != len(y.args):
        return None
    apart = [k for k, (a, b) in enumerate(zip(x.args, y.args, strict=True)) if not _same(a, b)]
    if not apart or (len(apart) == len(x.args) > 1 and not of_one):
        return None
    k = apart[0]
    return (frozenset({k}), frozenset({k})), (x.args[k], y.args[k])


def _same(a: Value, b: Value) -> bool:
    return a == b if isinstance(a, int) or isinstance(b, int) else intern(a) is intern(b)


def _summands(x: Sum, y: Sum) -> _Found | None:
    first = {t: c for t, c in x.terms.items() if y.terms.get(t) != c}
    second = {t: c for t, c in y.terms.items() if x.terms.get(t) != c}
    constants = x.const != y.const
    if len(first) == len(second) == 1 and not constants:
        ((a, c),), ((b, d),) = first.items(), second.items()
        if c == d and a.width == b.width:
            return (frozenset({a.id}), frozenset({b.id})), (a, b)
    if len(first) == len(x.terms) and len(second) == len(y.terms) and (constants or not x.const):
        return None  # nothing in common
    return _keys((t.id for t in first), (t.id for t in second), x.const, y.const, constants=constants)


def _keys(first: object, second: object, a: int, b: int, *, constants: bool) -> _Found:
    """What differs, constants (that are not 0) included."""
    keys: list[frozenset[Key]] = []
    for ids, const in ((first, a), (second, b)):
        keys.append(frozenset({*ids, *((CONSTANT,) if constants and const else ())}))  # type: ignore[misc]
    return (keys[0], keys[1]), None


def _monomials(x: Poly, y: Poly) -> _Found | None:
    first = {m: k for m, k in x.entries.items() if y.entries.get(m) != k}
    second = {m: k for m, k in y.entries.items() if x.entries.get(m) != k}
    constants = x.const != y.const
    if len(first) == len(second) == 1 and not constants:
        ((a, c),), ((b, d),) = first.items(), second.items()
        if c == d and len(a.factors) == len(b.factors) == 1 and a.factors[0][1] == b.factors[0][1]:
            s, t = a.factors[0][0], b.factors[0][0]
            if s.width == t.width:
                return (frozenset({a.id}), frozenset({b.id})), (s, t)
    if len(first) == len(x.entries) and len(second) == len(y.entries) and (constants or not x.const):
        return None
    return _keys((m.id for m in first), (m.id for m in second), x.const, y.const, constants=constants)


def _bits(width: int, a: Value, b: Value) -> int:
    """A mask outside of which both values have the same bits, as far as their form tells."""
    both = ops.xor(width, a, b)
    return both if isinstance(both, int) else intern(both).pb


#: The signs of comparisons, and those of their contraries.
_CONTRARY = {"==": "!=", "<u": ">=u", "<s": ">=s"}


def show_condition(v: Value, depth: int = 4) -> str:
    """A one-bit value that is 1, in words: `x <u y`, `x >=u y` where the contrary is 1, or the term itself."""
    if isinstance(v, int):
        return "true" if v else "false"
    for value, negated in ((v, False), (ops.xor(1, v, 1), True)):
        sign = KINDS[value.kind].sign if isinstance(value, Op) else ""
        if sign in _CONTRARY:
            assert isinstance(value, Op)
            a, b = (show(x, depth - 1) for x in value.args)
            return f"{a} {_CONTRARY[sign] if negated else sign} {b}"
    if isinstance(v, Poly) and v.width == 1 and len(v.entries) == 1:
        (m,) = v.entries
        if len(m.factors) == 1:
            base, k = m.factors[0]
            return f"bit {k} of {show(base, depth - 1)} is {1 - v.const}"
    return show(v, depth)
