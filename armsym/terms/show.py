"""Terms as short text, for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from armsym.terms.kinds import KINDS
from armsym.terms.node import App, Mono, Op, Poly, Sum, Term, Value, Var, ones

__all__ = ["CONSTANT", "Key", "Marks", "show"]

#: The key of the constant of a sum or polynomial.
CONSTANT = "constant"
#: A child of a term: which argument, the id of a summand or monomial, or `CONSTANT`.
Key: TypeAlias = "int | str"


@dataclass(frozen=True)
class Marks:
    """By the id of a term, which of its children are put in [[ ]], and in which lies something that is.

    What is marked, and the way to it, is shown however deep it lies and however many stand in the same row.
    """

    differ: dict[int, frozenset[Key]]
    within: dict[int, frozenset[Key]]

    def wrap(self, t: Term, key: Key, text: str) -> str:
        """The text of a child, marked if it is to be."""
        return f"[[{text}]]" if self.differ and key in self.differ.get(t.id, ()) else text

    def wanted(self, t: Term) -> frozenset[Key]:
        """The children of a term that are shown in any case."""
        if not self.differ and not self.within:
            return frozenset()  # (and a term that is not interned has no id)
        return self.differ.get(t.id, frozenset()) | self.within.get(t.id, frozenset())


_NO_MARKS = Marks({}, {})


def show(v: Value, depth: int = 4, limit: int = 6, *, marks: Marks = _NO_MARKS) -> str:
    """`v` as text; parts deeper than `depth` or beyond `limit` in a row are `...`, but for what is marked."""
    if isinstance(v, int):
        return str(v) if v < 10 else hex(v)
    if isinstance(v, Var):
        return v.name
    if depth <= 0:
        return "..."
    wanted = marks.wanted(v)

    def part(key: Key, child: Value) -> str:
        # (The way to what is marked, and what is marked, is worth a line more.)
        return show(child, max(depth - 1, 2 if key in wanted else 0), limit, marks=marks)

    if isinstance(v, App):
        args = [marks.wrap(v, k, part(k, a)) for k, a in enumerate(v.args)]
        return f"{v.name}({', '.join(args)})"
    if isinstance(v, Op):
        rows = _row(list(enumerate(v.args)), limit + 1, wanted, lambda k, a: marks.wrap(v, k, part(k, a)), "...{} more")
        sign = KINDS[v.kind].sign
        if sign:
            return f"({rows[0]} {sign} {rows[1]})"
        return f"{v.kind}({', '.join(rows)})"
    if isinstance(v, Sum):
        return _sum(v, limit, marks, part)
    assert isinstance(v, Poly)
    return _poly(v, limit, marks, part)


def _row(
    items: Sequence[tuple[Key, object]],
    limit: int,
    wanted: frozenset[Key],
    text: Callable[..., str],
    more: str,
) -> list[str]:
    """The texts of the first items of a row, those wanted among them, and how many there are more."""
    chosen = [k for k, (key, _) in enumerate(items) if key in wanted][:limit]
    for k in range(len(items)):
        if len(chosen) >= limit:
            break
        if k not in chosen:
            chosen.append(k)
    words = [text(*items[k]) for k in sorted(chosen)]
    return [*words, more.format(len(items) - len(words))] if len(items) > len(words) else words


def _sum(v: Sum, limit: int, marks: Marks, part: Callable[[Key, Value], str]) -> str:
    half = 1 << (v.width - 1)
    coefficients = {t.id: c for t, c in v.terms.items()}

    def word(key: Key, t: Term) -> str:
        c = coefficients[t.id]
        sign, size = ("-", (1 << v.width) - c) if c > half else ("+", c)
        inner = f"{'' if size == 1 else show(size) + '*'}{part(key, t)}"
        return f"{sign} {marks.wrap(v, key, inner)}"

    words = _row([(t.id, t) for t in v.terms], limit, marks.wanted(v), word, "+ ...{} more")
    if v.const:
        sign, size = ("-", (1 << v.width) - v.const) if v.const > half else ("+", v.const)
        words.append(f"{sign} {marks.wrap(v, CONSTANT, show(size))}")
    text = " ".join(words)
    return f"({text[2:] if text.startswith('+ ') else text})"


def _poly(v: Poly, limit: int, marks: Marks, part: Callable[[Key, Value], str]) -> str:
    def word(key: Key, m: Mono) -> str:
        factors = []
        for base, s in m.factors:
            text = part(key, base)
            factors.append(text if s == 0 else f"({text} {'>>' if s > 0 else '<<'} {abs(s)})")
        text = " & ".join(factors)
        mask = v.entries[m]
        if mask != m.valid & ones(v.width):
            text += f" & {mask:#x}"
        return marks.wrap(v, key, text)

    out = _row([(m.id, m) for m in v.entries], limit, marks.wanted(v), word, "...{} more")
    if v.const:
        out.append(marks.wrap(v, CONSTANT, show(v.const)))
    return f"({' ^ '.join(out)})" if len(out) > 1 else out[0]


Term.text = staticmethod(show)
