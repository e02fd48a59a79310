"""What the engine's facts say as linear forms, and preconditions taken apart.  Untrusted."""

from __future__ import annotations

from armsym.terms import ops
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Op, Poly, Term, Value, Var, intern

__all__ = ["all_of", "linear_facts"]


def all_of(v: Value) -> list[Value]:
    """The conditions that one is the conjunction of, if each is a negation: (1 ^ a) & (1 ^ b), multiplied out."""
    if not isinstance(v, Poly) or v.const != 1:
        return [v]
    alone = [m.factors[0] for m in v.entries if len(m.factors) == 1]
    if any(base.width != 1 or shift for base, shift in alone):
        return [v]  # a bit of a wider word
    single = [ops.xor(1, base, 1) for base, _ in alone]
    product: Value = 1
    for one in single:
        product = ops.and_(1, product, one)
    same = isinstance(product, Term) and intern(product) is intern(v)
    return single if same else [v]


def _form(v: Value) -> tuple[int, dict[Term, int]] | None:
    if isinstance(v, int):
        return v, {}
    terms, constant = linear_view(v)
    half, full = 1 << v.width - 1, 1 << v.width
    if not all(isinstance(t, (Var, App)) for t in terms):
        return None
    signed = {t: k - full if k >= half else k for t, k in terms.items()}
    return (constant - full if constant >= half else constant), signed


def linear_facts(fact: Value) -> list[tuple[int, dict[Term, int]]]:
    """Forms that are at least 0 where the fact holds, if it compares sums."""
    if isinstance(fact, int):
        return []
    negated, t = False, fact
    if isinstance(t, Poly) and t.const == 1 and len(t.entries) == 1:
        (m,) = t.entries
        if len(m.factors) == 1 and m.factors[0][1] == 0:
            negated, t = True, m.factors[0][0]
    if not isinstance(t, Op) or t.kind not in ("ult", "eq"):
        return []
    a, b = (_form(v) for v in t.args if isinstance(v, (int, Term)))
    if a is None or b is None:
        return []
    if t.kind == "eq":
        return [] if negated else [_less(b, a, 0), _less(a, b, 0)]
    return [_less(a, b, 0)] if negated else [_less(b, a, 1)]


def _less(a: tuple[int, dict[Term, int]], b: tuple[int, dict[Term, int]], by: int) -> tuple[int, dict[Term, int]]:
    """a - b - by."""
    terms = dict(a[1])
    for t, k in b[1].items():
        terms[t] = terms.get(t, 0) - k
    return a[0] - b[0] - by, {t: k for t, k in terms.items() if k}
