"""Terms as short text, for people."""

from __future__ import annotations

from armsym.terms.kinds import KINDS
from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, ones

__all__ = ["show"]


def show(v: Value, depth: int = 4, limit: int = 6) -> str:
    """`v` as text; parts deeper than `depth` or beyond `limit` in a row are `...`."""
    if isinstance(v, int):
        return str(v) if v < 10 else hex(v)
    if isinstance(v, Var):
        return v.name
    if depth <= 0:
        return "..."
    if isinstance(v, App):
        return f"{v.name}({', '.join(show(a, depth - 1, limit) for a in v.args)})"
    if isinstance(v, Op):
        args = [show(a, depth - 1, limit) for a in v.args[: limit + 1]]
        if len(v.args) > limit + 1:
            args.append(f"...{len(v.args) - limit - 1} more")
        sign = KINDS[v.kind].sign
        if sign:
            return f"({args[0]} {sign} {args[1]})"
        return f"{v.kind}({', '.join(args)})"
    if isinstance(v, Sum):
        half = 1 << (v.width - 1)
        words: list[str] = []
        for t, c in list(v.terms.items())[:limit]:
            sign, size = ("-", (1 << v.width) - c) if c > half else ("+", c)
            words.append(f"{sign} {'' if size == 1 else show(size) + '*'}{show(t, depth - 1, limit)}")
        if len(v.terms) > limit:
            words.append(f"+ ...{len(v.terms) - limit} more")
        if v.const:
            words.append(f"- {show((1 << v.width) - v.const)}" if v.const > half else f"+ {show(v.const)}")
        text = " ".join(words)
        return f"({text[2:] if text.startswith('+ ') else text})"
    assert isinstance(v, Poly)
    out = []
    for m, mask in list(v.entries.items())[:limit]:
        factors = []
        for base, s in m.factors:
            text = show(base, depth - 1, limit)
            factors.append(text if s == 0 else f"({text} {'>>' if s > 0 else '<<'} {abs(s)})")
        text = " & ".join(factors)
        if mask != m.valid & ones(v.width):
            text += f" & {mask:#x}"
        out.append(text)
    if len(v.entries) > limit:
        out.append(f"...{len(v.entries) - limit} more")
    if v.const:
        out.append(show(v.const))
    return f"({' ^ '.join(out)})" if len(out) > 1 else out[0]


Term.text = staticmethod(show)
